/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A later word on a row takes the place of those before that it leaves nothing of. So of
 * what is kept, clearing a table comes first, deleting a row before setting it.
 */
#include "run/fill_later.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "image/image.h"
#include "kernel/session.h"
#include "run/document.h"
#include "run/fill_plan.h"

#define STAGE SKBSCOPE_STAGE_USAGE

void fill_later_clear(struct fill_later *later)
{
	for (size_t i = 0; i < later->count; i++)
		free(later->items[i].text);
	free(TAKE(later->items));
	later->count = 0;
}

/* Of it, ITEMS has room for one more. */
static int say(struct fill_later *later, enum fill_kind kind, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	later->items[later->count++] = (struct fill_said){ kind, copy };
	return 0;
}

static struct span table_of(const struct fill_said *said)
{
	return (struct span){ said->text, strcspn(said->text, "[= \t") };
}

bool fill_later_takes(const struct fill_later *later, struct span table)
{
	for (size_t i = 0; i < later->count; i++)
		if (later->items[i].kind != FILL_SET &&
		    span_equal(table_of(&later->items[i]), table))
			return true;
	return false;
}

/* --- onto the rows of the texts ------------------------------------------------------ */

static struct wanted *find_rows(const struct fill_plan *plan, const struct fill_said *said)
{
	const struct span name = table_of(said);

	for (size_t i = 0; i < plan->filling->count; i++)
		if (span_is(name, plan->image->maps[i].name))
			return &plan->filling->tables[i];
	return NULL;
}

static void append(struct wanted *wanted, const uint8_t *key, const uint8_t *value,
		   const uint8_t *written, const struct wanted_place *place)
{
	buffer_append(&wanted->keys, key, wanted->schema->key_size);
	buffer_append(&wanted->values, value, wanted->schema->value_size);
	buffer_append(&wanted->written, written, wanted->schema->value_size);
	buffer_append(&wanted->places, place, sizeof(*place));
	wanted->count++;
}

static int failed(const struct wanted *wanted, struct skbscope_error *error)
{
	return wanted->keys.failed || wanted->values.failed || wanted->written.failed ||
			       wanted->places.failed
		       ? fail_memory(error, STAGE)
		       : 0;
}

static int compare_keys(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(const size_t *)size);
}

static bool is_among(const struct buffer *keys, const uint8_t *key, size_t size)
{
	size_t low = 0, high = keys->length / size;

	while (low < high) {
		const size_t middle = (low + high) / 2;
		const int r = memcmp(key, keys->data + middle * size, size);

		if (r == 0)
			return true;
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* Without the rows that have one of the keys. */
static int leave_out(struct wanted *wanted, struct buffer *keys, struct skbscope_error *error)
{
	AUTO(wanted_clear) struct wanted rest = { .schema = wanted->schema };
	size_t size = wanted->schema->key_size;
	struct wanted swap = *wanted;
	int r;

	if (!keys->length)
		return 0;
	qsort_r(keys->data, keys->length / size, size, compare_keys, &size);
	for (size_t i = 0; i < wanted->count; i++)
		if (!is_among(keys, wanted_key(wanted, i), size))
			append(&rest, wanted_key(wanted, i), wanted_value(wanted, i),
			       wanted_written(wanted, i), wanted_place(wanted, i));
	r = failed(&rest, error);
	if (r < 0)
		return r;
	*wanted = rest;
	rest = swap;
	return 0;
}

/* A version whose table has other keys has no such row. */
static int delete_rows(const struct fill_plan *plan, struct wanted *wanted,
		       struct skbscope_error *error)
{
	const struct fill_later *later = &plan->fill->later;
	const struct skbscope_schema *schema = wanted->schema;
	AUTO(buffer_free) struct buffer keys = { 0 };
	AUTO(freep) uint8_t *key = calloc(1, (size_t)schema->key_size + 1);

	if (!key)
		return fail_memory(error, STAGE);
	for (size_t i = 0; i < later->count; i++) {
		struct skbscope_error ignored;
		struct assignment assignment;
		const char *at;

		if (later->items[i].kind != FILL_DELETE ||
		    find_rows(plan, &later->items[i]) != wanted)
			continue;
		memset(key, 0, schema->key_size);
		if (assignment_split(span_of(later->items[i].text), &assignment, &at, &ignored) ==
			    0 &&
		    parse_key(schema, &plan->names, assignment.key, key, &at, &ignored) == 0)
			buffer_append(&keys, key, schema->key_size);
	}
	return keys.failed ? fail_memory(error, STAGE) : leave_out(wanted, &keys, error);
}

/* A slot cannot go: it is zeros. */
static void tell_wholly(struct wanted *wanted, size_t first)
{
	const size_t size = wanted->schema->value_size;

	memset(wanted->written.data + first * size, 0xff, (wanted->count - first) * size);
}

static int plan_said(const struct fill_plan *plan, size_t index, struct skbscope_error *error)
{
	const struct fill_said *said = &plan->fill->later.items[index];
	const size_t text = plan->fill->texts->count + index;
	const char *at = said->text;
	struct wanted *wanted = NULL;
	struct assignment assignment;
	size_t first;
	int r = assignment_split(span_of(said->text), &assignment, &at, error);

	if (r == 0 && assignment.file.length)
		r = hint(error,
			 fail(error, EINVAL, STAGE, "a file is read when the program is started"),
			 "write TABLE[KEY]=VALUE here, TABLE=@FILE behind --set");
	if (r < 0)
		return fill_placed(plan->fill, text, 0, (size_t)(at - said->text) + 1, r, error);
	r = fill_plan_table(plan, assignment.table, &wanted, error);
	if (r < 0)
		return fill_placed(plan->fill, text, 0, 0, r, error);
	if (!wanted || (said->kind == FILL_DELETE && !wanted->schema->is_array))
		return 0;
	first = wanted->count;
	r = wanted_add(wanted, &plan->names, &assignment, text, 0, &at, error);
	if (r < 0)
		return fill_placed(plan->fill, text, 0, (size_t)(at - said->text) + 1, r, error);
	if (said->kind == FILL_DELETE)
		tell_wholly(wanted, first);
	return 0;
}

int fill_plan_later(const struct fill_plan *plan, struct skbscope_error *error)
{
	const struct fill_later *later = &plan->fill->later;
	struct wanted *wanted;
	int r = 0;

	for (size_t i = 0; i < later->count; i++)
		if (later->items[i].kind == FILL_CLEAR &&
		    (wanted = find_rows(plan, &later->items[i])))
			wanted_clear(wanted);
	for (size_t i = 0; r == 0 && later->count && i < plan->filling->count; i++)
		if (plan->filling->tables[i].count && !plan->filling->tables[i].schema->is_array)
			r = delete_rows(plan, &plan->filling->tables[i], error);
	for (size_t i = 0; r == 0 && i < later->count; i++)
		if (later->items[i].kind == FILL_SET ||
		    (later->items[i].kind == FILL_DELETE && find_rows(plan, &later->items[i])))
			r = plan_said(plan, i, error);
	return r;
}

/* --- what still matters ------------------------------------------------------------- */

/* What a word is about. */
struct about {
	bool is_here; /* of this table */
	bool all;     /* slots of an array */
	bool clears;
	uint8_t *key, *mask; /* the bits of the value that it tells */
};

struct abouts {
	const struct skbscope_schema *schema;
	const struct parse_names *names;
	struct about *items;
	size_t count;
};

static void abouts_clear(struct abouts *abouts)
{
	for (size_t i = 0; abouts->items && i < abouts->count; i++)
		free(abouts->items[i].key);
	free(TAKE(abouts->items));
}

/* Without a key it makes no sense, now: an interface may be gone. */
static void understand(const struct abouts *abouts, const struct fill_said *said, struct about *out)
{
	const struct skbscope_schema *schema = abouts->schema;
	const size_t size = schema->value_size;
	AUTO(freep) uint8_t *bytes = calloc(1, schema->key_size + 2 * size + 1);
	struct skbscope_error ignored;
	struct assignment assignment;
	const char *at;

	*out = (struct about){ .is_here = true,
			       .all = said->kind == FILL_CLEAR,
			       .clears = said->kind == FILL_CLEAR };
	if (!bytes)
		return;
	out->mask = bytes + schema->key_size;
	if (said->kind != FILL_SET)
		memset(out->mask, 0xff, size);
	if (said->kind != FILL_CLEAR) {
		if (assignment_split(span_of(said->text), &assignment, &at, &ignored) < 0)
			return;
		out->all = schema->is_array && span_is(assignment.key, "*");
		if (!out->all &&
		    parse_key(schema, abouts->names, assignment.key, bytes, &at, &ignored) < 0)
			return;
		if (assignment.has_value &&
		    parse_value(schema, abouts->names, assignment.value, out->mask + size,
				out->mask, &at, &ignored) < 0)
			return;
	}
	out->key = TAKE(bytes);
}

/* Whether nothing of the word before is left once this one was said. */
static bool covers(const struct abouts *abouts, const struct about *later,
		   const struct about *before)
{
	const struct skbscope_schema *schema = abouts->schema;

	if (!before->is_here || later->clears)
		return before->is_here;
	if (!later->key || !before->key)
		return false;
	if (!later->all && (before->all || memcmp(later->key, before->key, schema->key_size) != 0))
		return false;
	for (size_t i = 0; i < schema->value_size; i++)
		if (before->mask[i] & ~later->mask[i])
			return false;
	return true;
}

static bool texts_mention(const struct fill *fill, struct span table)
{
	for (size_t i = 0; i < fill->texts->count; i++) {
		const struct fill_said text = { .text = (char *)(uintptr_t)fill->texts->items[i] };

		if (span_equal(table_of(&text), table))
			return true;
	}
	return false;
}

/* What is taken away of texts that say nothing of the table is taken away once. */
static bool is_kept(const struct fill *fill, const struct abouts *abouts,
		    const struct fill_said *said)
{
	return said->kind == FILL_SET || texts_mention(fill, table_of(said)) ||
	       (said->kind == FILL_DELETE && abouts->schema->is_array);
}

static int merge(const struct fill *fill, const struct fill_later *asked, struct abouts *abouts,
		 struct fill_later *out)
{
	const struct fill_later *before = &fill->later;
	const size_t count = before->count + asked->count;
	AUTO(freep) bool *gone = calloc(count + 1, sizeof(*gone));
	int r = 0;

	abouts->items = calloc(count + 1, sizeof(*abouts->items));
	out->items = calloc(count + 1, sizeof(*out->items));
	if (!gone || !abouts->items || !out->items)
		return -ENOMEM;
	abouts->count = count;
	for (size_t i = 0; i < count; i++) {
		const bool is_new = i >= before->count;
		const struct fill_said *said =
			is_new ? &asked->items[i - before->count] : &before->items[i];

		if (!span_is(table_of(said), abouts->schema->table))
			continue;
		understand(abouts, said, &abouts->items[i]);
		for (size_t j = 0; is_new && j < i; j++)
			gone[j] |= covers(abouts, &abouts->items[i], &abouts->items[j]);
		gone[i] = is_new && !is_kept(fill, abouts, said);
	}
	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct fill_said *said =
			i < before->count ? &before->items[i] : &asked->items[i - before->count];

		if (!gone[i])
			r = say(out, said->kind, said->text);
	}
	return r;
}

int fill_later_merge(const struct fill *fill, const struct fill_later *asked,
		     const struct skbscope_schema *schema, struct fill_later *out)
{
	AUTO(abouts_clear) struct abouts abouts = { .schema = schema };
	const struct parse_names names = fill_names(fill);

	abouts.names = &names;
	return merge(fill, asked, &abouts, out);
}

/* --- into the tables ---------------------------------------------------------------- */

struct change {
	const struct fill *asked;
	struct skbscope_session *session;
	struct wanted *wanted; /* the rows that were named */
};

static int check_asked(const struct fill_later *asked, struct skbscope_error *error)
{
	for (size_t i = 0; i < asked->count; i++) {
		const struct fill_said *said = &asked->items[i];
		const struct span first = table_of(&asked->items[0]), name = table_of(said);

		if (said->kind == FILL_CLEAR && said->text[name.length])
			return hint(error,
				    fail(error, EINVAL, STAGE,
					 "'%.160s' is not the name of a table", said->text),
				    "single rows are deleted: skbscope ctl delete 'TABLE[KEY]'");
		if (said->kind == FILL_DELETE && said->text[name.length] &&
		    said->text[strlen(said->text) - 1] != ']')
			return fail(error, EINVAL, STAGE, "'%.160s' is not TABLE[KEY]", said->text);
		if (!span_equal(first, name))
			return hint(
				error,
				fail(error, EINVAL, STAGE, "'%.*s' and '%.*s' are two tables",
				     (int)first.length, first.text, (int)name.length, name.text),
				"change one after the other: of one table all is done or nothing");
	}
	return 0;
}

/* Rows for the keys of what is to be deleted; of what is cleared none. */
static int plan_keys(const struct fill *asked, const struct skbscope_image *image,
		     struct filling **out, struct skbscope_error *error)
{
	AUTO(filling_freep) struct filling *filling = NULL;
	struct wanted *wanted = NULL;
	struct fill_plan plan;
	int r = fill_plan_start(&plan, asked, image, NULL, error);

	if (r < 0)
		return r;
	filling = plan.filling;
	for (size_t i = 0; r == 0 && i < asked->later.count; i++) {
		const struct fill_said *said = &asked->later.items[i];
		const char *at = said->text;
		struct assignment assignment;

		r = fill_plan_table(&plan, table_of(said), &wanted, error);
		if (r < 0 || said->kind == FILL_CLEAR)
			continue;
		r = assignment_split(span_of(said->text), &assignment, &at, error);
		if (r == 0)
			r = wanted_add(wanted, &plan.names, &assignment, i, 0, &at, error);
		if (r < 0)
			fill_placed(asked, i, 0, (size_t)(at - said->text) + 1, r, error);
	}
	if (r == 0)
		r = fill_plan_settle(&plan, error);
	if (r == 0)
		*out = TAKE(filling);
	return r;
}

static int read_rows(const struct change *change, bool all, struct skbscope_snapshot **out,
		     struct skbscope_error *error)
{
	const struct session_rows rows = {
		.table = change->wanted->schema->table,
		.keys = all ? NULL : (const uint8_t *)change->wanted->keys.data,
		.key_count = all ? 0 : change->wanted->count,
	};
	const struct skbscope_read_options options = {
		.size = sizeof(options),
		.monotonic_ns = clock_monotonic_ns(),
		.wall_ns = clock_wall_ns(),
		.max_rows = DOCUMENT_ROWS_MAX,
		.interrupt_fd = -1,
	};

	return session_read_rows(change->session, &rows, 1, &options, out, error);
}

static bool has_row(const struct skbscope_table *table, const uint8_t *key)
{
	for (size_t i = 0; i < table->row_count; i++)
		if (memcmp(table->keys + i * table->schema->key_size, key,
			   table->schema->key_size) == 0)
			return true;
	return false;
}

/* The first that is not there is the mistake. */
static int check_there(const struct change *change, struct skbscope_error *error)
{
	const struct wanted *wanted = change->wanted;
	struct skbscope_snapshot *snapshot = NULL;
	int r;

	if (wanted->schema->is_array)
		return 0;
	r = read_rows(change, false, &snapshot, error);
	for (size_t i = 0; r == 0 && i < wanted->count; i++)
		if (!has_row(&snapshot->tables[0], wanted_key(wanted, i)))
			r = fill_placed(
				change->asked, wanted_place(wanted, i)->text, 0, 0,
				fail(error, ENOENT, SKBSCOPE_STAGE_OBSERVE, "there is no such row"),
				error);
	skbscope_snapshot_free(snapshot);
	return r;
}

static int write_changes(const struct change *change, const struct wanted_change *changes,
			 size_t count, struct skbscope_error *error)
{
	size_t at;
	int r = count ? session_write(change->session, change->wanted->schema->table, changes,
				      count, &at, error)
		      : 0;

	if (r < 0 && at < count && changes[at].place)
		return fill_placed(change->asked, changes[at].place->text, 0, 0, r, error);
	return r;
}

static int set_rows(const struct change *change, struct skbscope_error *error)
{
	AUTO(freep) struct wanted_change *changes = NULL;
	AUTO(buffer_free) struct buffer zeros = { 0 };
	size_t count = 0;

	if (wanted_compare(NULL, change->wanted, &zeros, &changes, &count) < 0)
		return fail_memory(error, STAGE);
	return write_changes(change, changes, count, error);
}

/* keys: of rows that are there. In an array they become zeros. */
static int take_rows(const struct change *change, const uint8_t *keys, size_t count,
		     struct skbscope_error *error)
{
	const struct skbscope_schema *schema = change->wanted->schema;
	AUTO(freep) struct wanted_change *changes = calloc(count + 1, sizeof(*changes));
	AUTO(freep) uint8_t *bytes = calloc(2, (size_t)schema->value_size + 1);

	if (!changes || !bytes)
		return fail_memory(error, STAGE);
	memset(bytes + schema->value_size, 0xff, schema->value_size);
	for (size_t i = 0; i < count; i++)
		changes[i] = (struct wanted_change){ WANTED_REMOVED, keys + i * schema->key_size,
						     schema->is_array ? bytes : NULL,
						     bytes + schema->value_size, NULL };
	return write_changes(change, changes, count, error);
}

static int clear_table(const struct change *change, size_t *count, struct skbscope_error *error)
{
	struct skbscope_snapshot *snapshot = NULL;
	int r = read_rows(change, true, &snapshot, error);

	if (r == 0) {
		*count = snapshot->tables[0].row_count;
		r = take_rows(change, snapshot->tables[0].keys, *count, error);
	}
	skbscope_snapshot_free(snapshot);
	return r;
}

static int perform(const struct change *change, enum fill_kind kind, struct buffer *news,
		   struct skbscope_error *error)
{
	const struct wanted *wanted = change->wanted;
	const char *deed = wanted->schema->is_array ? "set to 0" : "deleted";
	size_t count = wanted->count;
	int r;

	if (kind == FILL_SET) {
		deed = "set";
		r = set_rows(change, error);
	} else if (kind == FILL_CLEAR) {
		r = clear_table(change, &count, error);
	} else {
		r = check_there(change, error);
		if (r == 0)
			r = take_rows(change, (const uint8_t *)wanted->keys.data, count, error);
	}
	if (r == 0)
		buffer_printf(news, "%s: %zu row%s %s", wanted->schema->table, count,
			      count == 1 ? "" : "s", deed);
	return r;
}

static int ask(enum fill_kind kind, const char *const *texts, size_t count, struct fill_later *out,
	       struct skbscope_error *error)
{
	int r = 0;

	if (!count || count > FILL_CHANGES_MAX)
		return fail(error, EINVAL, STAGE,
			    count ? "so many rows are not changed at once: at most %zu"
				  : "nothing was named that could be changed",
			    FILL_CHANGES_MAX);
	out->items = calloc(count, sizeof(*out->items));
	if (!out->items)
		return fail_memory(error, STAGE);
	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct span text = span_trim(span_of(texts[i]));
		AUTO(freep) char *copy = strndup(text.text, text.length);

		r = copy ? say(out, kind, copy) : -ENOMEM;
	}
	return r < 0 ? fail_memory(error, STAGE) : check_asked(out, error);
}

static struct wanted *first_named(struct filling *filling)
{
	for (size_t i = 0; i < filling->count; i++)
		if (filling->tables[i].schema)
			return &filling->tables[i];
	return NULL;
}

int fill_change(struct fill *fill, enum fill_kind kind, const char *const *texts, size_t count,
		const struct skbscope_image *image, struct skbscope_session *session,
		struct buffer *news, struct skbscope_error *error)
{
	static const struct list no_texts = { .count = 0 };
	AUTO(filling_freep) struct filling *named = NULL, *next = NULL;
	AUTO(fill_later_clear) struct fill_later asked = { 0 }, later = { 0 };
	struct fill alone = { .texts = &no_texts, .netns = fill->netns }, whole = *fill;
	struct change change = { &alone, session, NULL };
	int r = ask(kind, texts, count, &asked, error);

	if (r < 0)
		return r;
	alone.later = asked;
	r = kind == FILL_SET ? fill_plan(&alone, image, NULL, &named, error)
			     : plan_keys(&alone, image, &named, error);
	if (r < 0)
		return r;
	change.wanted = first_named(named);
	if (fill_later_merge(fill, &asked, change.wanted->schema, &later) < 0)
		return fail_memory(error, STAGE);
	if (later.count > FILL_LATER_MAX)
		return hint(error,
			    fail(error, E2BIG, STAGE, "more than %zu rows were set while it runs",
				 FILL_LATER_MAX),
			    "so many belong into a file: --set TABLE=@FILE");
	whole.later = later;
	r = fill_plan(&whole, image, NULL, &next, error);
	if (r == 0)
		r = perform(&change, kind, news, error);
	if (r < 0)
		return r;
	fill_later_clear(&fill->later);
	fill->later = later;
	later = (struct fill_later){ .count = 0 };
	fill_has(fill, TAKE(next));
	return 0;
}

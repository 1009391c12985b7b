/* SPDX-License-Identifier: Apache-2.0 */
#include "run/fill_change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "image/image.h"
#include "kernel/session.h"
#include "model/snapshot.h"
#include "run/document.h"
#include "run/fill_later.h"
#include "run/fill_plan.h"

#define STAGE SKBSCOPE_STAGE_USAGE

struct change {
	const struct fill *asked;
	struct skbscope_session *session;
	struct wanted *wanted; /* the rows that were named */
};

static int check_asked(const struct fill_later *asked, struct skbscope_error *error)
{
	for (size_t i = 0; i < asked->count; i++) {
		const struct fill_said *said = &asked->items[i];
		const struct span first = fill_later_table(&asked->items[0]),
				  name = fill_later_table(said);

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

		r = fill_plan_table(&plan, fill_later_table(said), &wanted, error);
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
		if (!table_has_row(&snapshot->tables[0], wanted_key(wanted, i)))
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

		r = copy ? fill_later_say(out, kind, copy) : -ENOMEM;
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

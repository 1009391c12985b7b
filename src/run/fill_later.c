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
#include "image/image.h"
#include "run/fill_plan.h"

#define STAGE SKBSCOPE_STAGE_USAGE

void fill_later_clear(struct fill_later *later)
{
	for (size_t i = 0; i < later->count; i++)
		free(later->items[i].text);
	free(TAKE(later->items));
	later->count = 0;
}

int fill_later_say(struct fill_later *later, enum fill_kind kind, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	later->items[later->count++] = (struct fill_said){ kind, copy };
	return 0;
}

struct span fill_later_table(const struct fill_said *said)
{
	return (struct span){ said->text, strcspn(said->text, "[= \t") };
}

bool fill_later_takes(const struct fill_later *later, struct span table)
{
	for (size_t i = 0; i < later->count; i++)
		if (later->items[i].kind != FILL_SET &&
		    span_equal(fill_later_table(&later->items[i]), table))
			return true;
	return false;
}

/* --- onto the rows of the texts ------------------------------------------------------ */

static struct wanted *find_rows(const struct fill_plan *plan, const struct fill_said *said)
{
	const struct span name = fill_later_table(said);

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

		if (span_equal(fill_later_table(&text), table))
			return true;
	}
	return false;
}

/* What is taken away of texts that say nothing of the table is taken away once. */
static bool is_kept(const struct fill *fill, const struct abouts *abouts,
		    const struct fill_said *said)
{
	return said->kind == FILL_SET || texts_mention(fill, fill_later_table(said)) ||
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

		if (!span_is(fill_later_table(said), abouts->schema->table))
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
			r = fill_later_say(out, said->kind, said->text);
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

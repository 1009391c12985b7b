/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering the rows that a table is to have, and what differs between two such sets. */
#include "model/wanted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

#define STAGE SKBSCOPE_STAGE_USAGE

void wanted_clear(struct wanted *wanted)
{
	buffer_free(&wanted->keys);
	buffer_free(&wanted->values);
	buffer_free(&wanted->written);
	buffer_free(&wanted->places);
	wanted->count = 0;
}

static void append(struct wanted *wanted, const void *key, const void *value, const void *written,
		   const struct wanted_place *place)
{
	buffer_append(&wanted->keys, key, wanted->schema->key_size);
	buffer_append(&wanted->values, value, wanted->schema->value_size);
	buffer_append(&wanted->written, written, wanted->schema->value_size);
	buffer_append(&wanted->places, place, sizeof(*place));
	wanted->count++;
}

static bool has_failed(const struct wanted *wanted)
{
	return wanted->keys.failed || wanted->values.failed || wanted->written.failed ||
	       wanted->places.failed;
}

static int no_slot(const struct wanted *wanted, uint32_t index, struct skbscope_error *error)
{
	const uint32_t slots = wanted->schema->max_entries;

	if (index < slots)
		return 0;
	return fail(error, EINVAL, STAGE, "the table '%s' has slots 0 to %u, and no %u",
		    wanted->schema->table, slots - 1, index);
}

static int parse_row(struct wanted *wanted, const struct parse_names *names,
		     const struct assignment *assignment, uint8_t *key, uint8_t *value,
		     uint8_t *written, const char **at, struct skbscope_error *error)
{
	const struct skbscope_schema *schema = wanted->schema;
	const bool all = schema->is_array && span_is(assignment->key, "*");
	uint32_t index;
	int r;

	memset(value, 0, schema->value_size);
	memset(written, 0, schema->value_size);
	*at = assignment->key.text;
	r = all ? 0 : parse_key(schema, names, assignment->key, key, at, error);
	if (r == 0 && !all && schema->is_array) {
		memcpy(&index, key, sizeof(index));
		*at = assignment->key.text;
		r = no_slot(wanted, index, error);
	}
	if (r == -EINVAL && span_is(assignment->key, "*"))
		hint(error, r, "only an array has a row for every key: * stands for each of those");
	if (r == 0 && assignment->has_value)
		r = parse_value(schema, names, assignment->value, value, written, at, error);
	return r;
}

int wanted_add(struct wanted *wanted, const struct parse_names *names,
	       const struct assignment *assignment, size_t text, uint32_t line, const char **at,
	       struct skbscope_error *error)
{
	const struct skbscope_schema *schema = wanted->schema;
	AUTO(freep) uint8_t *bytes = calloc(1, schema->key_size + 2 * schema->value_size + 1);
	struct wanted_place place = { text, line, wanted->count, false };
	uint8_t *key = bytes, *value, *written;
	int r;

	if (!bytes)
		return fail_memory(error, STAGE);
	value = key + schema->key_size;
	written = value + schema->value_size;
	r = parse_row(wanted, names, assignment, key, value, written, at, error);
	if (r < 0)
		return r;
	place.of_all = schema->is_array && span_is(assignment->key, "*");
	for (uint32_t i = 0; place.of_all && i < schema->max_entries; i++) {
		memcpy(key, &i, sizeof(i));
		append(wanted, key, value, written, &place);
		place.order++;
	}
	if (!place.of_all)
		append(wanted, key, value, written, &place);
	return has_failed(wanted) ? fail_memory(error, STAGE) : 0;
}

static int by_key(const void *a, const void *b, void *context)
{
	const struct wanted *wanted = context;
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int r = memcmp(wanted_key(wanted, x), wanted_key(wanted, y), wanted->schema->key_size);

	return r ? r : (x > y) - (x < y);
}

/* The later of two rows of one key, onto the earlier. */
static int merge(struct wanted *into, const struct wanted *from, size_t row,
		 struct wanted_place *place, struct skbscope_error *error)
{
	const size_t size = into->schema->value_size, last = into->count - 1;
	uint8_t *value = (uint8_t *)into->values.data + last * size;
	uint8_t *written = (uint8_t *)into->written.data + last * size;
	struct wanted_place *before = (struct wanted_place *)(void *)into->places.data + last;

	*place = *wanted_place(from, row);
	if (before->line && before->text == place->text && !before->of_all && !place->of_all)
		return fail(error, EINVAL, STAGE, "this key is in line %u already", before->line);
	for (size_t i = 0; i < size; i++) {
		const uint8_t mask = wanted_written(from, row)[i];

		value[i] = (uint8_t)((value[i] & ~mask) | (wanted_value(from, row)[i] & mask));
		written[i] |= mask;
	}
	*before = *place;
	return 0;
}

static int compare_orders(const void *a, const void *b)
{
	const struct wanted_place *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static int too_many(struct wanted *wanted, struct wanted_place *place, struct skbscope_error *error)
{
	const struct skbscope_schema *schema = wanted->schema;

	if (wanted->count <= schema->max_entries)
		return 0;
	qsort(wanted->places.data, wanted->count, sizeof(*place), compare_orders);
	*place = *wanted_place(wanted, schema->max_entries);
	return hint(error,
		    fail(error, ENOSPC, STAGE, "the table '%s' has room for %u rows, not for %zu",
			 schema->table, schema->max_entries, wanted->count),
		    "declare it larger: the last argument of BPF_HASH and its like");
}

int wanted_settle(struct wanted *wanted, struct wanted_place *place, struct skbscope_error *error)
{
	AUTO(wanted_clear) struct wanted settled = { .schema = wanted->schema };
	AUTO(freep) size_t *order = malloc((wanted->count + 1) * sizeof(*order));
	struct wanted swap;
	int r = 0;

	*place = (struct wanted_place){ .line = 0 };
	if (!order)
		return fail_memory(error, STAGE);
	for (size_t i = 0; i < wanted->count; i++)
		order[i] = i;
	qsort_r(order, wanted->count, sizeof(*order), by_key, wanted);
	for (size_t i = 0; r == 0 && i < wanted->count; i++) {
		const size_t row = order[i];

		if (settled.count && memcmp(wanted_key(&settled, settled.count - 1),
					    wanted_key(wanted, row), wanted->schema->key_size) == 0)
			r = merge(&settled, wanted, row, place, error);
		else
			append(&settled, wanted_key(wanted, row), wanted_value(wanted, row),
			       wanted_written(wanted, row), wanted_place(wanted, row));
		if (r == 0 && has_failed(&settled))
			r = fail_memory(error, STAGE);
	}
	if (r == 0)
		r = too_many(&settled, place, error);
	if (r < 0)
		return r;
	swap = *wanted;
	*wanted = settled;
	settled = swap;
	return 0;
}

static bool is_same(const struct wanted *old, size_t i, const struct wanted *new, size_t j)
{
	const size_t size = old->schema->value_size;

	return memcmp(wanted_value(old, i), wanted_value(new, j), size) == 0 &&
	       memcmp(wanted_written(old, i), wanted_written(new, j), size) == 0;
}

static struct wanted_change leave(const struct wanted *old, size_t row, const struct buffer *zeros)
{
	struct wanted_change change = { .how = WANTED_REMOVED,
					.key = wanted_key(old, row),
					.place = wanted_place(old, row) };

	if (old->schema->is_array) {
		change.value = (const uint8_t *)zeros->data;
		change.written = wanted_written(old, row);
	}
	return change;
}

static struct wanted_change enter(const struct wanted *new, size_t row, bool is_known)
{
	return (struct wanted_change){ is_known ? WANTED_CHANGED : WANTED_ADDED,
				       wanted_key(new, row), wanted_value(new, row),
				       wanted_written(new, row), wanted_place(new, row) };
}

int wanted_compare(const struct wanted *old, const struct wanted *new, struct buffer *zeros,
		   struct wanted_change **out, size_t *count)
{
	const size_t before = old ? old->count : 0;
	struct wanted_change *changes = calloc(before + new->count + 1, sizeof(*changes));
	size_t i = 0, j = 0, made = 0;

	for (size_t k = 0; k < new->schema->value_size; k++)
		buffer_append(zeros, "", 1);
	if (!changes || zeros->failed) {
		free(changes);
		return -ENOMEM;
	}
	while (i < before || j < new->count) {
		int r = i == before       ? 1
			: j == new->count ? -1
					  : memcmp(wanted_key(old, i), wanted_key(new, j),
						   new->schema->key_size);

		if (r < 0)
			changes[made++] = leave(old, i, zeros);
		else if (r > 0 || !is_same(old, i, new, j))
			changes[made++] = enter(new, j, r == 0);
		i += r <= 0;
		j += r >= 0;
	}
	*out = changes;
	*count = made;
	return 0;
}

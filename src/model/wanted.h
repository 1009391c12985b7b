/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows that somebody wants to be in a table: gathered from texts, one for each key, and
 * compared with what was wanted before. Pure data.
 */
#ifndef MODEL_WANTED_H
#define MODEL_WANTED_H

#include "base/buffer.h"
#include "model/assignment.h"
#include "model/parse.h"

/* Where a row was written. */
struct wanted_place {
	size_t text;   /* which of the caller's texts */
	uint32_t line; /* of a file, from 1; else 0 */
	size_t order;  /* among all that were added */
	bool of_all;   /* by "*" */
};

/* Once settled, in the order of their keys. */
struct wanted {
	const struct skbscope_schema *schema; /* the caller's */
	size_t count;
	struct buffer keys, values, written; /* key_size, value_size, value_size bytes a row */
	struct buffer places;                /* struct wanted_place */
};

void wanted_clear(struct wanted *wanted); /* for AUTO() too */

static inline const uint8_t *wanted_key(const struct wanted *wanted, size_t row)
{
	return (const uint8_t *)wanted->keys.data + row * wanted->schema->key_size;
}

static inline const uint8_t *wanted_value(const struct wanted *wanted, size_t row)
{
	return (const uint8_t *)wanted->values.data + row * wanted->schema->value_size;
}

/* Ones where the text said something. */
static inline const uint8_t *wanted_written(const struct wanted *wanted, size_t row)
{
	return (const uint8_t *)wanted->written.data + row * wanted->schema->value_size;
}

static inline const struct wanted_place *wanted_place(const struct wanted *wanted, size_t row)
{
	return (const struct wanted_place *)(const void *)wanted->places.data + row;
}

/* The row, or with the key "*" a row for every slot of an array. -EINVAL as of parse_key(),
 * *at points to what is wrong. */
int wanted_add(struct wanted *wanted, const struct parse_names *names,
	       const struct assignment *assignment, size_t text, uint32_t line, const char **at,
	       struct skbscope_error *error);

/* One row for each key: what was added later counts, member by member. The same key twice in
 * one file is a mistake, and so are more rows than the table holds: *place tells where. */
int wanted_settle(struct wanted *wanted, struct wanted_place *place, struct skbscope_error *error);

/* A row that is to be in a table, or no more: value is NULL. Members that nothing was said of
 * are those that are there, or zeros. */
struct wanted_change {
	enum { WANTED_ADDED, WANTED_CHANGED, WANTED_REMOVED } how;
	const uint8_t *key, *value, *written;
	const struct wanted_place *place;
};
/* What has to be done so that a table that was filled with the old rows (NULL: with none)
 * has the new ones. Both are settled, and of one shape. An array's rows cannot go: what had
 * been written to them becomes 0. *out is the caller's to free; it borrows from both, and
 * from *zeros. -ENOMEM. */
int wanted_compare(const struct wanted *old, const struct wanted *new, struct buffer *zeros,
		   struct wanted_change **out, size_t *count);

#endif

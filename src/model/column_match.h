/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which column of one schema is which of another. Names decide, keys among keys
 * and values among values. Only a key or a value that is one number has no name of
 * its own: it goes with the other's one number, if that has only one.
 */
#ifndef MODEL_COLUMN_MATCH_H
#define MODEL_COLUMN_MATCH_H

#include <skbscope/snapshot.h>

/* The columns of the keys, or of the values, of two schemas. Borrowed. */
struct column_match {
	const struct skbscope_column *old, *new;
	size_t old_count, new_count;
	bool is_key;
};

struct column_match column_match_of(const struct skbscope_schema *from,
				    const struct skbscope_schema *to, bool is_key);

/* The old column that a new one is; NULL: none. */
const struct skbscope_column *column_match_source(const struct column_match *match,
						  const struct skbscope_column *new);

/* The same name within the key or the value: of two that clash, columns carry
 * "key." or "value." in front. */
bool column_match_is_same_name(const struct skbscope_column *a, const struct skbscope_column *b);

/* One number that is the whole key or the whole value. */
bool column_match_has_no_name(const struct skbscope_column *columns, size_t count, bool is_key);

#endif

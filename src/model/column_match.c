/* SPDX-License-Identifier: Apache-2.0 */
/* Matching columns by name. */
#include "model/column_match.h"

#include <string.h>

static size_t count_keys(const struct skbscope_schema *schema)
{
	size_t count = 0;

	while (count < schema->column_count && schema->columns[count].is_key)
		count++;
	return count;
}

struct column_match column_match_of(const struct skbscope_schema *from,
				    const struct skbscope_schema *to, bool is_key)
{
	size_t old_keys = count_keys(from), new_keys = count_keys(to);

	return (struct column_match){
		.old = from->columns + (is_key ? 0 : old_keys),
		.new = to->columns + (is_key ? 0 : new_keys),
		.old_count = is_key ? old_keys : from->column_count - old_keys,
		.new_count = is_key ? new_keys : to->column_count - new_keys,
		.is_key = is_key,
	};
}

bool column_match_is_same_name(const struct skbscope_column *a, const struct skbscope_column *b)
{
	const char *prefix = a->is_key ? "key." : "value.";
	size_t length = strlen(prefix);

	return strcmp(a->name, b->name) == 0 ||
	       (strncmp(a->name, prefix, length) == 0 && strcmp(a->name + length, b->name) == 0) ||
	       (strncmp(b->name, prefix, length) == 0 && strcmp(b->name + length, a->name) == 0);
}

bool column_match_has_no_name(const struct skbscope_column *columns, size_t count, bool is_key)
{
	return count == 1 && !columns->bit_offset &&
	       strcmp(columns->name, is_key ? "key" : "value") == 0;
}

const struct skbscope_column *column_match_source(const struct column_match *match,
						  const struct skbscope_column *new)
{
	for (size_t i = 0; i < match->old_count; i++)
		if (strcmp(match->old[i].name, new->name) == 0)
			return &match->old[i];
	for (size_t i = 0; i < match->old_count; i++)
		if (column_match_is_same_name(&match->old[i], new))
			return &match->old[i];
	if (match->old_count == 1 && match->new_count == 1 &&
	    (column_match_has_no_name(match->old, match->old_count, match->is_key) ||
	     column_match_has_no_name(match->new, match->new_count, match->is_key)))
		return match->old;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Finding what was. */
#include "model/past.h"

#include <string.h>

static bool goes_on(const struct skbscope_table *before, const struct skbscope_table *table)
{
	const struct skbscope_schema *old = before->schema, *new = table->schema;

	return before->since == table->since && old->key_size == new->key_size &&
	       old->value_size == new->value_size &&strcmp(old->table, new->table) == 0;
}

const struct skbscope_table *past_table(const struct skbscope_snapshot *before,
					const struct skbscope_table *table)
{
	for (size_t i = 0; i < before->table_count; i++)
		if (goes_on(&before->tables[i], table))
			return &before->tables[i];
	return NULL;
}

int past_row(const struct skbscope_table *before, const uint8_t *key, size_t *row,
	     struct key_index *index)
{
	const size_t size = before->schema->key_size;
	int r;

	if (*row < before->row_count && memcmp(key, before->keys + *row * size, size) == 0)
		return 0;
	if (!index->slots) {
		r = key_index_build(index, before->keys, size, before->row_count);
		if (r < 0)
			return r;
	}
	*row = key_index_find(index, key);
	return 0;
}

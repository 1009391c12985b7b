/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots whose rows a test spells out. */
#ifndef TEST_MODEL_BY_HAND_H
#define TEST_MODEL_BY_HAND_H

#include <errno.h>
#include <stdlib.h>

#include "model/table_source.h"

/* A table for every schema of the set. */
static inline int snapshot_by_hand(const struct schema_set *set, struct snapshot **out)
{
	size_t count = schema_set_count(set);
	struct table_source *sources = calloc(count + 1, sizeof(*sources));
	int r;

	if (!sources)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		sources[i].schema = schema_set_table(set, i);
	r = snapshot_new(sources, count, out);
	free(sources);
	return r;
}

/* Borrowed, which rows_by_hand() and readers of rows do not mind. */
static inline struct table_rows rows_of(size_t count, const void *keys, const void *values,
					size_t value_stride, uint32_t cpu_count, bool complete)
{
	return (struct table_rows){ .count = count,
				    .keys = (void *)keys,
				    .values = (void *)values,
				    .value_stride = value_stride,
				    .cpu_count = cpu_count,
				    .complete = complete };
}

/* A copy of the rows; key_size may be left out. */
static inline int rows_by_hand(struct snapshot *snapshot, size_t table,
			       const struct table_rows *rows, bool keep_per_cpu)
{
	struct table_rows copy = *rows;

	copy.key_size = snapshot->public.tables[table].schema->key_size;
	copy.count = copy.capacity = 0;
	copy.keys = copy.values = NULL;
	for (size_t i = 0; i < rows->count; i++)
		if (table_rows_append(&copy, (const char *)rows->keys + i * copy.key_size,
				      table_rows_value(rows, i)) < 0)
			return -ENOMEM;
	return snapshot_take_rows(snapshot, table, &copy, keep_per_cpu);
}

#endif

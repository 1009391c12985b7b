/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rates: what changed since an earlier snapshot, per second. Rows are matched by
 * key, at the same place first (a map that did not change walks in the same
 * order), else through a hash, because there may be a million of them.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/bits.h"
#include "model/key_index.h"
#include "model/schema_set.h"
#include "model/snapshot.h"

static const uint8_t *key_at(const struct skbscope_table *table, size_t row, uint32_t size)
{
	return table->keys + row * size;
}

/* Moved up by half the range, signed numbers compare as unsigned ones. */
static bits_t offset_of(const struct skbscope_column *column)
{
	return column->type->is_signed ? (bits_t)1 << (column->bit_size - 1) : 0;
}

static double rate_of(const struct skbscope_column *column, const uint8_t *now,
		      const uint8_t *before, double seconds)
{
	bits_t offset = offset_of(column);
	bits_t a = bits_read(now, column->bit_offset, column->bit_size) ^ offset;
	bits_t b = offset;

	if (before)
		b = bits_read(before, column->bit_offset, column->bit_size) ^ offset;
	return a < b ? (double)NAN : (double)(a - b) / seconds;
}

static int table_rates(struct snapshot *snapshot, size_t table_number,
		       const struct skbscope_table *previous, double seconds)
{
	struct skbscope_table *table =
		(struct skbscope_table *)&snapshot->public.tables[table_number];
	const struct skbscope_schema *schema = table->schema;
	AUTO(key_index_clear) struct key_index index = { 0 };
	double *rates = arena_alloc(snapshot->arena, table->row_count,
				    schema->column_count * sizeof(*rates));

	if (!rates)
		return -ENOMEM;
	for (size_t row = 0; row < table->row_count; row++) {
		const uint8_t *key = key_at(table, row, schema->key_size);
		const uint8_t *value = table->values + row * schema->value_size, *before = NULL;
		double *row_rates = rates + row * schema->column_count;
		size_t found = row;

		if (row >= previous->row_count ||
		    memcmp(key, key_at(previous, row, schema->key_size), schema->key_size) != 0) {
			if (!index.slots) {
				int r = key_index_build(&index, previous->keys, schema->key_size,
							previous->row_count);

				if (r < 0)
					return r;
			}
			found = key_index_find(&index, key);
		}
		if (found != NO_ROW)
			before = previous->values + found * schema->value_size;
		for (size_t c = 0; c < schema->column_count; c++) {
			/* Without the whole of the earlier reading, a row that was not
			 * in it need not be new. */
			if (!schema->columns[c].is_counter || (!before && !previous->complete))
				row_rates[c] = (double)NAN;
			else
				row_rates[c] = rate_of(&schema->columns[c], value, before, seconds);
		}
	}
	table->rates = rates;
	return 0;
}

int snapshot_set_rates(struct snapshot *snapshot, const struct skbscope_snapshot *previous)
{
	uint64_t interval_ns = snapshot->public.monotonic_ns - previous->monotonic_ns;

	if (snapshot->public.monotonic_ns <= previous->monotonic_ns)
		return 0;
	if (snapshot->public.table_count != previous->table_count)
		return -EINVAL;
	for (size_t i = 0; i < previous->table_count; i++)
		if (snapshot->public.tables[i].schema != previous->tables[i].schema)
			return -EINVAL;
	snapshot->public.interval_ns = interval_ns;
	for (size_t i = 0; i < previous->table_count; i++) {
		int r = table_rates(snapshot, i, &previous->tables[i], (double)interval_ns / 1e9);

		if (r < 0)
			return r;
	}
	return 0;
}

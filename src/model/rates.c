/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rates: what changed since an earlier snapshot, per second. Rows are matched by
 * key, at the same place first (a map that did not change walks in the same
 * order), else through a hash, because there may be a million of them.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/bits.h"
#include "model/schema_set.h"
#include "model/snapshot.h"

#define NO_ROW SIZE_MAX

struct key_index {
	const struct skbscope_table *table;
	uint32_t key_size;
	uint64_t seed;
	uint32_t *slots; /* row + 1; 0: free */
	size_t mask;
};

/* Keys are what strangers send in packets, so the seed must not be guessable or
 * they could choose keys that collide; the address space layout is enough. */
static uint64_t hash_key(const struct key_index *index, const uint8_t *key)
{
	uint64_t hash = index->seed, word;
	size_t left = index->key_size;

	for (; left >= sizeof(word); left -= sizeof(word), key += sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, key, left);
	hash = (hash ^ word ^ left) * 0xd6e8feb86659fd93u;
	return hash ^ hash >> 32;
}

static void index_clear(struct key_index *index)
{
	free(index->slots);
}

static const uint8_t *key_at(const struct skbscope_table *table, size_t row, uint32_t size)
{
	return table->keys + row * size;
}

static int index_build(struct key_index *index)
{
	size_t rows = index->table->row_count, slots = 16;

	if (rows >= UINT32_MAX)
		return -E2BIG;
	while (slots < rows * 2)
		slots *= 2;
	index->slots = calloc(slots, sizeof(*index->slots));
	if (!index->slots)
		return -ENOMEM;
	index->mask = slots - 1;
	index->seed = (uint64_t)(uintptr_t)index->slots * 0x9e3779b97f4a7c15u ^
		      (uint64_t)(uintptr_t)&index;
	for (size_t row = 0; row < rows; row++) {
		size_t at =
			hash_key(index, key_at(index->table, row, index->key_size)) & index->mask;

		while (index->slots[at])
			at = (at + 1) & index->mask;
		index->slots[at] = (uint32_t)row + 1;
	}
	return 0;
}

static size_t index_find(const struct key_index *index, const uint8_t *key)
{
	size_t at = hash_key(index, key) & index->mask;

	for (; index->slots[at]; at = (at + 1) & index->mask) {
		size_t row = index->slots[at] - 1;

		if (memcmp(key_at(index->table, row, index->key_size), key, index->key_size) == 0)
			return row;
	}
	return NO_ROW;
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
	AUTO(index_clear)
	struct key_index index = { .table = previous, .key_size = schema->key_size };
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
				int r = index_build(&index);

				if (r < 0)
					return r;
			}
			found = index_find(&index, key);
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

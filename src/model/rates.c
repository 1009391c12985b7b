/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rates: what changed since an earlier snapshot, per second. Rows are matched by
 * key, at the same place first (a map that did not change walks in the same
 * order), else through a hash, because there may be a million of them.
 */
#include "model/rates.h"

#include <errno.h>
#include <math.h>

#include "base/cleanup.h"
#include "model/bits.h"
#include "model/past.h"
#include "model/record.h"
#include "model/value.h"

/* Moved up by half the range, signed numbers compare as unsigned ones. */
static bits_t offset_of(const struct skbscope_column *column)
{
	return column->type->is_signed ? (bits_t)1 << (column->bit_size - 1) : 0;
}

static bits_t read_counter(const struct skbscope_column *column, const uint8_t *data)
{
	return column->figure ? value_read(column, data).u
			      : bits_read(data, column->bit_offset, column->bit_size);
}

static double rate_of(const struct skbscope_column *column, const uint8_t *now,
		      const uint8_t *before, double seconds)
{
	bits_t offset = offset_of(column);
	bits_t a = read_counter(column, now) ^ offset, b = offset;

	if (before)
		b = read_counter(column, before) ^ offset;
	return a < b ? (double)NAN : (double)(a - b) / seconds;
}

static void set_row_rates(const struct skbscope_record *row, const uint8_t *before, double seconds,
			  double *rates)
{
	const struct skbscope_schema *schema = row->schema;

	for (size_t i = 0; i < schema->column_count + schema->figure_count; i++) {
		const struct skbscope_column *column =
			i < schema->column_count ? &schema->columns[i]
						 : &schema->figures[i - schema->column_count];

		if (column->is_counter)
			rates[column->rate] = rate_of(column, row->value, before, seconds);
	}
}

/* BEFORE is NULL for a table that did not go on. */
static int table_rates(struct snapshot *snapshot, struct skbscope_table *table,
		       const struct skbscope_table *before, double seconds)
{
	size_t counters = table->schema->counter_count;
	AUTO(key_index_clear) struct key_index index = { 0 };
	double *rates = arena_alloc(snapshot->arena, table->row_count, counters * sizeof(*rates));

	if (!rates)
		return -ENOMEM;
	for (size_t i = 0; i < table->row_count; i++) {
		const struct skbscope_record row = record_of_row(table, i);
		size_t found = before ? i : NO_ROW;
		int r = before ? past_row(before, row.key, &found, &index) : 0;

		if (r < 0)
			return r;
		/* Without the whole of the earlier reading, a row that was not in it need
		 * not be new. */
		if (found == NO_ROW && (!before || !before->complete))
			for (size_t c = 0; c < counters; c++)
				rates[i * counters + c] = (double)NAN;
		else
			set_row_rates(&row,
				      found == NO_ROW
					      ? NULL
					      : before->values + found * table->schema->value_size,
				      seconds, rates + i * counters);
	}
	table->rates = rates;
	return 0;
}

int snapshot_set_rates(struct snapshot *snapshot, const struct skbscope_snapshot *before)
{
	struct skbscope_snapshot *public = &snapshot->public;

	if (public->monotonic_ns <= before->monotonic_ns)
		return 0;
	public->interval_ns = public->monotonic_ns - before->monotonic_ns;
	for (size_t i = 0; i < public->table_count; i++) {
		struct skbscope_table *table = (struct skbscope_table *)&public->tables[i];
		int r = table_rates(snapshot, table, past_table(before, table),
				    (double)public->interval_ns / 1e9);

		if (r < 0)
			return r;
	}
	return 0;
}

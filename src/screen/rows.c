/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that match, sorted as far as they are seen. */
#include "screen/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/bits.h"
#include "model/histogram.h"
#include "model/record.h"
#include "render/cell.h"
#include "render/table.h"

void rows_clear(struct rows *rows)
{
	order_clear(&rows->order);
	*rows = (struct rows){ 0 };
}

static bool row_matches(struct painter *painter, const struct skbscope_snapshot *snapshot,
			const struct skbscope_table *table, size_t row, const char *text)
{
	const struct skbscope_record record = record_of_row(table, row);
	const struct skbscope_column *column;
	struct shown_columns shown = SHOWN_BRIEF;

	while ((column = shown_next(table->schema, &shown))) {
		cell_text(painter, snapshot, column, record_data(&record, column));
		if (strcasestr(buffer_text(&painter->cell), text))
			return true;
	}
	if (!table->processes)
		return false;
	cell_processes(painter, &table->processes[row]);
	return strcasestr(buffer_text(&painter->cell), text) != NULL;
}

int rows_match(struct rows *rows, struct painter *painter, const struct skbscope_snapshot *snapshot,
	       const struct skbscope_table *table, const char *text)
{
	const size_t count = table->row_count < UINT32_MAX ? table->row_count : UINT32_MAX;
	const size_t size = table->schema->value_size;
	const bool skips = table_skips_zeros(table);

	rows_clear(rows);
	rows->known = true;
	if (!count)
		return 0;
	rows->order.rows = malloc(count * sizeof(*rows->order.rows));
	if (!rows->order.rows)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (skips && bytes_are_zero(table->values + i * size, size))
			rows->order.zeros++;
		else if (!*text || row_matches(painter, snapshot, table, i, text))
			rows->order.rows[rows->order.count++] = (uint32_t)i;
	}
	return 0;
}

int rows_sort(struct rows *rows, const struct sorting *sorting, size_t count)
{
	struct order *order = &rows->order;
	int r;

	count = count < order->count ? count : order->count;
	if (count <= rows->sorted)
		return 0;
	if (count < order->count)
		sort_select(sorting, order->rows, order->count, count);
	r = sort_rows(sorting, order->rows, count);
	if (r == 0)
		rows->sorted = count;
	return r;
}

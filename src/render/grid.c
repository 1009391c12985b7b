/* SPDX-License-Identifier: Apache-2.0 */
/* The cells of a table. */
#include "render/grid.h"

#include <math.h>

#include "model/format.h"
#include "model/histogram.h"
#include "model/record.h"
#include "render/cell.h"
#include "render/layout.h"

struct drawing {
	struct painter *painter;
	const struct skbscope_snapshot *snapshot;
	const struct skbscope_table *table;
	const struct order *order;
	enum grid_numbers numbers;
};

static void put_rate(struct painter *painter, const struct skbscope_column *column, double rate,
		     struct layout *layout)
{
	buffer_clear(&painter->cell);
	if (painter->options->exact && isfinite(rate))
		buffer_printf(&painter->cell, "%.3f", rate);
	else
		format_rate(rate, column->type->display, &painter->cell);
	layout_cell(layout, layout_whole(&painter->cell));
}

/* How many values a histogram has, something beside it counts as well. */
bool grid_has_rate(const struct skbscope_table *table, const struct skbscope_column *column,
		   enum grid_numbers numbers)
{
	return table->rates && column->is_counter && !column->figure && !column->is_unrated &&
	       numbers != GRID_TOTALS;
}

bool grid_has_total(const struct skbscope_table *table, const struct skbscope_column *column,
		    enum grid_numbers numbers)
{
	return numbers != GRID_RATES || !grid_has_rate(table, column, numbers);
}

static bool has_rate(const struct drawing *drawing, const struct skbscope_column *column)
{
	return grid_has_rate(drawing->table, column, drawing->numbers);
}

static bool has_total(const struct drawing *drawing, const struct skbscope_column *column)
{
	return grid_has_total(drawing->table, column, drawing->numbers);
}

/* How many columns stand beside it for the CPUs. */
static uint32_t count_cpus(const struct drawing *drawing, const struct skbscope_column *column)
{
	return drawing->painter->options->per_cpu && drawing->table->cpu_values && !column->is_key
		       ? drawing->table->cpu_count
		       : 0;
}

static void put_headings(void *context, struct layout *layout)
{
	struct drawing *drawing = context;
	const struct skbscope_column *column;
	struct shown_columns shown = SHOWN_BRIEF;

	while ((column = shown_next(drawing->table->schema, &shown))) {
		if (has_total(drawing, column))
			layout_heading(layout, cell_align(column), "%s", column->name);
		if (has_rate(drawing, column))
			layout_heading(layout, LAYOUT_RATE, "%s/s", column->name);
		for (uint32_t cpu = 0; cpu < count_cpus(drawing, column); cpu++)
			layout_heading(layout, cell_align(column), "cpu%u", cpu);
	}
	if (drawing->table->processes)
		layout_heading(layout, LAYOUT_KEPT, "process");
}

static void put_row(void *context, size_t number, struct layout *layout)
{
	struct drawing *drawing = context;
	const struct skbscope_table *table = drawing->table;
	size_t row = drawing->order->rows[number];
	const struct skbscope_record record = record_of_row(table, row);
	const struct skbscope_column *column;
	struct shown_columns shown = SHOWN_BRIEF;

	while ((column = shown_next(table->schema, &shown))) {
		if (has_total(drawing, column))
			cell_put(drawing->painter, drawing->snapshot, column,
				 record_data(&record, column), layout);
		if (has_rate(drawing, column))
			put_rate(drawing->painter, column, record.rates[column->rate], layout);
		for (uint32_t cpu = 0; cpu < count_cpus(drawing, column); cpu++)
			cell_put(drawing->painter, drawing->snapshot, column,
				 record_of_cpu(table, row, cpu).value, layout);
	}
	if (table->processes)
		cell_put_processes(drawing->painter, &table->processes[row], layout);
}

int grid_write(struct painter *painter, const struct skbscope_snapshot *snapshot,
	       const struct skbscope_table *table, const struct order *order)
{
	struct drawing drawing = { painter, snapshot, table, order, GRID_BOTH };
	const struct layout_source source = { put_headings, put_row, &drawing, order->count };

	return layout_write(&source, painter->options->width, painter->stream);
}

int grid_collect(struct painter *painter, const struct skbscope_snapshot *snapshot,
		 const struct skbscope_table *table, const struct order *order,
		 const struct grid_part *part, struct layout_cells *out)
{
	struct drawing drawing = { painter, snapshot, table, order, part->numbers };
	const struct layout_source source = { put_headings, put_row, &drawing, order->count };

	return layout_collect(&source, part->first, part->rows, out);
}

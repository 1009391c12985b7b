/* SPDX-License-Identifier: Apache-2.0 */
/* The cells of a table. */
#include "render/grid.h"

#include <math.h>

#include "base/buffer.h"
#include "model/format.h"
#include "model/record.h"
#include "render/cell.h"
#include "render/layout.h"

struct drawing {
	const struct skbscope_table *table;
	const struct order *order;
	const struct cell_names *names;
	const struct skbscope_render_options *options;
	struct buffer cell;
};

static void put_value(struct drawing *drawing, const struct skbscope_column *column,
		      const uint8_t *data, struct layout *layout)
{
	cell_format(drawing->names, column, data, drawing->options->exact, &drawing->cell);
	layout_cell(layout, layout_whole(&drawing->cell));
}

static void put_rate(struct drawing *drawing, const struct skbscope_column *column, double rate,
		     struct layout *layout)
{
	buffer_clear(&drawing->cell);
	if (drawing->options->exact && isfinite(rate))
		buffer_printf(&drawing->cell, "%.3f", rate);
	else
		format_rate(rate, column->type->display, &drawing->cell);
	layout_cell(layout, layout_whole(&drawing->cell));
}

static bool has_rate(const struct drawing *drawing, const struct skbscope_column *column)
{
	return drawing->table->rates && column->is_counter;
}

/* How many columns stand beside it for the CPUs. */
static uint32_t count_cpus(const struct drawing *drawing, const struct skbscope_column *column)
{
	return drawing->options->per_cpu && drawing->table->cpu_values && !column->is_key
		       ? drawing->table->cpu_count
		       : 0;
}

static void put_headings(void *context, struct layout *layout)
{
	struct drawing *drawing = context;
	const struct skbscope_schema *schema = drawing->table->schema;

	for (size_t i = 0; i < schema->column_count; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		layout_heading(layout, column->name, cell_align(column));
		if (has_rate(drawing, column)) {
			buffer_clear(&drawing->cell);
			buffer_printf(&drawing->cell, "%s/s", column->name);
			layout_heading(layout, layout_whole(&drawing->cell), LAYOUT_RIGHT);
		}
		for (uint32_t cpu = 0; cpu < count_cpus(drawing, column); cpu++) {
			buffer_clear(&drawing->cell);
			buffer_printf(&drawing->cell, "cpu%u", cpu);
			layout_heading(layout, layout_whole(&drawing->cell), cell_align(column));
		}
	}
}

static void put_row(void *context, size_t number, struct layout *layout)
{
	struct drawing *drawing = context;
	const struct skbscope_table *table = drawing->table;
	size_t row = drawing->order->rows[number];
	const struct skbscope_record record = record_of_row(table, row);

	for (size_t i = 0; i < table->schema->column_count; i++) {
		const struct skbscope_column *column = &table->schema->columns[i];

		put_value(drawing, column, record_data(&record, column), layout);
		if (has_rate(drawing, column))
			put_rate(drawing, column, record.rates[column->rate], layout);
		for (uint32_t cpu = 0; cpu < count_cpus(drawing, column); cpu++) {
			const struct skbscope_record share = record_of_cpu(table, row, cpu);

			put_value(drawing, column, share.value, layout);
		}
	}
}

int grid_write(const struct skbscope_table *table, const struct order *order,
	       const struct cell_names *names, const struct skbscope_render_options *options,
	       FILE *stream)
{
	struct drawing drawing = {
		.table = table, .order = order, .names = names, .options = options
	};
	const struct layout_source source = { put_headings, put_row, &drawing, order->count };
	int r = layout_write(&source, options->width, stream);

	buffer_free(&drawing.cell);
	return r;
}

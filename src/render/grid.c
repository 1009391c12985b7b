/* SPDX-License-Identifier: Apache-2.0 */
/* The cells of a table. */
#include "render/grid.h"

#include <math.h>

#include "base/buffer.h"
#include "model/value.h"
#include "render/cell.h"
#include "render/common.h"
#include "render/layout.h"

struct drawing {
	const struct skbscope_snapshot *snapshot;
	const struct skbscope_table *table;
	const struct order *order;
	const struct skbscope_render_options *options;
	struct buffer cell;
};

static int put_value(struct drawing *drawing, const struct skbscope_column *column,
		     const uint8_t *data, struct layout *layout)
{
	int r = cell_format(drawing->snapshot, column, data, drawing->options->exact,
			    &drawing->cell);

	return r < 0 ? r : layout_cell(layout, buffer_text(&drawing->cell));
}

static int put_rate(struct drawing *drawing, const struct skbscope_column *column, double rate,
		    struct layout *layout)
{
	int r;

	buffer_clear(&drawing->cell);
	if (drawing->options->exact && isfinite(rate))
		r = buffer_printf(&drawing->cell, "%.3f", rate);
	else
		r = format_rate(rate, column->type->display, &drawing->cell);
	return r < 0 ? r : layout_cell(layout, buffer_text(&drawing->cell));
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

static int put_headings(void *context, struct layout *layout)
{
	struct drawing *drawing = context;
	const struct skbscope_schema *schema = drawing->table->schema;
	int r = 0;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		r = layout_heading(layout, column->name, cell_align(column));
		if (r == 0 && has_rate(drawing, column)) {
			buffer_clear(&drawing->cell);
			r = buffer_printf(&drawing->cell, "%s/s", column->name);
			if (r == 0)
				r = layout_heading(layout, buffer_text(&drawing->cell),
						   LAYOUT_RIGHT);
		}
		for (uint32_t cpu = 0; r == 0 && cpu < count_cpus(drawing, column); cpu++) {
			buffer_clear(&drawing->cell);
			r = buffer_printf(&drawing->cell, "cpu%u", cpu);
			if (r == 0)
				r = layout_heading(layout, buffer_text(&drawing->cell),
						   cell_align(column));
		}
	}
	return r;
}

static int put_row(void *context, size_t number, struct layout *layout)
{
	struct drawing *drawing = context;
	const struct skbscope_table *table = drawing->table;
	const struct skbscope_schema *schema = table->schema;
	size_t row = drawing->order->rows[number];
	int r = 0;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		r = put_value(drawing, column, cell_data(table, row, column), layout);
		if (r == 0 && has_rate(drawing, column))
			r = put_rate(drawing, column, table->rates[row * schema->column_count + i],
				     layout);
		for (uint32_t cpu = 0; r == 0 && cpu < count_cpus(drawing, column); cpu++)
			r = put_value(drawing, column,
				      table->cpu_values +
					      (row * table->cpu_count + cpu) * schema->value_size,
				      layout);
	}
	return r;
}

int grid_write(const struct skbscope_snapshot *snapshot, const struct skbscope_table *table,
	       const struct order *order, const struct skbscope_render_options *options,
	       FILE *stream)
{
	struct drawing drawing = {
		.snapshot = snapshot, .table = table, .order = order, .options = options
	};
	const struct layout_source source = { put_headings, put_row, &drawing, order->count };
	int r = layout_write(&source, options, stream);

	buffer_free(&drawing.cell);
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and columns on paper. */
#include "render/grid.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/value.h"

#define GRID_ROWS 4096u /* in memory at a time */

struct drawing {
	const struct skbscope_snapshot *snapshot;
	const struct skbscope_render_options *options;
	FILE *stream;
	struct buffer cell;
};

static void table_unrefp(struct libscols_table **table)
{
	if (*table)
		scols_unref_table(*table);
}

/* Interfaces are known by name where we are attached to them. */
static const char *interface_name(const struct skbscope_snapshot *snapshot, unsigned ifindex)
{
	for (size_t i = 0; i < snapshot->hook_count; i++)
		if (snapshot->hooks[i].ifindex == ifindex)
			return snapshot->hooks[i].interface;
	return NULL;
}

static int format_cell(struct drawing *drawing, const struct skbscope_column *column,
		       const uint8_t *data)
{
	buffer_clear(&drawing->cell);
	if (column->type->display == SKBSCOPE_DISPLAY_IFINDEX) {
		struct value value = value_read(column, data);
		const char *name = value.u <= UINT32_MAX
					   ? interface_name(drawing->snapshot, (unsigned)value.u)
					   : NULL;

		if (name)
			return format_text(name, strlen(name), &drawing->cell);
	}
	return value_format(column, data, drawing->options->exact, &drawing->cell);
}

static int format_rate_cell(struct drawing *drawing, const struct skbscope_column *column,
			    double rate)
{
	buffer_clear(&drawing->cell);
	if (drawing->options->exact && isfinite(rate))
		return buffer_printf(&drawing->cell, "%.3f", rate);
	return format_rate(rate, column->type->display, &drawing->cell);
}

static bool is_number(const struct skbscope_column *column)
{
	switch (column->type->display) {
	case SKBSCOPE_DISPLAY_PLAIN:
	case SKBSCOPE_DISPLAY_NS:
	case SKBSCOPE_DISPLAY_BYTES:
	case SKBSCOPE_DISPLAY_PORT_BE:
	case SKBSCOPE_DISPLAY_HEX:
	case SKBSCOPE_DISPLAY_LOG2:
		return column->type->kind == SKBSCOPE_KIND_INTEGER ||
		       column->type->kind == SKBSCOPE_KIND_FLOAT ||
		       column->type->kind == SKBSCOPE_KIND_POINTER;
	default:
		return false;
	}
}

static bool shows_cpus(const struct drawing *drawing, const struct skbscope_table *table,
		       const struct skbscope_column *column)
{
	return drawing->options->per_cpu && table->cpu_values && !column->is_key;
}

/* Half a text or half an array is still of use; half a number or half an address
 * is another one. */
static bool may_be_cut(const struct skbscope_column *column)
{
	return column->type->kind == SKBSCOPE_KIND_ARRAY &&
	       (column->type->display == SKBSCOPE_DISPLAY_TEXT ||
		column->type->display == SKBSCOPE_DISPLAY_HEX ||
		column->type->display == SKBSCOPE_DISPLAY_PLAIN);
}

static int add_heading(struct libscols_table *grid, const char *name, int flags)
{
	return scols_table_new_column(grid, name, 0, flags) ? 0 : -ENOMEM;
}

static int add_headings(struct drawing *drawing, const struct skbscope_table *table,
			struct libscols_table *grid)
{
	const struct skbscope_schema *schema = table->schema;
	int r = 0;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];
		int flags = is_number(column)    ? SCOLS_FL_RIGHT
			    : may_be_cut(column) ? SCOLS_FL_TRUNC
						 : 0;

		r = add_heading(grid, column->name, flags);
		if (r == 0 && table->rates && column->is_counter) {
			buffer_clear(&drawing->cell);
			r = buffer_printf(&drawing->cell, "%s/s", column->name);
			if (r == 0)
				r = add_heading(grid, buffer_text(&drawing->cell), SCOLS_FL_RIGHT);
		}
		for (uint32_t cpu = 0;
		     r == 0 && shows_cpus(drawing, table, column) && cpu < table->cpu_count;
		     cpu++) {
			buffer_clear(&drawing->cell);
			r = buffer_printf(&drawing->cell, "cpu%u", cpu);
			if (r == 0)
				r = add_heading(grid, buffer_text(&drawing->cell), flags);
		}
	}
	return r;
}

/* Where the cells of a row go: into a line, or only into the widths they need. */
struct sink {
	struct libscols_line *line; /* NULL: measure */
	size_t *widths;
	size_t column;
};

static int put_cell(struct drawing *drawing, struct sink *sink)
{
	size_t column = sink->column++;

	if (sink->line)
		return scols_line_set_data(sink->line, column, buffer_text(&drawing->cell));
	if (drawing->cell.length > sink->widths[column])
		sink->widths[column] = drawing->cell.length;
	return 0;
}

static int put_row(struct drawing *drawing, const struct skbscope_table *table, size_t row,
		   struct sink *sink)
{
	const struct skbscope_schema *schema = table->schema;
	int r = 0;

	sink->column = 0;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		r = format_cell(drawing, column, row_data(table, column, row));
		if (r == 0)
			r = put_cell(drawing, sink);
		if (r == 0 && table->rates && column->is_counter) {
			r = format_rate_cell(drawing, column,
					     table->rates[row * schema->column_count + i]);
			if (r == 0)
				r = put_cell(drawing, sink);
		}
		for (uint32_t cpu = 0;
		     r == 0 && shows_cpus(drawing, table, column) && cpu < table->cpu_count;
		     cpu++) {
			r = format_cell(drawing, column,
					table->cpu_values + (row * table->cpu_count + cpu) *
								    schema->value_size);
			if (r == 0)
				r = put_cell(drawing, sink);
		}
	}
	return r;
}

static struct libscols_cell *heading_at(struct libscols_table *grid, size_t column)
{
	return scols_column_get_header(scols_table_get_column(grid, column));
}

/* A column is never narrower than its heading, shown or not; its width hint counts
 * only where the cells are wider than that. */
static int widen_headings(struct drawing *drawing, struct libscols_table *grid,
			  const size_t *widths)
{
	size_t count = scols_table_get_ncols(grid);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct libscols_cell *heading = heading_at(grid, i);
		bool right =
			scols_column_get_flags(scols_table_get_column(grid, i)) & SCOLS_FL_RIGHT;
		int width = (int)widths[i];

		if (!right && i + 1 == count)
			break; /* nothing follows that would have to be aligned */
		buffer_clear(&drawing->cell);
		r = buffer_printf(&drawing->cell, "%*s", right ? width : -width,
				  scols_cell_get_data(heading));
		if (r == 0)
			r = scols_cell_set_data(heading, buffer_text(&drawing->cell));
	}
	return r;
}

/* One grid of some of the rows. Widths, if any, are the least of each column. */
static int write_grid(struct drawing *drawing, const struct skbscope_table *table,
		      const uint32_t *rows, size_t count, const size_t *widths, bool headings)
{
	AUTO(table_unrefp) struct libscols_table *grid = scols_new_table();
	int r;

	if (!grid)
		return -ENOMEM;
	scols_table_set_stream(grid, drawing->stream);
	/* The width is the caller's to know: never ask the terminal. */
	scols_table_set_termforce(grid, drawing->options->width ? SCOLS_TERMFORCE_ALWAYS
								: SCOLS_TERMFORCE_NEVER);
	if (drawing->options->width)
		scols_table_set_termwidth(grid, drawing->options->width);
	scols_table_set_column_separator(grid, "  ");
	scols_table_enable_noencoding(grid, 1); /* cells are printable ASCII already */
	scols_table_enable_noheadings(grid, !headings);
	r = add_headings(drawing, table, grid);
	if (r == 0 && widths)
		r = widen_headings(drawing, grid, widths);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct sink sink = { .line = scols_table_new_line(grid, NULL) };

		r = sink.line ? put_row(drawing, table, rows[i], &sink) : -ENOMEM;
	}
	return r < 0 ? r : scols_print_table(grid);
}

static int measure(struct drawing *drawing, const struct skbscope_table *table,
		   const struct order *order, size_t **out)
{
	AUTO(table_unrefp) struct libscols_table *grid = scols_new_table();
	AUTO(freep) size_t *widths = NULL;
	struct sink sink = { 0 };
	int r;

	if (!grid)
		return -ENOMEM;
	r = add_headings(drawing, table, grid);
	widths = calloc(scols_table_get_ncols(grid) + 1, sizeof(*widths));
	if (r < 0 || !widths)
		return -ENOMEM;
	for (size_t i = 0; i < scols_table_get_ncols(grid); i++)
		widths[i] = strlen(scols_cell_get_data(heading_at(grid, i)));
	sink.widths = widths;
	for (size_t i = 0; i < order->count && r == 0; i++)
		r = put_row(drawing, table, order->rows[i], &sink);
	if (r < 0)
		return r;
	*out = TAKE(widths);
	return 0;
}

/* A grid holds every cell in memory, half a kilobyte a row: long tables become
 * several grids that look like one. */
static int write_rows(struct drawing *drawing, const struct skbscope_table *table,
		      const struct order *order)
{
	AUTO(freep) size_t *widths = NULL;
	int r = 0;

	if (order->count > GRID_ROWS)
		r = measure(drawing, table, order, &widths);
	for (size_t at = 0; at < order->count && r == 0; at += GRID_ROWS) {
		size_t left = order->count - at;

		r = write_grid(drawing, table, order->rows + at,
			       left < GRID_ROWS ? left : GRID_ROWS, widths, at == 0);
		if (r == 0 && ferror(drawing->stream))
			r = -EIO; /* nobody reads on: the rest would be for nothing */
	}
	return r;
}

int grid_write(const struct skbscope_snapshot *snapshot, const struct skbscope_table *table,
	       const struct order *order, const struct skbscope_render_options *options,
	       FILE *stream)
{
	struct drawing drawing = { .snapshot = snapshot, .options = options, .stream = stream };
	int r = write_rows(&drawing, table, order);

	buffer_free(&drawing.cell);
	return r < 0 && r != -ENOMEM ? -EIO : r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and columns on paper. */
#include "render/layout.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"

#define LAYOUT_ROWS 4096u /* in memory at a time */

/* Where headings and cells go: into a grid, or only into the widths they need. */
struct layout {
	struct libscols_table *grid;
	struct libscols_line *line; /* NULL: measure */
	size_t *widths;
	size_t column;
};

static void table_unrefp(struct libscols_table **table)
{
	if (*table)
		scols_unref_table(*table);
}

int layout_heading(struct layout *layout, const char *name, enum layout_align align)
{
	int flags = align == LAYOUT_RIGHT ? SCOLS_FL_RIGHT
		    : align == LAYOUT_CUT ? SCOLS_FL_TRUNC
					  : 0;

	return scols_table_new_column(layout->grid, name, 0, flags) ? 0 : -ENOMEM;
}

/* Blanks to the column's width: what follows stands as in the other grids. */
static int put_widened(struct layout *layout, size_t column, const char *text)
{
	AUTO(buffer_free) struct buffer wide = { 0 };
	bool right = scols_column_get_flags(scols_table_get_column(layout->grid, column)) &
		     SCOLS_FL_RIGHT;
	int width = (int)layout->widths[column], r;

	if (!right && column + 1 == scols_table_get_ncols(layout->grid))
		width = 0; /* nothing follows that would have to be aligned */
	r = buffer_printf(&wide, "%*s", right ? width : -width, text);
	return r < 0 ? r : scols_line_set_data(layout->line, column, buffer_text(&wide));
}

int layout_cell(struct layout *layout, const char *text)
{
	size_t column = layout->column++, length;

	if (layout->line && layout->widths)
		return put_widened(layout, column, text);
	if (layout->line)
		return scols_line_set_data(layout->line, column, text);
	length = strlen(text);
	if (length > layout->widths[column])
		layout->widths[column] = length;
	return 0;
}

static struct libscols_cell *heading_at(struct libscols_table *grid, size_t column)
{
	return scols_column_get_header(scols_table_get_column(grid, column));
}

/* One grid of some of the rows. Widths, if any, are the least of each column. */
static int write_grid(const struct layout_source *source, size_t first, size_t count,
		      size_t *widths, const struct skbscope_render_options *options, FILE *stream)
{
	AUTO(table_unrefp) struct libscols_table *grid = scols_new_table();
	struct layout layout = { .grid = grid };
	int r;

	if (!grid)
		return -ENOMEM;
	scols_table_set_stream(grid, stream);
	/* The width is the caller's to know: never ask the terminal. */
	scols_table_set_termforce(grid,
				  options->width ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
	if (options->width)
		scols_table_set_termwidth(grid, options->width);
	scols_table_set_column_separator(grid, "  ");
	scols_table_enable_noencoding(grid, 1); /* cells are printable ASCII already */
	scols_table_enable_noheadings(grid, first > 0);
	r = source->headings(source->context, &layout);
	for (size_t i = 0; i < count && r == 0; i++) {
		/* The first row makes the columns wide: some releases of libsmartcols let
		 * a heading do so even unshown, some do not. */
		layout.widths = i == 0 ? widths : NULL;
		layout.line = scols_table_new_line(grid, NULL);
		layout.column = 0;
		r = layout.line ? source->row(source->context, first + i, &layout) : -ENOMEM;
	}
	return r < 0 ? r : scols_print_table(grid);
}

static int measure(const struct layout_source *source, size_t **out)
{
	AUTO(table_unrefp) struct libscols_table *grid = scols_new_table();
	AUTO(freep) size_t *widths = NULL;
	struct layout layout = { .grid = grid };
	int r;

	if (!grid)
		return -ENOMEM;
	r = source->headings(source->context, &layout);
	widths = calloc(scols_table_get_ncols(grid) + 1, sizeof(*widths));
	if (r < 0 || !widths)
		return -ENOMEM;
	for (size_t i = 0; i < scols_table_get_ncols(grid); i++)
		widths[i] = strlen(scols_cell_get_data(heading_at(grid, i)));
	layout.widths = widths;
	for (size_t i = 0; i < source->rows && r == 0; i++) {
		layout.column = 0;
		r = source->row(source->context, i, &layout);
	}
	if (r < 0)
		return r;
	*out = TAKE(widths);
	return 0;
}

/* A grid holds every cell in memory, half a kilobyte a row: long tables become
 * several grids that look like one. */
int layout_write(const struct layout_source *source, const struct skbscope_render_options *options,
		 FILE *stream)
{
	AUTO(freep) size_t *widths = NULL;
	int r = 0;

	if (source->rows > LAYOUT_ROWS)
		r = measure(source, &widths);
	for (size_t at = 0; at < source->rows && r == 0; at += LAYOUT_ROWS) {
		size_t left = source->rows - at;

		r = write_grid(source, at, left < LAYOUT_ROWS ? left : LAYOUT_ROWS, widths, options,
			       stream);
		if (r == 0 && ferror(stream))
			r = -EIO; /* nobody reads on: the rest would be for nothing */
	}
	return r < 0 && r != -ENOMEM ? -EIO : r;
}

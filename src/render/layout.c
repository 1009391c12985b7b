/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and columns on paper. */
#include "render/layout.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"

#define LAYOUT_ROWS 4096u /* in memory at a time */

/* Where headings and cells go: into a grid, or only into the widths they need. */
struct layout {
	struct libscols_table *grid;
	struct libscols_line *line; /* NULL: measure */
	size_t *widths;             /* the least of each column; NULL: as its cells need */
	size_t column;
	bool failed; /* no memory */
};

struct layout *layout_new(void)
{
	AUTO(layout_freep) struct layout *layout = calloc(1, sizeof(*layout));

	if (!layout)
		return NULL;
	layout->grid = scols_new_table();
	if (!layout->grid)
		return NULL;
	/* The width is the caller's to know: never ask the terminal. */
	scols_table_set_termforce(layout->grid, SCOLS_TERMFORCE_NEVER);
	scols_table_set_column_separator(layout->grid, "  ");
	return TAKE(layout);
}

void layout_freep(struct layout **layout)
{
	if (*layout)
		scols_unref_table((*layout)->grid);
	freep(layout);
}

void layout_heading(struct layout *layout, enum layout_align align, const char *format, ...)
{
	static const int flags[] = {
		[LAYOUT_RIGHT] = SCOLS_FL_RIGHT, [LAYOUT_CUT] = SCOLS_FL_TRUNC
	};
	AUTO(buffer_free) struct buffer name = { 0 };
	va_list arguments;

	va_start(arguments, format);
	buffer_vprintf(&name, format, arguments);
	va_end(arguments);
	if (name.failed ||
	    !scols_table_new_column(layout->grid, buffer_text(&name), 0, flags[align]))
		layout->failed = true;
}

void layout_row(struct layout *layout)
{
	layout->column = 0;
	layout->line = scols_table_new_line(layout->grid, NULL);
	if (!layout->line)
		layout->failed = true;
}

static void put(struct layout *layout, size_t column, const char *text)
{
	/* A column of the first row may be younger than its line. */
	if (!text ||
	    scols_line_alloc_cells(layout->line, scols_table_get_ncols(layout->grid)) < 0 ||
	    scols_line_set_data(layout->line, column, text) < 0)
		layout->failed = true;
}

/* Blanks to the column's width: what follows stands as in the other grids. */
static void put_widened(struct layout *layout, size_t column, const char *text)
{
	AUTO(buffer_free) struct buffer wide = { 0 };
	bool right = scols_column_get_flags(scols_table_get_column(layout->grid, column)) &
		     SCOLS_FL_RIGHT;
	int width = (int)layout->widths[column];

	if (!right && column + 1 == scols_table_get_ncols(layout->grid))
		width = 0; /* nothing follows that would have to be aligned */
	buffer_printf(&wide, "%*s", right ? width : -width, text);
	put(layout, column, layout_whole(&wide));
}

void layout_cell(struct layout *layout, const char *text)
{
	size_t column = layout->column++, length;

	if (layout->failed || !text) {
		layout->failed = true;
	} else if (layout->line && layout->widths) {
		put_widened(layout, column, text);
	} else if (layout->line) {
		put(layout, column, text);
	} else {
		length = strlen(text);
		if (length > layout->widths[column])
			layout->widths[column] = length;
	}
}

int layout_text(struct layout *layout, bool headings, char **out)
{
	scols_table_enable_noheadings(layout->grid, !headings);
	if (layout->failed || scols_print_table_to_string(layout->grid, out) < 0)
		return -ENOMEM;
	return 0;
}

/* One grid of some of the rows. Widths, if any, are the least of each column. */
static int write_grid(const struct layout_source *source, size_t first, size_t count,
		      size_t *widths, uint32_t width, FILE *stream)
{
	AUTO(layout_freep) struct layout *layout = layout_new();

	if (!layout)
		return -ENOMEM;
	if (width) {
		scols_table_set_termforce(layout->grid, SCOLS_TERMFORCE_ALWAYS);
		scols_table_set_termwidth(layout->grid, width);
	}
	scols_table_enable_noencoding(layout->grid, 1); /* they are printable already */
	scols_table_set_stream(layout->grid, stream);
	scols_table_enable_noheadings(layout->grid, first > 0);
	source->headings(source->context, layout);
	for (size_t i = 0; i < count && !layout->failed; i++) {
		/* The first row makes the columns wide: some releases of libsmartcols let
		 * a heading do so even unshown, some do not. */
		layout->widths = i == 0 ? widths : NULL;
		layout_row(layout);
		source->row(source->context, first + i, layout);
	}
	return layout->failed ? -ENOMEM : scols_print_table(layout->grid);
}

static int measure(const struct layout_source *source, size_t **out)
{
	AUTO(layout_freep) struct layout *layout = layout_new();
	AUTO(freep) size_t *widths = NULL;
	size_t columns;

	if (!layout)
		return -ENOMEM;
	source->headings(source->context, layout);
	columns = scols_table_get_ncols(layout->grid);
	widths = calloc(columns + 1, sizeof(*widths));
	if (!widths)
		return -ENOMEM;
	for (size_t i = 0; i < columns; i++)
		widths[i] = strlen(scols_cell_get_data(
			scols_column_get_header(scols_table_get_column(layout->grid, i))));
	layout->widths = widths;
	for (size_t i = 0; i < source->rows && !layout->failed; i++) {
		layout->column = 0;
		source->row(source->context, i, layout);
	}
	if (layout->failed)
		return -ENOMEM;
	*out = TAKE(widths);
	return 0;
}

/* A grid holds every cell in memory, half a kilobyte a row: long tables become
 * several grids that look like one. */
int layout_write(const struct layout_source *source, uint32_t width, FILE *stream)
{
	AUTO(freep) size_t *widths = NULL;
	int r = 0;

	if (source->rows > LAYOUT_ROWS)
		r = measure(source, &widths);
	for (size_t at = 0; at < source->rows && r == 0; at += LAYOUT_ROWS) {
		size_t left = source->rows - at;

		r = write_grid(source, at, left < LAYOUT_ROWS ? left : LAYOUT_ROWS, widths, width,
			       stream);
		if (r == 0 && ferror(stream))
			r = -EIO; /* nobody reads on: the rest would be for nothing */
	}
	return r < 0 && r != -ENOMEM ? -EIO : r;
}

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
#define FIT_ROWS 1024u    /* by which a terminal's width is shared out: it shows fewer */
#define SEPARATOR "  "

/* Where headings and cells go: into a grid, or only into the widths they need. */
struct layout {
	struct libscols_table *grid;
	struct libscols_line *line;       /* NULL: measure */
	size_t *widths;                   /* the least of each column; NULL: as its cells need */
	size_t column;                    /* of all */
	size_t shown;                     /* of those in the grid */
	struct layout_cells *kept;        /* where cells go instead; NULL: none */
	struct layout_columns *learnt;    /* all there are; NULL: not wanted */
	const struct layout_columns *fit; /* which of them are hidden; NULL: none */
	bool failed;                      /* no memory */
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
	scols_table_set_column_separator(layout->grid, SEPARATOR);
	return TAKE(layout);
}

void layout_freep(struct layout **layout)
{
	if (*layout)
		scols_unref_table((*layout)->grid);
	freep(layout);
}

static bool learn(struct layout_columns *headings, const char *name, enum layout_align align)
{
	struct layout_column *grown =
		reallocarray(headings->items, headings->count + 1, sizeof(*grown));

	if (!grown)
		return false;
	headings->items = grown;
	grown[headings->count] = (struct layout_column){ .name = strdup(name), .align = align };
	return grown[headings->count++].name != NULL;
}

void layout_columns_clear(struct layout_columns *headings)
{
	for (size_t i = 0; i < headings->count; i++)
		free(headings->items[i].name);
	free(TAKE(headings->items));
	headings->count = 0;
}

static bool is_hidden(const struct layout *layout, size_t column)
{
	return layout->fit && column < layout->fit->count && layout->fit->items[column].hidden;
}

void layout_heading(struct layout *layout, enum layout_align align, const char *format, ...)
{
	static const int flags[] = { [LAYOUT_RIGHT] = SCOLS_FL_RIGHT,
				     [LAYOUT_RATE] = SCOLS_FL_RIGHT,
				     [LAYOUT_CUT] = SCOLS_FL_TRUNC,
				     [LAYOUT_KEPT] = 0 };
	AUTO(buffer_free) struct buffer name = { 0 };
	va_list arguments;

	va_start(arguments, format);
	buffer_vprintf(&name, format, arguments);
	va_end(arguments);
	if (name.failed || (layout->learnt && !learn(layout->learnt, buffer_text(&name), align)))
		layout->failed = true;
	else if (!is_hidden(layout, layout->column++) &&
		 !scols_table_new_column(layout->grid, buffer_text(&name), 0, flags[align]))
		layout->failed = true;
}

void layout_row(struct layout *layout)
{
	layout->column = layout->shown = 0;
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
static void put_widened(struct layout *layout, size_t column, size_t width_of, const char *text)
{
	AUTO(buffer_free) struct buffer wide = { 0 };
	bool right = scols_column_get_flags(scols_table_get_column(layout->grid, column)) &
		     SCOLS_FL_RIGHT;
	int width = (int)layout->widths[width_of];

	if (!right && column + 1 == scols_table_get_ncols(layout->grid))
		width = 0; /* nothing follows that would have to be aligned */
	buffer_printf(&wide, "%*s", right ? width : -width, text);
	put(layout, column, layout_whole(&wide));
}

static void keep(struct layout_cells *cells, size_t column, const char *text, bool *failed)
{
	char *copy = column < cells->columns.count ? strdup(text) : NULL;

	buffer_append(&cells->texts, &copy, sizeof(copy));
	*failed |= !copy || cells->texts.failed;
}

void layout_cell(struct layout *layout, const char *text)
{
	size_t column = layout->column++, length;

	if (layout->failed || !text) {
		layout->failed = true;
	} else if (layout->kept) {
		keep(layout->kept, column, text, &layout->failed);
	} else if (is_hidden(layout, column)) {
		return;
	} else if (layout->line && layout->widths) {
		put_widened(layout, layout->shown++, column, text);
	} else if (layout->line) {
		put(layout, layout->shown++, text);
	} else {
		length = strlen(text);
		if (length > layout->widths[column])
			layout->widths[column] = length;
	}
}

/* One grid of some of the rows. Widths, if any, are the least of each column. */
static int write_grid(const struct layout_source *source, size_t first, size_t count,
		      size_t *widths, const struct layout_columns *fit, uint32_t width,
		      FILE *stream)
{
	AUTO(layout_freep) struct layout *layout = layout_new();

	if (!layout)
		return -ENOMEM;
	if (width) {
		scols_table_set_termforce(layout->grid, SCOLS_TERMFORCE_ALWAYS);
		scols_table_set_termwidth(layout->grid, width);
	}
	layout->fit = fit;
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

/* What each column needs for the first of the rows. */
static int measure(const struct layout_source *source, size_t rows, struct layout_columns *headings,
		   size_t **out)
{
	AUTO(layout_freep) struct layout *layout = layout_new();
	AUTO(freep) size_t *widths = NULL;

	if (!layout)
		return -ENOMEM;
	layout->learnt = headings;
	source->headings(source->context, layout);
	widths = calloc(headings->count + 1, sizeof(*widths));
	if (!widths || layout->failed)
		return -ENOMEM;
	for (size_t i = 0; i < headings->count; i++)
		widths[i] = strlen(headings->items[i].name);
	layout->widths = widths;
	for (size_t i = 0; i < rows && !layout->failed; i++) {
		layout->column = 0;
		source->row(source->context, i, layout);
	}
	if (layout->failed)
		return -ENOMEM;
	*out = TAKE(widths);
	return 0;
}

size_t layout_total_width(const struct layout_columns *headings, const size_t *widths)
{
	size_t total = 0;

	for (size_t i = 0; i < headings->count; i++) {
		const struct layout_column *heading = &headings->items[i];
		const bool cut = heading->align == LAYOUT_CUT && widths[i] > LAYOUT_CUT_WIDTH;

		if (!heading->hidden)
			total += (total ? strlen(SEPARATOR) : 0) +
				 (cut ? LAYOUT_CUT_WIDTH : widths[i]);
	}
	return total;
}

/* A number that was cut would be another one, so columns go as a whole. */
static void hide(struct layout_columns *headings, const size_t *widths, size_t width)
{
	const bool without_rates = layout_total_width(headings, widths) > width;

	for (size_t i = 0; i < headings->count; i++)
		headings->items[i].hidden =
			without_rates && headings->items[i].align == LAYOUT_RATE;
	for (size_t i = headings->count; i-- > 1 && layout_total_width(headings, widths) > width;)
		headings->items[i].hidden = headings->items[i].align != LAYOUT_KEPT;
}

static void tell_hidden(const struct layout_columns *headings, FILE *stream)
{
	const char *between = "(no room for ";

	for (size_t i = 0; i < headings->count; i++) {
		const struct layout_column *heading = &headings->items[i];

		if (!heading->hidden || heading->align == LAYOUT_RATE)
			continue;
		fprintf(stream, "%s%s", between, heading->name);
		between = ", ";
	}
	if (*between == ',')
		fputs(")\n", stream);
}

int layout_collect(const struct layout_source *source, size_t first, size_t rows,
		   struct layout_cells *out)
{
	AUTO(layout_freep) struct layout *layout = layout_new();

	if (!layout)
		return -ENOMEM;
	layout->learnt = &out->columns;
	source->headings(source->context, layout);
	layout->kept = out;
	for (size_t i = 0; i < rows && !layout->failed; i++) {
		layout->column = 0;
		source->row(source->context, first + i, layout);
	}
	return layout->failed ? -ENOMEM : 0;
}

const char *layout_cell_at(const struct layout_cells *cells, size_t row, size_t column)
{
	const char *const *texts = (const void *)cells->texts.data;

	return texts[row * cells->columns.count + column];
}

void layout_cells_clear(struct layout_cells *cells)
{
	char **texts = (void *)cells->texts.data;

	for (size_t i = 0; i < cells->texts.length / sizeof(*texts); i++)
		free(texts[i]);
	buffer_free(&cells->texts);
	layout_columns_clear(&cells->columns);
}

static size_t at_most(size_t rows, size_t most)
{
	return rows < most ? rows : most;
}

/* A grid holds every cell in memory, half a kilobyte a row: long tables become
 * several grids that look like one. */
int layout_write(const struct layout_source *source, uint32_t width, FILE *stream)
{
	const bool is_long = source->rows > LAYOUT_ROWS;
	AUTO(layout_columns_clear) struct layout_columns headings = { 0 };
	AUTO(freep) size_t *widths = NULL;
	int r = 0;

	if (is_long || width)
		r = measure(source, is_long ? source->rows : at_most(source->rows, FIT_ROWS),
			    &headings, &widths);
	if (r == 0 && width)
		hide(&headings, widths, width);
	for (size_t at = 0; at < source->rows && r == 0; at += LAYOUT_ROWS) {
		r = write_grid(source, at, at_most(source->rows - at, LAYOUT_ROWS),
			       is_long ? widths : NULL, width ? &headings : NULL, width, stream);
		if (r == 0 && ferror(stream))
			r = -EIO; /* nobody reads on: the rest would be for nothing */
	}
	if (r == 0)
		tell_hidden(&headings, stream);
	return r < 0 && r != -ENOMEM ? -EIO : r;
}

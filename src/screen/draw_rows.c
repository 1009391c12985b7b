/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a table under their headings, with the last minute beside their counter. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "screen/draw.h"

#define BETWEEN 2u
#define MINUTE "last minute"
#define LEVELS 8u

/* Columns as they stand; the last minute is one behind the column at spark. */
struct columns {
	struct layout_cells cells;
	size_t *widths;
	size_t spark; /* NONE: there is no room, or nothing to show */
	unsigned int spark_width;
	const struct skbscope_column *counter;
	struct sorting sorting;
};
#define NONE SIZE_MAX

static void columns_clear(struct columns *columns)
{
	layout_cells_clear(&columns->cells);
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* As wide as they ever were, so that they stand still while rows come and go. */
static int measure(struct panel *panel, const struct layout_cells *cells, size_t rows)
{
	const size_t count = cells->columns.count;

	if (panel->width_count != count) {
		free(TAKE(panel->widths));
		panel->width_count = 0;
		panel->widths = calloc(count + 1, sizeof(*panel->widths));
		if (!panel->widths)
			return -ENOMEM;
		panel->width_count = count;
	}
	for (size_t i = 0; i < count; i++) {
		size_t *width = &panel->widths[i];

		*width = larger(*width, picture_width(cells->columns.items[i].name));
		for (size_t row = 0; row < rows; row++)
			*width = larger(*width, picture_width(layout_cell_at(cells, row, i)));
	}
	return 0;
}

static bool is_heading(const char *heading, const struct skbscope_column *column, bool rate)
{
	const size_t length = strlen(column->name);

	return strncmp(heading, column->name, length) == 0 &&
	       strcmp(heading + length, rate ? "/s" : "") == 0;
}

static size_t find_heading(const struct layout_columns *columns,
			   const struct skbscope_column *column, bool rate)
{
	for (size_t i = 0; column && i < columns->count; i++)
		if (is_heading(columns->items[i].name, column, rate))
			return i;
	return NONE;
}

/* Beside the counter that rows are sorted by, or the first. */
static const struct skbscope_column *choose_counter(const struct skbscope_table *table,
						    const struct sorting *sorting)
{
	if (!table->rates)
		return NULL;
	if (sorting->column && sorting->column->is_counter && !sorting->column->figure)
		return sorting->column;
	for (size_t i = 0; i < table->schema->column_count; i++)
		if (table->schema->columns[i].is_counter)
			return &table->schema->columns[i];
	return NULL;
}

static void show_all(struct layout_columns *columns)
{
	for (size_t i = 0; i < columns->count; i++)
		columns->items[i].hidden = false;
}

/* From the right, as long as there is no room: rates, but not that of one counter. Whether
 * there is now. */
static bool hide_rates(struct columns *columns, size_t width, size_t kept)
{
	struct layout_columns *all = &columns->cells.columns;

	for (size_t i = all->count; i-- > 0 && layout_total_width(all, columns->widths) > width;)
		if (all->items[i].align == LAYOUT_RATE && i != kept)
			all->items[i].hidden = true;
	return layout_total_width(all, columns->widths) <= width;
}

/* As a whole: half a number would be another one. */
static void hide_columns(struct columns *columns, size_t width)
{
	struct layout_columns *all = &columns->cells.columns;

	for (size_t i = all->count; i-- > 1 && layout_total_width(all, columns->widths) > width;)
		all->items[i].hidden = all->items[i].align != LAYOUT_KEPT;
}

/* What goes first where there is no room for all: rates of other counters than the one whose
 * last minute is shown, that minute, the counter's rate, and then columns. */
static void fit(struct columns *columns, size_t width)
{
	struct layout_columns *all = &columns->cells.columns;
	const size_t rate = find_heading(all, columns->counter, true);
	const unsigned int most = HISTORY_SLOTS, least = HISTORY_SLOTS / 2;

	columns->spark = rate != NONE ? rate : find_heading(all, columns->counter, false);
	show_all(all);
	if (columns->spark != NONE) {
		columns->spark_width =
			layout_total_width(all, columns->widths) + BETWEEN + most <= width ? most
											   : least;
		if (width > BETWEEN + least &&
		    hide_rates(columns, width - BETWEEN - columns->spark_width, rate))
			return;
	}
	columns->spark = NONE;
	show_all(all);
	if (!hide_rates(columns, width, rate) && !hide_rates(columns, width, NONE))
		hide_columns(columns, width);
}

/* Columns that may be cut share what the others leave. */
static void cut(struct columns *columns, size_t *widths, unsigned int width)
{
	const struct layout_columns *all = &columns->cells.columns;
	size_t taken = columns->spark == NONE ? 0 : columns->spark_width + BETWEEN;

	for (size_t i = 0; i < all->count; i++)
		if (!all->items[i].hidden)
			taken += widths[i] + (taken ? BETWEEN : 0);
	for (size_t i = all->count; i-- > 0 && taken > width;) {
		const size_t over = taken - width,
			     most = widths[i] > LAYOUT_CUT_WIDTH ? widths[i] - LAYOUT_CUT_WIDTH : 0;
		const size_t less = over < most ? over : most;

		if (all->items[i].hidden || all->items[i].align != LAYOUT_CUT)
			continue;
		widths[i] -= less;
		taken -= less;
	}
}

static bool is_right(enum layout_align align)
{
	return align == LAYOUT_RIGHT || align == LAYOUT_RATE;
}

static unsigned int put_cell(struct drawing *drawing, unsigned int row, unsigned int column,
			     size_t width, enum layout_align align, const char *text,
			     unsigned int look)
{
	const unsigned int end = column + (unsigned int)width, own = picture_width(text);
	const unsigned int at = is_right(align) && own < width ? end - own : column;

	picture_put(drawing->picture, row, at, end, text, look);
	return end + BETWEEN;
}

static double slot_of(const double *rates, unsigned int slots)
{
	double sum = 0;
	unsigned int known = 0;

	for (unsigned int i = 0; i < slots; i++) {
		if (isnan(rates[i]))
			continue;
		sum += rates[i];
		known++;
	}
	return known ? sum / known : (double)NAN;
}

/* The highest of the row's own fills its place; 0 is not nothing, and little is not 0. */
static void put_spark(struct drawing *drawing, const struct columns *columns,
		      const struct panel *panel, size_t number, unsigned int row,
		      unsigned int column)
{
	static const char levels[] = "_.:-=+*#";
	const unsigned int each = HISTORY_SLOTS / columns->spark_width;
	double rates[HISTORY_SLOTS], highest = 0;

	if (!history_of(&panel->history, drawing->screen->shown,
			screen_table(drawing->screen, panel), panel->rows.order.rows[number],
			columns->counter->rate, rates))
		return;
	for (unsigned int i = 0; i < columns->spark_width; i++) {
		rates[i] = slot_of(rates + i * each, each);
		highest = rates[i] > highest ? rates[i] : highest;
	}
	for (unsigned int i = 0; i < columns->spark_width; i++) {
		unsigned int level;

		if (isnan(rates[i]))
			continue;
		level = rates[i] > 0 ? 1 + (unsigned int)(rates[i] / highest * (LEVELS - 2) + 0.5)
				     : 0;
		level = level < LEVELS ? level : LEVELS - 1;
		picture_letter(drawing->picture, row, column + i,
			       drawing->screen->settings.ascii ? (unsigned char)levels[level]
							       : 0x2581u + level,
			       LOOK_PLAIN);
	}
}

static unsigned int heading_look(const struct columns *columns, size_t i)
{
	const struct sorting *sorting = &columns->sorting;

	return sorting->column && is_heading(columns->cells.columns.items[i].name, sorting->column,
					     sorting->by_rate)
		       ? LOOK_REVERSE
		       : LOOK_PLAIN;
}

/* One of them, or their headings. */
static void put_row(struct drawing *drawing, const struct columns *columns,
		    const struct panel *panel, const size_t *number, unsigned int row)
{
	unsigned int column = 0;

	for (size_t i = 0; i < columns->cells.columns.count; i++) {
		const struct layout_column *heading = &columns->cells.columns.items[i];

		if (!heading->hidden)
			column = put_cell(drawing, row, column, columns->widths[i], heading->align,
					  number ? layout_cell_at(&columns->cells, *number, i)
						 : heading->name,
					  number ? LOOK_PLAIN : heading_look(columns, i));
		if (i != columns->spark)
			continue;
		if (number)
			put_spark(drawing, columns, panel, panel->first + *number, row, column);
		else
			picture_put(drawing->picture, row, column, column + columns->spark_width,
				    MINUTE, LOOK_DIM);
		column += columns->spark_width + BETWEEN;
	}
}

static size_t count_missed(const struct layout_columns *columns)
{
	size_t missed = 0;

	for (size_t i = 0; i < columns->count; i++)
		missed += columns->items[i].hidden && columns->items[i].align != LAYOUT_RATE;
	return missed;
}

size_t draw_rows(struct drawing *drawing, struct panel *panel, unsigned int first, unsigned int end)
{
	const struct skbscope_table *table = screen_table(drawing->screen, panel);
	const struct grid_part part = { .numbers = drawing->screen->numbers,
					.first = panel->first,
					.rows = end - first - 1 };
	AUTO(columns_clear)
	struct columns columns = { .sorting = screen_sorting(drawing->screen, panel, table) };
	struct painter painter = { .options = &drawing->options };
	AUTO(freep) size_t *widths = NULL;
	int r = grid_collect(&painter, drawing->screen->shown, table, &panel->rows.order, &part,
			     &columns.cells);

	buffer_free(&painter.cell);
	if (r == 0)
		r = measure(panel, &columns.cells, part.rows);
	if (r == 0)
		widths = calloc(panel->width_count + 1, sizeof(*widths));
	if (r < 0 || !widths) {
		drawing->screen->failed = true;
		return 0;
	}
	memcpy(widths, panel->widths, panel->width_count * sizeof(*widths));
	columns.widths = widths;
	columns.counter = choose_counter(table, &columns.sorting);
	fit(&columns, drawing->picture->columns);
	cut(&columns, widths, drawing->picture->columns);
	put_row(drawing, &columns, panel, NULL, first);
	for (size_t i = 0; i < part.rows; i++)
		put_row(drawing, &columns, panel, &i, first + 1 + (unsigned int)i);
	return count_missed(&columns.cells.columns);
}

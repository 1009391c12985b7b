/* SPDX-License-Identifier: Apache-2.0 */
/* How the tables share the room there is, and what each shows in its own. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/histogram.h"
#include "render/bars.h"
#include "render/histogram.h"
#include "render/table.h"
#include "screen/draw.h"

#define ENDLESS ((size_t)1 << 20)
#define FAVOUR 4u /* rows that the table in focus is ahead of others */

struct share {
	struct panel *panel;
	size_t wish, rows;
};

static const struct skbscope_table *table_of(const struct drawing *drawing,
					     const struct panel *panel)
{
	return screen_table(drawing->screen, panel);
}

static bool has_bars(const struct drawing *drawing, const struct skbscope_table *table)
{
	for (size_t i = 0; drawing->screen->bars && i < table->schema->column_count; i++)
		if (column_is_histogram(&table->schema->columns[i]))
			return true;
	return false;
}

/* --top goes by the order of the table. */
static size_t count_rows(const struct drawing *drawing, const struct panel *panel)
{
	const size_t top = drawing->screen->settings.top, count = panel->rows.order.count;

	return top && top < count ? top : count;
}

static void match(struct drawing *drawing, struct panel *panel)
{
	struct painter painter = { .options = &drawing->options };

	if (panel->rows.known)
		return;
	if (rows_match(&panel->rows, &painter, drawing->screen->shown, table_of(drawing, panel),
		       buffer_text(&drawing->screen->filter)) < 0 ||
	    painter.failed)
		drawing->screen->failed = true;
	buffer_free(&painter.cell);
}

static const char *write_notes(struct drawing *drawing, const struct panel *panel)
{
	struct painter *painter = draw_begin(drawing);

	table_write_notes(painter, drawing->screen->shown, table_of(drawing, panel),
			  &panel->rows.order);
	return draw_end(drawing);
}

/* No more of it than can be seen: every picture has a heading, a row and a line between. */
static const char *write_histogram(struct drawing *drawing, const struct panel *panel)
{
	struct painter *painter = draw_begin(drawing);
	const size_t last = panel->first + drawing->picture->rows;

	drawing->options.top = last < ENDLESS ? (uint32_t)last : 0;
	if (histogram_write(table_of(drawing, panel), painter) < 0)
		drawing->screen->failed = true;
	drawing->options.top = 0;
	return draw_end(drawing);
}

/* With its title. */
static size_t wish_of(struct drawing *drawing, struct panel *panel)
{
	const struct skbscope_table *table = table_of(drawing, panel);
	size_t rows;

	if (!table->schema->readable)
		return 1;
	if (table->schema->histogram)
		return 1 + count_lines(write_histogram(drawing, panel));
	match(drawing, panel);
	rows = count_rows(drawing, panel);
	if (has_bars(drawing, table))
		return ENDLESS;
	return 1 + (rows ? 1 + rows : 0) + count_lines(write_notes(drawing, panel));
}

/* Titles of events stand directly above those. */
static size_t list_shares(struct drawing *drawing, struct share *shares)
{
	struct screen *screen = drawing->screen;
	size_t count = 0;

	for (int events = 0; events < 2; events++)
		for (size_t i = 0; i < screen->panel_count; i++) {
			const struct skbscope_table *table = &screen->shown->tables[i];

			if (!table_is_shown(table) || table->schema->is_events != events ||
			    (screen->alone && !events && i != screen->focus))
				continue;
			shares[count].panel = &screen->panels[i];
			shares[count].wish = wish_of(drawing, &screen->panels[i]);
			shares[count++].rows = 0;
		}
	return count;
}

size_t tables_wish(struct drawing *drawing, unsigned int most)
{
	AUTO(freep)
	struct share *shares = calloc(drawing->screen->panel_count + 1, sizeof(*shares));
	size_t count = shares ? list_shares(drawing, shares) : 0, wish = 0;

	for (size_t i = 0; i < count && wish < most; i++)
		wish += shares[i].wish + (i > 0);
	return wish;
}

/* Row by row to the one that has least, until there are none left or no more is wished. */
static void share_out(const struct drawing *drawing, struct share *shares, size_t count,
		      size_t rows)
{
	const struct panel *focus = screen_focus(drawing->screen);

	for (; rows; rows--) {
		struct share *least = NULL;
		size_t least_rows = 0;

		for (size_t i = 0; i < count; i++) {
			const size_t ahead = shares[i].panel == focus ? FAVOUR : 0;
			const size_t has = shares[i].rows > ahead ? shares[i].rows - ahead : 0;

			if (shares[i].rows < shares[i].wish && (!least || has < least_rows)) {
				least = &shares[i];
				least_rows = has;
			}
		}
		if (!least)
			return;
		least->rows++;
	}
}

/* On the right of the title, as far as there is room: what is seen. */
static void draw_place(struct drawing *drawing, const struct panel *panel, unsigned int row,
		       unsigned int column, size_t seen, size_t missed)
{
	const size_t all = count_rows(drawing, panel);
	AUTO(buffer_free) struct buffer text = { 0 };
	unsigned int width;

	if (drawing->screen->filter.length)
		buffer_printf(&text, "  %zu with '%s'", all, buffer_text(&drawing->screen->filter));
	if (seen && seen < all)
		buffer_printf(&text, "  %zu to %zu of %zu", panel->first + 1, panel->first + seen,
			      all);
	if (missed)
		buffer_printf(&text, "  %zu more column%s", missed, missed == 1 ? "" : "s");
	width = picture_width(buffer_text(&text));
	if (width && column + width <= drawing->picture->columns)
		picture_put(drawing->picture, row, drawing->picture->columns - width,
			    drawing->picture->columns, buffer_text(&text), LOOK_DIM);
}

static bool is_alone(const struct drawing *drawing)
{
	size_t count = 0;

	for (size_t i = 0; i < drawing->screen->panel_count; i++)
		count += screen_can_focus(&drawing->screen->shown->tables[i]);
	return count < 2;
}

static unsigned int draw_title(struct drawing *drawing, const struct panel *panel, unsigned int row)
{
	const struct skbscope_table *table = table_of(drawing, panel);
	struct painter *painter = draw_begin(drawing);
	unsigned int column;

	table_write_title(painter, table);
	column = picture_put(drawing->picture, row, 0, drawing->picture->columns, draw_end(drawing),
			     LOOK_PLAIN);
	if (panel == screen_focus(drawing->screen) && !is_alone(drawing))
		picture_put(drawing->picture, row, 0, drawing->picture->columns,
			    table->schema->table, LOOK_BOLD | LOOK_REVERSE);
	return column;
}

static void draw_histogram(struct drawing *drawing, struct panel *panel, unsigned int first,
			   unsigned int end)
{
	const char *text = write_histogram(drawing, panel);
	const size_t lines = count_lines(text), rows = end - first;

	if (panel->first + rows > lines)
		panel->first = lines > rows ? lines - rows : 0;
	panel->height = rows;
	draw_lines(drawing, first, end, text, panel->first, LOOK_PLAIN);
}

static void draw_bars(struct drawing *drawing, struct panel *panel, size_t seen, unsigned int first,
		      unsigned int end)
{
	const struct order part = { .rows = panel->rows.order.rows + panel->first, .count = seen };
	struct painter *painter = draw_begin(drawing);

	if (bars_write(painter, table_of(drawing, panel), &part) < 0)
		drawing->screen->failed = true;
	draw_lines(drawing, first, end, draw_end(drawing), 0, LOOK_PLAIN);
}

static void limit(size_t *first, size_t seen, size_t all)
{
	if (*first + seen > all)
		*first = all > seen ? all - seen : 0;
}

static void remember(struct drawing *drawing, struct panel *panel, size_t seen)
{
	const struct skbscope_table *table = table_of(drawing, panel);
	const struct rows *rows = &panel->rows;
	struct history *history = &panel->history;

	if (!panel->is_new || !table->rates)
		return;
	panel->is_new = false;
	if (history_begin(history, table->schema) < 0) {
		drawing->screen->failed = true;
		return;
	}
	for (size_t i = panel->first; i < panel->first + seen && i < rows->sorted; i++)
		history_add(history, drawing->screen->shown, table, rows->order.rows[i]);
	for (size_t i = 0; i < HISTORY_ROWS && i < rows->sorted; i++)
		history_add(history, drawing->screen->shown, table, rows->order.rows[i]);
}

static void draw_grid(struct drawing *drawing, struct panel *panel, unsigned int first,
		      unsigned int end, unsigned int title_end)
{
	const struct skbscope_table *table = table_of(drawing, panel);
	const struct sorting sorting = screen_sorting(drawing->screen, panel, table);
	const unsigned int row = first - 1;
	size_t all, seen, notes, missed = 0;

	match(drawing, panel);
	all = count_rows(drawing, panel);
	notes = count_lines(write_notes(drawing, panel));
	seen = end - first > notes + 1 ? end - first - notes - 1 : 0;
	if (!seen && end - first > 1 && all)
		seen = end - first - 1;
	if (has_bars(drawing, table) && seen > 1)
		seen = seen / 2;
	seen = seen < all ? seen : all;
	panel->height = seen;
	limit(&panel->first, seen, all);
	if (rows_sort(&panel->rows, &sorting, panel->first + seen) < 0)
		drawing->screen->failed = true;
	remember(drawing, panel, seen);
	if (seen) {
		missed = draw_rows(drawing, panel, first, first + 1 + (unsigned int)seen);
		first += 1 + (unsigned int)seen;
	}
	draw_place(drawing, panel, row, title_end, seen, missed);
	first = draw_lines(drawing, first, end, write_notes(drawing, panel), 0, LOOK_PLAIN);
	if (has_bars(drawing, table))
		draw_bars(drawing, panel, seen, first, end);
}

static void draw_panel(struct drawing *drawing, struct panel *panel, unsigned int first,
		       unsigned int end)
{
	const struct skbscope_table *table = table_of(drawing, panel);
	const unsigned int column = draw_title(drawing, panel, first++);

	if (!table->schema->readable)
		return;
	if (table->schema->histogram)
		draw_histogram(drawing, panel, first, end);
	else
		draw_grid(drawing, panel, first, end, column);
}

static size_t place_of(const struct drawing *drawing, const struct share *shares, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (shares[i].panel == screen_focus(drawing->screen))
			return i;
	return 0;
}

unsigned int draw_tables(struct drawing *drawing, unsigned int first, unsigned int end)
{
	AUTO(freep) struct share *all = calloc(drawing->screen->panel_count + 1, sizeof(*all));
	const size_t rows = end - first;
	struct share *shares = all;
	size_t count, gap, most, wish = 0, focus;

	if (!all) {
		drawing->screen->failed = true;
		return first;
	}
	count = list_shares(drawing, all);
	for (size_t i = 0; i < count; i++)
		wish += all[i].wish + 1;
	gap = wish <= rows + 1 || rows >= 6 * count ? 1 : 0;
	/* As many as have room for a title, heading and row, and the one in focus among them. */
	most = (rows + gap) / (3 + gap) > 0 ? (rows + gap) / (3 + gap) : 1;
	focus = place_of(drawing, all, count);
	if (wish > rows + 1 && count > most) {
		shares += focus < most ? 0 : focus - most + 1;
		count = most;
	}
	if (count && rows > (count - 1) * gap)
		share_out(drawing, shares, count, rows - (count - 1) * gap);
	for (size_t i = 0; i < count && first < end; i++) {
		if (!shares[i].rows)
			continue;
		draw_panel(drawing, shares[i].panel, first, first + (unsigned int)shares[i].rows);
		first += (unsigned int)(shares[i].rows + gap);
	}
	return first;
}

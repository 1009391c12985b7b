/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, as in top, htop and less where those have them. */
#include "screen/keys.h"

#include <stdlib.h>
#include <string.h>

#include "model/histogram.h"
#include "render/order.h"
#include "screen/screen.h"

static void sort_by(struct screen *screen, struct panel *panel, const char *column, bool by_rate)
{
	char *copy = strdup(column);

	if (!copy) {
		screen->failed = true;
		return;
	}
	free(panel->sort);
	panel->sort = copy;
	panel->by_rate = by_rate;
	panel->first = 0;
	panel->rows.known = false;
	history_clear(&panel->history); /* it would begin with those that were first before */
}

struct heading {
	const struct skbscope_column *column;
	bool is_rate;
};

/* The next heading after one, among those that are on the screen. */
static bool next_heading(const struct screen *screen, const struct skbscope_table *table,
			 struct shown_columns *shown, struct heading *heading)
{
	if (heading->column && !heading->is_rate &&
	    grid_has_rate(table, heading->column, screen->numbers)) {
		heading->is_rate = true;
		return true;
	}
	heading->column = shown_next(table->schema, shown);
	heading->is_rate =
		heading->column && !grid_has_total(table, heading->column, screen->numbers);
	return heading->column != NULL;
}

static void move_sort(struct screen *screen, bool right)
{
	struct panel *panel = screen_focus(screen);
	const struct skbscope_table *table = panel ? screen_table(screen, panel) : NULL;
	struct heading heading = { 0 }, before = { 0 };
	struct shown_columns shown = SHOWN_BRIEF;
	struct sorting now;

	if (!panel || table->schema->histogram)
		return;
	now = screen_sorting(screen, panel, table);
	while (next_heading(screen, table, &shown, &heading)) {
		if (heading.column == now.column && heading.is_rate == now.by_rate)
			break;
		before = heading;
	}
	if (!heading.column) /* by none that is there */
		return;
	if (right && next_heading(screen, table, &shown, &heading))
		before = heading;
	if (before.column &&
	    (right || before.column != now.column || before.is_rate != now.by_rate))
		sort_by(screen, panel, before.column->name, before.is_rate);
}

static void sort_left(struct screen *screen)
{
	move_sort(screen, false);
}

static void sort_right(struct screen *screen)
{
	move_sort(screen, true);
}

static void reverse(struct screen *screen)
{
	struct panel *panel = screen_focus(screen);

	if (!panel)
		return;
	panel->reverse = !panel->reverse;
	panel->first = 0;
	panel->rows.known = false;
}

static void type_filter(struct screen *screen)
{
	buffer_clear(&screen->typed);
	buffer_string(&screen->typed, buffer_text(&screen->filter));
	screen->typing = TYPING_FILTER;
}

static void type_name(struct screen *screen)
{
	if (!screen->shown)
		return;
	buffer_clear(&screen->typed);
	buffer_printf(&screen->typed, "%s.txt",
		      screen->shown->program ? screen->shown->program : "skbscope");
	screen->typing = TYPING_NAME;
}

static void freeze(struct screen *screen)
{
	if (screen->frozen) {
		snapshot_unrefp(&screen->frozen);
		screen_show(screen);
	} else if (screen->latest) {
		screen->frozen = snapshot_ref(screen->latest);
	}
}

static void change_numbers(struct screen *screen)
{
	static const char *const names[] = { "totals and rates", "totals", "rates" };

	screen->numbers = screen->numbers == GRID_RATES ? GRID_BOTH : screen->numbers + 1;
	screen_answer(screen, "%s", names[screen->numbers]);
	screen_rows_changed(screen);
}

static void reset(struct screen *screen)
{
	struct snapshot *base = screen->frozen ? screen->frozen : screen->latest;

	if (screen->baseline)
		snapshot_unrefp(&screen->baseline);
	else if (base)
		screen->baseline = snapshot_ref(base);
	screen_answer(screen, screen->baseline ? "counting from now on; r: from the start again"
					       : "counting from the start");
	screen_show(screen);
}

static void toggle_cpus(struct screen *screen)
{
	screen->per_cpu = !screen->per_cpu;
	screen_answer(screen, screen->per_cpu ? "each CPU, where a table has its own"
					      : "all CPUs together");
}

static void toggle_bars(struct screen *screen)
{
	screen->bars = !screen->bars;
	screen_answer(screen, screen->bars ? "with the buckets of histograms in rows"
					   : "without the buckets of histograms in rows");
}

static void toggle_alone(struct screen *screen)
{
	screen->alone = !screen->alone;
}

static void move_focus(struct screen *screen, size_t step)
{
	for (size_t i = 0, at = screen->focus; i < screen->panel_count; i++) {
		at = (at + step) % screen->panel_count;
		if (!screen_can_focus(&screen->shown->tables[at]))
			continue;
		screen->focus = at;
		return;
	}
}

static void next_table(struct screen *screen)
{
	move_focus(screen, 1);
}

static void previous_table(struct screen *screen)
{
	if (screen->panel_count)
		move_focus(screen, screen->panel_count - 1);
}

/* Drawing brings back what is beyond the end. */
static size_t *place(struct screen *screen)
{
	struct panel *panel = screen_focus(screen);

	return screen->page != SCREEN_TABLES ? &screen->scrolled : panel ? &panel->first : NULL;
}

static void scroll(struct screen *screen, bool up, size_t rows)
{
	size_t *first = place(screen);

	if (first && up)
		*first -= *first < rows ? *first : rows;
	else if (first)
		*first += rows;
}

static size_t page_of(struct screen *screen)
{
	struct panel *panel = screen_focus(screen);

	if (screen->page != SCREEN_TABLES)
		return 10;
	return panel && panel->height > 1 ? panel->height - 1 : 1;
}

static void up(struct screen *screen)
{
	scroll(screen, true, 1);
}

static void down(struct screen *screen)
{
	scroll(screen, false, 1);
}

static void page_up(struct screen *screen)
{
	scroll(screen, true, page_of(screen));
}

static void page_down(struct screen *screen)
{
	scroll(screen, false, page_of(screen));
}

static void home(struct screen *screen)
{
	scroll(screen, true, SIZE_MAX);
}

static void end(struct screen *screen)
{
	size_t *first = place(screen);

	if (first)
		*first = UINT32_MAX;
}

static void open_page(struct screen *screen, enum screen_page page)
{
	screen->page = screen->page == page ? SCREEN_TABLES : page;
	screen->scrolled = 0;
}

static void notes(struct screen *screen)
{
	open_page(screen, SCREEN_NOTES);
	screen->scrolled = UINT32_MAX; /* the last ones */
}

static void help(struct screen *screen)
{
	open_page(screen, SCREEN_HELP);
}

const struct screen_binding screen_bindings[] = {
	{ { 'q' }, "q", "quit", "quit", NULL },
	{ { '?', 'h', KEY_OF_F1 }, "?", "help; ? or q goes back", "help", help },
	{ { '<', ',' }, NULL, NULL, NULL, sort_left },
	{ { '>', '.' }, "< >", "sort by the column to the left, to the right", "sort", sort_right },
	{ { 'R', 'I' }, "R", "reverse the order", NULL, reverse },
	{ { '/', '\\' }, "/", "only rows with a text; Esc: all rows", "filter", type_filter },
	{ { 'p', ' ' }, "p", "freeze what is shown, and go on", "freeze", freeze },
	{ { 't' }, "t", "totals and rates, totals, rates", "rates", change_numbers },
	{ { 'r' }, "r", "count from now on, and from the start again", "reset", reset },
	{ { '1' }, "1", "each CPU's values", "CPUs", toggle_cpus },
	{ { 'b' }, "b", "buckets of the histograms in rows", NULL, toggle_bars },
	{ { KEY_OF_BACK_TAB }, NULL, NULL, NULL, previous_table },
	{ { KEY_OF_TAB }, "Tab", "next table; Shift-Tab: the one before", "next", next_table },
	{ { 'z' }, "z", "only this table, and all of them", "zoom", toggle_alone },
	{ { KEY_OF_UP, 'k' }, NULL, NULL, NULL, up },
	{ { KEY_OF_DOWN, 'j' }, NULL, NULL, NULL, down },
	{ { KEY_OF_PAGE_UP }, NULL, NULL, NULL, page_up },
	{ { KEY_OF_PAGE_DOWN }, NULL, NULL, NULL, page_down },
	{ { KEY_OF_HOME, 'g' }, NULL, NULL, NULL, home },
	{ { KEY_OF_END, 'G' }, "arrows", "scroll; PageUp, PageDown, Home, End", NULL, end },
	{ { 'w' },
	  "w",
	  "write all rows to a file; to one that ends in .json, as JSON",
	  "write",
	  type_name },
	{ { 'm' }, "m", "what was said so far", "messages", notes },
};

const size_t screen_binding_count = sizeof(screen_bindings) / sizeof(screen_bindings[0]);

/* SPDX-License-Identifier: Apache-2.0 */
/* The state of the screen, and what readings and keys make of it. */
#include "screen/screen.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "model/histogram.h"
#include "model/since.h"
#include "render/paint.h"
#include "render/table.h"

#define KEPT_MAX ((size_t)1 << 16) /* bytes of lines that were said, or came */
#define HEADS_MAX ((size_t)1 << 10)
#define TYPED_MAX 200u

static void panel_clear(struct panel *panel)
{
	free(panel->table);
	free(panel->sort);
	free(panel->widths);
	rows_clear(&panel->rows);
	history_clear(&panel->history);
}

static void panels_free(struct panel *panels, size_t count)
{
	for (size_t i = 0; i < count; i++)
		panel_clear(&panels[i]);
	free(panels);
}

void screen_open(struct screen *screen, const struct screen_settings *settings)
{
	*screen = (struct screen){ .settings = *settings };
}

void screen_close(struct screen *screen)
{
	panels_free(screen->panels, screen->panel_count);
	arena_object_free(screen->since);
	snapshot_unref(screen->latest);
	snapshot_unref(screen->frozen);
	snapshot_unref(screen->baseline);
	buffer_free(&screen->typed);
	buffer_free(&screen->filter);
	buffer_free(&screen->answer);
	buffer_free(&screen->status);
	buffer_free(&screen->notes);
	buffer_free(&screen->events);
	buffer_free(&screen->heads);
	*screen = (struct screen){ 0 };
}

static struct panel *find_panel(const struct screen *screen, const char *table)
{
	for (size_t i = 0; i < screen->panel_count; i++)
		if (screen->panels[i].table && strcmp(screen->panels[i].table, table) == 0)
			return &screen->panels[i];
	return NULL;
}

static bool has_panels(const struct screen *screen)
{
	if (screen->panel_count != screen->shown->table_count)
		return false;
	for (size_t i = 0; i < screen->panel_count; i++)
		if (strcmp(screen->panels[i].table, screen->shown->tables[i].schema->table) != 0)
			return false;
	return true;
}

/* A new version may have other tables; those that it kept are looked at as before. */
static void make_panels(struct screen *screen)
{
	const size_t count = screen->shown->table_count;
	struct panel *panels = calloc(count + 1, sizeof(*panels));
	size_t focus = 0;

	for (size_t i = 0; panels && i < count; i++) {
		const char *name = screen->shown->tables[i].schema->table;
		struct panel *old = find_panel(screen, name);

		if (old && old == screen_focus(screen))
			focus = i;
		if (old)
			panels[i] = *old, *old = (struct panel){ 0 };
		else
			panels[i].table = strdup(name);
		if (!panels[i].table) {
			panels_free(panels, count);
			panels = NULL;
		}
	}
	panels_free(screen->panels, screen->panel_count);
	screen->panels = panels;
	screen->panel_count = panels ? count : 0;
	screen->failed |= !panels;
	screen->focus = focus;
	for (size_t i = 0; i < screen->panel_count; i++)
		if (!screen_can_focus(&screen->shown->tables[screen->focus]))
			screen->focus = (screen->focus + 1) % count;
}

void screen_rows_changed(struct screen *screen)
{
	for (size_t i = 0; i < screen->panel_count; i++) {
		screen->panels[i].rows.known = false;
		free(TAKE(screen->panels[i].widths));
		screen->panels[i].width_count = 0;
	}
}

void screen_show(struct screen *screen)
{
	struct snapshot *from = screen->frozen ? screen->frozen : screen->latest;

	if (!from)
		return;
	arena_object_free(screen->since);
	screen->since = NULL;
	screen->shown = &from->public;
	if (screen->baseline) {
		screen->since = snapshot_since(&from->public, &screen->baseline->public);
		screen->failed |= !screen->since;
		screen->shown = screen->since ? screen->since : &from->public;
	}
	if (!has_panels(screen))
		make_panels(screen);
	for (size_t i = 0; i < screen->panel_count; i++)
		screen->panels[i].rows.known = false;
}

void screen_see(struct screen *screen, struct snapshot *snapshot)
{
	snapshot_unref(screen->latest);
	screen->latest = snapshot_ref(snapshot);
	if (screen->frozen)
		return;
	screen_show(screen);
	for (size_t i = 0; i < screen->panel_count; i++)
		screen->panels[i].is_new = true;
}

/* From the start of a line on, so that half of what is kept is free again. */
static void keep(struct buffer *lines, const char *text, size_t length)
{
	AUTO(buffer_free) struct buffer rest = { 0 };
	const char *from;

	buffer_append(lines, text, length);
	if (lines->length <= KEPT_MAX)
		return;
	from = strchr(buffer_text(lines) + lines->length - KEPT_MAX / 2, '\n');
	buffer_string(&rest, from ? from + 1 : "");
	buffer_clear(lines);
	buffer_append(lines, buffer_text(&rest), rest.length);
}

void screen_note(struct screen *screen, const char *text)
{
	keep(&screen->notes, text, strlen(text));
}

/* One of each table, of the last few that came. */
static void keep_head(struct buffer *heads, const char *line, size_t length)
{
	AUTO(buffer_free) struct buffer head = { 0 };

	buffer_append(&head, line, length);
	if (head.failed || strstr(buffer_text(heads), buffer_text(&head)))
		return;
	if (heads->length + length > HEADS_MAX)
		buffer_clear(heads);
	buffer_append(heads, line, length);
}

void screen_event(struct screen *screen, const char *lines, size_t length)
{
	for (size_t at = 0, end; at < length; at = end) {
		const char *newline = memchr(lines + at, '\n', length - at);

		end = newline ? (size_t)(newline + 1 - lines) : length;
		if (end - at > strlen(BOLD) && memcmp(lines + at, BOLD, strlen(BOLD)) == 0)
			keep_head(&screen->heads, lines + at, end - at);
		else
			keep(&screen->events, lines + at, end - at);
	}
}

void screen_status(struct screen *screen, const char *text)
{
	buffer_clear(&screen->status);
	buffer_string(&screen->status, text);
}

void screen_answer(struct screen *screen, const char *format, ...)
{
	va_list arguments;

	buffer_clear(&screen->answer);
	va_start(arguments, format);
	buffer_vprintf(&screen->answer, format, arguments);
	va_end(arguments);
}

bool screen_can_focus(const struct skbscope_table *table)
{
	return table_is_shown(table) && table->schema->readable;
}

struct panel *screen_focus(struct screen *screen)
{
	return screen->focus < screen->panel_count ? &screen->panels[screen->focus] : NULL;
}

struct sorting screen_sorting(const struct screen *screen, const struct panel *panel,
			      const struct skbscope_table *table)
{
	struct sorting sorting = { .table = table, .reverse = panel->reverse };

	if (panel->sort)
		sorting.column = shown_find(table->schema, panel->sort);
	if (!sorting.column)
		sorting.column = order_column(table->schema, screen->settings.sort);
	if (sorting.column && grid_has_rate(table, sorting.column, screen->numbers))
		sorting.by_rate =
			panel->by_rate || !grid_has_total(table, sorting.column, screen->numbers);
	return sorting;
}

static void filter(struct screen *screen, const char *text)
{
	buffer_clear(&screen->filter);
	buffer_string(&screen->filter, text);
	for (size_t i = 0; i < screen->panel_count; i++) {
		screen->panels[i].first = 0;
		screen->panels[i].rows.known = false;
	}
}

static void type_letter(struct buffer *typed, uint32_t key)
{
	if (key >= ' ' && key != 0x7f && key < 0x10000 && typed->length < TYPED_MAX)
		picture_utf8(key, typed);
}

static void erase_letter(struct buffer *typed)
{
	while (typed->length && ((unsigned char)typed->data[typed->length - 1] & 0xc0) == 0x80)
		typed->length--;
	if (typed->length)
		typed->length--;
	if (typed->data)
		typed->data[typed->length] = '\0';
}

static enum screen_ask type(struct screen *screen, uint32_t key)
{
	const enum screen_typing typing = screen->typing;

	if (key == KEY_OF_ESCAPE)
		buffer_clear(&screen->typed);
	else if (key == KEY_OF_BACKSPACE || key == 8 || key == 0x7f)
		erase_letter(&screen->typed);
	else if (key == ('u' & 0x1f))
		buffer_clear(&screen->typed);
	else
		type_letter(&screen->typed, key);
	if (key == KEY_OF_ENTER || key == '\r' || key == KEY_OF_ESCAPE)
		screen->typing = TYPING_NOTHING;
	if (typing == TYPING_FILTER &&
	    strcmp(buffer_text(&screen->typed), buffer_text(&screen->filter)) != 0)
		filter(screen, buffer_text(&screen->typed));
	return typing == TYPING_NAME && screen->typing == TYPING_NOTHING && screen->typed.length
		       ? SCREEN_WRITE
		       : SCREEN_NOTHING;
}

static const struct screen_binding *find_binding(uint32_t key)
{
	for (size_t i = 0; i < screen_binding_count; i++)
		for (size_t k = 0; k < 4 && screen_bindings[i].keys[k]; k++)
			if (screen_bindings[i].keys[k] == key)
				return &screen_bindings[i];
	return NULL;
}

enum screen_ask screen_key(struct screen *screen, uint32_t key)
{
	const struct screen_binding *binding = find_binding(key);

	if (screen->typing != TYPING_NOTHING)
		return type(screen, key);
	buffer_clear(&screen->answer);
	if (key == KEY_OF_ENTER || key == '\r')
		return screen->confirms ? SCREEN_CONFIRM : SCREEN_NOTHING;
	if (screen->page != SCREEN_TABLES && (key == 'q' || key == KEY_OF_ESCAPE))
		screen->page = SCREEN_TABLES;
	else if (key == 'q')
		return SCREEN_QUIT;
	else if (key == KEY_OF_ESCAPE && screen->filter.length)
		filter(screen, "");
	else if (binding && binding->act)
		binding->act(screen);
	return SCREEN_NOTHING;
}

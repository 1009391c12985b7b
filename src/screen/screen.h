/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live screen as a state: what was read and said goes in, keys change it, and a picture
 * comes out. It knows no terminal, no clock and no file: the same readings and keys make the
 * same pictures.
 */
#ifndef SCREEN_SCREEN_H
#define SCREEN_SCREEN_H

#include "model/snapshot.h"
#include "render/grid.h"
#include "screen/history.h"
#include "screen/keys.h"
#include "screen/picture.h"
#include "screen/rows.h"

struct screen_settings {
	const char *sort; /* as in struct skbscope_render_options; borrowed */
	uint32_t top;
	bool exact, ascii;
};

/* A table on the screen. */
struct panel {
	char *table;  /* its name */
	char *sort;   /* a column; NULL: as the settings and the program say */
	bool by_rate; /* of it */
	bool reverse;
	size_t first;  /* row that is seen; of a histogram, line */
	size_t height; /* rows that were seen last */
	struct rows rows;
	struct history history;
	bool is_new;    /* a reading that the history does not have yet */
	size_t *widths; /* of its columns, so that they stand still */
	size_t width_count;
};

enum screen_page { SCREEN_TABLES, SCREEN_HELP, SCREEN_NOTES };
enum screen_typing { TYPING_NOTHING, TYPING_FILTER, TYPING_NAME };

struct screen {
	struct screen_settings settings;
	enum screen_page page;
	enum screen_typing typing;
	enum grid_numbers numbers;
	bool per_cpu, bars;
	bool alone;    /* only the table in focus */
	bool confirms; /* Enter means something */
	bool bare;     /* a picture that stays when nobody can press keys any more */
	size_t focus, scrolled;
	struct buffer typed, filter;
	struct buffer answer; /* to the last key */
	struct buffer status, notes, events;
	struct buffer heads; /* of the events' columns, which do not scroll away */

	struct snapshot *latest, *frozen, *baseline;
	struct skbscope_snapshot *since;       /* the baseline, of what is shown */
	const struct skbscope_snapshot *shown; /* one of them; NULL: nothing was read */
	struct panel *panels;                  /* one for each table that is shown */
	size_t panel_count;
	bool failed; /* no memory */
};

void screen_open(struct screen *screen, const struct screen_settings *settings);
void screen_close(struct screen *screen);

/* A new reading; it is kept as long as it is needed. */
void screen_see(struct screen *screen, struct snapshot *snapshot);
/* Lines that were said, or came as events: the last ones are kept. */
void screen_note(struct screen *screen, const char *text);
void screen_event(struct screen *screen, const char *lines, size_t length);
void screen_status(struct screen *screen, const char *text); /* as a view's */
__attribute__((format(printf, 2, 3))) void screen_answer(struct screen *screen, const char *format,
							 ...);

/* What a key asks of others: SCREEN_WRITE a file, whose name is in typed. */
enum screen_ask { SCREEN_NOTHING, SCREEN_QUIT, SCREEN_WRITE, SCREEN_CONFIRM };
enum screen_ask screen_key(struct screen *screen, uint32_t key);

/* All of it, on a picture that has a size. */
void screen_draw(struct screen *screen, struct picture *picture);

/* For the others of this layer: the panel in focus (NULL: none), and how its table is
 * sorted. */
struct panel *screen_focus(struct screen *screen);
struct sorting screen_sorting(const struct screen *screen, const struct panel *panel,
			      const struct skbscope_table *table);
static inline const struct skbscope_table *screen_table(const struct screen *screen,
							const struct panel *panel)
{
	return &screen->shown->tables[panel - screen->panels];
}
/* Whether one can look around in it. */
bool screen_can_focus(const struct skbscope_table *table);
void screen_rows_changed(struct screen *screen); /* which, or their order */
void screen_show(struct screen *screen);         /* what is to be: the latest, or what is frozen */

#endif

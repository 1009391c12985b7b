/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a drawing share. */
#ifndef SCREEN_DRAW_H
#define SCREEN_DRAW_H

#include "render/paint.h"
#include "screen/screen.h"

struct drawing {
	struct screen *screen;
	struct picture *picture;
	struct skbscope_render_options options;
	struct painter painter; /* between draw_begin() and draw_end() it writes text */
	char *text;
	size_t length;
};

/* What renderers write becomes a text; freed by the next one, or draw_clear(). */
struct painter *draw_begin(struct drawing *drawing);
const char *draw_end(struct drawing *drawing);
void draw_clear(struct drawing *drawing);

/* Lines of a text, from one of them on, in rows from FIRST up to END. Gives the row after
 * them. */
unsigned int draw_lines(struct drawing *drawing, unsigned int first, unsigned int end,
			const char *text, size_t from, unsigned int look);
size_t count_lines(const char *text);

/* All the tables there is room for, in rows from FIRST up to END. Gives the row after them. */
unsigned int draw_tables(struct drawing *drawing, unsigned int first, unsigned int end);
/* How many rows they would like to have. */
size_t tables_wish(struct drawing *drawing, unsigned int most);

/* The rows of one, under their headings. Gives how many columns there was no room for, beside
 * those of rates. */
size_t draw_rows(struct drawing *drawing, struct panel *panel, unsigned int first,
		 unsigned int end);

#endif

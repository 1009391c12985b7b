/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a terminal is to show: a letter and its look in each place. Nothing of it is a
 * terminal's, so it can be compared with a text.
 */
#ifndef SCREEN_PICTURE_H
#define SCREEN_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum look { /* bits */
	    LOOK_PLAIN = 0,
	    LOOK_BOLD = 1,
	    LOOK_DIM = 2,
	    LOOK_REVERSE = 4,
	    LOOK_RED = 8,
	    LOOK_YELLOW = 16,
};

struct glyph {
	uint32_t letter; /* Unicode, one column wide; ' ' where there is nothing */
	uint8_t look;
};

struct picture {
	unsigned int rows, columns;
	bool ascii;           /* no other letters */
	struct glyph *glyphs; /* row by row */
	unsigned int cursor_row, cursor_column;
	bool cursor; /* is seen */
};

/* Blank, and of that size. 0 or -ENOMEM. */
int picture_clear(struct picture *picture, unsigned int rows, unsigned int columns);
void picture_free(struct picture *picture); /* for AUTO() too */

struct glyph *picture_at(const struct picture *picture, unsigned int row, unsigned int column);

/* One line of text, up to its end or a newline, from that place on, and not beyond END. What
 * it says of colours (SGR) is added to the look; a tab is a blank; letters that are not one
 * column wide are "?". Where the end is cut off, the last place says so. Gives the column
 * after it. */
unsigned int picture_put(struct picture *picture, unsigned int row, unsigned int column,
			 unsigned int end, const char *text, unsigned int look);

/* One letter, if it is inside. */
void picture_letter(struct picture *picture, unsigned int row, unsigned int column, uint32_t letter,
		    unsigned int look);

/* A letter as text. */
void picture_utf8(uint32_t letter, struct buffer *out);

/* How many columns a line takes. */
unsigned int picture_width(const char *text);

/* As lines, without the blanks at their ends and the empty ones at the end of all; in colour
 * for a terminal that has SGR, if wanted. */
void picture_text(const struct picture *picture, bool colour, struct buffer *out);

#endif

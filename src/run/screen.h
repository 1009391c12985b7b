/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redrawing in place: each frame is written over the one before, line by line,
 * so nothing flickers, the lines above stay, and the last frame remains on the
 * terminal whatever becomes of us. Pure: sizes in, bytes out.
 */
#ifndef RUN_SCREEN_H
#define RUN_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct screen {
	unsigned int rows, columns; /* of the terminal; 0: unknown */
	unsigned int drawn;         /* rows of the frame on the screen */
	bool resized;               /* the frame on the screen may have been wrapped anew */
};

/* Asks the terminal; keeps what was known where it does not say. */
void screen_measure(struct screen *screen, int fd);

/* Appends the bytes that put text where the frame before is. A frame that is
 * higher than the terminal is cut, unless it is the last one; a line that is wider goes
 * on in the next row. */
void screen_draw(struct screen *screen, const char *text, bool last, struct buffer *out);

/* Takes the frame off the terminal, for lines that are to stay above it. */
void screen_erase(struct screen *screen, struct buffer *out);

/* Appends text as rows of the terminal, at most so many (0: unlimited): what a row
 * has no room for goes on in the next, but excerpts of a source ("17 | text") are cut.
 * Tabs become blanks, colours pass. What there was no room for is counted in the last
 * row, with the advice how to see it. */
void screen_fit(const char *text, unsigned int columns, unsigned int lines, const char *advice,
		struct buffer *out);

#endif

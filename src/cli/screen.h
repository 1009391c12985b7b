/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redrawing in place: each frame is written over the one before, line by line,
 * so nothing flickers, the lines above stay, and the last frame remains on the
 * terminal whatever becomes of us. Pure: sizes in, bytes out.
 */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct screen {
	unsigned int rows, columns; /* of the terminal; 0: unknown */
	unsigned int drawn;         /* lines of the frame on the screen */
	bool resized;               /* the frame on the screen may have been wrapped anew */
};

/* Asks the terminal; keeps what was known where it does not say. */
void screen_measure(struct screen *screen, int fd);

/* Appends the bytes that put text where the frame before is. A frame that is
 * higher than the terminal is cut, unless it is the last one. */
int screen_draw(struct screen *screen, const char *text, bool last, struct buffer *out);

/* Takes the frame off the terminal, for lines that are to stay above it. */
int screen_erase(struct screen *screen, struct buffer *out);

/* Appends the first lines of text, each cut to what fits on one of the terminal's,
 * tabs made blanks; colours pass. 0: unlimited. */
int screen_fit(const char *text, unsigned int columns, unsigned int lines, struct buffer *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redrawing in place: each frame is written over the one before, line by line,
 * so nothing flickers, the lines above stay, and the last frame remains on the
 * terminal whatever becomes of us. Pure: sizes in, bytes out.
 */
#ifndef RUN_REDRAW_H
#define RUN_REDRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct redrawn {
	unsigned int rows, columns; /* of the terminal; 0: unknown */
	unsigned int drawn;         /* rows of the frame on the screen */
	bool resized;               /* the frame on the screen may have been wrapped anew */
};

/* Asks the terminal; keeps what was known where it does not say. */
void redraw_measure(struct redrawn *screen, int fd);

/* Appends the bytes that put text where the frame before is. A frame that is
 * higher than the terminal is cut, unless it is the last one; a line that is wider goes
 * on in the next row. */
void redraw_frame(struct redrawn *screen, const char *text, bool last, struct buffer *out);

/* Takes the frame off the terminal, for lines that are to stay above it. */
void redraw_erase(struct redrawn *screen, struct buffer *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that is to stand on a terminal of some width: how much room it takes, and how it is
 * laid out where it is wider. Lines hold no wide characters, and may hold colours.
 */
#ifndef SCREEN_FIT_H
#define SCREEN_FIT_H

#include <stddef.h>

#include "base/buffer.h"

/* How many columns a line takes that holds no tabs. */
unsigned int fit_width(const char *line, size_t length);
/* How many of the terminal's rows: a line that does not fit goes on in the next. 0 columns
 * are unlimited. */
unsigned int fit_height(const char *line, size_t length, unsigned int columns);
/* The same of a text, and how many lines it has. */
unsigned int fit_rows(const char *text, unsigned int columns, unsigned int *lines);

/* "… 23 more lines; ADVICE": one row, however narrow, without a newline. */
void fit_more(unsigned int lines, const char *advice, unsigned int columns, struct buffer *out);

/* Appends text as rows of the terminal, at most so many (0: unlimited): what a row
 * has no room for goes on in the next, but excerpts of a source ("17 | text") are cut.
 * Tabs become blanks, colours pass. What there was no room for is counted in the last
 * row, with the advice how to see it. */
void fit_text(const char *text, unsigned int columns, unsigned int lines, const char *advice,
	      struct buffer *out);

#endif

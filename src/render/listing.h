/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short list in columns that fits a terminal: of what is too wide, columns go as a whole, from
 * the right, but for the first and the last one, whose text goes on below itself. Which are
 * missed is said. Running out of memory shows at the end.
 */
#ifndef RENDER_LISTING_H
#define RENDER_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

#define LISTING_COLUMNS 16 /* at most; more is a failure */

struct listing {
	struct buffer names, cells; /* of columns, and row by row; each with its NUL */
	bool right[LISTING_COLUMNS];
	size_t columns, rows;
	bool headed; /* some column has a heading */
	bool failed;
};

void listing_clear(struct listing *listing);
void listing_heading(struct listing *listing, bool right, const char *text);
void listing_cell(struct listing *listing, const char *text);
/* The heading, "" if there is none, then each row: whole lines with a NUL behind; at last a line
 * on what is missed, or "". WIDTH: the terminal's; 0: unlimited. 0 or -ENOMEM. */
int listing_lines(struct listing *listing, uint32_t width, struct buffer *out);

/* Appends a line without its newline, broken at blanks where it is wider than that (0: never);
 * what goes on stands behind so many blanks. */
void listing_wrap(const char *line, size_t length, size_t indent, uint32_t width,
		  struct buffer *out);

#endif

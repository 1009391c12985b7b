/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells in columns, laid out by libsmartcols: numbers to the right, text cut where
 * the width ends. Running out of memory shows at the end.
 */
#ifndef RENDER_LAYOUT_H
#define RENDER_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"

enum layout_align {
	LAYOUT_LEFT,
	LAYOUT_RIGHT,
	LAYOUT_CUT,  /* left, and may be cut where the terminal is too narrow */
	LAYOUT_RATE, /* right, and the first to go there */
	LAYOUT_KEPT, /* left, and never goes */
};

struct layout;

struct layout_columns {
	struct layout_column {
		char *name;
		enum layout_align align;
		bool hidden; /* there is no room for it */
	} * items;
	size_t count;
};
void layout_columns_clear(struct layout_columns *columns); /* for AUTO() too */

/* A short table: columns, then cells row by row; all strings are copied, and may hold
 * any byte: what is no printable character of the locale becomes "\xNN". NULL: no memory. */
struct layout *layout_new(void);
void layout_freep(struct layout **layout); /* for AUTO() too */

__attribute__((format(printf, 3, 4))) void
layout_heading(struct layout *layout, enum layout_align align, const char *format, ...);
void layout_row(struct layout *layout);
void layout_cell(struct layout *layout, const char *text); /* NULL: there was no memory */

static inline const char *layout_whole(const struct buffer *text)
{
	return text->failed ? NULL : buffer_text(text);
}

/* A table of any length, whose cells are asked for: all headings, or all cells of a
 * row, in order; more than once where it is long. They are printable ASCII. */
struct layout_source {
	void (*headings)(void *context, struct layout *layout);
	void (*row)(void *context, size_t row, struct layout *layout);
	void *context;
	size_t rows;
};

/* width: the terminal's; 0: unlimited. What does not fit goes, rates first, then from the right,
 * and a line names the columns that are missed. 0, -EIO or -ENOMEM. */
int layout_write(const struct layout_source *source, uint32_t width, FILE *stream);

/* The same, of some rows, for whoever places cells himself. */
struct layout_cells {
	struct layout_columns columns; /* none is hidden yet */
	struct buffer texts;           /* of char *, row by row */
};
/* Into one that is zeroed; 0 or -ENOMEM. To be cleared in either case. */
int layout_collect(const struct layout_source *source, size_t first, size_t rows,
		   struct layout_cells *out);
const char *layout_cell_at(const struct layout_cells *cells, size_t row, size_t column);
void layout_cells_clear(struct layout_cells *cells); /* for AUTO() too */

/* Of the columns that are not hidden, where each has its own width; one that may be cut needs
 * less. */
#define LAYOUT_CUT_WIDTH 24u
size_t layout_total_width(const struct layout_columns *columns, const size_t *widths);

#endif

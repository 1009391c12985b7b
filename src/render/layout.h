/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells in columns, laid out by libsmartcols: numbers to the right, text cut where
 * the width ends. Who knows what the cells are is the source.
 */
#ifndef RENDER_LAYOUT_H
#define RENDER_LAYOUT_H

#include <skbscope/render.h>

enum layout_align {
	LAYOUT_LEFT,
	LAYOUT_RIGHT,
	LAYOUT_CUT, /* left, and may be cut where the terminal is too narrow */
};

struct layout;

/* Puts all headings, or all cells of one row, in order; 0 or a negative errno. */
struct layout_source {
	int (*headings)(void *context, struct layout *layout);
	int (*row)(void *context, size_t row, struct layout *layout);
	void *context;
	size_t rows;
};

int layout_heading(struct layout *layout, const char *name, enum layout_align align);
int layout_cell(struct layout *layout, const char *text); /* printable ASCII; copied */

/* 0, -EIO or -ENOMEM. */
int layout_write(const struct layout_source *source, const struct skbscope_render_options *options,
		 FILE *stream);

#endif

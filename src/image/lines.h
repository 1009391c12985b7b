/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Source lines, which of them ran, and which way their conditions went. A line may stand in
 * several functions, and several times in one (inlined, unrolled): it ran if one of them did.
 *
 * The compiler leaves lines without code of their own, merges conditions and moves code, so
 * a line that did not run is none that was not reached.
 */
#ifndef IMAGE_LINES_H
#define IMAGE_LINES_H

#include <skbscope/image.h>

#include "base/arena.h"
#include "image/points.h"

struct line_place {
	const char *file; /* as the compiler names it; NULL: no line, the function ends */
	uint32_t line;
	uint32_t column; /* of a way */
};

/* A way that a condition can go. */
struct line_way {
	struct line_place from, to;
	bool asked; /* the condition was tested, */
	bool ran;   /* and it went this way */
};

struct line {
	struct line_place place;
	const char *text; /* as it is written, without what is before it */
	bool ran;
	struct line_way **ways; /* after lines_finish() */
	size_t way_count;
};

struct lines {
	struct arena *arena;
	void *line_tree, *way_tree; /* of tsearch(3) */
	struct line **items;        /* after lines_finish(): by file and line */
	size_t count;
	struct line_way **ways;
	size_t way_count;
};

int lines_new(struct lines *lines);
void lines_clear(struct lines *lines); /* also for AUTO() */

/* All lines of a function; RAN is of its points. Files and texts are copied. 0 or -ENOMEM. */
int lines_add(struct lines *lines, const struct skbscope_image *image,
	      const struct skbscope_image_program *program, const struct points *points,
	      const uint8_t *ran);
/* Once all are there. */
int lines_finish(struct lines *lines);

#endif

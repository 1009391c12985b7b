/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people, in colour where that was asked for, and safe for a terminal. */
#ifndef RENDER_PAINT_H
#define RENDER_PAINT_H

#include <skbscope/render.h>

#include "base/buffer.h"

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define YELLOW "\033[33m"

struct painter {
	const struct skbscope_render_options *options;
	FILE *stream;
	struct buffer cell; /* scratch */
	bool failed;        /* no memory */
};

/* Frees, and gives the code of what failed first: r, memory, or the stream. */
int paint_end(struct painter *painter, int r);

/* A NULL colour is the terminal's own. */
__attribute__((format(printf, 3, 4))) void paint(struct painter *painter, const char *colour,
						 const char *format, ...);

/* Names of files, functions and interfaces may hold any byte. */
void paint_name(struct painter *painter, const char *colour, const char *name);

/* In human units, unless every digit was asked for. */
void paint_count(struct painter *painter, uint64_t count);
const char *paint_count_text(struct painter *painter, uint64_t count); /* until the next call */

/* The local time of day, "-" if there is none. */
void paint_clock(struct painter *painter, uint64_t wall_ns);

/* Small print, on a line of its own. */
#define paint_note(painter, ...)                                                                   \
	do {                                                                                       \
		paint(painter, DIM, __VA_ARGS__);                                                  \
		fputc('\n', (painter)->stream);                                                    \
	} while (0)

/* " on eth0 ingress (tcx), …". */
void paint_hooks(struct painter *painter, const struct skbscope_snapshot *snapshot);

/* What was not counted; a side ("old") says in which of two readings. */
void paint_losses(struct painter *painter, const struct skbscope_snapshot *snapshot,
		  const char *side);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The latest events, for whoever reads them by and by. All of a run's have numbers, also those
 * that were left out on the way: what a reader misses is a gap, and how many it were is known.
 */
#ifndef OUTSIDE_RECENT_H
#define OUTSIDE_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECENT_EVENTS 1024u
#define RECENT_LINE_MAX 8192u /* longer ones are left out */
#define RECENT_BYTES_MAX ((size_t)1 << 20)

struct recent_line {
	uint64_t number;
	char *text; /* without a newline */
	size_t length;
};

struct recent {
	struct recent_line lines[RECENT_EVENTS];
	uint64_t first, count; /* of the lines that were kept: line N is at N % RECENT_EVENTS */
	size_t bytes;
	uint64_t next; /* event's number; the first one's is 1 */
};

void recent_init(struct recent *recent);
/* Lines, after so many that were left out. False: no memory. */
bool recent_add(struct recent *recent, uint64_t left_out, const char *lines, size_t length);
void recent_clear(struct recent *recent);

/* The first line whose number is not smaller; NULL: none yet. *number becomes the one behind it,
 * and *missed what there was between. */
const struct recent_line *recent_take(const struct recent *recent, uint64_t *number,
				      uint64_t *missed);
/* Where a reader begins who wants so many of the latest. */
uint64_t recent_start(const struct recent *recent, uint64_t lines);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Creating an image's maps in the kernel, or taking them from their pins. */
#ifndef KERNEL_MAPS_H
#define KERNEL_MAPS_H

#include <stdbool.h>

#include <skbscope/diagnostics.h>
#include <skbscope/image.h>

#include "image/events.h"

struct map_set {
	int btf;       /* -1: the image has none, or the kernel refused it */
	int verdicts;  /* of image/passive.h */
	int events;    /* of image/events.h; -1: nobody reads events, and no array is counted in */
	int replay;    /* of image/replay.h, borrowed; -1: packets are live */
	int points;    /* of image/points.h; -1: it is not noted what runs */
	bool *as_ring; /* in the image's order: declared as perf, and a ring buffer here */
	const bool *counts; /* the same, of the plan; NULL: none */
	int *maps;          /* in the image's order */
	bool *pinned;       /* those that we made and pinned, of the same order */
	size_t count;
};

/* Maps of another set that are used instead of new ones; borrowed. -1: a new one. */
struct map_reuse {
	int verdicts;
	const int *maps; /* in the image's order; NULL: all are new */
	/* Of REWRITE_MAP_REPLAY. For a recording all maps are private, pinned or not, and give
	 * their rows in the same order each time. -1: packets are live. */
	int replay;
};

/* How maps are made otherwise than as they were declared. */
struct map_plan {
	const struct map_reuse *reuse;     /* NULL: all are new */
	const enum events_buffer *buffers; /* in the image's order; NULL: nobody reads events */
	const bool *counts;                /* of events_count_indexes(), borrowed by the set */
	uint32_t points;                   /* how many the functions have; 0: none is noted */
	uint64_t buffer_bytes;             /* of struct skbscope_session_options */
};

/* functions is how many the verdict map must have room for; plan may be NULL. On
 * failure *out holds nothing, and nothing was pinned. */
int maps_create(const struct skbscope_image *image, uint32_t functions, const struct map_plan *plan,
		struct map_set *out, struct skbscope_diagnostics *diagnostics,
		struct skbscope_error *error);
void maps_close(struct map_set *set);
/* Takes back the pins that we made. */
void maps_unpin(const struct skbscope_image *image, struct map_set *set);

/* How many values the kernel writes of an entry per CPU: a wrong number is memory overwritten.
 * Whoever opens a session asks first, and then there is an answer: at least 1. */
int possible_cpus_ask(struct skbscope_error *error);
uint32_t possible_cpus(void);
bool maps_have_rings(void); /* whether this kernel knows ring buffers */
/* Of the buffer of a table of events, or of each of them. */
uint64_t maps_buffer_bytes(uint64_t wanted);

#endif

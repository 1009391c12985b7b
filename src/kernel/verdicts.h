/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts by function. The map counts by place in the image; after a swap that
 * changed the places, what its predecessor held is kept here, by name.
 */
#ifndef KERNEL_VERDICTS_H
#define KERNEL_VERDICTS_H

#include <stdint.h>

#include <skbscope/image.h>
#include <skbscope/snapshot.h>

#include "base/arena.h"
#include "image/passive.h"
#include "kernel/map_read.h"

struct verdict_tally {
	const char *function;
	uint64_t packets[PASSIVE_SLOTS];
};

struct verdict_past {
	struct arena *arena; /* NULL: nothing is kept */
	struct verdict_tally *tallies;
	size_t count;
	bool incomplete; /* a map that was replaced could not be read */
};

void verdict_past_clear(struct verdict_past *past);

/* Whether the programs of two images have the same places in a verdict map. */
bool verdicts_same_places(const struct skbscope_image *a, const struct skbscope_image *b);

/* Room for the functions of an image, so that adding their counts cannot fail. Of
 * functions that are gone only so many are kept apart; the others become one. */
int verdict_past_prepare(const struct verdict_past *from, const struct skbscope_image *image,
			 struct verdict_past *out);
/* Adds what the image's verdict map holds, after verdict_past_prepare(). */
int verdict_past_add(struct verdict_past *past, const struct skbscope_image *image,
		     struct map_reader *reader);

/* Those that were given: of the image's functions, then of those that are gone. */
int verdicts_list(const struct verdict_past *past, const struct skbscope_image *image,
		  struct map_reader *reader, struct arena *arena,
		  struct skbscope_verdict_count **out, size_t *count);

#endif

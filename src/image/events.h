/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that functions submit events to: which they are, through what kind of buffer
 * their events come, and where their losses are counted.
 */
#ifndef IMAGE_EVENTS_H
#define IMAGE_EVENTS_H

#include <skbscope/image.h>

/* Sets the events of each map. The image must have been checked. 0 or -ENOMEM. */
int events_fill(struct skbscope_image *image);

enum events_buffer {
	EVENTS_NONE,    /* no events, or somebody else's to read: it is pinned */
	EVENTS_PERF,    /* a buffer a CPU */
	EVENTS_RING,    /* one for all, as it was declared */
	EVENTS_AS_RING, /* one for all in place of a buffer a CPU: the functions are rewritten */
};
enum events_buffer events_buffer_of(const struct skbscope_image_map *map, bool has_rings);
bool events_any(const struct skbscope_image *image);

/* For each map, whether it is an array that the program counts in: an index beyond its last
 * slot is a loss. 0 or -ENOMEM. */
int events_count_indexes(const struct skbscope_image *image, bool *counts);

/*
 * What rewritten functions share with the reader, the value of an ARRAY of one entry: a u64
 * for each map of the image, by its index, which counts events that found no room, or, of an
 * array, indexes without a slot; one more
 * for events whose table is not known; and one that is or'ed into the flags of those that go
 * into a ring buffer.
 */
static inline uint32_t events_value_size(uint32_t map_count)
{
	return (map_count + 2) * (uint32_t)sizeof(uint64_t);
}

static inline uint32_t events_loss_offset(uint32_t map)
{
	return map * (uint32_t)sizeof(uint64_t);
}

static inline uint32_t events_flags_offset(uint32_t map_count)
{
	return (map_count + 1) * (uint32_t)sizeof(uint64_t);
}

#endif

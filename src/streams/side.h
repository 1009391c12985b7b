/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of a connection: parts of it by TCP's numbers, put in order. What is ahead is held
 * for a while; what never comes becomes a gap; what came twice is taken once.
 */
#ifndef STREAMS_SIDE_H
#define STREAMS_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIDE_FAR                                                                                   \
	(64 << 20) /* no window is so large: numbers so far back are another connection's */

enum part_kind {
	PART_DATA,
	PART_SKIPPED, /* was left out on purpose */
	PART_MISSING, /* never came */
	PART_END,     /* FIN, which has a number: its length is 1 */
};

struct part {
	enum part_kind kind;
	uint64_t time_ns;
	uint32_t sequence;
	uint64_t length;
	const char *data;  /* of PART_DATA */
	bool begins_piece; /* data stood at the beginning of a packet's, or of a part of it */
};

struct held_part;

struct side {
	uint32_t next; /* number of the byte that is due */
	bool known;    /* whether that is known; until then all parts are held */
	struct held_part *held;
	size_t held_count, held_bytes;
	uint64_t held_since_ns; /* the first of them waits */
};

struct side_counts {
	uint64_t retransmitted, reordered;
};

/* What takes parts in order. Of data it may take less than all, from when on it has to wait for
 * the other direction: the rest is held. */
struct side_taker {
	int (*take)(void *context, const struct part *part, uint64_t *taken);
	void *context;
};

enum side_result {
	SIDE_TAKEN,
	SIDE_HELD,  /* out of order, or waiting */
	SIDE_OLD,   /* was there already */
	SIDE_OTHER, /* belongs to another connection of the same ports */
};

/* enum side_result, or -ENOMEM and what take() answered. */
int side_add(struct side *side, const struct part *part, const struct side_taker *taker,
	     struct side_counts *counts);
/* Its beginning was not seen: the first part that is held is as good as one. */
void side_begin(struct side *side);
/* Takes what is held, as far as it is due. */
int side_drain(struct side *side, const struct side_taker *taker);
/* Whether the first part that is held waits for an earlier one, and not for the other side. */
bool side_has_hole(const struct side *side);
/* Gives up what is missing before the first part that is held, and drains. */
int side_give_up(struct side *side, const struct side_taker *taker);
void side_clear(struct side *side);

#endif

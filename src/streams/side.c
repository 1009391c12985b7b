/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct held_part {
	struct held_part *next;
	struct part part;
	char data[];
};

/* How far ahead, by numbers that wrap. */
static int32_t ahead(uint32_t sequence, uint32_t next)
{
	return (int32_t)(sequence - next);
}

/* Without what came before. False: nothing is left. */
static bool trim(struct part *part, uint64_t old)
{
	if (old >= part->length)
		return false;
	part->sequence += (uint32_t)old;
	part->length -= old;
	if (part->kind == PART_DATA)
		part->data += old;
	part->begins_piece = part->begins_piece && !old;
	return true;
}

/* Of two that begin at the same byte the longer one is enough. */
static bool is_there(const struct side *side, const struct part *part)
{
	for (const struct held_part *held = side->held; held; held = held->next)
		if (held->part.sequence == part->sequence && held->part.kind == part->kind &&
		    held->part.length >= part->length)
			return true;
	return false;
}

static int hold(struct side *side, const struct part *part)
{
	const size_t length = part->kind == PART_DATA ? (size_t)part->length : 0;
	struct held_part **at = &side->held, *held;

	if (is_there(side, part))
		return SIDE_OLD;
	held = malloc(sizeof(*held) + length);
	if (!held)
		return -ENOMEM;
	held->part = *part;
	if (length) {
		memcpy(held->data, part->data, length);
		held->part.data = held->data;
	}
	while (*at && ahead((*at)->part.sequence, part->sequence) <= 0)
		at = &(*at)->next;
	held->next = *at;
	*at = held;
	if (!side->held_count++ || part->time_ns < side->held_since_ns)
		side->held_since_ns = part->time_ns;
	side->held_bytes += sizeof(*held) + length;
	return SIDE_HELD;
}

/* In order. 0: all of it; 1: only its beginning, which *part is without then. */
static int deliver(struct side *side, struct part *part, const struct side_taker *taker)
{
	uint64_t taken = part->length;
	int r = taker->take(taker->context, part, &taken);

	if (r < 0)
		return r;
	side->next = part->sequence + (uint32_t)taken;
	return trim(part, taken) ? 1 : 0;
}

static struct held_part *unhold(struct side *side)
{
	struct held_part *held = side->held;

	side->held = held->next;
	side->held_count--;
	side->held_bytes -= sizeof(*held) + (held->part.kind == PART_DATA ? held->part.length : 0);
	return held;
}

/* The first part again, of which the beginning was taken. */
static void put_back(struct side *side, struct held_part *held)
{
	held->next = side->held;
	side->held = held;
	side->held_count++;
	side->held_bytes += sizeof(*held) + (held->part.kind == PART_DATA ? held->part.length : 0);
}

void side_begin(struct side *side)
{
	if (side->known || !side->held)
		return;
	side->known = true;
	side->next = side->held->part.sequence;
}

int side_drain(struct side *side, const struct side_taker *taker)
{
	while (side->known && side->held && ahead(side->held->part.sequence, side->next) <= 0) {
		struct held_part *held = unhold(side);
		int32_t old = -ahead(held->part.sequence, side->next), r = 0;

		if (trim(&held->part, (uint32_t)old))
			r = deliver(side, &held->part, taker);
		if (r > 0) {
			put_back(side, held);
			return 0;
		}
		free(held);
		if (r < 0)
			return r;
		side->held_since_ns = side->held ? side->held->part.time_ns : 0;
	}
	return 0;
}

int side_add(struct side *side, const struct part *wanted, const struct side_taker *taker,
	     struct side_counts *counts)
{
	struct part part = *wanted;
	int32_t distance;
	int r;

	if (!side->known)
		return hold(side, &part);
	distance = ahead(part.sequence, side->next);
	if (distance < -SIDE_FAR && part.length < (uint64_t)SIDE_FAR)
		return SIDE_OTHER;
	if (distance < 0) {
		counts->retransmitted++;
		if (!trim(&part, (uint64_t) - (int64_t)distance))
			return SIDE_OLD;
		distance = 0;
	}
	if (distance > 0) {
		r = hold(side, &part);
		counts->reordered += r == SIDE_HELD;
		counts->retransmitted += r == SIDE_OLD;
		return r;
	}
	/* What waits for the other side goes first. */
	if (side->held && !side_has_hole(side))
		return hold(side, &part);
	r = deliver(side, &part, taker);
	if (r > 0)
		return hold(side, &part);
	if (r == 0)
		r = side_drain(side, taker);
	return r < 0 ? r : SIDE_TAKEN;
}

bool side_has_hole(const struct side *side)
{
	return side->known && side->held && ahead(side->held->part.sequence, side->next) > 0;
}

int side_give_up(struct side *side, const struct side_taker *taker)
{
	struct part gap = { .kind = PART_MISSING, .sequence = side->next };
	int r;

	if (!side_has_hole(side))
		return 0;
	gap.time_ns = side->held->part.time_ns;
	gap.length = side->held->part.sequence - side->next;
	r = deliver(side, &gap, taker);
	return r < 0 ? r : side_drain(side, taker);
}

void side_clear(struct side *side)
{
	while (side->held)
		free(unhold(side));
	side->held_since_ns = 0;
}

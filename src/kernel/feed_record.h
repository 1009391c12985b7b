/* SPDX-License-Identifier: Apache-2.0 */
/* What the feeder's program and we share. */
#ifndef KERNEL_FEED_RECORD_H
#define KERNEL_FEED_RECORD_H

#include <stdint.h>

#define FEED_AREA_BYTES (2u << 20)
#define FEED_LONGEST 16000u /* what fits into one piece of the kernel's memory, and so a copy */

struct feed_record {
	uint32_t length; /* of the frame that is fed */
	uint32_t stored; /* bytes of it that follow; the others are zeros */
	uint64_t time_ns;
	uint32_t mark;
	uint16_t protocol;      /* skb->protocol, as it is in the packet */
	uint16_t vlan_protocol; /* the same; 0: no tag */
	uint8_t vlan_tag[4];    /* as it is in a packet; any where there is none */
	uint16_t vlan_tci;      /* as a number */
	uint8_t type, direction;
	uint8_t is_there; /* in the packet already */
	uint8_t unused[3];
	uint32_t said; /* what the packet had: the length where what is missing is not there */
	uint8_t frame[];
};

/* Where the next record begins. */
#define FEED_RECORD_BYTES(stored)                                                                  \
	(((uint32_t)sizeof(struct feed_record) + (uint32_t)(stored) + 7) & ~7u)

struct feed_maps {
	int area, state, functions; /* functions: a prog array, by direction */
};

/* The program's descriptor. */
int feed_program_load(const struct feed_maps *maps);

#endif

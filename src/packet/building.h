/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that build a packet: what is built, and words of its text. */
#ifndef PACKET_BUILDING_H
#define PACKET_BUILDING_H

#include "packet/layers.h"
#include "packet/packet.h"

struct building {
	struct span rest;
	struct buffer bytes;
	struct packet_layers layers;
	uint64_t pad; /* the frame is to have; 0: as it is */
	bool ended;   /* lengths and checksums are about no more */
	struct packet_mistake *mistake;
};

/* -EINVAL, and what is to be said. hint may be NULL. */
__attribute__((format(printf, 4, 5))) int building_mistake(struct building *building,
							   const char *at, const char *hint,
							   const char *format, ...);

/* Blanks, ends of lines, and comments. */
void building_skip_blanks(struct building *building);
/* False: the header or the text ends there. */
bool building_word(struct building *building, struct span *word);
int building_shown(struct span word); /* so much of a word can be in a sentence */
/* Zeroed. False: no memory. */
bool building_zeros(struct building *building, size_t count);

/* --- what is no header (build_payload.c) */

const char *payload_name(size_t index); /* NULL behind the last */
/* Bytes by their name, which was taken; 1: it is none. */
int building_payload(struct building *building, struct span name);
int building_text(struct building *building); /* in quotes, at the front */
int building_too_long(struct building *building, const char *at);

#endif

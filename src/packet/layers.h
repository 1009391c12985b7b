/* SPDX-License-Identifier: Apache-2.0 */
/* A packet's bytes as a row of headers, and what follows from them. */
#ifndef PACKET_LAYERS_H
#define PACKET_LAYERS_H

#include "packet/headers.h"

#define LAYERS_MAX 24u /* more than any real packet has */

struct packet_layer {
	const struct packet_header *header;
	size_t at, size;  /* in the packet; with what is behind its fields */
	const char *text; /* where it is said; NULL: nowhere */
	uint32_t said;    /* fields that are as they were said, by their place in the table */
};

struct packet_layers {
	struct packet_layer layers[LAYERS_MAX];
	size_t count;
	size_t end; /* behind what lengths and checksums are about */
};

/* What the field is by all the rest, whose bytes are there. */
uint64_t layers_automatic(const struct packet_layers *layers, size_t index,
			  const struct packet_field *field, const uint8_t *bytes);
/* The number that tells the header behind it, which there is; false: none does. */
bool layers_chain_number(const struct packet_layers *layers, size_t index, uint64_t *number);
/* The header right behind it; NULL: something else, or nothing. */
const struct packet_header *layers_behind(const struct packet_layers *layers, size_t index);

#endif

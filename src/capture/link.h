/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A packet of any link type as the Ethernet frame that a tc program is given: as a card
 * delivers it, without its outer VLAN tag, and with what the kernel knows beside it. Pure
 * functions of bytes.
 */
#ifndef CAPTURE_LINK_H
#define CAPTURE_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "capture/capture.h"

enum link_carry {
	LINK_AS_IS,
	LINK_ADAPTED,   /* its header taken off, and one of Ethernet made up */
	LINK_TOO_SHORT, /* ends within the header of its link type */
	LINK_NO_PACKET, /* of a link type that can be adapted, but nothing for a network: LCP */
	LINK_UNKNOWN,   /* of a link type that nothing is made of */
};

struct link_part {
	const uint8_t *data;
	uint32_t length;
};

/* Points into the packet and into itself: not to be copied. */
struct link_frame {
	struct link_part parts[2]; /* the frame is one behind the other */
	uint32_t captured;         /* of both */
	uint32_t length;           /* that it had on the wire, in this form */
	uint16_t protocol;         /* as skb->protocol, in host order: of what follows the tag */
	uint16_t vlan_protocol;    /* of the outer tag, in host order; 0: none */
	uint16_t vlan_tci;
	uint8_t packet_type; /* as skb->pkt_type: PACKET_HOST to PACKET_OTHERHOST */
	enum capture_direction direction;
	uint8_t made[14];
};

/* Nothing is in *frame unless it is LINK_AS_IS or LINK_ADAPTED. Addresses that a link type
 * does not have are zero. As in the kernel, only 0x8100 and 0x88a8 are tags, only the outer
 * one is taken off, and none from a frame that ends within six bytes of its type. */
enum link_carry link_frame(const struct capture_packet *packet, struct link_frame *frame);

/* The first so many bytes of it; how many those were. */
size_t link_copy(const struct link_frame *frame, void *out, size_t size);

/* libpcap's name, "EN10MB", or "link type 147". Of the registry of tcpdump.org. */
#define LINK_NAME_MAX 32
const char *link_name(uint16_t link, char text[LINK_NAME_MAX]);

#endif

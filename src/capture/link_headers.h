/* SPDX-License-Identifier: Apache-2.0 */
/* What the headers of link types say; link.c makes a frame of it. */
#ifndef CAPTURE_LINK_HEADERS_H
#define CAPTURE_LINK_HEADERS_H

#include "capture/fields.h"
#include "capture/link.h"

struct link_header {
	struct fields rest;    /* what is behind the header */
	bool is_frame;         /* and that is a frame of Ethernet */
	uint16_t link;         /* and that has another link type's header: which */
	uint16_t ethertype;    /* of what is behind; 0: it begins with LLC, or is Novell's */
	uint8_t addresses[12]; /* destination, source */
	enum capture_direction direction;
	enum capture_reception reception;
};

#define LINK_ETHERNET 1
#define LINK_SAME UINT16_MAX /* link_header.link: no other */

/* rest is the packet. LINK_ADAPTED, or why not. */
enum link_carry link_header(uint16_t link, struct link_header *header);

/* Each reads its own header and leaves what is behind. */
enum link_carry link_ppp(struct link_header *header);
enum link_carry link_cisco_hdlc(struct link_header *header);
enum link_carry link_ppp_or_cisco(struct link_header *header);
enum link_carry link_frame_relay(struct link_header *header);
enum link_carry link_linux_sll(struct link_header *header);
enum link_carry link_linux_sll2(struct link_header *header);
enum link_carry link_nflog(struct link_header *header);
enum link_carry link_pflog(struct link_header *header);
enum link_carry link_ppi(struct link_header *header);
enum link_carry link_pktap(struct link_header *header);

/* LINK_ADAPTED, unless something was not there. */
enum link_carry link_done(const struct link_header *header);
/* Most headers are in network order, whatever the file is in: the rest, read so. */
struct fields *link_network_order(struct link_header *header);
/* What is behind is of this type, which must be one. */
enum link_carry link_ethertype(struct link_header *header, uint16_t type);
/* The same by an address family of any system. */
enum link_carry link_family(struct link_header *header, uint32_t family);

#endif

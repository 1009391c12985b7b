/* SPDX-License-Identifier: GPL-2.0-only */
/* The link layer: what is carried, behind the VLAN tags. */
#ifndef SKBSCOPE_LINK_H
#define SKBSCOPE_LINK_H

#include <uapi/linux/if_ether.h>

#include <skbscope/cursor.h>

#define LINK_TAGS 2	/* that are passed over in the packet; the card has often taken one off */

static inline int is_tag(u16 ethertype)
{
	return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD;
}

/* The EtherType, in host order. The cursor stands behind the tags then. A packet that ends in
 * a tag is of the tag's own EtherType. */
static inline u16 link_ethertype(struct cursor *cursor)
{
	u16 ethertype = bpf_ntohs(cursor->skb->protocol);
	__be16 tag[2];	/* tag control, then the EtherType behind the tag */

#pragma unroll
	for (int i = 0; i < LINK_TAGS; i++) {
		if (!is_tag(ethertype) || cursor_read(cursor, tag, sizeof(tag)) < 0)
			break;
		ethertype = bpf_ntohs(tag[1]);
	}
	return ethertype;
}

#endif

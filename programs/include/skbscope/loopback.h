/* SPDX-License-Identifier: GPL-2.0-only */
/* What one interface has twice, for programs that do not tell the directions apart: on loopback
 * every packet leaves and then arrives, and so does elsewhere what this machine sends to several. */
#ifndef SKBSCOPE_LOOPBACK_H
#define SKBSCOPE_LOOPBACK_H

#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/if_packet.h>

/* Of a packet that arrives: a copy, for this machine itself, of what it sent. */
static inline int is_copy(struct __sk_buff *skb)
{
	return skb->pkt_type == PACKET_LOOPBACK;
}

/* Both MAC addresses are zeros, as on loopback. */
static inline int has_no_macs(struct __sk_buff *skb)
{
	u32 macs[ETH_ALEN * 2 / 4];

	if (bpf_skb_load_bytes(skb, 0, macs, sizeof(macs)) < 0)
		return 0;
	return !(macs[0] | macs[1] | macs[2]);
}

/* Of a packet that leaves. Loopback is the first interface wherever there is one; a packet that
 * leaves there came from no interface. */
static inline int comes_back(struct __sk_buff *skb)
{
	return skb->ifindex == 1 && skb->ingress_ifindex == 0 && has_no_macs(skb);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a packet, header after header. A cursor stands where the next header begins,
 * counted from where the kernel says that the network layer does. So it does not matter
 * whether the interface has a link-layer header, and of what length:
 *
 *	struct cursor cursor = cursor_start(skb);
 *	u16 ethertype = link_ethertype(&cursor);	<skbscope/link.h>
 *	struct ip_packet ip = {};
 *
 *	if (read_ip(&cursor, ethertype, &ip) < 0)	<skbscope/ip.h>
 *		return TC_ACT_UNSPEC;
 */
#ifndef SKBSCOPE_CURSOR_H
#define SKBSCOPE_CURSOR_H

#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>

struct cursor {
	struct __sk_buff *skb;
	u32 at;		/* bytes behind the start of the network layer */
};

static inline struct cursor cursor_start(struct __sk_buff *skb)
{
	struct cursor cursor = { .skb = skb };

	return cursor;
}

/* Ethernet, or nothing: tunnels and PPP have no header that a program sees. */
static inline u32 link_length(struct __sk_buff *skb)
{
	__be16 type;

	/* Else the compiler may keep the field's address for several calls, which the verifier
	 * refuses. */
	asm volatile("" : "+r"(skb));
	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_proto), &type, sizeof(type)) < 0)
		return 0;
	return type == skb->protocol ? ETH_HLEN : 0;
}

/* SIZE bytes that begin OFFSET bytes behind the cursor; -1 where the packet ends before.
 * The first try sees what the packet has in one piece, which almost always includes its
 * headers; the second whatever it has. */
static inline int cursor_look(const struct cursor *cursor, u32 offset, void *to, u32 size)
{
	offset += cursor->at;
	if (bpf_skb_load_bytes_relative(cursor->skb, offset, to, size, BPF_HDR_START_NET) == 0)
		return 0;
	offset += link_length(cursor->skb);
	return bpf_skb_load_bytes(cursor->skb, offset, to, size) < 0 ? -1 : 0;
}

/* A size from 1 to MOST, a power of two, such that every kernel sees these limits: Linux 5.10 takes
 * one that was compared with 0 for one that may still be 0. */
static inline u64 cursor_size(u64 size, u64 most)
{
	size--;
	asm volatile("" : "+r"(size));	/* the compiler knows, and would leave out the rest */
	return (size & (most - 1)) + 1;
}

/* The same at the cursor, which stands behind them afterwards. */
static inline int cursor_read(struct cursor *cursor, void *to, u32 size)
{
	if (cursor_look(cursor, 0, to, size) < 0)
		return -1;
	cursor->at += size;
	return 0;
}

/* Bytes from the cursor to the end of the packet, padding of the link layer included. */
static inline u32 cursor_left(const struct cursor *cursor)
{
	u32 behind = link_length(cursor->skb) + cursor->at;

	return cursor->skb->len > behind ? cursor->skb->len - behind : 0;
}

/* How many packets of the wire this one is: the kernel hands over those that it has merged
 * (GRO), and those that it will cut (GSO), as one. */
static inline u32 wire_packets(struct __sk_buff *skb)
{
	if (skb->gso_segs > 1)
		return skb->gso_segs;
	if (skb->gso_size && skb->len > skb->gso_size)	/* a tap says no more than this */
		return (skb->len + skb->gso_size - 1) / skb->gso_size;
	return 1;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sizes - how large are the packets, and which had to be cut?
 *
 *   map        key                      value
 *   sizes      direction, power of two  packets, per CPU
 *              of bytes
 *   fragments  source, destination      datagrams that were cut, and their fragments
 *   too_big    who says so, and what    messages that say a packet is too big for the way
 *              the way carries          ("fragmentation needed", "packet too big")
 *
 * The size is that of the packet with its link-layer header. One that the kernel has merged
 * (GRO), or leaves to the card to cut (GSO), counts as the packets that it is on the wire, all of
 * their average size. A datagram is counted by its first fragment.
 *
 * Cost: one per-CPU hash lookup a packet. Exact on many CPUs: each has its own
 * counters. Verdict: TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope sizes -i eth0
 *   direction SENT
 *         bytes  count
 *     32 - 63       34  **************
 *     64 - 127      48  *******************
 *    128 - 255       0
 *    256 - 511       9  ****
 *    512 - 1023      6  **
 *   1024 - 2047     99  ****************************************
 *
 * @group traffic
 * @ingress received
 * @egress sent
 * @histogram sizes
 * @sort fragments fragments
 * @sort too_big messages
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/icmp.h>
#include <uapi/linux/icmpv6.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/ip.h>
#include <skbscope/link.h>

enum direction { RECEIVED, SENT };

struct size {
	enum direction direction;
	log2_t bytes;
};

struct path {
	ip_address_t source, destination;
};

struct cut {
	count_t datagrams, fragments;
};

struct limit {
	ip_address_t by;
	u32 bytes;
};

struct told {
	count_t messages;
};

BPF_PERCPU_HASH(sizes, struct size, count_t, 64); /* two directions, and 32 powers of two */
BPF_PERCPU_HASH(fragments, struct path, struct cut, 4096);
BPF_PERCPU_HASH(too_big, struct limit, struct told, 1024);

static inline void count_size(struct __sk_buff *skb, enum direction direction)
{
	u32 packets = wire_packets(skb);
	struct size size = { direction, bpf_log2(skb->len / packets) };
	count_t zero = 0, *counted = sizes.lookup_or_try_init(&size, &zero);

	if (counted)
		*counted += packets;
}

static inline void count_fragment(const struct ip_packet *ip)
{
	struct path path = { ip->source, ip->destination };
	struct cut zero = {}, *cut = fragments.lookup_or_try_init(&path, &zero);

	if (!cut)
		return;
	cut->fragments++;
	if (!ip->offset)
		cut->datagrams++;
}

/* The MTU that an ICMP or ICMPv6 message at the cursor tells of; 0 if it tells of none. */
static inline u32 told_mtu(const struct cursor *cursor, const struct ip_packet *ip)
{
	struct icmphdr icmp;

	if (cursor_look(cursor, 0, &icmp, sizeof(icmp)) < 0)
		return 0;
	if (ip->protocol == IPPROTO_ICMP && icmp.type == ICMP_DEST_UNREACH &&
	    icmp.code == ICMP_FRAG_NEEDED)
		return bpf_ntohs(icmp.un.frag.mtu);
	if (ip->protocol == IPPROTO_ICMPV6 && icmp.type == ICMPV6_PKT_TOOBIG)
		return bpf_ntohl(icmp.un.gateway); /* the same place */
	return 0;
}

static inline void count_limit(const struct cursor *cursor, const struct ip_packet *ip)
{
	struct limit limit = { ip->source, told_mtu(cursor, ip) };
	struct told zero = {}, *told;

	if (!limit.bytes)
		return;
	told = too_big.lookup_or_try_init(&limit, &zero);
	if (told)
		told->messages++;
}

static inline int observe(struct __sk_buff *skb, enum direction direction)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};

	count_size(skb, direction);
	if (read_ip(&cursor, link_ethertype(&cursor), &ip) < 0 || pass_extensions(&cursor, &ip) < 0)
		return TC_ACT_UNSPEC;
	if (ip.is_fragment)
		count_fragment(&ip);
	if (!ip.offset && (ip.protocol == IPPROTO_ICMP || ip.protocol == IPPROTO_ICMPV6))
		count_limit(&cursor, &ip);
	return TC_ACT_UNSPEC;
}

int received(struct __sk_buff *skb)
{
	return observe(skb, RECEIVED);
}

int sent(struct __sk_buff *skb)
{
	return observe(skb, SENT);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * protocols - which protocols arrive on this interface, and how much of each?
 *
 *   map           key                          value
 *   ethertypes    EtherType, VLAN tags around  packets and bytes, per CPU
 *   ip_protocols  IPv4 or IPv6, IP protocol    packets and bytes, per CPU
 *   too_short     0                            IP packets that end inside a header
 *
 * The EtherType is the one inside the VLAN tags, whether the card has taken the
 * tag off already or not; a third tag counts as an EtherType of its own. In IPv6
 * the protocol is the one after the extension headers, up to six of them. Bytes
 * are those of the packet with its link-layer header, less a tag that the card has
 * taken off. A packet that the kernel has merged from several (GRO) counts once, as
 * it does for tcpdump.
 *
 * Cost: two per-CPU hash lookups a packet and a few loads. Exact on many CPUs:
 * each has its own counters. Verdict: TC_ACT_UNSPEC, so the next filter still
 * decides.
 *
 * @group traffic
 * @sort ethertypes bytes
 * @sort ip_protocols bytes
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/in.h>
#include <uapi/linux/in6.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/types.h>

#define MAX_TAGS 2
#define MAX_EXTENSIONS 6

struct ethertype {
	eth_proto_t ethertype;
	u8 tags;
	u8 pad;
};

struct ip_protocol {
	eth_proto_t family;
	ip_proto_t protocol;
	u8 pad;
};

struct traffic {
	count_t packets;
	bytes_t bytes;
};

BPF_PERCPU_HASH(ethertypes, struct ethertype, struct traffic, 1024);
BPF_PERCPU_HASH(ip_protocols, struct ip_protocol, struct traffic, 512); /* all there can be */
BPF_PERCPU_ARRAY(too_short, count_t, 1);

static inline void count(struct traffic *traffic, struct __sk_buff *skb)
{
	if (!traffic)	/* the table is full: skbscope says so beside it */
		return;
	traffic->packets++;
	traffic->bytes += skb->len;
}

static inline int is_tag(u16 ethertype)
{
	return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD;
}

/* The protocol after the extension headers; -1 if the packet ends before it. */
static inline int ipv6_protocol(struct __sk_buff *skb, u32 offset)
{
	u8 next, header[4];

	if (bpf_skb_load_bytes(skb, offset + 6, &next, sizeof(next)) < 0)
		return -1;
	offset += 40;
#pragma unroll
	for (int i = 0; i < MAX_EXTENSIONS; i++) {
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING &&
		    next != IPPROTO_FRAGMENT && next != IPPROTO_DSTOPTS && next != IPPROTO_AH)
			break;
		if (bpf_skb_load_bytes(skb, offset, header, sizeof(header)) < 0)
			return -1;
		if (next == IPPROTO_FRAGMENT && (header[2] || header[3] & 0xf8))
			return header[0];	/* not the first fragment: data follows */
		if (next == IPPROTO_FRAGMENT)
			offset += 8;
		else if (next == IPPROTO_AH)	/* counts in fours, less two */
			offset += (header[1] + 2) * 4;
		else
			offset += (header[1] + 1) * 8;
		next = header[0];
	}
	return next;
}

static inline int ipv4_protocol(struct __sk_buff *skb, u32 offset)
{
	u8 protocol;

	if (bpf_skb_load_bytes(skb, offset + 9, &protocol, sizeof(protocol)) < 0)
		return -1;
	return protocol;
}

int count_protocols(struct __sk_buff *skb)
{
	struct ethertype ethertype = {};
	struct ip_protocol ip = {};
	struct traffic zero = {};
	u32 offset = 0, first = 0;
	__be16 type = skb->protocol;
	u16 inner[2];	/* tag control, then the EtherType behind the tag */
	int protocol;

	/* Tunnels and PPP have no Ethernet header: the packet starts with IP. */
	if (bpf_skb_load_bytes(skb, 12, &inner[0], sizeof(inner[0])) == 0 && inner[0] == type)
		offset = ETH_HLEN;
	if (skb->vlan_present)
		ethertype.tags = 1;
#pragma unroll
	for (int i = 0; i < MAX_TAGS; i++) {
		if (!is_tag(bpf_ntohs(type)) || ethertype.tags == MAX_TAGS)
			break;
		if (bpf_skb_load_bytes(skb, offset, inner, sizeof(inner)) < 0)
			break;
		type = inner[1];
		offset += sizeof(inner);
		ethertype.tags++;
	}
	ethertype.ethertype = bpf_ntohs(type);
	count(ethertypes.lookup_or_try_init(&ethertype, &zero), skb);

	if (type == bpf_htons(ETH_P_IP))
		protocol = ipv4_protocol(skb, offset);
	else if (type == bpf_htons(ETH_P_IPV6))
		protocol = ipv6_protocol(skb, offset);
	else
		return TC_ACT_UNSPEC;

	if (protocol < 0) {
		count_t *packets = too_short.lookup(&first);

		if (packets)	/* the verifier asks; an array slot always exists */
			(*packets)++;
		return TC_ACT_UNSPEC;
	}
	ip.family = ethertype.ethertype;
	ip.protocol = protocol;
	count(ip_protocols.lookup_or_try_init(&ip, &zero), skb);
	return TC_ACT_UNSPEC;
}

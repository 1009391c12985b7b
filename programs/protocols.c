/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * protocols - which protocols pass this interface, and how much of each?
 *
 *   map           key                           value
 *   ethertypes    EtherType, VLAN tags around,  packets and bytes, per CPU
 *                 direction
 *   ip_protocols  IPv4 or IPv6, IP protocol,    packets and bytes, per CPU
 *                 direction
 *   not_counted   why                           packets that are not in ip_protocols, per CPU: of IP,
 *                                               but they end inside a header
 *
 * The EtherType is the one inside the VLAN tags, whether the card has taken the
 * tag off already or not; a third tag counts as an EtherType of its own. In IPv6
 * the protocol is the one after the extension headers, up to six of them. Bytes
 * are those of the packet with its link-layer header, less a tag that the card has
 * taken off. A packet that the kernel has merged from several (GRO), or leaves to the card
 * to cut (GSO), counts once, as it does for tcpdump.
 *
 * Cost: two per-CPU hash lookups a packet and a few loads. Exact on many CPUs:
 * each has its own counters. Verdict: TC_ACT_UNSPEC, so the next filter still
 * decides.
 *
 *   # skbscope protocols -i eth0
 *   ethertype  tags  direction  packets  packets/s     bytes   bytes/s
 *   IPv4          0  SENT           183       28.3   154 KiB  23.9 KiB
 *   IPv4          0  RECEIVED       215       33.2  74.9 KiB  11.6 KiB
 *   ARP           0  RECEIVED        12        1.9     504 B      78 B
 *   family  protocol   direction  packets  packets/s     bytes   bytes/s
 *   IPv4    TCP        SENT           157       24.3   142 KiB  21.9 KiB
 *   IPv4    UDP        RECEIVED        61        9.4  55.5 KiB   8.6 KiB
 *
 * @group traffic
 * @ingress received
 * @egress sent
 * @sort ethertypes bytes
 * @sort ip_protocols bytes
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/ip.h>
#include <skbscope/link.h>

enum direction { RECEIVED, SENT } __attribute__((packed));

struct ethertype {
	eth_proto_t ethertype;
	u8 tags;
	enum direction direction;
};

struct ip_protocol {
	eth_proto_t family;
	ip_proto_t protocol;
	enum direction direction;
};

struct traffic {
	count_t packets;
	bytes_t bytes;
};

enum why { CUT_SHORT, WHYS };

struct reason {
	enum why why;
};

BPF_PERCPU_HASH(ethertypes, struct ethertype, struct traffic, 1024);
BPF_PERCPU_HASH(ip_protocols, struct ip_protocol, struct traffic, 1024); /* all there can be */
BPF_TABLE("percpu_array", struct reason, count_t, not_counted, WHYS);

static inline void add(struct traffic *traffic, struct __sk_buff *skb)
{
	if (!traffic)	/* the table is full: skbscope says so beside it */
		return;
	traffic->packets++;
	traffic->bytes += skb->len;
}

static inline int leave_out(enum why why)
{
	struct reason reason = { why };
	count_t *packets = not_counted.lookup(&reason);

	if (packets) /* the verifier asks; an array slot always exists */
		(*packets)++;
	return TC_ACT_UNSPEC;
}

static inline int count(struct __sk_buff *skb, enum direction direction)
{
	struct ethertype ethertype = { .direction = direction };
	struct ip_protocol protocol = { .direction = direction };
	struct cursor cursor = cursor_start(skb);
	u16 type = bpf_ntohs(skb->protocol);
	struct ip_packet ip = {};
	struct traffic zero = {};
	__be16 tag[2];	/* tag control, then the EtherType behind the tag */

	if (skb->vlan_present)
		ethertype.tags = 1;
#pragma unroll
	for (int i = 0; i < LINK_TAGS; i++) {
		if (!is_tag(type) || ethertype.tags == LINK_TAGS ||
		    cursor_read(&cursor, tag, sizeof(tag)) < 0)
			break;
		type = bpf_ntohs(tag[1]);
		ethertype.tags++;
	}
	ethertype.ethertype = type;
	add(ethertypes.lookup_or_try_init(&ethertype, &zero), skb);

	if (type != ETH_P_IP && type != ETH_P_IPV6)
		return TC_ACT_UNSPEC;
	if (read_ip(&cursor, type, &ip) < 0 || pass_extensions(&cursor, &ip) < 0)
		return leave_out(CUT_SHORT);
	protocol.family = type;
	protocol.protocol = ip.protocol;
	add(ip_protocols.lookup_or_try_init(&protocol, &zero), skb);
	return TC_ACT_UNSPEC;
}

int received(struct __sk_buff *skb)
{
	return count(skb, RECEIVED);
}

int sent(struct __sk_buff *skb)
{
	return count(skb, SENT);
}

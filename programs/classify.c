/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classify - which class of traffic does a packet belong to?
 *
 *   map             key                          value
 *   ports           protocol and port            the class; packets and bytes that got it
 *   networks        a network, IPv4 or IPv6      the same
 *   dscps           DSCP: EF, AF21, CS1, 7, …    the same
 *   not_classified  why                          packets that got none, per CPU
 *
 * With --enforce a packet gets the priority and the mark of the first rule that there is: of its
 * destination port, its source port, its destination's longest prefix, its source's, its DSCP. A
 * priority or mark of 0 leaves the packet's own as it is. An HTB (or any classful qdisc)
 * of the interface takes a priority that names one of its classes as that class, without a
 * filter: 1:10 is 0x10010. The mark is what "ip rule", nftables and "tc filter … fw" ask for.
 *
 *   tc qdisc add dev eth0 root handle 1: htb default 20
 *   tc class add dev eth0 parent 1: classid 1:10 htb rate 80mbit
 *   tc class add dev eth0 parent 1: classid 1:20 htb rate 20mbit
 *   skbscope run classify -i eth0 --enforce --set 'ports[{TCP, 443}]={priority=0x10010}'
 *
 * Without --enforce nothing is written, and what would have got a class is counted.
 *
 * IPv4 and IPv6, behind up to two VLAN tags and six extension headers. Later fragments have
 * no ports, so only the other rules hold for them. Packets are those of the wire: one that the
 * card or the kernel has yet to cut counts as many; bytes are those of the packet as the kernel
 * has it. It is for what leaves; a mark of what arrives is set with -Q in, a priority there
 * does not outlive routing.
 *
 * Cost: up to five lookups a packet, one atomic add for packets and one for bytes. Exact on many
 * CPUs. Verdict: TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope classify -i eth0 --set 'ports[{TCP, 80}]={priority=0x10010}'
 *   protocol  port    priority        mark  packets  packets/s    bytes   bytes/s
 *   TCP         80  0x00010010  0x00000000      121       18.7  137 KiB  21.1 KiB
 *   why        value  value/s
 *   NO_RULE       67     10.4
 *
 * @group shaping
 * @egress classify
 * @sort ports bytes
 * @sort networks bytes
 * @sort dscps bytes
 * @enforce it sets the priority and the mark of packets
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/link.h>
#include <skbscope/network.h>
#include <skbscope/ports.h>

struct service {
	ip_proto_t protocol;
	u8 pad;
	port_t port;
};

enum dscp {
	CS0 = 0, LE = 1, CS1 = 8, AF11 = 10, AF12 = 12, AF13 = 14, CS2 = 16, AF21 = 18,
	AF22 = 20, AF23 = 22, CS3 = 24, AF31 = 26, AF32 = 28, AF33 = 30, CS4 = 32, AF41 = 34,
	AF42 = 36, AF43 = 38, CS5 = 40, VA = 44, EF = 46, CS6 = 48, CS7 = 56
};

struct codepoint {
	enum dscp dscp;
};

struct treatment {
	hex32_t priority, mark;
	count_t packets;	/* counted here, the others are to be set */
	bytes_t bytes;
};

enum why { NOT_IP, CUT_SHORT, NO_RULE, WHYS };

struct reason {
	enum why why;
};

BPF_HASH(ports, struct service, struct treatment, 1024);
BPF_LPM_TRIE(networks, struct network, struct treatment, 16384);
BPF_HASH(dscps, struct codepoint, struct treatment, 64);
BPF_TABLE("percpu_array", struct reason, count_t, not_classified, WHYS);

static inline int leave_out(struct __sk_buff *skb, enum why why)
{
	struct reason reason = { why };
	count_t *packets = not_classified.lookup(&reason);

	if (packets) /* the verifier asks; an array slot always exists */
		*packets += wire_packets(skb);
	return TC_ACT_UNSPEC;
}

static inline struct treatment *by_port(const struct cursor *cursor, const struct ip_packet *ip)
{
	struct service service = { .protocol = ip->protocol };
	struct treatment *given;
	struct ports at;

	if (!has_ports(ip) || ip->offset || look_at_ports(cursor, ip, &at) < 0)
		return NULL;
	service.port = bpf_ntohs(at.destination);
	given = ports.lookup(&service);
	if (given)
		return given;
	service.port = bpf_ntohs(at.source);
	return ports.lookup(&service);
}

static inline struct treatment *by_network(const struct ip_packet *ip)
{
	struct network network = network_of(&ip->destination);
	struct treatment *given = networks.lookup(&network);

	if (given)
		return given;
	network.address = ip->source;
	return networks.lookup(&network);
}

/* The first two bytes of the IP header, in which both versions have it. */
static inline struct treatment *by_dscp(u16 ethertype, const u8 *header)
{
	struct codepoint codepoint = {};

	codepoint.dscp = ethertype == ETH_P_IP ? header[1] >> 2
					       : (header[0] & 0xf) << 2 | header[1] >> 6;
	return dscps.lookup(&codepoint);
}

static inline void put_into(struct __sk_buff *skb, struct treatment *given)
{
#ifndef SKBSCOPE_PASSIVE
	if (given->priority)
		skb->priority = given->priority;
	if (given->mark)
		skb->mark = given->mark;
#endif
	lock_xadd(&given->packets, wire_packets(skb));
	lock_xadd(&given->bytes, skb->len);
}

int classify(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	u16 ethertype = link_ethertype(&cursor);
	struct ip_packet ip = {};
	struct treatment *given;
	u8 header[2];
	int read;

	if (cursor_look(&cursor, 0, header, sizeof(header)) < 0)
		return leave_out(skb, ethertype == ETH_P_IP || ethertype == ETH_P_IPV6 ? CUT_SHORT : NOT_IP);
	read = read_ip(&cursor, ethertype, &ip);
	if (read == IP_IS_OTHER)
		return leave_out(skb, NOT_IP);
	if (read < 0 || pass_extensions(&cursor, &ip) < 0)
		return leave_out(skb, CUT_SHORT);
	given = by_port(&cursor, &ip);
	if (!given)
		given = by_network(&ip);
	if (!given)
		given = by_dscp(ethertype, header);
	if (!given)
		return leave_out(skb, NO_RULE);
	put_into(skb, given);
	return TC_ACT_UNSPEC;
}

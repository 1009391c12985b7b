/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blocklist - who is not to talk to us, and who tries all the same?
 *
 *   map       key                       value
 *   denied    a network, from --set     packets and bytes that came from it or went to it, and
 *                                       when the last one did
 *   allowed   a network, from --set     the same
 *   outcomes  what became of a packet   packets and bytes, per CPU
 *
 *     skbscope run blocklist -i eth0 --set denied=@FILE --set 'allowed[192.0.2.7]'
 *
 * FILE has a network a line, IPv4 or IPv6: 198.51.100.0/24, 2001:db8::/32, 203.0.113.9. While it is
 * watched (--watch), what is saved there counts at once, and networks that stay keep their counts.
 * Only --enforce drops what is denied; without it, the verdicts say how much that would be.
 *
 * The address at the other end decides: the source of what arrives, the destination of what leaves.
 * allowed wins, however much longer the prefix in denied is. Within a list the longest prefix has
 * the packet, and it alone counts it. Both families are in one table, IPv4 as ::ffff:0:0/96: so
 * ::/0 is everybody, 0.0.0.0/0 all of IPv4, 2000::/3 what of IPv6 is routed.
 *
 * Neighbour discovery is IPv6: to deny fe80::/10, or what a router is in, is to deny the router.
 * What is not IP (ARP, for one), and what ends inside the IP header, is let through and counted in
 * outcomes. Fragments have addresses, so they are judged like all others. A packet that the kernel has
 * merged (GRO), or leaves to the card to cut (GSO), counts as many; bytes are those of the packet as
 * the kernel has it.
 *
 * Cost: two lookups of a prefix a packet, which grow with the length of the longest that fits, not
 * with the number of networks. Counts are exact on many CPUs: they are added atomically.
 * Verdict: TC_ACT_SHOT for what is denied, else TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope blocklist -i eth0 --set 'denied[203.0.113.0/24]' --set 'denied[192.0.2.66]'
 *   prefixlen  address      packets  packets/s    bytes  bytes/s        last
 *          32  192.0.2.66        60        9.3  3.8 KiB    595 B  487 ms ago
 *          24  203.0.113.0        6        0.9    588 B     91 B  199 ms ago
 *   would have been dropped: 35 packets by received (SHOT)
 *
 * @group security
 * @ingress received
 * @egress sent
 * @param ROOM=131072 networks that denied has room for
 * @sort denied packets
 * @enforce what is denied is dropped
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/ip.h>
#include <skbscope/link.h>
#include <skbscope/network.h>

#ifndef ROOM
#define ROOM 131072
#endif

struct hits {
	count_t packets;
	bytes_t bytes;
	when_t last;
};

enum outcome { DENIED, ALLOWED, IN_NO_LIST, NOT_IP, CUT_SHORT, OUTCOMES };

struct decision {
	enum outcome outcome;
};

struct amount {
	count_t packets;
	bytes_t bytes;
};

BPF_LPM_TRIE(denied, struct network, struct hits, ROOM);
BPF_LPM_TRIE(allowed, struct network, struct hits, 16384);
BPF_TABLE("percpu_array", struct decision, struct amount, outcomes, OUTCOMES);

static inline void count(struct __sk_buff *skb, enum outcome outcome)
{
	struct decision decision = { outcome };
	struct amount *amount = outcomes.lookup(&decision);

	if (!amount) /* the verifier asks; an array slot always exists */
		return;
	amount->packets += wire_packets(skb);
	amount->bytes += skb->len;
}

static inline void hit(struct __sk_buff *skb, struct hits *hits)
{
	lock_xadd(&hits->packets, wire_packets(skb));
	lock_xadd(&hits->bytes, skb->len);
	hits->last = bpf_ktime_get_ns();
}

static inline enum outcome look_up(struct __sk_buff *skb, const ip_address_t *address)
{
	struct network network = network_of(address);
	struct hits *hits;

	hits = allowed.lookup(&network);
	if (hits) {
		hit(skb, hits);
		return ALLOWED;
	}
	hits = denied.lookup(&network);
	if (hits) {
		hit(skb, hits);
		return DENIED;
	}
	return IN_NO_LIST;
}

static inline int judge(struct __sk_buff *skb, int is_arriving)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	enum outcome outcome;
	int read;

	read = read_ip(&cursor, link_ethertype(&cursor), &ip);
	if (read == IP_READ)
		outcome = look_up(skb, is_arriving ? &ip.source : &ip.destination);
	else
		outcome = read == IP_IS_OTHER ? NOT_IP : CUT_SHORT;
	count(skb, outcome);
	return outcome == DENIED ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

int received(struct __sk_buff *skb)
{
	return judge(skb, 1);
}

int sent(struct __sk_buff *skb)
{
	return judge(skb, 0);
}

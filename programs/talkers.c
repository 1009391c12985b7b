/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * talkers - who is talking here, and how much?
 *
 *   map      key                      value
 *   talkers  the address at the       packets and bytes that came from it, and that
 *            other end                went to it, per CPU
 *   totals   direction                all that was seen, per CPU
 *
 * The other end is the source of what arrives and the destination of what leaves. IPv4 and
 * IPv6, behind up to two VLAN tags, fragments too. Packets are those of the wire: one that the
 * kernel has merged from several (GRO), or leaves to the card to cut (GSO), counts as
 * many. Bytes are those of the packet as the kernel has it, with its link-layer header, and so
 * with the headers of a merged packet once. In totals, skbs are the packets as the kernel has
 * them; not_ip (ARP, for one) and cut_short (it ends inside the IP header) are in no row
 * of talkers.
 *
 * Cost: one per-CPU hash lookup a packet. Exact on many CPUs: each has its own counters.
 * Verdict: TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope talkers -i eth0
 *   address       in_bytes  out_bytes  in_packets  out_packets
 *   192.0.2.21     6.0 KiB    136 KiB          77          109
 *   192.0.2.22     2.8 KiB    4.0 KiB          33           25
 *   2001:db8::21     688 B      678 B           7            5
 *
 * @group traffic
 * @ingress received
 * @egress sent
 * @sort talkers in_bytes
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/ip.h>
#include <skbscope/link.h>

struct peer {
	ip_address_t address;
};

struct talker {
	bytes_t in_bytes, out_bytes;
	count_t in_packets, out_packets;
};

enum direction { RECEIVED, SENT };

struct way {
	enum direction direction;
};

struct total {
	bytes_t bytes;
	count_t packets, skbs, not_ip, cut_short;
};

BPF_PERCPU_HASH(talkers, struct peer, struct talker, 16384);
BPF_TABLE("percpu_array", struct way, struct total, totals, 2);

static inline void count(struct __sk_buff *skb, enum direction direction)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct talker zero = {}, *talker;
	struct peer peer;
	struct way way = { direction };
	struct total *total = totals.lookup(&way);
	u32 packets = wire_packets(skb);
	int read;

	if (!total)	/* the verifier asks; an array slot always exists */
		return;
	total->bytes += skb->len;
	total->packets += packets;
	total->skbs++;
	read = read_ip(&cursor, link_ethertype(&cursor), &ip);
	if (read == IP_IS_OTHER)
		total->not_ip++;
	if (read == IP_TOO_SHORT)
		total->cut_short++;
	if (read < 0)
		return;
	peer.address = direction == SENT ? ip.destination : ip.source;
	talker = talkers.lookup_or_try_init(&peer, &zero);
	if (!talker)	/* the table is full: skbscope says so beside it */
		return;
	if (direction == SENT) {
		talker->out_bytes += skb->len;
		talker->out_packets += packets;
	} else {
		talker->in_bytes += skb->len;
		talker->in_packets += packets;
	}
}

int received(struct __sk_buff *skb)
{
	count(skb, RECEIVED);
	return TC_ACT_UNSPEC;
}

int sent(struct __sk_buff *skb)
{
	count(skb, SENT);
	return TC_ACT_UNSPEC;
}

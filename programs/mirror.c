/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mirror - copies of all packets from and to a network, on another interface
 *
 *   map           key                        value
 *   mirrored      a network, IPv4 or IPv6    the interface; packets and bytes of the copies, and
 *                                            those that could not be sent
 *   not_mirrored  why                        packets that were not compared, per CPU
 *
 *   skbscope run mirror -i eth0 --enforce --set 'mirrored[192.0.2.7/32]={to=eth1}'
 *   tcpdump -i eth1            # or on whatever is at the other end of it
 *
 * With --enforce a packet whose source has a row, or else whose destination, is copied as it is,
 * with its link-layer header and VLAN tag, and sent out of that interface; the packet itself goes
 * on. What arrives is copied before this machine has changed anything, what leaves after. A
 * row without an interface copies nothing, and so leaves a smaller network out of a larger one.
 * Without --enforce nothing is sent, and what would have been is counted.
 *
 * Where the interface is the one that the packet is on, a copy would be copied again: it is not
 * sent, and counted in not_sent. So is what the kernel refuses: the interface is down or gone,
 * its queue is full, or it needs an Ethernet header, which a packet of a tunnel has not. A packet
 * that the kernel has merged from several is one copy, cut again for an interface that cannot carry
 * it; it counts as many.
 *
 * Cost: one or two lookups a packet, and for each copy what sending a packet costs. Exact
 * on many CPUs. Verdict: TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope mirror -i eth0 --set 'mirrored[192.0.2.21]={to=eth1}'
 *   prefixlen  address     to  packets  packets/s    bytes   bytes/s  not_sent  not_sent/s
 *          32  192.0.2.21  3       186       28.8  142 KiB  22.0 KiB         0           0
 *
 * @group shaping
 * @ingress mirror
 * @egress mirror
 * @sort mirrored bytes
 * @enforce it sends copies of packets
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/ip.h>
#include <skbscope/link.h>
#include <skbscope/network.h>

struct copies {
	ifindex_t to;
	u32 pad;
	count_t packets;	/* counted here, the interface is to be set */
	bytes_t bytes;
	count_t not_sent;
};

enum why { NOT_IP, CUT_SHORT, WHYS };

struct reason {
	enum why why;
};

BPF_LPM_TRIE(mirrored, struct network, struct copies, 4096);
BPF_TABLE("percpu_array", struct reason, count_t, not_mirrored, WHYS);

static inline int leave_out(struct __sk_buff *skb, enum why why)
{
	struct reason reason = { why };
	count_t *packets = not_mirrored.lookup(&reason);

	if (packets) /* the verifier asks; an array slot always exists */
		*packets += wire_packets(skb);
	return TC_ACT_UNSPEC;
}

static inline struct copies *find(const struct ip_packet *ip)
{
	struct network network = network_of(&ip->source);
	struct copies *copies = mirrored.lookup(&network);

	if (copies)
		return copies;
	network.address = ip->destination;
	return mirrored.lookup(&network);
}

static inline int send_copy(struct __sk_buff *skb, u32 to)
{
	if (to == skb->ifindex)
		return -1;
#ifdef SKBSCOPE_PASSIVE
	return 0;
#else
	return bpf_clone_redirect(skb, to, 0);
#endif
}

int mirror(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	u32 packets = wire_packets(skb), length = skb->len;
	struct copies *copies;
	int read = read_ip(&cursor, link_ethertype(&cursor), &ip);

	if (read == IP_IS_OTHER)
		return leave_out(skb, NOT_IP);
	if (read < 0)
		return leave_out(skb, CUT_SHORT);
	copies = find(&ip);
	if (!copies || !copies->to)
		return TC_ACT_UNSPEC;
	if (send_copy(skb, copies->to)) {
		lock_xadd(&copies->not_sent, packets);
		return TC_ACT_UNSPEC;
	}
	lock_xadd(&copies->packets, packets);
	lock_xadd(&copies->bytes, length);
	return TC_ACT_UNSPEC;
}

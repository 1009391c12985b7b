/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * services - who uses which port?
 *
 *   map          key                         value
 *   services     protocol, port, the address packets and bytes from there and to there,
 *                at the other end            per CPU
 *   not_counted  why                         packets that are in no row of services
 *
 * The port of a service is the smaller of the two, whoever began: 443 and not the 51234 of the client.
 * The other end is the source of what arrives and the destination of what leaves. IPv4 and
 * IPv6, behind up to two VLAN tags and six extension headers; of fragments only the first has ports.
 * Packets are those of the wire, as in talkers.
 *
 * Cost: one per-CPU hash lookup a packet. Exact on many CPUs: each has its own
 * counters. Verdict: TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope services -i eth0
 *   protocol  port  address       in_bytes  out_bytes  in_packets  out_packets
 *   TCP         80  192.0.2.21     4.8 KiB    134 KiB          66           97
 *   TCP        443  192.0.2.21      1002 B    2.4 KiB           8            9
 *   UDP         53  192.0.2.1        400 B      394 B           4            4
 *
 * @group traffic
 * @ingress received
 * @egress sent
 * @sort services in_bytes
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/link.h>
#include <skbscope/ports.h>

enum direction { RECEIVED, SENT };

struct use {
	ip_proto_t protocol;
	u8 pad;
	port_t port;
	ip_address_t address;
};

struct traffic {
	bytes_t in_bytes, out_bytes;
	count_t in_packets, out_packets;
};

enum why { NOT_IP, CUT_SHORT, LATER_FRAGMENT, WITHOUT_PORTS, WHYS };

struct reason {
	enum why why;
};

BPF_PERCPU_HASH(services, struct use, struct traffic, 16384);
BPF_TABLE("percpu_array", struct reason, count_t, not_counted, WHYS);

static inline int leave_out(struct __sk_buff *skb, enum why why)
{
	struct reason reason = { why };
	count_t *packets = not_counted.lookup(&reason);

	if (packets) /* the verifier asks; an array slot always exists */
		*packets += wire_packets(skb);
	return TC_ACT_UNSPEC;
}

static inline int count(struct __sk_buff *skb, enum direction direction)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct traffic zero = {}, *traffic;
	struct use use = {};
	struct ports ports;
	u16 source, destination;
	int read;

	read = read_ip(&cursor, link_ethertype(&cursor), &ip);
	if (read == IP_IS_OTHER)
		return leave_out(skb, NOT_IP);
	if (read < 0 || pass_extensions(&cursor, &ip) < 0)
		return leave_out(skb, CUT_SHORT);
	if (ip.offset)
		return leave_out(skb, LATER_FRAGMENT);
	if (!has_ports(&ip))
		return leave_out(skb, WITHOUT_PORTS);
	if (look_at_ports(&cursor, &ip, &ports) < 0)
		return leave_out(skb, CUT_SHORT);

	source = bpf_ntohs(ports.source);
	destination = bpf_ntohs(ports.destination);
	use.protocol = ip.protocol;
	use.port = source < destination ? source : destination;
	use.address = direction == SENT ? ip.destination : ip.source;
	traffic = services.lookup_or_try_init(&use, &zero);
	if (!traffic) /* the table is full: skbscope says so beside it */
		return TC_ACT_UNSPEC;
	if (direction == SENT) {
		traffic->out_bytes += skb->len;
		traffic->out_packets += wire_packets(skb);
	} else {
		traffic->in_bytes += skb->len;
		traffic->in_packets += wire_packets(skb);
	}
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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * icmp - who pings whom, who answers, and what cannot be reached, for which reason?
 *
 *   map           key                          value
 *   pings         who asks, who is asked       requests, replies, and when the last one came
 *   unreachables  reason, who says so, to      messages, and when the last one came
 *                 whom, about which packet
 *   neighbours    kind, from, about which      the same, of neighbour discovery (IPv6's ARP)
 *                 address
 *   messages      type and code                all of ICMP and ICMPv6
 *   not_counted   why                          what is in no row of these
 *
 * A reply counts in the row of its asker and of who replied: of a ping to a broadcast
 * or multicast address, that is another row than the request's.
 *
 * Unreachables are all messages that quote a packet which did not arrive: unreachable, too big, hop
 * limit exceeded, parameter problem, and source quench. `to` sent that packet, `destination`, `protocol` and
 * `port` are what it was for; a protocol without ports and a later fragment have port 0. Names of
 * reasons that begin with IPV6 are ICMPv6's; a reason without a name is type × 256 + code, for
 * ICMPv6 plus 65536.
 *
 * In neighbours, `target` is the address that is asked for, announced or redirected; router
 * solicitations and advertisements have none.
 *
 * IPv4 and IPv6, behind up to two VLAN tags and six extension headers. A message in fragments is
 * counted by the first. In not_counted are
 *
 *   CUT_SHORT        packets that end inside a header
 *   QUOTE_CUT_SHORT  unreachables, with less of the packet than says what it was for: in
 *                    messages and in no other table
 *
 * What comes by several of the interfaces counts on each; on loopback, once.
 *
 * Cost: two per-CPU hash lookups for ICMP, two loads for everything else. Exact on many CPUs:
 * each has its own counters. Verdict: TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope icmp -i eth0
 *   from         to            requests  requests/s  replies  replies/s        last
 *   192.0.2.10   192.0.2.21           2         0.3        2        0.3     6 s ago
 *   192.0.2.10   198.51.100.7         2         0.3        0          0     6 s ago
 *   reason            by          to          destination   protocol  port  messages     last
 *   PROHIBITED        192.0.2.1   192.0.2.10  198.51.100.7  ICMP         0         2  6 s ago
 *   PORT_UNREACHABLE  192.0.2.22  192.0.2.10  192.0.2.22    UDP         53         1  6 s ago
 *
 * @group health
 * @ingress received
 * @egress sent
 * @sort pings requests
 * @sort unreachables messages
 * @sort neighbours messages
 * @sort messages messages
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/icmp.h>
#include <uapi/linux/icmpv6.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/link.h>
#include <skbscope/loopback.h>
#include <skbscope/ports.h>

#define OF_IPV6 0x10000
#define REASON(type, code) ((type) << 8 | (code))
#define REASON6(type, code) (OF_IPV6 | REASON(type, code))

enum message {
	ECHO_REPLY = 0,
	UNREACHABLE = 3,
	SOURCE_QUENCH = 4,
	REDIRECT = 5,
	ECHO_REQUEST = 8,
	ROUTER_ADVERTISEMENT = 9,
	ROUTER_SOLICITATION = 10,
	TIME_EXCEEDED = 11,
	PARAMETER_PROBLEM = 12,
	TIMESTAMP = 13,
	TIMESTAMP_REPLY = 14,
	EXTENDED_ECHO_REQUEST = 42,
	EXTENDED_ECHO_REPLY = 43,
	IPV6_UNREACHABLE = OF_IPV6 | 1,
	IPV6_TOO_BIG = OF_IPV6 | 2,
	IPV6_TIME_EXCEEDED = OF_IPV6 | 3,
	IPV6_PARAMETER_PROBLEM = OF_IPV6 | 4,
	IPV6_ECHO_REQUEST = OF_IPV6 | 128,
	IPV6_ECHO_REPLY = OF_IPV6 | 129,
	IPV6_MULTICAST_QUERY = OF_IPV6 | 130,
	IPV6_MULTICAST_REPORT = OF_IPV6 | 131,
	IPV6_MULTICAST_DONE = OF_IPV6 | 132,
	IPV6_ROUTER_SOLICITATION = OF_IPV6 | 133,
	IPV6_ROUTER_ADVERTISEMENT = OF_IPV6 | 134,
	IPV6_NEIGHBOUR_SOLICITATION = OF_IPV6 | 135,
	IPV6_NEIGHBOUR_ADVERTISEMENT = OF_IPV6 | 136,
	IPV6_REDIRECT = OF_IPV6 | 137,
	IPV6_MULTICAST_REPORT_2 = OF_IPV6 | 143,
	IPV6_EXTENDED_ECHO_REQUEST = OF_IPV6 | 160,
	IPV6_EXTENDED_ECHO_REPLY = OF_IPV6 | 161,
};

enum reason {
	NET_UNREACHABLE = REASON(3, 0),
	HOST_UNREACHABLE = REASON(3, 1),
	PROTOCOL_UNREACHABLE = REASON(3, 2),
	PORT_UNREACHABLE = REASON(3, 3),
	FRAGMENTATION_NEEDED = REASON(3, 4),
	SOURCE_ROUTE_FAILED = REASON(3, 5),
	NET_UNKNOWN = REASON(3, 6),
	HOST_UNKNOWN = REASON(3, 7),
	HOST_ISOLATED = REASON(3, 8),
	NET_PROHIBITED = REASON(3, 9),
	HOST_PROHIBITED = REASON(3, 10),
	NET_NOT_FOR_TOS = REASON(3, 11),
	HOST_NOT_FOR_TOS = REASON(3, 12),
	PROHIBITED = REASON(3, 13),
	PRECEDENCE_VIOLATION = REASON(3, 14),
	PRECEDENCE_CUTOFF = REASON(3, 15),
	QUENCH = REASON(4, 0),
	HOPS_EXCEEDED = REASON(11, 0),
	REASSEMBLY_TIMEOUT = REASON(11, 1),
	BAD_PARAMETER = REASON(12, 0),
	OPTION_MISSING = REASON(12, 1),
	BAD_LENGTH = REASON(12, 2),
	IPV6_NO_ROUTE = REASON6(1, 0),
	IPV6_PROHIBITED = REASON6(1, 1),
	IPV6_BEYOND_SCOPE = REASON6(1, 2),
	IPV6_ADDRESS_UNREACHABLE = REASON6(1, 3),
	IPV6_PORT_UNREACHABLE = REASON6(1, 4),
	IPV6_SOURCE_POLICY = REASON6(1, 5),
	IPV6_REJECT_ROUTE = REASON6(1, 6),
	IPV6_PACKET_TOO_BIG = REASON6(2, 0),
	IPV6_HOPS_EXCEEDED = REASON6(3, 0),
	IPV6_REASSEMBLY_TIMEOUT = REASON6(3, 1),
	IPV6_BAD_FIELD = REASON6(4, 0),
	IPV6_UNKNOWN_HEADER = REASON6(4, 1),
	IPV6_UNKNOWN_OPTION = REASON6(4, 2),
};

struct ping {
	ip_address_t from, to;
};

struct pinged {
	count_t requests, replies;
	when_t last;
};

struct unreachable {
	enum reason reason;
	ip_address_t by, to, destination;
	ip_proto_t protocol;
	u8 pad;
	port_be_t port;
};

struct neighbour {
	enum message kind;
	ip_address_t from, target;
};

struct told {
	count_t messages;
	when_t last;
};

struct kind {
	enum message type;
	u32 code;
};

struct amount {
	count_t messages;
};

enum why { CUT_SHORT, QUOTE_CUT_SHORT, WHYS };

struct left_out {
	enum why why;
};

BPF_PERCPU_HASH(pings, struct ping, struct pinged, 4096);
BPF_PERCPU_HASH(unreachables, struct unreachable, struct told, 4096);
BPF_PERCPU_HASH(neighbours, struct neighbour, struct told, 4096);
BPF_PERCPU_HASH(messages, struct kind, struct amount, 512);
BPF_TABLE("percpu_array", struct left_out, count_t, not_counted, WHYS);

static inline int leave_out(enum why why)
{
	struct left_out reason = { why };
	count_t *packets = not_counted.lookup(&reason);

	if (packets) /* the verifier asks; an array slot always exists */
		(*packets)++;
	return TC_ACT_UNSPEC;
}

static inline void tell(struct told *told)
{
	if (!told) /* the table is full: skbscope says so beside it */
		return;
	told->messages++;
	told->last = bpf_ktime_get_ns();
}

static inline void count_ping(ip_address_t from, ip_address_t to, int is_reply)
{
	struct ping ping = { from, to };
	struct pinged zero = {}, *pinged = pings.lookup_or_try_init(&ping, &zero);

	if (!pinged)
		return;
	if (is_reply)
		pinged->replies++;
	else
		pinged->requests++;
	pinged->last = bpf_ktime_get_ns();
}

/* The cursor stands where the packet that is quoted begins. What is behind the message's own length
 * is padding. */
static inline int count_unreachable(struct cursor *cursor, const struct ip_packet *ip,
				    enum reason reason)
{
	u32 end = cursor->at + ip->length - sizeof(struct icmphdr);
	u16 ethertype = reason & OF_IPV6 ? ETH_P_IPV6 : ETH_P_IP;
	struct unreachable unreachable = { .reason = reason, .by = ip->source };
	struct ip_packet quoted = {};
	struct told zero = {};
	struct ports ports;

	if (read_ip(cursor, ethertype, &quoted) < 0 || pass_extensions(cursor, &quoted) < 0 ||
	    cursor->at > end)
		return leave_out(QUOTE_CUT_SHORT);
	unreachable.to = quoted.source;
	unreachable.destination = quoted.destination;
	unreachable.protocol = quoted.protocol;
	if (has_ports(&quoted) && !quoted.offset) {
		if (cursor->at + sizeof(ports) > end || look_at_ports(cursor, &quoted, &ports) < 0)
			return leave_out(QUOTE_CUT_SHORT);
		unreachable.port = ports.destination;
	}
	tell(unreachables.lookup_or_try_init(&unreachable, &zero));
	return TC_ACT_UNSPEC;
}

/* The cursor stands behind the header's eight bytes. */
static inline int count_neighbour(struct cursor *cursor, const struct ip_packet *ip,
				  enum message kind)
{
	struct neighbour neighbour = { .kind = kind, .from = ip->source };
	struct told zero = {};

	if (kind >= IPV6_NEIGHBOUR_SOLICITATION &&
	    (ip->length < sizeof(struct icmphdr) + sizeof(neighbour.target) ||
	     cursor_look(cursor, 0, &neighbour.target, sizeof(neighbour.target)) < 0))
		return leave_out(CUT_SHORT);
	tell(neighbours.lookup_or_try_init(&neighbour, &zero));
	return TC_ACT_UNSPEC;
}

static inline int observe(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct icmphdr icmp;
	struct kind kind = {};
	struct amount zero = {}, *amount;
	u32 of;
	int read;

	read = read_ip(&cursor, link_ethertype(&cursor), &ip);
	if (read == IP_IS_OTHER)
		return TC_ACT_UNSPEC;
	if (read < 0 || pass_extensions(&cursor, &ip) < 0)
		return leave_out(CUT_SHORT);
	if (ip.offset || (ip.protocol != IPPROTO_ICMP && ip.protocol != IPPROTO_ICMPV6))
		return TC_ACT_UNSPEC;
	if (ip.length < sizeof(icmp) || cursor_read(&cursor, &icmp, sizeof(icmp)) < 0)
		return leave_out(CUT_SHORT);

	of = ip.protocol == IPPROTO_ICMPV6 ? OF_IPV6 : 0;
	kind.type = of | icmp.type;
	kind.code = icmp.code;
	amount = messages.lookup_or_try_init(&kind, &zero);
	if (amount)
		amount->messages++;
	switch (kind.type) {
	case ECHO_REQUEST:
	case IPV6_ECHO_REQUEST:
		count_ping(ip.source, ip.destination, 0);
		return TC_ACT_UNSPEC;
	case ECHO_REPLY:
	case IPV6_ECHO_REPLY:
		count_ping(ip.destination, ip.source, 1);
		return TC_ACT_UNSPEC;
	case UNREACHABLE:
	case SOURCE_QUENCH:
	case TIME_EXCEEDED:
	case PARAMETER_PROBLEM:
	case IPV6_UNREACHABLE:
	case IPV6_TOO_BIG:
	case IPV6_TIME_EXCEEDED:
	case IPV6_PARAMETER_PROBLEM:
		return count_unreachable(&cursor, &ip, of | REASON(icmp.type, icmp.code));
	case IPV6_ROUTER_SOLICITATION:
	case IPV6_ROUTER_ADVERTISEMENT:
	case IPV6_NEIGHBOUR_SOLICITATION:
	case IPV6_NEIGHBOUR_ADVERTISEMENT:
	case IPV6_REDIRECT:
		return count_neighbour(&cursor, &ip, kind.type);
	default:
		return TC_ACT_UNSPEC;
	}
}

int received(struct __sk_buff *skb)
{
	return is_copy(skb) ? TC_ACT_UNSPEC : observe(skb);
}

int sent(struct __sk_buff *skb)
{
	return comes_back(skb) ? TC_ACT_UNSPEC : observe(skb);
}

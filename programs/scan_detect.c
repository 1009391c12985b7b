/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scan_detect - who looks for open doors here, or tries to break one?
 *
 *   map          key                          value
 *   alarms       (events)                     one for each offender and offence, once a WINDOW
 *   sources      an address that tried        when its window began; in it, the ports and addresses
 *                something                    that it tried, up to the limit; all that it tried
 *   offenders    who, and what he did         when the alarm was
 *   seen         what                         packets of that kind, and rows that were begun
 *
 * The alarms, each with the packet that was one too many:
 *
 *   PORT_SCAN      PORTS different ports (TCP, UDP, SCTP, …) or protocols tried by an address
 *   ADDRESS_SCAN   ADDRESSES different addresses tried by an address: TCP, UDP or an echo request
 *   SYN_FLOOD      FLOOD connections to a port begun within a second and not finished. Told once for
 *                  each port: the senders are mostly forged, and the event has one of them.
 *   NULL_FLAGS, XMAS_FLAGS, LONE_FIN, SYN_FIN, SYN_RST
 *                  a TCP packet with no flag; FIN, PSH and URG; FIN without ACK; SYN and FIN; SYN and
 *                  RST. No stack sends these, so the first is enough.
 *   TINY_FRAGMENT  a first fragment that ends inside the TCP header, to hide its flags
 *
 * To try a port is to send it a SYN; or a datagram that answers none of ours (what was sent is
 * remembered, so both directions are needed: without egress, answers look like tries); or anything
 * else that a stack answers with a RST and no ACK, which is what becomes of ACK, window and
 * Maimon scans.
 * A window is an address's own and begins with the first that it tries. So a scan slower than
 * PORTS in WINDOW seconds is not seen, nor one whose senders are many. A client behind a router tries
 * many addresses as well: there, ADDRESSES should be larger. ARP is not looked at (see arp).
 *
 * IPv4 and IPv6, behind up to two VLAN tags and six extension headers. Later fragments have no
 * header and are counted in seen, as is what is not IP and what is cut short.
 *
 * Memory is bounded, and what was not used for longest is forgotten: of 16384 sources, 32768 tries,
 * 32768 unfinished connections. NEW_SOURCES, NEW_TRIES and NEW_CONNECTIONS say how many were begun;
 * more than that within a window, and some were forgotten too early. About 13 MB, and the buffer of
 * the alarms.
 *
 * Cost: a lookup for a packet of an established connection, up to five for one that tries
 * something. On many CPUs: each port, address and connection is counted once, and an offence told once,
 * whatever CPUs see it; where a window begins, a count may be one short for each further CPU.
 * Verdict: TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope scan_detect -i eth0
 *   time             what        from        to          port  protocol  flags
 *   19:58:51.112879  PORT_SCAN   192.0.2.66  192.0.2.10    13  TCP       SYN
 *   19:58:51.280454  XMAS_FLAGS  192.0.2.66  192.0.2.10    80  TCP       FIN|PSH|URG
 *
 * @group security
 * @ingress received
 * @egress sent
 * @param WINDOW=10 seconds in which tries of an address are counted, and an offence is told once
 * @param PORTS=20 so many ports in a window are a scan
 * @param ADDRESSES=50 so many addresses in a window are a scan
 * @param FLOOD=500 so many unfinished connections to a port in a second are a flood
 * @hide tried
 * @hide targets
 * @hide pending
 * @hide asked
 * @sort sources tries
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/icmp.h>
#include <uapi/linux/icmpv6.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/link.h>
#include <skbscope/ports.h>
#include <skbscope/tcp.h>

#ifndef WINDOW
#define WINDOW 10
#endif
#ifndef PORTS
#define PORTS 20
#endif
#ifndef ADDRESSES
#define ADDRESSES 50
#endif
#ifndef FLOOD
#define FLOOD 500
#endif

#define SECOND_NS 1000000000ll
#define WINDOW_NS (WINDOW * SECOND_NS)

enum what {
	NOTHING,
	PORT_SCAN,
	ADDRESS_SCAN,
	SYN_FLOOD,
	NULL_FLAGS,
	XMAS_FLAGS,
	LONE_FIN,
	SYN_FIN,
	SYN_RST,
	TINY_FRAGMENT
};

struct alarm {
	enum what what;
	ip_address_t from, to;
	port_t port;
	ip_proto_t protocol;
	tcp_flags_t flags;
};

/* What a packet tries, as the event has it. */
struct attempt {
	ip_address_t from, to;
	port_t port;
	ip_proto_t protocol;
	tcp_flags_t flags;
};

struct source {
	ip_address_t address;
};

struct activity {
	when_t since;
	level_t ports, addresses;
	count_t tries;
};

struct try {
	ip_address_t source, target; /* target: of an address that was tried, else zeros */
	u64 since;		     /* the window, so that the next one starts anew */
	u16 port;
	u8 protocol;
	u8 pad[5];
};

struct target {
	ip_address_t address;
	port_t port;
	u16 pad;
};

struct strain {
	when_t since;
	level_t unfinished;
};

struct connection {
	ip_address_t from, to;
	struct ports ports;
};

struct question {
	ip_address_t asked;
	port_be_t port; /* ours */
	ip_proto_t protocol;
	u8 pad;
};

struct offence {
	ip_address_t address; /* who did it; of a flood, whom it hits */
	enum what what;
	port_t port; /* of a flood */
	u16 pad;
};

struct told {
	when_t last;
};

enum seen { PACKETS, TRIES, NOT_IP, CUT_SHORT, LATER_FRAGMENT, NEW_SOURCES, NEW_TRIES,
	    NEW_CONNECTIONS, SEEN };

struct kind {
	enum seen what;
};

BPF_RINGBUF_OUTPUT(alarms, 8);
BPF_TABLE("lru_hash", struct source, struct activity, sources, 16384);
BPF_TABLE("lru_hash", struct try, u64, tried, 32768);
BPF_TABLE("lru_hash", struct target, struct strain, targets, 4096);
BPF_TABLE("lru_hash", struct connection, u64, pending, 32768);
BPF_TABLE("lru_hash", struct question, u64, asked, 32768);
BPF_TABLE("lru_hash", struct offence, struct told, offenders, 4096);
BPF_TABLE("percpu_array", struct kind, count_t, seen, SEEN);

static inline void count(enum seen what, u32 packets)
{
	struct kind kind = { what };
	count_t *count = seen.lookup(&kind);

	if (count) /* the verifier asks; an array slot always exists */
		*count += packets;
}

/* Two CPUs that read the clock at once may store it in either order. */
static inline int is_over(u64 since, u64 now, s64 length)
{
	return (s64)(now - since) >= length;
}

/* To one CPU only: a row is inserted, and an old one deleted, by one. */
static inline int is_new_offence(struct offence *offence, u64 now)
{
	struct told told = { now }, *before = offenders.lookup(offence);

	if (before && !is_over(before->last, now, WINDOW_NS))
		return 0;
	if (before && offenders.delete(offence))
		return 0;
	return offenders.insert(offence, &told) == 0;
}

static inline void tell(enum what what, const struct attempt *attempt)
{
	struct offence offence = { attempt->from, what };
	struct alarm alarm = { what, attempt->from, attempt->to, attempt->port, attempt->protocol,
			       attempt->flags };

	if (what == SYN_FLOOD) {
		offence.address = attempt->to;
		offence.port = attempt->port;
	}
	if (is_new_offence(&offence, bpf_ktime_get_ns()))
		alarms.ringbuf_output(&alarm, sizeof(alarm), 0);
}

static inline int is_first_try(struct try *try)
{
	if (tried.lookup(try) || tried.insert(try, &try->since))
		return 0;
	count(NEW_TRIES, 1);
	return 1;
}

static inline void note_port(struct activity *activity, const struct attempt *attempt)
{
	struct try try = { .source = attempt->from,
			   .since = activity->since,
			   .port = attempt->port,
			   .protocol = attempt->protocol };

	if (activity->ports >= PORTS || !is_first_try(&try))
		return;
	lock_xadd(&activity->ports, 1);
	if (activity->ports >= PORTS)
		tell(PORT_SCAN, attempt);
}

static inline void note_address(struct activity *activity, const struct attempt *attempt)
{
	struct try try = { .source = attempt->from,
			   .target = attempt->to,
			   .since = activity->since };

	if (activity->addresses >= ADDRESSES || !is_first_try(&try))
		return;
	lock_xadd(&activity->addresses, 1);
	if (activity->addresses >= ADDRESSES)
		tell(ADDRESS_SCAN, attempt);
}

static inline void note_attempt(const struct attempt *attempt, int has_port)
{
	struct source source = { attempt->from };
	struct activity *activity = sources.lookup(&source), first = {};
	u64 now = bpf_ktime_get_ns();

	count(TRIES, 1);
	if (!activity) {
		first.since = now;
		count(NEW_SOURCES, 1);
		activity = sources.lookup_or_try_init(&source, &first);
	}
	if (!activity) /* no row is free at this moment: the next try asks again */
		return;
	if (is_over(activity->since, now, WINDOW_NS)) {
		activity->since = now;
		activity->ports = activity->addresses = 0;
	}
	lock_xadd(&activity->tries, 1);
	if (has_port)
		note_port(activity, attempt);
	note_address(activity, attempt);
}

static inline void note_begin(const struct attempt *attempt, struct connection *connection)
{
	struct target target = { attempt->to, attempt->port };
	struct strain *strain, first = {};
	u64 now = bpf_ktime_get_ns(), since;

	first.since = now;
	strain = targets.lookup_or_try_init(&target, &first);
	if (!strain) /* as above */
		return;
	if (is_over(strain->since, now, SECOND_NS)) {
		strain->since = now;
		strain->unfinished = 0;
	}
	since = strain->since;
	if (pending.insert(connection, &since)) /* it was sent again */
		return;
	count(NEW_CONNECTIONS, 1);
	lock_xadd(&strain->unfinished, 1);
	if (strain->unfinished >= FLOOD)
		tell(SYN_FLOOD, attempt);
}

/* An ACK that follows the SYN: it comes from who sent that. */
static inline void note_end(const struct attempt *attempt, struct connection *connection)
{
	struct target target = { attempt->to, attempt->port };
	u64 *since = pending.lookup(connection), began;
	struct strain *strain;

	if (!since)
		return;
	began = *since;
	if (pending.delete(connection)) /* another CPU has its next packet */
		return;
	strain = targets.lookup(&target);
	if (strain && strain->since == began)
		lock_xadd(&strain->unfinished, -1);
}

static inline enum what odd_flags(u8 flags)
{
	u8 all = flags & ~(TCP_HAS_ECE | TCP_HAS_CWR);

	if (!all)
		return NULL_FLAGS;
	if ((all & (TCP_HAS_SYN | TCP_HAS_FIN)) == (TCP_HAS_SYN | TCP_HAS_FIN))
		return SYN_FIN;
	if ((all & (TCP_HAS_SYN | TCP_HAS_RST)) == (TCP_HAS_SYN | TCP_HAS_RST))
		return SYN_RST;
	if (all == (TCP_HAS_FIN | TCP_HAS_PSH | TCP_HAS_URG))
		return XMAS_FLAGS;
	if ((all & (TCP_HAS_FIN | TCP_HAS_ACK | TCP_HAS_RST)) == TCP_HAS_FIN)
		return LONE_FIN;
	return NOTHING;
}

static inline int is_asked(const ip_address_t *peer, port_be_t port, u8 protocol)
{
	struct question question = { *peer, port, protocol };

	return asked.lookup(&question) != NULL;
}

static inline void note_question(const ip_address_t *peer, port_be_t port, u8 protocol)
{
	struct question question = { *peer, port, protocol };
	u64 now = bpf_ktime_get_ns();

	if (!asked.lookup(&question))
		asked.update(&question, &now);
}

/* What is of interest in a packet's headers. */
struct packet {
	struct attempt attempt;
	struct ports ports;
	u8 icmp_type;
};

/* The protocol's own header, at the cursor. */
static inline int read_transport(const struct cursor *cursor, const struct ip_packet *ip,
				 struct packet *packet)
{
	struct tcp_header tcp;

	if (ip->protocol == IPPROTO_TCP) {
		if (cursor_look(cursor, 0, &tcp, sizeof(tcp)) < 0)
			return -1;
		packet->ports.source = tcp.source;
		packet->ports.destination = tcp.destination;
		packet->attempt.flags = tcp.flags;
		return 0;
	}
	if (has_ports(ip))
		return look_at_ports(cursor, ip, &packet->ports);
	if (ip->protocol == IPPROTO_ICMP || ip->protocol == IPPROTO_ICMPV6)
		return cursor_look(cursor, 0, &packet->icmp_type, 1);
	return 0;
}

/* *packet must be zeroed. -1: it has nothing to look at, and is counted as what it is. */
static inline int read_packet(struct __sk_buff *skb, struct packet *packet)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	int read = read_ip(&cursor, link_ethertype(&cursor), &ip);
	enum seen why = CUT_SHORT;

	count(PACKETS, wire_packets(skb));
	packet->attempt.from = ip.source;
	packet->attempt.to = ip.destination;
	if (read == IP_IS_OTHER) {
		why = NOT_IP;
	} else if (read == IP_READ && pass_extensions(&cursor, &ip) == IP_READ) {
		packet->attempt.protocol = ip.protocol;
		if (ip.offset)
			why = LATER_FRAGMENT;
		else if (ip.is_fragment && ip.protocol == IPPROTO_TCP &&
			 ip.length < sizeof(struct tcp_header))
			tell(TINY_FRAGMENT, &packet->attempt);
		else if (read_transport(&cursor, &ip, packet) == 0)
			return 0;
	}
	count(why, wire_packets(skb));
	return -1;
}

static inline void received_tcp(const struct packet *packet)
{
	const struct attempt *attempt = &packet->attempt;
	struct connection connection = { attempt->from, attempt->to, packet->ports };
	enum what odd = odd_flags(attempt->flags);

	if (odd != NOTHING) {
		tell(odd, attempt);
	} else if (tcp_is_opening(attempt->flags)) {
		note_attempt(attempt, 1);
		note_begin(attempt, &connection);
	} else if (!(attempt->flags & TCP_HAS_SYN)) {
		note_end(attempt, &connection);
	}
}

static inline int is_query(const struct packet *packet)
{
	if (packet->attempt.protocol == IPPROTO_ICMPV6)
		return packet->icmp_type == ICMPV6_ECHO_REQUEST;
	return packet->icmp_type == ICMP_ECHO || packet->icmp_type == ICMP_TIMESTAMP;
}

int received(struct __sk_buff *skb)
{
	struct packet packet = {};
	struct attempt *attempt = &packet.attempt;

	if (read_packet(skb, &packet) < 0)
		return TC_ACT_UNSPEC;
	attempt->port = bpf_ntohs(packet.ports.destination);
	switch (attempt->protocol) {
	case IPPROTO_TCP:
		received_tcp(&packet);
		break;
	case IPPROTO_UDP:
		if (!is_asked(&attempt->from, packet.ports.destination, IPPROTO_UDP))
			note_attempt(attempt, 1);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (is_query(&packet))
			note_attempt(attempt, 0);
		break;
	default:	/* whether we speak that protocol may be the question */
		note_attempt(attempt, 1);
	}
	return TC_ACT_UNSPEC;
}

/* The RST that answers what has an ACK and belongs to no connection has none itself. */
static inline int is_refusal(u8 flags)
{
	return (flags & (TCP_HAS_RST | TCP_HAS_ACK | TCP_HAS_SYN)) == TCP_HAS_RST;
}

int sent(struct __sk_buff *skb)
{
	struct packet packet = {};
	struct attempt *attempt = &packet.attempt;
	ip_address_t here;
	u8 protocol;

	if (read_packet(skb, &packet) < 0)
		return TC_ACT_UNSPEC;
	here = attempt->from;
	attempt->from = attempt->to; /* who got this, and is told of */
	attempt->to = here;
	attempt->port = bpf_ntohs(packet.ports.source);
	protocol = attempt->protocol;
	if (protocol == IPPROTO_UDP ||
	    (protocol == IPPROTO_TCP && tcp_is_opening(attempt->flags)))
		note_question(&attempt->from, packet.ports.source, protocol);
	else if (protocol == IPPROTO_TCP && is_refusal(attempt->flags) &&
		 !is_asked(&attempt->from, packet.ports.source, protocol))
		note_attempt(attempt, 1);
	return TC_ACT_UNSPEC;
}

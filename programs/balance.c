/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * balance - new connections go to one of several servers, by weight
 *
 *   map           key                            value
 *   services      address, port and protocol     what clients send there: packets, bytes, new flows
 *                 that clients connect to
 *   backends      0 to 15                        a server: address, port (0: the service's), weight;
 *                                                its flows, packets, bytes and answers
 *   flows         a client's address and port,   the service, and packets and bytes of both
 *                 the server's, protocol         directions, and when the last one came
 *   not_balanced  why                            packets to a service that stay as they are, per CPU
 *
 *   skbscope run balance -i eth0 --enforce --set 'services[{10.0.0.100, 80, TCP}]' \
 *       --set 'backends[0]={address=10.1.0.1, weight=3}' --set 'backends[1]={address=10.1.0.2, weight=1}'
 *
 * It is for a router between clients (on eth0) and servers. What arrives for a service gets the
 * address and port of a server, and is routed there by the kernel; what leaves to a client from its
 * server gets those of the service again. So packets of the servers to the clients have to come
 * back through this router, whose net.ipv4.ip_forward (net.ipv6.conf.all.forwarding) is 1.
 * docs/balance.md has it whole, and how weights follow response times.
 *
 * Which server: of those with a weight, and the address family of the packet, the one that wins
 * a weighted rendezvous (highest random weight hashing): each draws by a hash of the flow and its
 * own address. A flow stays with its server as long as its row in flows is there: of 65536 (-D
 * FLOWS=…) the one that was not used for longest goes first. What comes back later draws
 * again, and draws the same unless weights have changed in its disfavour, which moves no more flows than
 * they say. A server of weight 0 gets no new flows, and keeps those that it has. A TCP connection that
 * begins anew (SYN) on ports that were used before draws anew where the one before was closed, or
 * its server has no weight any more; a UDP flow after 30 s without a packet.
 *
 * In backends, opened counts the flows that the server has answered at all (TCP: the handshake); requests
 * are packets with data that came while none was waited for, answers those to which data came back,
 * waited their time, from this box to the server and back. A server whose requests grow while its answers do
 * not is stuck; one whose flows grow while opened does not is gone.
 *
 * Not handled, and counted in not_balanced: FRAGMENT (the ports are in the first only), CUT_SHORT,
 * NO_BACKEND (no server has a weight and the family), NO_ROOM, NOT_WRITTEN (the kernel refused). ICMP
 * errors about a flow, such as "packet too big", do not reach the server: servers need an MTU that
 * fits. Two services with the same server and port cannot be told apart in its packets where a
 * client uses one port for both. Without --enforce packets stay as they are; to what server each new flow
 * would have gone is counted.
 *
 * Cost: one lookup for what is not balanced, else four, and a new flow about a microsecond. Counts are
 * exact on many CPUs. Checksums: corrected by the difference, so one that was wrong stays
 * wrong. Verdict: TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope balance -i eth0 --set 'services[{192.0.2.10, 80, TCP}]' \
 *         --set 'backends[0]={address=10.1.0.1, weight=3}' \
 *         --set 'backends[1]={address=10.1.0.2, weight=1}'
 *   client      server    client_port  server_port  protocol  service     service_port  closed
 *   192.0.2.66  10.1.0.2        36750           80  TCP       192.0.2.10            80       1
 *   192.0.2.21  10.1.0.1        46456           80  TCP       192.0.2.10            80       1
 *   backend  address   port  weight  flows  opened  requests  answers  waited  in_packets
 *         0  10.1.0.1     0       3      6       0         5        0    0 ns          85
 *         1  10.1.0.2     0       1      2       0         2        0    0 ns          12
 *
 * @group shaping
 * @ingress request
 * @egress answer
 * @tail next[0] begin
 * @sort flows last
 * @hide choices
 * @hide handed_on
 * @param FLOWS=65536 how many flows are kept
 * @param UDP_IDLE=30 seconds without a packet that end a UDP flow
 * @enforce it writes addresses and ports into packets
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <uapi/linux/udp.h>

#include <skbscope/link.h>
#include <skbscope/ports.h>
#include <skbscope/rendezvous.h>
#include <skbscope/rewrite.h>
#include <skbscope/tcp.h>

#ifndef FLOWS
#define FLOWS 65536
#endif
#ifndef UDP_IDLE
#define UDP_IDLE 30
#endif
#define BACKENDS 16
#define MOST_WEIGHT 0xffffffULL	/* what is more counts as that */
#define SECOND_NS 1000000000ULL

struct service {
	ip_address_t address;
	port_t port;
	ip_proto_t protocol;
	u8 pad;
};

struct arrived {
	count_t packets;
	bytes_t bytes;
	count_t flows;
};

struct backend {
	ip_address_t address;
	port_t port;
	u16 pad;
	u32 pad2;
	level_t weight;
	/* counted here, what is above is to be set */
	count_t flows, opened, requests, answers;
	ns_t waited;
	count_t in_packets, out_packets;
	bytes_t in_bytes, out_bytes;
};

struct ends {	/* of a connection, as packets have them */
	ip_address_t client, server;
	port_be_t client_port, server_port;
	ip_proto_t protocol;
	u8 pad, pad2, pad3;
};

struct choice {	/* by the ends that the client sees */
	ip_address_t address;
	port_be_t port;
	u16 pad;
	u32 slot;
};

struct flow {	/* by the ends that the server sees */
	ip_address_t service;
	port_be_t service_port;
	u8 closed, opened;
	u32 slot;
	count_t in_packets, out_packets;
	bytes_t in_bytes, out_bytes;
	when_t last, asked;	/* asked: 0 where no answer is waited for */
};

struct segment {
	u32 at;		/* of the header of TCP or UDP, behind the start of the network layer */
	ip_proto_t protocol;
	tcp_flags_t flags;
	u8 has_data;
	u8 pad;
};

struct handed {	/* from request() to begin(), which has no room for it on its stack either */
	struct segment segment;
	struct ends ends, behind;
	struct choice choice;
	struct flow row;	/* as it begins */
	u32 is_begin;
};

enum why { CUT_SHORT, FRAGMENT, NO_BACKEND, NO_ROOM, NOT_WRITTEN, WHYS };

struct reason {
	enum why why;
};

struct slot {
	u32 backend;
};

BPF_HASH(services, struct service, struct arrived, 256);
BPF_TABLE("array", struct slot, struct backend, backends, BACKENDS);
BPF_TABLE("lru_hash", struct ends, struct choice, choices, FLOWS);
BPF_TABLE("lru_hash", struct ends, struct flow, flows, FLOWS);
BPF_TABLE("percpu_array", struct reason, count_t, not_balanced, WHYS);
BPF_PERCPU_ARRAY(handed_on, struct handed, 1);
BPF_PROG_ARRAY(next, 1);

static inline int leave_out(struct __sk_buff *skb, enum why why)
{
	struct reason reason = { why };
	count_t *packets = not_balanced.lookup(&reason);

	if (packets) /* the verifier asks; an array slot always exists */
		*packets += wire_packets(skb);
	return TC_ACT_UNSPEC;
}

/* --- what a packet is --- */

/* Who sends to whom; -1 where it is not TCP or UDP, or its ports are not there. */
static inline int read_ends(struct cursor *cursor, struct ip_packet *ip, struct ports *ports)
{
	if (read_ip(cursor, link_ethertype(cursor), ip) < 0 || pass_extensions(cursor, ip) < 0 ||
	    ip->offset || (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP))
		return -1;
	return look_at_ports(cursor, ip, ports);
}

/* One that is too large for its own length (BIG TCP) has data. What is told without a branch is not
 * two ways for the verifier to walk. */
static inline int read_segment(const struct cursor *cursor, const struct ip_packet *ip,
			       struct segment *segment)
{
	u32 length = ip->length ? ip->length : cursor->skb->gso_size;
	u32 header = sizeof(struct udphdr);
	u8 words[2];

	segment->at = cursor->at;
	segment->protocol = ip->protocol;
	if (ip->protocol == IPPROTO_TCP) {
		if (cursor_look(cursor, 12, words, sizeof(words)) < 0)
			return -1;
		header = words[0] >> 4 << 2;
		segment->flags = words[1];
	}
	segment->has_data = ((u64)header - length) >> 63;
	return 0;
}

/* --- which server --- */

/* 1 or 0, without a branch. */
static inline u64 is_six(const ip_address_t *address)
{
	u64 other = address->words[0] | address->words[1] | (address->words[2] ^ bpf_htonl(0xffff));

	return is_less(0, other);
}

/* Who draws the least of exponentially distributed times whose rates are the weights: that
 * each server wins in proportion to its own. BACKENDS: there is none. */
static inline u32 draw(const struct ends *ends, u64 wants_six)
{
	u64 seed = hash_of(ends->client_port, &ends->client, ends->protocol);
	u64 winner = BACKENDS, least = 1 << 22, rate = 1; /* more than anybody's time */
	struct slot slot;

	seed = hash_of(seed, &ends->server, ends->server_port);
#pragma nounroll
	for (u32 i = 0; i < BACKENDS; i++) {
		struct backend *backend;
		u64 time, weight, wins;

		slot.backend = i;
		backend = backends.lookup(&slot);
		if (!backend)
			break;
		weight = backend->weight;
		weight -= (weight - MOST_WEIGHT) * is_less(MOST_WEIGHT, weight);
		weight *= 1 - (is_six(&backend->address) ^ wants_six);
		time = minus_log2((hash_of(seed, &backend->address, backend->port) >> 32) | 1);
		/* time / weight < least / rate, without the division; never with a weight of 0 */
		wins = is_less(time * rate, least * weight);
		winner += (i - winner) * wins;
		least += (time - least) * wins;
		rate += (weight - rate) * wins;
	}
	return winner;
}

/* --- what becomes of the packet --- */

static inline struct backend *backend_of(u32 number)
{
	struct slot slot = { number };

	return backends.lookup(&slot);
}

/* NULL where the slot has become another server's. */
static inline struct backend *same_backend(const struct choice *choice)
{
	struct backend *backend = backend_of(choice->slot);

	return backend && is_same_ip(&backend->address, &choice->address) ? backend : NULL;
}

static inline void count_request(const struct segment *segment, struct flow *flow,
				 struct backend *backend, u32 packets, u32 bytes, u64 now)
{
	int is_asked = segment->has_data && !flow->asked;

	lock_xadd(&flow->in_packets, packets);
	lock_xadd(&flow->in_bytes, bytes);
	flow->last = now;
	if (is_asked)
		flow->asked = now;
	if (segment->flags & (TCP_HAS_FIN | TCP_HAS_RST))
		flow->closed = 1;
	if (!backend)
		return;
	lock_xadd(&backend->in_packets, packets);
	lock_xadd(&backend->in_bytes, bytes);
	if (is_asked)
		lock_xadd(&backend->requests, 1);
}

static inline void count_answer(const struct segment *segment, struct flow *flow,
				struct backend *backend, u32 packets, u32 bytes, u64 now)
{
	int is_first = !flow->opened && !(segment->flags & TCP_HAS_RST);
	u64 asked = segment->has_data ? flow->asked : 0;

	lock_xadd(&flow->out_packets, packets);
	lock_xadd(&flow->out_bytes, bytes);
	flow->last = now;
	if (is_first)
		flow->opened = 1;
	if (asked)
		flow->asked = 0;
	if (segment->flags & (TCP_HAS_FIN | TCP_HAS_RST))
		flow->closed = 1;
	if (!backend)
		return;
	lock_xadd(&backend->out_packets, packets);
	lock_xadd(&backend->out_bytes, bytes);
	if (is_first)
		lock_xadd(&backend->opened, 1);
	if (asked && now > asked) {
		lock_xadd(&backend->answers, 1);
		lock_xadd(&backend->waited, now - asked);
	}
}

/* Whether a flow that has a server is to get one as if it were new. */
static inline int begins_anew(const struct segment *segment, const struct choice *choice,
			      const struct flow *flow, u64 now)
{
	struct backend *backend;

	if (segment->protocol == IPPROTO_UDP)
		return now - flow->last > UDP_IDLE * SECOND_NS;
	if (!tcp_is_opening(segment->flags))
		return 0;
	backend = same_backend(choice);
	return flow->closed || !backend || !backend->weight;
}

/* Towards the server: counted, and with its address. */
static inline int send_on(struct __sk_buff *skb, const struct segment *segment,
			  const struct ends *ends, const struct choice *choice, struct flow *flow,
			  u64 now)
{
	count_request(segment, flow, same_backend(choice), wire_packets(skb), skb->len, now);
	if (rewrite_end(skb, segment->at, segment->protocol, DESTINATION_END, &ends->server,
			ends->server_port, &choice->address, choice->port) < 0)
		return leave_out(skb, NOT_WRITTEN);
	return TC_ACT_UNSPEC;
}

/* Where a flow has no server yet, or is to get another: a function of its own, since the verifier
 * would walk the drawing once for each way that leads to it. */
int begin(struct __sk_buff *skb)
{
	int zero = 0, is_new;
	struct handed *handed = handed_on.lookup(&zero);
	struct service service = {};
	struct arrived *arrived;
	struct backend *backend;
	struct flow *flow;
	u32 drawn;

	if (!handed) /* the verifier asks */
		return TC_ACT_UNSPEC;
	drawn = draw(&handed->ends, is_six(&handed->ends.server));
	backend = drawn < BACKENDS ? backend_of(drawn) : NULL;
	if (!backend)
		return leave_out(skb, NO_BACKEND);
	handed->choice.address = backend->address;
	handed->choice.port = backend->port ? bpf_htons(backend->port) : handed->ends.server_port;
	handed->choice.slot = drawn;
	handed->behind = handed->ends;
	handed->behind.server = backend->address;
	handed->behind.server_port = handed->choice.port;
	handed->row.service = handed->ends.server;
	handed->row.service_port = handed->ends.server_port;
	handed->row.slot = drawn;
	/* Of two packets at once that are a flow's first, one makes the row. */
	is_new = (handed->is_begin ? flows.update(&handed->behind, &handed->row)
				   : flows.insert(&handed->behind, &handed->row)) == 0;
	flow = flows.lookup(&handed->behind);
	if (!flow || choices.update(&handed->ends, &handed->choice) < 0)
		return leave_out(skb, NO_ROOM);
	if (is_new) {
		lock_xadd(&backend->flows, 1);
		service.address = handed->ends.server;
		service.port = bpf_ntohs(handed->ends.server_port);
		service.protocol = handed->ends.protocol;
		arrived = services.lookup(&service);
		if (arrived)
			lock_xadd(&arrived->flows, 1);
	}
	return send_on(skb, &handed->segment, &handed->ends, &handed->choice, flow,
		       bpf_ktime_get_ns());
}

int request(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct ports ports;
	struct service service = {};
	struct segment segment = {};
	struct ends ends = {}, behind = {};
	struct choice *choice;
	struct flow *flow = NULL;
	struct arrived *arrived;
	struct handed *handed;
	u64 now = bpf_ktime_get_ns();
	int zero = 0;

	if (read_ends(&cursor, &ip, &ports) < 0)
		return TC_ACT_UNSPEC;
	service.address = ip.destination;
	service.port = bpf_ntohs(ports.destination);
	service.protocol = ip.protocol;
	arrived = services.lookup(&service);
	if (!arrived)
		return TC_ACT_UNSPEC;
	lock_xadd(&arrived->packets, wire_packets(skb));
	lock_xadd(&arrived->bytes, skb->len);
	if (ip.is_fragment)
		return leave_out(skb, FRAGMENT);
	if (read_segment(&cursor, &ip, &segment) < 0)
		return leave_out(skb, CUT_SHORT);

	ends.client = ip.source;
	ends.server = ip.destination;
	ends.client_port = ports.source;
	ends.server_port = ports.destination;
	ends.protocol = ip.protocol;
	choice = choices.lookup(&ends);
	if (choice) {
		behind.client = ends.client;
		behind.client_port = ends.client_port;
		behind.protocol = ends.protocol;
		behind.server = choice->address;
		behind.server_port = choice->port;
		flow = flows.lookup(&behind);
		if (flow && !begins_anew(&segment, choice, flow, now))
			return send_on(skb, &segment, &ends, choice, flow, now);
	}
	handed = handed_on.lookup(&zero);
	if (!handed)
		return TC_ACT_UNSPEC;
	handed->segment = segment;
	handed->ends = ends;
	handed->is_begin = flow || tcp_is_opening(segment.flags);
	next.call(skb, 0);
	return leave_out(skb, NO_ROOM); /* no such function: it does not come to this */
}

int answer(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct ports ports;
	struct segment segment = {};
	struct ends behind = {};
	struct choice choice = {};
	struct flow *flow;

	if (read_ends(&cursor, &ip, &ports) < 0)
		return TC_ACT_UNSPEC;
	behind.client = ip.destination;
	behind.server = ip.source;
	behind.client_port = ports.destination;
	behind.server_port = ports.source;
	behind.protocol = ip.protocol;
	flow = flows.lookup(&behind);
	if (!flow)
		return TC_ACT_UNSPEC;
	if (ip.is_fragment)
		return leave_out(skb, FRAGMENT);
	if (read_segment(&cursor, &ip, &segment) < 0)
		return leave_out(skb, CUT_SHORT);
	choice.address = behind.server;
	choice.slot = flow->slot;
	count_answer(&segment, flow, same_backend(&choice), wire_packets(skb), skb->len,
		     bpf_ktime_get_ns());
	if (rewrite_end(skb, segment.at, segment.protocol, SOURCE_END, &behind.server,
			behind.server_port, &flow->service, flow->service_port) < 0)
		return leave_out(skb, NOT_WRITTEN);
	return TC_ACT_UNSPEC;
}

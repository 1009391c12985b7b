/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * connections - which TCP connections are opened, refused and closed, with how much and how long?
 *
 *   events       a line for each: what, who opened it, both ends with their ports, the bytes that
 *                came (in) and went (out), how long it took
 *   map          key                         value
 *   not_counted  why                         packets that were not looked at, per CPU
 *
 *   OPENED   the ACK that completes the handshake; the duration is that of the handshake
 *   REFUSED  an RST in answer to the SYN
 *   CLOSED   each side has sent its FIN
 *   RESET    an RST ended it, or ended what was about to be opened
 *
 * The duration of what ends is the time since the first SYN. Bytes are those of the payload, as
 * the sequence numbers count them: what was sent twice counts once, as it does for the sockets
 * (bytes_received and bytes_acked of "ss -i"), and what the kernel has merged or leaves to the
 * card to cut counts right. A connection whose beginning was not seen has UNKNOWN as its opener; bytes and
 * duration are those since its first packet here.
 *
 * The remote end is the source of what arrives and the destination of what leaves; where both
 * directions arrive, the source of the first packet. What a router forwards between two
 * interfaces that are both watched is told for each, with the ends exchanged, and so is what
 * passes through loopback.
 *
 * Not told: a connection that nobody answers (of a SYN without an answer nothing comes that
 * could be told; flows shows it as SYN_SENT), and the end of one whose computer is gone. IPv4
 * and IPv6, behind up to two VLAN tags and six extension headers. Of a segment in fragments
 * nothing is read: they are in not_counted.
 *
 * Exact on many CPUs: what is known of a connection is changed under a lock, so each event comes
 * once. The 32768 connections that were used last are known, ended ones included, so that what
 * straggles in behind an end is no new connection.
 *
 * Cost: a hash lookup and a lock a segment; three lookups for the first one. Verdict:
 * TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope connections -i eth0
 *   time            what    opened_by local      local_port remote     remote_port in_bytes out_bytes duration
 *   19:58:50.181898 REFUSED REMOTE    192.0.2.10       9999 192.0.2.22       36176      0 B       0 B  16.9 us
 *   19:58:50.415702 OPENED  REMOTE    192.0.2.10        443 192.0.2.21       42961      0 B       0 B  34.2 us
 *   19:58:50.423821 CLOSED  REMOTE    192.0.2.10        443 192.0.2.21       42961    466 B   1.8 KiB   8.2 ms
 *
 * @group traffic
 * @ingress received
 * @egress sent
 * @hide known
 * @hide locks
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/flow.h>
#include <skbscope/tcp.h>

enum what { NOTHING, OPENED, REFUSED, CLOSED, RESET };

enum opener { UNKNOWN, LOCAL, REMOTE };

struct connection {
	enum what what;
	enum opener opened_by;
	ip_address_t local;
	port_be_t local_port;
	u16 pad;
	ip_address_t remote;
	port_be_t remote_port;
	u16 pad2;
	u32 pad3;
	bytes_t in_bytes, out_bytes;
	ns_t duration;
};

enum phase { NEW, ASKED, ANSWERED, OPEN, OVER };

/* What is known of one. Sequence numbers have 64 bits here, and do not wrap around; 0: none yet.
 * Of each way, as enum way counts them. */
struct progress {
	u64 began;
	u64 first[2], next[2];
	enum phase phase;
	enum opener opened_by;
	u8 seen[2];	/* the hook at which it was seen first: flow_passes() */
	u8 finished[2];
	u32 pad;
};

enum why { OTHER, CUT_SHORT, FRAGMENT, MALFORMED, WHYS };

struct reason {
	enum why why;
};

BPF_RINGBUF_OUTPUT(connections, 64);
BPF_TABLE("lru_hash", struct flow, struct progress, known, 32768);
BPF_ARRAY(locks, struct flow_lock, FLOW_LOCKS);
BPF_TABLE("percpu_array", struct reason, count_t, not_counted, WHYS);

#define FIRST_WRAP (1ull << 32)
#define LARGEST_STEP (1 << 30)	/* no window is larger; what is ahead of that is of another time */

static inline int leave_out(struct __sk_buff *skb, enum why why)
{
	struct reason reason = { why };
	count_t *packets = not_counted.lookup(&reason);

	if (packets) /* the verifier asks; an array slot always exists */
		*packets += wire_packets(skb);
	return TC_ACT_UNSPEC;
}

/* As in flows. */
static inline struct progress *find(struct flow *flow, enum way *way)
{
	struct progress fresh = {}, *progress;
	enum way hook = *way;

	if (hook == SENT)
		flow_turn(flow);
	progress = known.lookup(flow);
	if (progress)
		return progress;
	flow_turn(flow);
	progress = known.lookup(flow);
	if (progress && flow_passes(progress->seen, !hook, hook)) {
		*way = !hook;
		return progress;
	}
	flow_turn(flow);
	return known.lookup_or_try_init(flow, &fresh);
}

static inline void start(struct progress *progress, enum phase phase, enum opener opener, u64 now)
{
	progress->began = now;
	progress->phase = phase;
	progress->opened_by = opener;
	progress->first[0] = progress->first[1] = 0;
	progress->next[0] = progress->next[1] = 0;
	progress->finished[0] = progress->finished[1] = 0;
}

static inline void advance(struct progress *progress, const struct tcp_segment *segment,
			   enum way way)
{
	u32 first = segment->sequence + !!(segment->flags & TCP_HAS_SYN);
	u64 next = progress->next[way & 1];
	s32 ahead;

	if (!next)
		progress->first[way & 1] = next = FIRST_WRAP + first;
	ahead = tcp_distance(next, first + segment->payload);
	if (ahead > 0 && ahead < LARGEST_STEP)
		next += ahead;
	progress->next[way & 1] = next;
}

/* What a segment makes of a connection. */
static inline enum what follow(struct progress *progress, const struct tcp_segment *segment,
			       enum way way, u64 now)
{
	enum opener sender = way == SENT ? LOCAL : REMOTE, other = way == SENT ? REMOTE : LOCAL;
	u8 flags = segment->flags;
	enum what what = NOTHING;

	if ((flags & (TCP_HAS_SYN | TCP_HAS_ACK | TCP_HAS_RST)) == TCP_HAS_SYN) {
		/* Another one between the same ends, or the same SYN again? */
		if ((progress->phase != ASKED && progress->phase != ANSWERED) ||
		    (u32)progress->first[way & 1] != segment->sequence + 1)
			start(progress, ASKED, sender, now);
		advance(progress, segment, way);
		return NOTHING;
	}
	if (progress->phase == OVER)
		return NOTHING;
	if (flags & TCP_HAS_RST) {
		if (progress->phase == NEW)
			return NOTHING;
		what = progress->phase == ASKED && progress->opened_by == other ? REFUSED : RESET;
		progress->phase = OVER;
		return what;
	}
	if (progress->phase == NEW) {
		if (flags & TCP_HAS_SYN)
			start(progress, ANSWERED, other, now);
		else
			start(progress, OPEN, UNKNOWN, now);
	}
	if (flags & TCP_HAS_SYN && progress->phase == ASKED && progress->opened_by == other)
		progress->phase = ANSWERED;
	advance(progress, segment, way);
	if (progress->phase == ANSWERED && progress->opened_by == sender) {
		progress->phase = OPEN;
		what = OPENED;
	}
	if (flags & TCP_HAS_FIN)
		progress->finished[way & 1] = 1;
	if (progress->finished[0] && progress->finished[1]) {
		progress->phase = OVER;
		what = CLOSED;
	}
	return what;
}

static inline int observe(struct __sk_buff *skb, enum way hook)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct tcp_segment segment;
	struct connection connection = {};
	u64 now = bpf_ktime_get_ns();
	enum way way = hook;
	struct progress *progress;
	struct flow_lock *lock;
	struct flow flow;
	u32 slot;

	switch (read_tcp(&cursor, &ip, &segment)) {
	case TCP_IS_OTHER:
		return leave_out(skb, OTHER);
	case TCP_TOO_SHORT:
		return leave_out(skb, CUT_SHORT);
	case TCP_LATER_FRAGMENT:
		return leave_out(skb, FRAGMENT);
	case TCP_IS_MALFORMED:
		return leave_out(skb, MALFORMED);
	case TCP_READ:
		break;
	}
	if (ip.is_fragment)
		return leave_out(skb, FRAGMENT);

	flow = flow_from(&ip, (struct ports){ segment.source, segment.destination });
	slot = flow_slot(&flow);
	lock = locks.lookup(&slot);
	progress = find(&flow, &way);
	if (!lock || !progress)	/* a slot always exists; of rows skbscope says that there is no room */
		return TC_ACT_UNSPEC;
	bpf_spin_lock(&lock->lock);
	if (!progress->seen[way & 1])
		progress->seen[way & 1] = 1 + hook;
	connection.what = follow(progress, &segment, way, now);
	connection.opened_by = progress->opened_by;
	connection.in_bytes = progress->next[RECEIVED] - progress->first[RECEIVED];
	connection.out_bytes = progress->next[SENT] - progress->first[SENT];
	connection.duration = now - progress->began;
	bpf_spin_unlock(&lock->lock);
	if (connection.what == NOTHING)
		return TC_ACT_UNSPEC;

	connection.local = flow.local;
	connection.local_port = flow.local_port;
	connection.remote = flow.remote;
	connection.remote_port = flow.remote_port;
	connections.ringbuf_output(&connection, sizeof(connection), 0);
	return TC_ACT_UNSPEC;
}

int received(struct __sk_buff *skb)
{
	return observe(skb, RECEIVED);
}

int sent(struct __sk_buff *skb)
{
	return observe(skb, SENT);
}

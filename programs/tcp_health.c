/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tcp_health - how well does TCP get to each peer, and back?
 *
 *   map          key                         value
 *   peers        the address at the other    what the segments of that way were:
 *                end, and which way
 *     segments        all of them
 *     resent          carry what had been sent before
 *     smoothed        the round trip, as it is now: of each new one an eighth; 0: none yet
 *     out_of_order    came later than one sent after them, sooner than it can be sent again
 *     duplicate_acks  say once more what the one before said
 *     zero_windows    say that there is no room
 *     resets          RST
 *     needless        of the resent: it had been acknowledged, too
 *     handshake       of connections opened this way: from the first SYN to the last ACK
 *     round_trip      from a segment to the ACK of it that comes back
 *   not_counted  why                         packets that were not looked at, per CPU
 *
 * As seen from here: a round trip of SENT goes to the peer and back; that of RECEIVED is the time
 * that this side takes to acknowledge. One segment a round trip is timed, of all that have
 * something to acknowledge (SYN and FIN, too), and none of which anything was sent twice.
 *
 * Found by ranges of sequence numbers: what carries something that passed here before was sent
 * again. What fills a gap is out of order if the gap is younger than the connection's round
 * trip (that of the handshake, 3 ms where it was not seen), else it had been lost on its way
 * here and was sent again. Of each way four gaps are remembered; what fills an older one counts
 * as resent. Keep-alives and probes of a closed window are neither.
 *
 * Segments are those of the wire: of one that the kernel has merged, or leaves to the card to
 * cut, as many are resent as its bytes that were sent before make. IPv4 and IPv6, behind up to
 * two VLAN tags and six extension headers. A segment in fragments is not looked at.
 *
 * Exact on many CPUs: counts are added atomically; what is known of a connection, and the
 * smoothed round trip, are changed under locks. Of two segments of one way that two CPUs have at
 * the same moment, the one that gets the lock second is out of order if it was sent first. Known
 * are the 16384 connections that were used last.
 *
 * Compared with tshark, to the segment: resent and out_of_order together are the frames of
 * tcp.analysis.retransmission and tcp.analysis.out_of_order together (which of the two, tshark
 * decides by other times), duplicate_acks, zero_windows and resets those of their fields. Of
 * what this machine sends, resent is TcpRetransSegs of nstat, and the second number of retrans in
 * "ss -ti". The p50 of round_trip, which is the end of a bucket, is within a factor of 4 of the median
 * of the same segments there, and that of handshake of rtt in "ss -ti" before there is data. While it is
 * steady, smoothed is within 20 % of that rtt, to which the kernel adds each ACK, not one a round trip.
 *
 * Cost: two hash lookups and a lock a segment. Verdict: TC_ACT_UNSPEC, so the next filter still
 * decides.
 *
 *   # skbscope tcp_health -i eth0
 *   peer        way       segments  resent  smoothed  out_of_order  duplicate_acks  zero_windows
 *   192.0.2.21  SENT           106       7   32.4 us             0               0             0
 *   192.0.2.21  RECEIVED        74       0    144 us             0              24             0
 *   192.0.2.22  SENT            24       0    492 us             0               0             0
 *
 * @group health
 * @ingress received
 * @egress sent
 * @sort peers resent
 * @hide known
 * @hide locks
 * @hide blank
 * @hide findings
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/flow.h>
#include <skbscope/histogram.h>
#include <skbscope/tcp.h>

#define GAPS 4	/* that are remembered of each way */
#define USUAL_ROUND_TRIP 3000000ull	/* ns: where none was seen, as tshark has it */
#define BUCKETS 36	/* up to 34 s */

struct peer {
	ip_address_t peer;
	enum way way;
};

struct health {
	count_t segments, resent;
	ns_level_t smoothed;
	count_t out_of_order, duplicate_acks, zero_windows, resets, needless;
	ns_bucket_t handshake[BUCKETS], round_trip[BUCKETS];
};

/* Sequence numbers that were passed over, and when. */
struct gap {
	u32 from, to;
	u64 since;
};

/* What is known of one way. */
struct half {
	u32 next;	/* behind the last one seen */
	u32 acked;	/* what its last ACK said */
	u32 timed;	/* the sequence number whose ACK is waited for since timed_at; 0: for none */
	u16 window;
	u8 known;	/* next is */
	u8 probes;	/* its last segment was a keep-alive, or a probe of a closed window */
	u64 timed_at;
	struct gap gaps[GAPS];
	u32 turn;	/* the gap that is forgotten next */
	u32 pad;
};

struct stream {
	struct half halves[2];
	u64 first_syn, last_syn;	/* 0: not seen, or answered */
	u64 round_trip;			/* from the last SYN to the ACK */
	u8 seen[2];			/* the hook at which each way was seen first: flow_passes() */
	u8 asked, pad[5];		/* 1 + the way of the SYN */
};

/* What is to be counted of a segment. */
struct findings {
	u32 resent, needless, out_of_order, duplicate_acks, zero_windows;
	u64 handshake, round_trip;
};

struct blank {
	struct stream stream;
	struct health health;
};

enum why { OTHER, CUT_SHORT, FRAGMENT, MALFORMED, WHYS };

struct reason {
	enum why why;
};

BPF_HASH(peers, struct peer, struct health, 4096);
BPF_TABLE("lru_hash", struct flow, struct stream, known, 16384);
BPF_ARRAY(locks, struct flow_lock, FLOW_LOCKS);
BPF_ARRAY(blank, struct blank, 1);	/* zeros: too many for the stack */
/* On the stack the verifier would follow every value that each of them can have. */
BPF_PERCPU_ARRAY(findings, struct findings, 1);
BPF_TABLE("percpu_array", struct reason, count_t, not_counted, WHYS);

static inline int leave_out(struct __sk_buff *skb, enum why why)
{
	struct reason reason = { why };
	count_t *packets = not_counted.lookup(&reason);

	if (packets) /* the verifier asks; an array slot always exists */
		*packets += wire_packets(skb);
	return TC_ACT_UNSPEC;
}

/* As in flows. */
static inline struct stream *find(struct flow *flow, enum way *way, struct stream *fresh)
{
	struct stream *stream;
	enum way hook = *way;

	if (hook == SENT)
		flow_turn(flow);
	stream = known.lookup(flow);
	if (stream)
		return stream;
	flow_turn(flow);
	stream = known.lookup(flow);
	if (stream && flow_passes(stream->seen, !hook, hook)) {
		*way = !hook;
		return stream;
	}
	flow_turn(flow);
	return known.lookup_or_try_init(flow, fresh);
}

static inline void remember_gap(struct half *half, u32 from, u32 to, u64 since)
{
	struct gap *gap = &half->gaps[half->turn++ % GAPS];

	gap->from = from;
	gap->to = to;
	gap->since = since;
}

/* Since when what begins at FROM was missing; 0: it was not. It is no longer. */
static inline u64 fill_gap(struct half *half, u32 from, u32 to)
{
#pragma unroll
	for (int i = 0; i < GAPS; i++) {
		struct gap *gap = &half->gaps[i];
		u32 start = gap->from, end = gap->to;
		u64 since = gap->since;

		if (!since || tcp_distance(start, from) < 0 || tcp_distance(from, end) <= 0)
			continue;
		if (from != start)
			gap->to = from;
		else if (tcp_distance(to, end) > 0)
			gap->from = to;
		else
			gap->since = 0;
		if (from != start && tcp_distance(to, end) > 0)	/* in the middle of it */
			remember_gap(half, to, end, since);
		return since;
	}
	return 0;
}

/* The part of a segment, in packets of the wire, that its first BYTES make. */
static inline u32 packets_of(u32 bytes, u32 segment_size)
{
	return segment_size && bytes > segment_size ? (bytes + segment_size - 1) / segment_size : 1;
}

/* Sequence numbers: what is new, what is missing, what comes again. */
static inline void follow_data(struct stream *stream, struct half *mine, const struct half *other,
			       const struct tcp_segment *segment, u32 segment_size, u64 now,
			       struct findings *found)
{
	u32 from = segment->sequence, to = tcp_end(segment), bytes, packets;
	u8 is_bare = !(segment->flags & (TCP_HAS_SYN | TCP_HAS_FIN));
	s32 behind;
	u64 since;

	if (!mine->known) {
		mine->known = 1;
		mine->next = from;
	}
	behind = tcp_distance(from, mine->next);
	mine->probes = is_bare && segment->payload <= 1 &&
		       (behind == 1 || (!behind && segment->payload && !other->window && other->known));
	if (mine->probes)
		return;
	if (behind == 1 && is_bare && segment->payload > 1)	/* all but the byte of a probe is new */
		behind = 0;
	if (behind < 0)
		remember_gap(mine, mine->next, from, now);
	if (behind > 0 && to != from) {
		bytes = tcp_distance(mine->next, to) > 0 ? behind : to - from;
		packets = packets_of(bytes, segment_size);
		since = fill_gap(mine, from, from + bytes);
		if (since && now - since < (stream->round_trip ?: USUAL_ROUND_TRIP)) {
			found->out_of_order = packets;
		} else {
			found->resent = packets;
			if (other->known && tcp_distance(to, other->acked) >= 0)
				found->needless = packets;
		}
		if (tcp_distance(from, mine->timed) > 0)
			mine->timed_at = 0;
	} else if (to != from && !mine->timed_at) {
		mine->timed = to;
		mine->timed_at = now;
	}
	if (tcp_distance(mine->next, to) > 0)
		mine->next = to;
}

/* What it acknowledges. */
static inline void follow_ack(struct half *mine, struct half *other,
			      const struct tcp_segment *segment, int is_first,
			      struct findings *found, u64 now)
{
	if (!segment->payload && !(segment->flags & (TCP_HAS_SYN | TCP_HAS_FIN)) && !is_first &&
	    segment->window && segment->window == mine->window && !other->probes &&
	    segment->sequence == mine->next && segment->acknowledged == mine->acked)
		found->duplicate_acks = 1;
	mine->acked = segment->acknowledged;
	if (other->timed_at && tcp_distance(other->timed, segment->acknowledged) >= 0) {
		found->round_trip = now - other->timed_at;
		other->timed_at = 0;
	}
}

static inline void follow_handshake(struct stream *stream, const struct tcp_segment *segment,
				    enum way way, u64 now, struct findings *found)
{
	if (!(segment->flags & TCP_HAS_ACK)) {
		if (!stream->first_syn)
			stream->first_syn = now;
		stream->last_syn = now;
		stream->asked = 1 + way;
	} else if (!(segment->flags & TCP_HAS_SYN) && stream->first_syn &&
		   stream->asked == 1 + way && stream->halves[(!way) & 1].known) {
		found->handshake = now - stream->first_syn;
		stream->round_trip = now - stream->last_syn;
		stream->first_syn = 0;
	}
}

static inline void follow(struct stream *stream, const struct tcp_segment *segment, enum way way,
			  u32 segment_size, u64 now, struct findings *found)
{
	struct half *mine = &stream->halves[way & 1], *other = &stream->halves[(!way) & 1];
	u8 flags = segment->flags & (TCP_HAS_SYN | TCP_HAS_ACK);
	int is_first = !mine->known;

	if (segment->flags & TCP_HAS_RST)
		return;
	if (flags & TCP_HAS_SYN && mine->known && mine->next != tcp_end(segment)) {
		/* Another connection between the same ends. */
		if (flags == TCP_HAS_SYN) {
			__builtin_memset(other, 0, sizeof(*other));
			stream->first_syn = stream->round_trip = 0;
		}
		__builtin_memset(mine, 0, sizeof(*mine));
		is_first = 1;
	}
	if (flags == TCP_HAS_SYN || stream->first_syn)
		follow_handshake(stream, segment, way, now, found);
	if (flags & TCP_HAS_ACK)
		follow_ack(mine, other, segment, is_first, found, now);
	follow_data(stream, mine, other, segment, segment_size, now, found);
	mine->window = segment->window;
	if (!segment->window && !(segment->flags & (TCP_HAS_SYN | TCP_HAS_FIN)))
		found->zero_windows = 1;
}

/* Of a segment that is like most there is nothing to count. */
static inline void count(struct health *health, const struct findings *found)
{
	if (found->resent)
		lock_xadd(&health->resent, found->resent);
	if (found->needless)
		lock_xadd(&health->needless, found->needless);
	if (found->out_of_order)
		lock_xadd(&health->out_of_order, found->out_of_order);
	if (found->duplicate_acks)
		lock_xadd(&health->duplicate_acks, found->duplicate_acks);
	if (found->zero_windows)
		lock_xadd(&health->zero_windows, found->zero_windows);
	if (found->handshake)
		histogram_add_shared(health->handshake, found->handshake);
}

/* That of the other way. Connections with a peer share it, so it is not under the lock of one. */
static inline void count_round_trip(struct peer *peer, u64 round_trip, struct health *zeros)
{
	u32 slot = peer->peer.words[3] % FLOW_LOCKS;
	struct flow_lock *lock = locks.lookup(&slot);
	struct health *health;

	peer->way = !peer->way;
	health = peers.lookup_or_try_init(peer, zeros);
	if (!lock || !health)
		return;
	histogram_add_shared(health->round_trip, round_trip);
	bpf_spin_lock(&lock->lock);
	health->smoothed = health->smoothed ? health->smoothed - health->smoothed / 8 + round_trip / 8
					    : round_trip;
	bpf_spin_unlock(&lock->lock);
}

static inline int observe(struct __sk_buff *skb, enum way hook)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct tcp_segment segment;
	struct findings *found;
	u64 now = bpf_ktime_get_ns();
	u32 segment_size = skb->gso_size, slot, first = 0;
	enum way way = hook;
	struct blank *zeros;
	struct stream *stream;
	struct flow_lock *lock;
	struct health *health;
	struct flow flow;
	struct peer peer = {};

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
	zeros = blank.lookup(&first);
	found = findings.lookup(&first);
	if (!lock || !zeros || !found)	/* the verifier asks; an array slot always exists */
		return TC_ACT_UNSPEC;
	stream = find(&flow, &way, &zeros->stream);
	if (!stream)	/* the table is full: skbscope says so beside it */
		return TC_ACT_UNSPEC;
	__builtin_memset(found, 0, sizeof(*found));
	bpf_spin_lock(&lock->lock);
	if (!stream->seen[way & 1])
		stream->seen[way & 1] = 1 + hook;
	follow(stream, &segment, way, segment_size, now, found);
	bpf_spin_unlock(&lock->lock);

	peer.peer = flow.remote;
	peer.way = way;
	health = peers.lookup_or_try_init(&peer, &zeros->health);
	if (!health)	/* the same */
		return TC_ACT_UNSPEC;
	lock_xadd(&health->segments, wire_packets(skb));
	count(health, found);
	if (segment.flags & TCP_HAS_RST)
		lock_xadd(&health->resets, 1);
	if (found->round_trip)
		count_round_trip(&peer, found->round_trip, &zeros->health);
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

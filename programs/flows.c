/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flows - what is under way here: between whom, in which state, since when, and how much?
 *
 *   map          key                         value
 *   flows        both ends with their        state, who opened it, bytes and packets that came
 *                ports, protocol             (in) and went (out), when it began and when its
 *                                            last packet was, TCP flags seen each way
 *   not_counted  why                         packets that are in no row of flows, per CPU
 *
 * A row has both directions. The remote end is the source of what arrives and the destination
 * of what leaves; where both directions arrive (a mirrored port, a recording that does not say
 * which way packets went), the source of the first packet. What a router forwards between two
 * interfaces that are both watched is two rows, one for each, with the ends exchanged, as are
 * the two ways through loopback.
 *
 * The state is what the packets say, not what a socket has: SYN_SENT, SYN_ANSWERED, ESTABLISHED;
 * CLOSING after a FIN of one side, CLOSED after both; REFUSED (an RST in answer to the SYN),
 * RESET; UNDER_WAY is a connection whose beginning was not seen, STATELESS what is not TCP. The
 * same ends and ports once more are the same row: the state starts again, and so does its age.
 *
 * IPv4 and IPv6, behind up to two VLAN tags and six extension headers. What has no ports (ICMP,
 * ESP) is a flow with ports 0. Of fragments only the first has ports. Packets are those of the
 * wire, bytes those of the packet as the kernel has it, as in talkers.
 *
 * Exact on many CPUs: a row is changed under a lock. Of a state only the order can be wrong in
 * which two CPUs take two packets that they have at the same moment. The table keeps the 16384
 * flows that were used last; a packet that comes while its row is thrown away can be counted in
 * the one that gets its place.
 *
 * Cost: a hash lookup and a lock a packet; three lookups for the first one. Verdict:
 * TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope flows -i eth0 ip and tcp port 80 or port 53
 *   local       local_port  remote      remote_port  protocol  state      opened_by  in_bytes
 *   192.0.2.10          80  192.0.2.21        46456  TCP       CLOSED     REMOTE      3.0 KiB
 *   192.0.2.10       51314  192.0.2.1            53  UDP       STATELESS  UNKNOWN       103 B
 *   192.0.2.10          80  192.0.2.66        47498  TCP       CLOSING    UNKNOWN        54 B
 *
 * @group traffic
 * @ingress received
 * @egress sent
 * @sort flows in_bytes
 * @hide locks
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/flow.h>
#include <skbscope/tcp.h>

enum state {
	STATELESS,
	SYN_SENT,
	SYN_ANSWERED,
	ESTABLISHED,
	CLOSING,
	CLOSED,
	REFUSED,
	RESET,
	UNDER_WAY,
};

enum opener { UNKNOWN, LOCAL, REMOTE };

struct life {
	enum state state;
	enum opener opened_by;
	bytes_t in_bytes, out_bytes;
	count_t in_packets, out_packets;
	when_t began, last;
	tcp_flags_t in_flags, out_flags;
	u8 pad[2];	/* the hook at which each way was seen first: flow_passes() */
	u32 pad2;
};

enum why { NOT_IP, CUT_SHORT, LATER_FRAGMENT, WHYS };

struct reason {
	enum why why;
};

BPF_TABLE("lru_hash", struct flow, struct life, flows, 16384);
BPF_ARRAY(locks, struct flow_lock, FLOW_LOCKS);
BPF_TABLE("percpu_array", struct reason, count_t, not_counted, WHYS);

static inline int leave_out(struct __sk_buff *skb, enum why why)
{
	struct reason reason = { why };
	count_t *packets = not_counted.lookup(&reason);

	if (packets) /* the verifier asks; an array slot always exists */
		*packets += wire_packets(skb);
	return TC_ACT_UNSPEC;
}

/* The row of the flow of a packet from its remote end at the hook RECEIVED, and to it at SENT;
 * *way is the other one where the flow is there the other way round. */
static inline struct life *find(struct flow *flow, enum way *way, u64 now)
{
	struct life fresh = { .began = now }, *life;
	enum way hook = *way;

	if (hook == SENT)
		flow_turn(flow);
	life = flows.lookup(flow);
	if (life)
		return life;
	flow_turn(flow);
	life = flows.lookup(flow);
	if (life && flow_passes(life->pad, !hook, hook)) {
		*way = !hook;
		return life;
	}
	flow_turn(flow);
	return flows.lookup_or_try_init(flow, &fresh);
}

static inline enum state state_of(const struct life *life)
{
	u8 any = life->in_flags | life->out_flags, opener, other;

	opener = life->opened_by == LOCAL ? life->out_flags : life->in_flags;
	other = life->opened_by == LOCAL ? life->in_flags : life->out_flags;
	if (any & TCP_HAS_RST)
		return life->opened_by && other & TCP_HAS_RST && !(other & TCP_HAS_SYN) ? REFUSED
											  : RESET;
	if (life->in_flags & life->out_flags & TCP_HAS_FIN)
		return CLOSED;
	if (any & TCP_HAS_FIN)
		return CLOSING;
	if (!life->opened_by)
		return UNDER_WAY;
	if (!(other & TCP_HAS_SYN))
		return SYN_SENT;
	return opener & TCP_HAS_ACK ? ESTABLISHED : SYN_ANSWERED;
}

/* A SYN that does not repeat the one before begins a new connection. */
static inline void follow(struct life *life, u8 flags, enum way way, u64 now)
{
	u8 before = way == SENT ? life->out_flags : life->in_flags;

	if ((flags & (TCP_HAS_SYN | TCP_HAS_ACK)) == TCP_HAS_SYN) {
		if (life->state && (before & ~(TCP_HAS_SYN | TCP_HAS_ECE | TCP_HAS_CWR) ||
				    life->state == REFUSED)) {
			life->in_flags = life->out_flags = before = 0;
			life->began = now;
		}
		life->opened_by = way == SENT ? LOCAL : REMOTE;
	} else if (!life->opened_by && flags & TCP_HAS_SYN) {
		life->opened_by = way == SENT ? REMOTE : LOCAL;
	}
	if (way == SENT)
		life->out_flags = before | flags;
	else
		life->in_flags = before | flags;
	life->state = state_of(life);
}

static inline int count(struct __sk_buff *skb, enum way hook)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct ports ports = {};
	u64 now = bpf_ktime_get_ns();
	u32 packets = wire_packets(skb), slot;
	enum way way = hook;
	struct flow_lock *lock;
	struct life *life;
	struct flow flow;
	u8 flags = 0;
	int read;

	read = read_ip(&cursor, link_ethertype(&cursor), &ip);
	if (read == IP_IS_OTHER)
		return leave_out(skb, NOT_IP);
	if (read < 0 || pass_extensions(&cursor, &ip) < 0)
		return leave_out(skb, CUT_SHORT);
	if (ip.offset)
		return leave_out(skb, LATER_FRAGMENT);
	if (has_ports(&ip) && look_at_ports(&cursor, &ip, &ports) < 0)
		return leave_out(skb, CUT_SHORT);
	if (ip.protocol == IPPROTO_TCP)	/* 0 where it ends before */
		cursor_look(&cursor, offsetof(struct tcp_header, flags), &flags, sizeof(flags));

	flow = flow_from(&ip, ports);
	slot = flow_slot(&flow);
	lock = locks.lookup(&slot);
	life = find(&flow, &way, now);
	if (!lock || !life)	/* a slot always exists; of rows skbscope says that there is no room */
		return TC_ACT_UNSPEC;
	bpf_spin_lock(&lock->lock);
	if (way == SENT) {
		life->out_bytes += skb->len;
		life->out_packets += packets;
	} else {
		life->in_bytes += skb->len;
		life->in_packets += packets;
	}
	if (!life->pad[way & 1])
		life->pad[way & 1] = 1 + hook;
	if (flags)
		follow(life, flags, way, now);
	life->last = now;
	bpf_spin_unlock(&lock->lock);
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

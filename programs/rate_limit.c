/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rate_limit - who sends more than he may, and how much of it would a limit stop?
 *
 *   map       key                      value
 *   limits    a network, from --set    rate, burst and per, from --set; up to when its rate is used,
 *                                      what passed, and what was above the limit
 *   sources   an address (of IPv6 its  the same of a bucket that is the address's own
 *             first V6_BITS)
 *   outcomes  what became of a packet  packets and bytes, per CPU
 *
 *     skbscope run rate_limit -i eth0 --set 'limits[10.0.0.0/8]={rate=1mbit, burst=128KiB}'
 *
 * A token bucket for each network in limits, which all its addresses share; with per=ADDRESS, one
 * for each address in it, in sources. The longest prefix that fits decides. A rate of 0 is no
 * limit, a burst of 0 is BURST. Who is in no network gets a bucket of his own with KBIT and BURST.
 * Both families are in one table, IPv4 as ::ffff:0:0/96: ::/0 is everybody, 0.0.0.0/0 all of IPv4.
 *
 * What is above the limit gets TC_ACT_SHOT, which only --enforce carries out, and takes nothing from
 * the bucket either way. A packet passes or is dropped whole, also one that the kernel has merged from
 * many (GRO), so a burst below 64 KiB stops a fast TCP sender for good. Bytes are those of
 * the wire: of a merged packet, with the headers of each.
 *
 * On many CPUs a bucket is one number that all share, the time up to which its rate is used, and a
 * packet moves that on by one atomic addition: the rate is exact over any longer time. Two CPUs that
 * look at the same moment may both pass the last packet that there was room for; those that
 * follow pay for it. Two that find a full bucket at the same moment are charged as one. Either is
 * at most a packet for each further CPU, once a burst.
 * Tolerance: 2 % of the bytes that an ideal bucket passes. Costs are rounded to a nanosecond (1 %
 * where 64 bytes are sent at 10 Gbit/s); in a recording nothing else differs.
 *
 * What is not IP, and what ends inside the IP header, passes and is counted in outcomes. sources forgets
 * the addresses that were quiet for longest: NEW_SOURCE says how many began, and where that is far
 * more than its room, some of them come back with a full bucket.
 *
 * Cost: a lookup of a prefix and, for a bucket in sources, one of an address. Verdict: TC_ACT_SHOT
 * above the limit, else TC_ACT_UNSPEC, so the next filter still decides.
 *
 *   # skbscope rate_limit -i eth0 \
 *         --set 'limits[192.0.2.0/24]={rate=1mbit, burst=16KiB, per=ADDRESS}'
 *   address            used  passed_packets  limited_packets  passed_bytes  limited_bytes
 *   192.0.2.1    2.8 ms ago              53               16      47.5 KiB       16.3 KiB
 *   192.0.2.21      6 s ago              77                0       6.0 KiB            0 B
 *   would have been dropped: 16 packets by limit (SHOT)
 *
 * @group security
 * @param KBIT=10000 rate of each address that is in no network of limits, in kbit/s; 0: no limit
 * @param BURST=131072 bytes that may come at once where limits says nothing
 * @param V6_BITS=64 bits of an IPv6 address that are one source: 64 or 128
 * @sort limits bucket.limited_bytes
 * @sort sources limited_bytes
 * @enforce what is above the limit is dropped
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <uapi/linux/tcp.h>
#include <uapi/linux/udp.h>

#include <skbscope/ip.h>
#include <skbscope/link.h>
#include <skbscope/network.h>

#ifndef KBIT
#define KBIT 10000
#endif
#ifndef BURST
#define BURST 131072
#endif
#ifndef V6_BITS
#define V6_BITS 64
#endif
#if V6_BITS != 64 && V6_BITS != 128
#error "V6_BITS is 64 or 128"
#endif

#define SECOND_NS 1000000000ull
#define BURST_MAX (8ull << 30) /* in nanoseconds it still fits into 63 bits at 1 byte/s */

struct source {
	ip_address_t address;
};

struct bucket {
	when_t used; /* up to then */
	count_t passed_packets, limited_packets;
	bytes_t passed_bytes, limited_bytes;
};

enum per { NETWORK, ADDRESS };

struct limit {
	bytes_t rate, burst; /* from --set, as is */
	enum per per;        /* this */
	struct bucket bucket;
};

enum outcome { PASSED, LIMITED, WITHOUT_LIMIT, NOT_IP, CUT_SHORT, NEW_SOURCE, OUTCOMES };

struct decision {
	enum outcome outcome;
};

struct amount {
	count_t packets;
	bytes_t bytes;
};

BPF_LPM_TRIE(limits, struct network, struct limit, 16384);
BPF_TABLE("lru_hash", struct source, struct bucket, sources, 16384);
BPF_TABLE("percpu_array", struct decision, struct amount, outcomes, OUTCOMES);

static inline void count(enum outcome outcome, const struct amount *what)
{
	struct decision decision = { outcome };
	struct amount *amount = outcomes.lookup(&decision);

	if (!amount)	/* the verifier asks; an array slot always exists */
		return;
	amount->packets += what->packets;
	amount->bytes += what->bytes;
}

/* The cursor stands behind the IP header. Each packet of a merged one has had all headers. */
static inline struct amount amount_of(struct cursor *cursor, struct ip_packet *ip)
{
	struct amount amount = { wire_packets(cursor->skb), cursor->skb->len };
	struct tcphdr tcp;
	u32 headers;

	if (amount.packets == 1 || pass_extensions(cursor, ip) < 0)
		return amount;
	headers = link_length(cursor->skb) + cursor->at;
	if (ip->protocol == IPPROTO_UDP)
		headers += sizeof(struct udphdr);
	else if (ip->protocol == IPPROTO_TCP && cursor_look(cursor, 0, &tcp, sizeof(tcp)) == 0)
		headers += tcp.doff * 4;
	amount.bytes += (amount.packets - 1) * headers;
	return amount;
}

static inline u64 as_time(u64 bytes, u64 rate)
{
	return (bytes * SECOND_NS + rate / 2) / rate;
}

/* A bucket holds what its rate has earned since then, at most a burst, and all that it can
 * if it was never used. What passed, or did not, is noted by the caller. */
static inline enum outcome take(struct bucket *bucket, u64 bytes, u64 rate, u64 burst)
{
	s64 now = bpf_ktime_get_ns(), used = bucket->used, cost = as_time(bytes, rate), oldest;

	oldest = now - (s64)as_time(burst > BURST_MAX ? BURST_MAX : burst, rate);
	if (!used || used < oldest) {
		if (oldest + cost > now)
			return LIMITED;
		bucket->used = oldest + cost;
	} else {
		if (used + cost > now)
			return LIMITED;
		lock_xadd(&bucket->used, cost);
	}
	return PASSED;
}

static inline void note(struct bucket *bucket, const struct amount *amount, enum outcome outcome)
{
	if (outcome == LIMITED) {
		lock_xadd(&bucket->limited_packets, amount->packets);
		lock_xadd(&bucket->limited_bytes, amount->bytes);
		asm volatile(""); /* or both become one addition, to what nobody can tell */
	} else {
		lock_xadd(&bucket->passed_packets, amount->packets);
		lock_xadd(&bucket->passed_bytes, amount->bytes);
	}
}

static inline enum outcome judge_source(struct source *source, const struct amount *amount,
					u64 rate, u64 burst)
{
	struct bucket zero = {}, *bucket = sources.lookup(source);
	enum outcome outcome;

	if (!bucket) {
		count(NEW_SOURCE, amount);
		bucket = sources.lookup_or_try_init(source, &zero);
	}
	if (!bucket) /* no row is free at this moment: the next packet asks again */
		return WITHOUT_LIMIT;
	outcome = take(bucket, amount->bytes, rate, burst);
	note(bucket, amount, outcome);
	return outcome;
}

static inline enum outcome judge(const ip_address_t *address, u16 ethertype,
				 const struct amount *amount)
{
	struct network network = network_of(address);
	struct source source = { *address };
	struct limit *limit = limits.lookup(&network);
	u64 rate = limit ? limit->rate : KBIT * 125ull, burst = limit ? limit->burst : 0;
	enum outcome outcome;

	if (!burst)
		burst = BURST;
	if (V6_BITS == 64 && ethertype == ETH_P_IPV6)
		source.address.words[2] = source.address.words[3] = 0;
	if (!rate)
		outcome = WITHOUT_LIMIT;
	else if (limit && limit->per == NETWORK)
		outcome = take(&limit->bucket, amount->bytes, rate, burst);
	else
		outcome = judge_source(&source, amount, rate, burst);
	if (limit)
		note(&limit->bucket, amount, outcome);
	return outcome;
}

int limit(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	u16 ethertype = link_ethertype(&cursor);
	struct ip_packet ip = {};
	struct amount amount;
	enum outcome outcome;
	int read;

	read = read_ip(&cursor, ethertype, &ip);
	amount = amount_of(&cursor, &ip);
	if (read == IP_READ)
		outcome = judge(&ip.source, ethertype, &amount);
	else
		outcome = read == IP_IS_OTHER ? NOT_IP : CUT_SHORT;
	count(outcome, &amount);
	return outcome == LIMITED ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * martians - which packets would an IP stack throw away, and who sends them?
 *
 *   map       key                    value
 *   martians  what is wrong, source  packets, per CPU, and when the last one came
 *             and destination
 *
 * What is wrong is the first of these that holds:
 *
 *   LENGTH       the header is shorter than 20 bytes, or the packet shorter than its header says
 *   CHECKSUM     of the IPv4 header (of what arrives: a card may compute it of what leaves)
 *   SOURCE       an address that nobody sends from: multicast, broadcast, 127/8, 240/4, 0/8 other
 *                than 0.0.0.0; ff00::/8, ::1, ::ffff:0:0/96
 *   DESTINATION  an address that nobody can be reached at: 0/8, 127/8; ::, ::1
 *   HOPS         a time to live or hop limit of 0
 *   TO_ITSELF    source and destination are the same ("land")
 *   BEYOND_64K   a fragment that ends behind the largest datagram ("ping of death")
 *   TRANSPORT    a TCP or UDP header that says it is shorter than such a header is, or longer
 *                than the packet
 *
 * One that is too large for the length in its IP header (BIG TCP, jumbograms) has 0 there, and is
 * as long as the kernel says.
 *
 * On loopback, whose MAC addresses are zeros, SOURCE, DESTINATION and TO_ITSELF are not asked for.
 *
 * Cost: two or three loads a packet, and a lookup for a martian. Verdict: TC_ACT_UNSPEC, so
 * the next filter still decides.
 *
 *   # skbscope martians -i eth0
 *   wrong     source      destination  packets  packets/s        last
 *   CHECKSUM  192.0.2.66  192.0.2.10         1        0.2  551 ms ago
 *   SOURCE    127.0.0.1   192.0.2.10         1        0.2  551 ms ago
 *   HOPS      192.0.2.66  192.0.2.10         1        0.2  551 ms ago
 *
 * @group health
 * @ingress received
 * @egress sent
 * @sort martians packets
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <uapi/linux/tcp.h>
#include <uapi/linux/udp.h>

#include <skbscope/ip.h>
#include <skbscope/link.h>
#include <skbscope/loopback.h>

enum wrong { LENGTH, CHECKSUM, SOURCE, DESTINATION, HOPS, TO_ITSELF, BEYOND_64K, TRANSPORT, NOTHING };

struct martian {
	enum wrong wrong;
	ip_address_t source, destination;
};

struct seen {
	count_t packets;
	when_t last;
};

BPF_PERCPU_HASH(martians, struct martian, struct seen, 4096);

static inline int is_tiny(const ip_address_t *ip, u32 last) /* :: or ::1 */
{
	return !ip->words[0] && !ip->words[1] && !ip->words[2] && ip->words[3] == bpf_htonl(last);
}

static inline int is_no_source(const ip_address_t *ip, u16 ethertype)
{
	u32 address = bpf_ntohl(ip->words[3]);

	if (ethertype == ETH_P_IP)
		return address >> 28 >= 14 || address >> 24 == 127 || (address && !(address >> 24));
	return ip->bytes[0] == 0xff || is_tiny(ip, 1) || is_ipv4(ip);
}

static inline int is_no_destination(const ip_address_t *ip, u16 ethertype)
{
	u32 address = bpf_ntohl(ip->words[3]);

	if (ethertype == ETH_P_IP)
		return address >> 24 == 0 || address >> 24 == 127;
	return is_tiny(ip, 0) || is_tiny(ip, 1) || is_ipv4(ip);
}

/* Whether a length of 0 in the IP header means that the header has no room for it (BIG TCP,
 * jumbograms), or that the card will write it. */
static inline int has_unsaid_length(const struct __sk_buff *skb)
{
	return skb->gso_size || skb->len > 65535;
}

/* The sum of an IPv4 header of that many words: 0xffff where its checksum is right. */
static inline u16 sum_of_header(const struct cursor *cursor, u32 words)
{
	u32 header[21] = {}, sum = 0;

	/* The kernel counts on a size that it can see the limits of. */
	if (cursor_look(cursor, 0, header, 20) < 0 ||
	    (words > 5 && cursor_look(cursor, 20, header + 5, ((words - 6) & 15) * 4 + 4) < 0))
		return 0;
#pragma unroll
	for (int i = 0; i < 15; i++)
		sum += (header[i] & 0xffff) + (header[i] >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Whether the header of TCP or UDP at the cursor fits into what the packet has of it. */
static inline int is_transport_wrong(const struct cursor *cursor, const struct ip_packet *ip)
{
	struct tcphdr tcp;
	struct udphdr udp;
	u32 length;

	if (ip->offset)
		return 0;
	if (ip->protocol == IPPROTO_TCP) {
		if (cursor_look(cursor, 0, &tcp, sizeof(tcp)) < 0)
			return ip->length < sizeof(tcp);
		length = tcp.doff * 4;
		return length < sizeof(tcp) || length > ip->length;
	}
	if (ip->protocol == IPPROTO_UDP) {
		if (cursor_look(cursor, 0, &udp, sizeof(udp)) < 0)
			return ip->length < sizeof(udp);
		length = bpf_ntohs(udp.len);
		return length < sizeof(udp) || (length > ip->length && !ip->is_fragment);
	}
	return 0;
}

/* Whether a header's own lengths are those of a packet with LEFT bytes of it. */
static inline enum wrong judge_ipv4(const struct cursor *cursor, int is_arriving)
{
	u32 left = cursor_left(cursor), length, total;
	struct iphdr header;

	if (cursor_look(cursor, 0, &header, sizeof(header)) < 0)
		return LENGTH;
	length = header.ihl * 4;
	total = bpf_ntohs(header.tot_len);
	if (!total && has_unsaid_length(cursor->skb))
		total = left;
	if (header.version != 4 || length < sizeof(header) || total < length || total > left)
		return LENGTH;
	if (is_arriving && sum_of_header(cursor, header.ihl) != 0xffff)
		return CHECKSUM;
	return NOTHING;
}

static inline enum wrong judge_ipv6(const struct cursor *cursor)
{
	struct ipv6hdr header;

	if (cursor_look(cursor, 0, &header, sizeof(header)) < 0 || header.version != 6 ||
	    sizeof(header) + bpf_ntohs(header.payload_len) > cursor_left(cursor))
		return LENGTH;
	return NOTHING;
}

static inline enum wrong judge_addresses(const struct ip_packet *ip, u16 ethertype)
{
	if (is_no_source(&ip->source, ethertype))
		return SOURCE;
	if (is_no_destination(&ip->destination, ethertype))
		return DESTINATION;
	return is_same_ip(&ip->source, &ip->destination) ? TO_ITSELF : NOTHING;
}

static inline void count(const struct ip_packet *ip, enum wrong wrong)
{
	struct martian martian = { wrong, ip->source, ip->destination };
	struct seen zero = {}, *seen = martians.lookup_or_try_init(&martian, &zero);

	if (!seen) /* the table is full: skbscope says so beside it */
		return;
	seen->packets++;
	seen->last = bpf_ktime_get_ns();
}

static inline int observe(struct __sk_buff *skb, int is_arriving)
{
	struct cursor cursor = cursor_start(skb);
	u16 ethertype = link_ethertype(&cursor);
	struct ip_packet ip = {};
	enum wrong wrong;
	int is_unsaid;

	if (ethertype != ETH_P_IP && ethertype != ETH_P_IPV6)
		return TC_ACT_UNSPEC;
	wrong = ethertype == ETH_P_IP ? judge_ipv4(&cursor, is_arriving) : judge_ipv6(&cursor);
	if (read_ip(&cursor, ethertype, &ip) == IP_READ && wrong == NOTHING) {
		if (!has_no_macs(skb))
			wrong = judge_addresses(&ip, ethertype);
		if (wrong == NOTHING && !ip.hops)
			wrong = HOPS;
		if (wrong == NOTHING && ip.offset + ip.length > 65535)
			wrong = BEYOND_64K;
		is_unsaid = !ip.length && has_unsaid_length(skb);
		if (wrong == NOTHING && pass_extensions(&cursor, &ip) == IP_READ) {
			if (is_unsaid)
				ip.length = cursor_left(&cursor);
			if (is_transport_wrong(&cursor, &ip))
				wrong = TRANSPORT;
		}
	}
	if (wrong != NOTHING)
		count(&ip, wrong);
	return TC_ACT_UNSPEC;
}

int received(struct __sk_buff *skb)
{
	return observe(skb, 1);
}

int sent(struct __sk_buff *skb)
{
	return observe(skb, 0);
}

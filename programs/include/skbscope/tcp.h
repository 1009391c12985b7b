/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TCP: the header, and how much is behind it.
 *
 *	struct cursor cursor = cursor_start(skb);
 *	struct ip_packet ip = {};
 *	struct tcp_segment segment;
 *
 *	if (read_tcp(&cursor, &ip, &segment) != TCP_READ)
 *		return TC_ACT_UNSPEC;
 *
 * The cursor stands before the payload then, of which there are segment.payload bytes: neither
 * the padding of a short frame nor the options are in it. What the kernel has merged, or leaves
 * to the card to cut, is one segment with the payload of all.
 */
#ifndef SKBSCOPE_TCP_H
#define SKBSCOPE_TCP_H

#include <skbscope/ip.h>
#include <skbscope/link.h>

enum {
	TCP_HAS_FIN = 0x01,
	TCP_HAS_SYN = 0x02,
	TCP_HAS_RST = 0x04,
	TCP_HAS_PSH = 0x08,
	TCP_HAS_ACK = 0x10,
	TCP_HAS_URG = 0x20,
	TCP_HAS_ECE = 0x40,
	TCP_HAS_CWR = 0x80,
};

struct tcp_segment {
	port_be_t source, destination;
	u32 sequence, acknowledged;	/* in host order */
	u32 payload;			/* bytes */
	u16 window;			/* as the header has it: not scaled */
	tcp_flags_t flags;
};

enum tcp_reading {
	TCP_READ,
	TCP_IS_OTHER,		/* not TCP, or not IP */
	TCP_TOO_SHORT,		/* the packet ends inside a header */
	TCP_LATER_FRAGMENT,	/* the header is in another; the first one is read, with what it carries */
	TCP_IS_MALFORMED,	/* a header that is shorter than it can be, or longer than the packet */
};

/* The header as it lies in the packet. */
struct tcp_header {
	__be16 source, destination;
	__be32 sequence, acknowledged;
	u8 length;	/* in words, in the upper half */
	u8 flags;
	__be16 window, checksum, urgent;
};

/* Bytes from the cursor on: of those that the packet has, as many as the IP header says. */
static inline u32 tcp_bytes(const struct cursor *cursor, const struct ip_packet *ip)
{
	u32 left = cursor_left(cursor);

	return ip->length < left && !ip_is_open(cursor, ip) ? ip->length : left;
}

/* From the start of the packet on: the link layer, IP and TCP. *ip must be zeroed. */
static inline enum tcp_reading read_tcp(struct cursor *cursor, struct ip_packet *ip,
					struct tcp_segment *segment)
{
	struct tcp_header header;
	u32 length;
	int read = read_ip(cursor, link_ethertype(cursor), ip);

	if (read == IP_IS_OTHER)
		return TCP_IS_OTHER;
	if (read < 0 || pass_extensions(cursor, ip) < 0)
		return TCP_TOO_SHORT;
	if (ip->protocol != IPPROTO_TCP)
		return TCP_IS_OTHER;
	if (ip->offset)
		return TCP_LATER_FRAGMENT;
	if (cursor_look(cursor, 0, &header, sizeof(header)) < 0)
		return TCP_TOO_SHORT;
	ip->length = tcp_bytes(cursor, ip);
	length = (header.length >> 4) * 4;
	if (length < sizeof(header) || length > ip->length)
		return TCP_IS_MALFORMED;
	cursor->at += length;
	segment->source = header.source;
	segment->destination = header.destination;
	segment->sequence = bpf_ntohl(header.sequence);
	segment->acknowledged = bpf_ntohl(header.acknowledged);
	segment->payload = ip->length - length;
	segment->window = bpf_ntohs(header.window);
	segment->flags = header.flags;
	return TCP_READ;
}

/* The first one of a connection. */
static inline int tcp_is_opening(tcp_flags_t flags)
{
	return (flags & (TCP_HAS_SYN | TCP_HAS_ACK)) == TCP_HAS_SYN;
}

/* The sequence number behind it: SYN and FIN have one each. */
static inline u32 tcp_end(const struct tcp_segment *segment)
{
	return segment->sequence + segment->payload + !!(segment->flags & TCP_HAS_SYN) +
	       !!(segment->flags & TCP_HAS_FIN);
}

/* How far one sequence number is behind another: they wrap around. */
static inline s32 tcp_distance(u32 from, u32 to)
{
	return (s32)(to - from);
}

#endif

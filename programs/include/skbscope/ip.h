/* SPDX-License-Identifier: GPL-2.0-only */
/* IPv4 and IPv6 as one: the addresses, and what is behind the header and its extensions. */
#ifndef SKBSCOPE_IP_H
#define SKBSCOPE_IP_H

#include <uapi/linux/if_ether.h>
#include <uapi/linux/in.h>
#include <uapi/linux/in6.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/ipv6.h>

#include <skbscope/cursor.h>
#include <skbscope/types.h>

#define IP_BEYOND_PADDING 128	/* longer than what a short frame is padded to */
#define IP_EXTENSIONS 6	/* that are passed over, one after the other */

struct ip_packet {
	ip_address_t source, destination;
	ip_proto_t protocol;	/* behind the extensions, once they are passed over */
	u8 hops;		/* time to live, hop limit */
	u8 is_fragment;		/* one of several, the first included */
	u16 offset;		/* of a fragment, in bytes: only at 0 is there a header of the protocol */
	u32 length;		/* bytes behind what was read so far, as the header has it */
};

enum {
	IP_READ = 0,
	IP_TOO_SHORT = -1,	/* the packet ends inside a header */
	IP_IS_OTHER = -2,	/* not IP, or its header says that it is shorter than itself */
};

static inline ip_address_t ipv4_as_ip(__be32 address)
{
	ip_address_t ip = { .words = { 0, 0, bpf_htonl(0xffff), address } };

	return ip;
}

static inline int is_ipv4(const ip_address_t *ip)
{
	return !(ip->words[0] | ip->words[1] | (ip->words[2] ^ bpf_htonl(0xffff)));
}

static inline int is_same_ip(const ip_address_t *a, const ip_address_t *b)
{
	return a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
	       a->words[2] == b->words[2] && a->words[3] == b->words[3];
}

static inline int read_ipv4(struct cursor *cursor, struct ip_packet *ip)
{
	struct iphdr header;
	u32 header_length, fragment, total;
	u8 last;

	if (cursor_look(cursor, 0, &header, sizeof(header)) < 0)
		return IP_TOO_SHORT;
	header_length = header.ihl * 4;
	if (header.version != 4 || header_length < sizeof(header))
		return IP_IS_OTHER;
	if (header_length > sizeof(header) && cursor_look(cursor, header_length - 1, &last, 1) < 0)
		return IP_TOO_SHORT;
	cursor->at += header_length;
	fragment = bpf_ntohs(header.frag_off) & 0x3fff;	/* less "do not fragment" */
	total = bpf_ntohs(header.tot_len);
	ip->source = ipv4_as_ip(header.saddr);
	ip->destination = ipv4_as_ip(header.daddr);
	ip->protocol = header.protocol;
	ip->hops = header.ttl;
	ip->is_fragment = fragment != 0;
	ip->offset = (fragment & 0x1fff) * 8;
	ip->length = total > header_length ? total - header_length : 0;
	return total && total < header_length ? IP_IS_OTHER : IP_READ;
}

static inline int read_ipv6(struct cursor *cursor, struct ip_packet *ip)
{
	struct ipv6hdr header;

	if (cursor_read(cursor, &header, sizeof(header)) < 0)
		return IP_TOO_SHORT;
	if (header.version != 6)
		return IP_IS_OTHER;
	__builtin_memcpy(&ip->source, &header.saddr, sizeof(ip->source));
	__builtin_memcpy(&ip->destination, &header.daddr, sizeof(ip->destination));
	ip->protocol = header.nexthdr;
	ip->hops = header.hop_limit;
	ip->length = bpf_ntohs(header.payload_len);
	return IP_READ;
}

/* The header at the cursor, which stands behind it afterwards: behind the options of IPv4, before
 * the extensions of IPv6. *ip must be zeroed. */
static inline int read_ip(struct cursor *cursor, u16 ethertype, struct ip_packet *ip)
{
	if (ethertype == ETH_P_IP)
		return read_ipv4(cursor, ip);
	if (ethertype == ETH_P_IPV6)
		return read_ipv6(cursor, ip);
	return IP_IS_OTHER;
}

/* Whether the header leaves open how much is behind it, and it is as much as the packet has: more than
 * the header can say (BIG TCP); or, of IPv4, the card will write it. */
static inline int ip_is_open(const struct cursor *cursor, const struct ip_packet *ip)
{
	if (ip->length)
		return 0;
	return cursor->skb->gso_size ||
	       (is_ipv4(&ip->source) && cursor->skb->len >= IP_BEYOND_PADDING);
}

static inline int is_extension(u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS ||
	       protocol == IPPROTO_AH;
}

/* Passes over the extension headers. A later fragment has none behind its fragment header. */
static inline int pass_extensions(struct cursor *cursor, struct ip_packet *ip)
{
	u32 said = ip->length, passed = 0;
	u8 header[8];	/* none is shorter */

#pragma unroll
	for (int i = 0; i < IP_EXTENSIONS; i++) {
		u32 size;

		if (!is_extension(ip->protocol) || ip->offset)
			break;
		if (cursor_look(cursor, 0, header, sizeof(header)) < 0)
			return IP_TOO_SHORT;
		size = (header[1] + 1) * 8;
		if (ip->protocol == IPPROTO_FRAGMENT) {
			size = 8;
			ip->offset = header[2] << 8 | (header[3] & 0xf8);
			ip->is_fragment = ip->offset || header[3] & 1;
		} else if (ip->protocol == IPPROTO_AH) {
			size = (header[1] + 2) * 4;	/* counts in fours, less two */
		}
		cursor->at += size;
		passed += size;
		ip->length = ip->length > size ? ip->length - size : 0;
		ip->protocol = header[0];
	}
	if (passed > said && (said || !ip_is_open(cursor, ip)))
		return IP_TOO_SHORT;
	return IP_READ;
}

#endif

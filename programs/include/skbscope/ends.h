/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One key for both directions of a TCP connection, whichever of them comes first: the end with the
 * smaller port, and the other. <skbscope/flow.h> is for programs that tell the local end from
 * the remote one.
 */
#ifndef SKBSCOPE_ENDS_H
#define SKBSCOPE_ENDS_H

#include <skbscope/tcp.h>

struct ends {
	ip_address_t low, high;
	port_be_t low_port, high_port;
};

/* Answers whether the source is the high end. */
static inline u32 order_ends(const struct ip_packet *ip, const struct tcp_segment *segment,
			     struct ends *ends)
{
	u32 is_high = bpf_ntohs(segment->source) > bpf_ntohs(segment->destination);

	if (segment->source == segment->destination) {
#pragma unroll
		for (int i = 3; i >= 0; i--) {
			if (ip->source.words[i] != ip->destination.words[i])
				is_high = ip->source.words[i] > ip->destination.words[i];
		}
	}
	ends->low = is_high ? ip->destination : ip->source;
	ends->high = is_high ? ip->source : ip->destination;
	ends->low_port = is_high ? segment->destination : segment->source;
	ends->high_port = is_high ? segment->source : segment->destination;
	return is_high;
}

#endif

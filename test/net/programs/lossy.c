/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lossy - a line that loses TCP: of the segments with data every EVERYth, and one SYN
 *
 * @param EVERY=23 of so many segments with data one is lost
 * @param LOST_SYN=1 which SYN is lost; 0: none
 * @enforce it drops them
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/tcp.h>

#ifndef EVERY
#define EVERY 23
#endif
#ifndef LOST_SYN
#define LOST_SYN 1
#endif

enum kind { SYN, DATA };

BPF_ARRAY(nt_segments, u64, 2);

int lose(struct __sk_buff *skb)
{
	struct cursor cursor = cursor_start(skb);
	struct ip_packet ip = {};
	struct tcp_segment segment;
	u32 kind = DATA;
	u64 *segments;

	if (read_tcp(&cursor, &ip, &segment) != TCP_READ)
		return TC_ACT_UNSPEC;
	if (segment.flags & TCP_HAS_SYN)
		kind = SYN;
	else if (!segment.payload)
		return TC_ACT_UNSPEC;
	segments = nt_segments.lookup(&kind);
	if (!segments)
		return TC_ACT_UNSPEC;
	lock_xadd(segments, 1);
	if (kind == SYN)
		return *segments == LOST_SYN ? TC_ACT_SHOT : TC_ACT_UNSPEC;
	return *segments % EVERY == 0 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

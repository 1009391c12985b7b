/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cursor - headers by cursor, as in many tutorials
 */
#include <bcc/proto.h>
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_HASH(nt_cursor, u32, u64, 4096);

int nt_cursor_f(struct __sk_buff *skb)
{
	u8 *cursor = 0;
	struct ethernet_t *ethernet = cursor_advance(cursor, sizeof(*ethernet));

	if (ethernet->type != 0x0800)
		return TC_ACT_UNSPEC;

	struct ip_t *ip = cursor_advance(cursor, sizeof(*ip));
	u32 key = ip->tlen << 8 | ip->nextp;

	nt_cursor.atomic_increment(key);
	return TC_ACT_UNSPEC;
}

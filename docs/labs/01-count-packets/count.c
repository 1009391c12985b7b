/* SPDX-License-Identifier: GPL-2.0-only */
/* count - how many packets arrive? */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_ARRAY(packets, u64, 1);

int count(struct __sk_buff *skb)
{
	u32 slot = 0;
	u64 *value = packets.lookup(&slot);

	/* To do: add 1 to what value points to. */

	return TC_ACT_UNSPEC;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* says: TC_ACT_SHOT says "drop it" */
/* count - how many packets arrive? */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_ARRAY(packets, u64, 1);

int count(struct __sk_buff *skb)
{
	u32 slot = 0;
	u64 *value = packets.lookup(&slot);

	if (value)
		(*value)++;

	return TC_ACT_SHOT;
}

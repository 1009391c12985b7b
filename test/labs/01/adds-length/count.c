/* SPDX-License-Identifier: GPL-2.0-only */
/* says: Add 1 for each packet, however long it is */
/* count - how many packets arrive? */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_ARRAY(packets, u64, 1);

int count(struct __sk_buff *skb)
{
	u32 slot = 0;
	u64 *value = packets.lookup(&slot);

	if (value)
		*value += skb->len;

	return TC_ACT_UNSPEC;
}

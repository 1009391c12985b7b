/* SPDX-License-Identifier: GPL-2.0-only */
/* says: update() and increment() are the same */
/* exact - how many packets arrive, however many CPUs they arrive on? */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_ARRAY(packets, u64, 1);

int count(struct __sk_buff *skb)
{
	u32 slot = 0;

	packets.increment(slot);

	return TC_ACT_UNSPEC;
}

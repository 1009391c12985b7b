/* SPDX-License-Identifier: GPL-2.0-only */
/* exact - how many packets arrive, however many CPUs they arrive on? */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_ARRAY(packets, u64, 1);

int count(struct __sk_buff *skb)
{
	u32 slot = 0;
	u64 *value = packets.lookup(&slot);

	if (value)
		lock_xadd(value, 1);

	return TC_ACT_UNSPEC;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * change - alters the packet in the way that -D CHANGE=N picks
 *
 * A verdict held back does not undo any of these.
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_PERCPU_ARRAY(nt_in, u64, 1);

int nt_change(struct __sk_buff *skb)
{
	int zero = 0;
	u64 *packets = nt_in.lookup(&zero);

	if (packets)
		(*packets)++;
#if CHANGE == 1
	u8 type = 0xff;

	bpf_skb_store_bytes(skb, 12, &type, sizeof(type), 0);
#elif CHANGE == 2
	skb->mark = 23;
#elif CHANGE == 3
	u8 *data = (u8 *)(long)skb->data, *end = (u8 *)(long)skb->data_end;

	if (data + 14 <= end)
		data[12] = 0xff;
#elif CHANGE == 4
	bpf_clone_redirect(skb, skb->ifindex, 0);
#elif CHANGE == 5
	skb->tc_index = 23;
#elif CHANGE == 6
	skb->priority = 23;
#elif CHANGE == 7
	bpf_skb_change_tail(skb, 64, 0);
#elif CHANGE == 8
	return bpf_redirect(skb->ifindex, 0);
#endif
	return TC_ACT_OK;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* says: skb->len counts all of it */
/*
 * lengths - how long are the packets? A histogram in powers of two.
 *
 * @histogram lengths
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_HISTOGRAM(lengths);

int measure(struct __sk_buff *skb)
{
	lengths.atomic_increment(bpf_log2l(skb->len - 14));

	return TC_ACT_UNSPEC;
}

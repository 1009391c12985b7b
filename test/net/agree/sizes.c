/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sizes - a histogram of lengths
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_HISTOGRAM(nt_sizes);

int nt_sizes_f(struct __sk_buff *skb)
{
	nt_sizes.atomic_increment(bpf_log2l(skb->len));
	return TC_ACT_UNSPEC;
}

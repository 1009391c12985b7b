/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tails - a tail call by protocol
 *
 * @ingress nt_tails_f
 * @tail nt_next[1] nt_four
 * @tail nt_next[2] nt_six
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_PROG_ARRAY(nt_next, 4);
BPF_ARRAY(nt_tails, u64, 4);

int nt_four(struct __sk_buff *skb)
{
	nt_tails.atomic_increment(1);
	return TC_ACT_OK;
}

int nt_six(struct __sk_buff *skb)
{
	nt_tails.atomic_increment(2);
	return TC_ACT_SHOT;
}

int nt_tails_f(struct __sk_buff *skb)
{
	if (skb->protocol == bpf_htons(0x0800))
		nt_next.call(skb, 1);
	if (skb->protocol == bpf_htons(0x86dd))
		nt_next.call(skb, 2);
	nt_tails.atomic_increment(0);
	return TC_ACT_UNSPEC;
}

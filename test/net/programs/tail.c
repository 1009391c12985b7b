/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tail - the verdict is a tail-called function's
 *
 * @ingress nt_entry
 * @tail nt_next[3] nt_drop
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_PROG_ARRAY(nt_next, 7);
BPF_PERCPU_ARRAY(nt_in, u64, 1);
BPF_PERCPU_ARRAY(nt_missed, u64, 1);

int nt_entry(struct __sk_buff *skb)
{
	int zero = 0;
	u64 *missed;

	nt_next.call(skb, 3);
	missed = nt_missed.lookup(&zero);
	if (missed)
		(*missed)++;
	return TC_ACT_OK;
}

int nt_drop(struct __sk_buff *skb)
{
	int zero = 0;
	u64 *packets = nt_in.lookup(&zero);

	if (packets)
		(*packets)++;
	return TC_ACT_SHOT;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * with - the first of two files: owns the tables, and calls the other
 *
 * @with with_other.c
 * @tail nt_next[1] nt_other
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_PROG_ARRAY(nt_next, 2);
BPF_TABLE_PUBLIC("percpu_array", int, u64, nt_in, 1);
BPF_TABLE_PUBLIC("hash", u32, u64, nt_versions, 64);

int nt_first(struct __sk_buff *skb)
{
	int zero = 0;
	u64 *packets = nt_in.lookup(&zero);

	if (packets)
		(*packets)++;
	nt_next.call(skb, 1);
	return TC_ACT_SHOT;
}

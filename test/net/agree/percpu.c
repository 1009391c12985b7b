/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * percpu - bytes by protocol, each CPU by itself
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_PERCPU_HASH(nt_percpu, u32, u64, 64);

int nt_percpu_f(struct __sk_buff *skb)
{
	u32 key = skb->protocol;
	u64 zero = 0, *bytes = nt_percpu.lookup_or_try_init(&key, &zero);

	if (bytes)
		*bytes += skb->len;
	return TC_ACT_UNSPEC;
}

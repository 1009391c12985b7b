/* SPDX-License-Identifier: GPL-2.0-only */
/* verdict - counts a packet and answers VERDICT */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_PERCPU_ARRAY(nt_in, u64, 1);

int nt_verdict(struct __sk_buff *skb)
{
	int zero = 0;
	u64 *packets = nt_in.lookup(&zero);

	if (packets)
		(*packets)++;
	return VERDICT;
}

/* SPDX-License-Identifier: GPL-2.0-only */
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
	/* To do: find the packet's bucket, and add 1 to it.
	 *
	 *   bpf_log2l(x)                 the bucket of x: 7 for 64 to 127
	 *   lengths.atomic_increment(b)  adds 1 to bucket b, whichever CPU asks
	 */

	return TC_ACT_UNSPEC;
}

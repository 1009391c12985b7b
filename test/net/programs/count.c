/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * count - every packet, in each direction, exactly
 *
 * @ingress nt_count_in
 * @egress nt_count_out
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_PERCPU_ARRAY(nt_in, u64, 1);
BPF_PERCPU_ARRAY(nt_out, u64, 1);
BPF_PERCPU_ARRAY(nt_bytes, u64, 1);

int nt_count_in(struct __sk_buff *skb)
{
	int zero = 0;
	u64 *packets = nt_in.lookup(&zero), *bytes = nt_bytes.lookup(&zero);

	if (packets)
		(*packets)++;
	if (bytes)
		*bytes += skb->len;
	return TC_ACT_UNSPEC;
}

int nt_count_out(struct __sk_buff *skb)
{
	int zero = 0;
	u64 *packets = nt_out.lookup(&zero);

	if (packets)
		(*packets)++;
	return TC_ACT_UNSPEC;
}

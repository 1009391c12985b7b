/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * swap - every packet in each direction, and by which VERSION of this file
 *
 * @ingress nt_count_in
 * @egress nt_count_out
 *
 * LAYOUT gives nt_flows another shape.
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#define VERSION 0
#define LAYOUT 0

struct nt_flow {
#if LAYOUT == 1
	u32 versions; /* in front, so that the rest moves */
#endif
	u64 packets;
#if LAYOUT != 2
	u64 bytes;
#endif
};

BPF_PERCPU_ARRAY(nt_in, u64, 1);
BPF_PERCPU_ARRAY(nt_out, u64, 1);
BPF_ARRAY(nt_shared, u64, 1);
BPF_PERCPU_ARRAY(nt_versions, u64, 16);
BPF_HASH(nt_flows, u32, struct nt_flow, 1024);

static int nt_count(struct __sk_buff *skb)
{
	int zero = 0, version = VERSION;
	u32 port = 0;
	struct nt_flow none = {}, *flow;
	u64 *number = nt_shared.lookup(&zero);

	if (number)
		lock_xadd(number, 1);
	number = nt_versions.lookup(&version);
	if (number)
		(*number)++;
	bpf_skb_load_bytes(skb, 34, &port, 2);
	flow = nt_flows.lookup_or_try_init(&port, &none);
	if (flow)
		lock_xadd(&flow->packets, 1);
	return VERSION % 2 ? TC_ACT_UNSPEC : TC_ACT_OK;
}

int nt_count_in(struct __sk_buff *skb)
{
	int zero = 0;
	u64 *packets = nt_in.lookup(&zero);

	if (packets)
		(*packets)++;
	return nt_count(skb);
}

int nt_count_out(struct __sk_buff *skb)
{
	int zero = 0;
	u64 *packets = nt_out.lookup(&zero);

	if (packets)
		(*packets)++;
	return nt_count(skb);
}

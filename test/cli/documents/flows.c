/* SPDX-License-Identifier: GPL-2.0-only */
/* flows - in two versions that count otherwise: for docs/output.md */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/types.h>

struct end {
	ipv4_host_t saddr;
};

struct flow {
	count_t packets;
#ifdef NEW
	count_t drops;
#endif
};

BPF_PERCPU_HASH(flows, struct end, struct flow);
BPF_PERCPU_ARRAY(sizes, u64, 64);

static inline void add(u32 address, u64 packets)
{
	struct end end = { address };
	struct flow zero = {}, *flow = flows.lookup_or_try_init(&end, &zero);

	if (flow)
		flow->packets += packets;
}

int count_packets(struct __sk_buff *skb)
{
	u32 bits = bpf_log2l(skb->len);
	u64 *size = sizes.lookup(&bits);

	if (size)
		(*size)++;
	add(0x0a000001, 1);
#ifdef NEW
	add(0x0a000002, 1);
	add(0x0a000003, 3);
	return TC_ACT_SHOT;
#else
	add(0x0a000002, 2);
	add(0x0a000003, 2);
	add(0x0a000009, 1);
	return bits & 1 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
#endif
}

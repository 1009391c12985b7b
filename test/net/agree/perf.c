/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perf - an event a packet, with its bytes
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

struct nt_event {
	u32 len, protocol;
};
BPF_PERF_OUTPUT(nt_perf);

int nt_perf_f(struct __sk_buff *skb)
{
	struct nt_event event = { skb->len, skb->protocol };

	nt_perf.perf_submit_skb(skb, skb->len < 64 ? skb->len : 64, &event, sizeof(event));
	return TC_ACT_UNSPEC;
}

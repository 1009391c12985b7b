/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * submitted - all that can be submitted, of each packet: prints, two tables, the packet
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

BPF_RINGBUF_OUTPUT(nt_first, 8);
BPF_PERF_OUTPUT(nt_second);
BPF_PERF_OUTPUT(nt_whole);

struct nt_event {
	u64 time;
	u32 len;
	u32 number;
};

int nt_submit(struct __sk_buff *skb)
{
	struct nt_event event = { bpf_ktime_get_ns(), skb->len };

	bpf_trace_printk("%d bytes\n", skb->len);
#pragma unroll
	for (int i = 0; i < 5; i++) {
		nt_first.ringbuf_output(&event, sizeof(event), 0);
		event.number++;
		nt_second.perf_submit(skb, &event, sizeof(event));
		event.number++;
	}
	nt_whole.perf_submit_skb(skb, skb->len, &event, sizeof(event));
	bpf_trace_printk("seen\n");
	return TC_ACT_UNSPEC;
}

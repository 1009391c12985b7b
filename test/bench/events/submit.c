/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submit - an event of 24 bytes for each packet; with RING into a ring buffer
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#ifdef RING
BPF_RINGBUF_OUTPUT(events, 64);
#else
BPF_PERF_OUTPUT(events);
#endif

struct event {
	u64 time;
	u64 number;
	u32 length;
	u32 protocol;
};

int submit(struct __sk_buff *skb)
{
	struct event event = { bpf_ktime_get_ns(), 0, skb->len, skb->protocol };

#ifdef RING
	events.ringbuf_output(&event, sizeof(event), 0);
#else
	events.perf_submit(skb, &event, sizeof(event));
#endif
	return TC_ACT_UNSPEC;
}

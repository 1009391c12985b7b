/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring - an event a fragment, reserved and submitted
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

struct nt_event {
	u32 len;
	u16 fragment, unused;
};
BPF_RINGBUF_OUTPUT(nt_ring, 8);

int nt_ring_f(struct __sk_buff *skb)
{
	struct nt_event *event;
	u16 fragment = 0;

	if (skb->protocol != bpf_htons(0x0800))
		return TC_ACT_UNSPEC;
	bpf_skb_load_bytes(skb, 20, &fragment, 2);
	if (!fragment)
		return TC_ACT_UNSPEC;
	event = nt_ring.ringbuf_reserve(sizeof(*event));
	if (!event)
		return TC_ACT_UNSPEC;
	event->len = skb->len;
	event->fragment = fragment;
	event->unused = 0;
	nt_ring.ringbuf_submit(event, 0);
	return TC_ACT_UNSPEC;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events - an event for each arriving packet, and a count beside them
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

#ifndef SHOWN
#define SHOWN 1
#endif

BPF_PERF_OUTPUT(nt_events);
#ifdef COUNT
BPF_PERCPU_ARRAY(nt_in, u64, 1);
#endif

struct nt_event {
	u64 time;
	u32 len;
	u32 shown;
};

int nt_tell(struct __sk_buff *skb)
{
	struct nt_event event = { bpf_ktime_get_ns(), skb->len, SHOWN };

#ifdef COUNT
	int zero = 0;
	u64 *packets = nt_in.lookup(&zero);

	if (packets)
		(*packets)++;
#endif
	nt_events.perf_submit(skb, &event, sizeof(event));
	return TC_ACT_UNSPEC;
}

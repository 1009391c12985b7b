/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * submit - each arriving packet, and what is known of it, to be written to a file
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/types.h>

#ifndef BYTES
#define BYTES skb->len
#endif

BPF_PERF_OUTPUT(nt_packets);

struct nt_packet {
	u32 len;
	u32 number;
	ip_proto_t protocol;
};

int nt_submit(struct __sk_buff *skb)
{
	struct nt_packet packet = { skb->len, 23, 0 };

	bpf_skb_load_bytes(skb, 23, &packet.protocol, 1);
	nt_packets.perf_submit_skb(skb, BYTES, &packet, sizeof(packet));
	return TC_ACT_UNSPEC;
}

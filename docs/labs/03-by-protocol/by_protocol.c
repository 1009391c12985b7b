/* SPDX-License-Identifier: GPL-2.0-only */
/* by_protocol - how many IPv4 packets of each protocol? */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/types.h>

struct kind {
	ip_proto_t protocol;
};

BPF_PERCPU_HASH(protocols, struct kind, u64, 256);

int count(struct __sk_buff *skb)
{
	struct kind kind = {};
	u64 zero = 0, *value;

	if (skb->protocol != htons(ETH_P_IP))
		return TC_ACT_UNSPEC;

	/* To do: read the protocol of the IP header into kind.protocol.
	 *
	 *   bpf_skb_load_bytes(skb, OFFSET, &kind.protocol, sizeof(kind.protocol))
	 *
	 * copies from the packet, whose first byte is that of the Ethernet header, and answers
	 * less than 0 where the packet ends before. In the IP header the protocol is at
	 * offsetof(struct iphdr, protocol). */

	value = protocols.lookup_or_try_init(&kind, &zero);
	if (value)
		(*value)++;
	return TC_ACT_UNSPEC;
}

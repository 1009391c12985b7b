/* SPDX-License-Identifier: GPL-2.0-only */
/* connections - an event for each TCP packet: for docs/output.md */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/in.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/types.h>

struct connection {
	ipv4_t saddr, daddr;
	port_be_t dport;
	bytes_t length;
};

BPF_RINGBUF_OUTPUT(connections, 8);

int tell(struct __sk_buff *skb)
{
	struct connection found = { .length = skb->len };
	u8 protocol = 0;

	if (skb->protocol != htons(ETH_P_IP))
		return TC_ACT_UNSPEC;
	bpf_skb_load_bytes(skb, 23, &protocol, sizeof(protocol));
	if (protocol != IPPROTO_TCP)
		return TC_ACT_UNSPEC;
	bpf_skb_load_bytes(skb, 26, &found.saddr, 8); /* both addresses */
	bpf_skb_load_bytes(skb, 36, &found.dport, sizeof(found.dport));
	connections.ringbuf_output(&found, sizeof(found), 0);
	return TC_ACT_UNSPEC;
}

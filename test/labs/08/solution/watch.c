/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * watch - who opens a connection to a port, and when?
 *
 * @param PORT=443 the port to watch
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/in.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/tcp.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/types.h>

#ifndef PORT
#define PORT 443
#endif

struct opening {
	ipv4_t from;
	port_be_t port;		/* in network order: the type says so */
	u16 length;
};

BPF_RINGBUF_OUTPUT(openings, 8);

int watch(struct __sk_buff *skb)
{
	struct opening opening = {};
	struct iphdr ip;
	struct tcphdr tcp;

	if (skb->protocol != htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) < 0 || ip.protocol != IPPROTO_TCP ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + ip.ihl * 4, &tcp, sizeof(tcp)) < 0)
		return TC_ACT_UNSPEC;

	if (!tcp.syn || tcp.ack || tcp.dest != htons(PORT))
		return TC_ACT_UNSPEC;

	opening.from = ip.saddr;
	opening.port = tcp.dest;
	opening.length = skb->len;

	openings.ringbuf_output(&opening, sizeof(opening), 0);
	return TC_ACT_UNSPEC;
}

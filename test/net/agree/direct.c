/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * direct - ports, by pointers into the packet
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/pkt_cls.h>
#include <uapi/linux/udp.h>

BPF_HASH(nt_ports, u32, u64, 256);

int nt_ports_f(struct __sk_buff *skb)
{
	void *data, *end;
	struct ethhdr *ethernet;
	struct iphdr *ip;
	struct udphdr *udp;
	u32 key;

	/* How much of a long packet can be reached is up to who made it: a card, a sender. */
	bpf_skb_pull_data(skb, 42);
	data = (void *)(long)skb->data;
	end = (void *)(long)skb->data_end;
	ethernet = data;
	ip = (void *)(ethernet + 1);
	udp = (void *)(ip + 1);
	if ((void *)(udp + 1) > end || ethernet->h_proto != bpf_htons(ETH_P_IP))
		return TC_ACT_UNSPEC;
	key = (u32)ip->protocol << 16 | bpf_ntohs(udp->dest);
	nt_ports.atomic_increment(key);
	return TC_ACT_UNSPEC;
}

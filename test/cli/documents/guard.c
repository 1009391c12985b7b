/* SPDX-License-Identifier: GPL-2.0-only */
/* guard - who would be let in, and a table that is too small: for docs/output.md */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/in.h>
#include <uapi/linux/in6.h>
#include <uapi/linux/pkt_cls.h>

#include <skbscope/types.h>

struct ip_protocol {
	eth_proto_t family;
	ip_proto_t protocol;
	u8 pad;
};

struct end {
	ipv4_host_t saddr;
};

struct count {
	count_t packets;
};

struct traffic {
	count_t packets;
	bytes_t bytes;
};

BPF_PERCPU_HASH(ip_protocols, struct ip_protocol, struct traffic, 512);
BPF_HASH(flows, struct end, struct count, 2);

int count_packets(struct __sk_buff *skb)
{
	struct ip_protocol key = { .family = htons(skb->protocol) };
	struct traffic zero = {}, *traffic;
	struct count none = {}, *count;
	struct end end = { 0x0a000002 + 7 * (skb->protocol == htons(ETH_P_IPV6)) };

	if (key.family == ETH_P_IP)
		key.protocol = load_byte(skb, ETH_HLEN + 9);
	else if (key.family == ETH_P_IPV6)
		key.protocol = load_byte(skb, ETH_HLEN + 6);
	else
		return TC_ACT_UNSPEC;
	traffic = ip_protocols.lookup_or_try_init(&key, &zero);
	if (traffic) {
		traffic->packets++;
		traffic->bytes += skb->len;
	}
	count = flows.lookup_or_try_init(&end, &none);
	if (count)
		lock_xadd(&count->packets, 1);
	return key.protocol == IPPROTO_ICMPV6 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

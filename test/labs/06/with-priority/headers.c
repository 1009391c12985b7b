/* SPDX-License-Identifier: GPL-2.0-only */
/* says: skb->vlan_tci & 0xfff */
/* headers - which protocols, over which IP version, in which VLAN? */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/ipv6.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/types.h>

struct kind {
	u16 vlan;	/* 0: none */
	u8 version;	/* 4, 6 */
	ip_proto_t protocol;
};

BPF_PERCPU_HASH(kinds, struct kind, u64, 1024);

int count(struct __sk_buff *skb)
{
	struct kind kind = {};
	u64 zero = 0, *value;
	u16 type = ntohs(skb->protocol);
	u32 at = ETH_HLEN;

	if (skb->vlan_present)
		kind.vlan = skb->vlan_tci;

	if (type == ETH_P_8021Q) {
		u16 inner;

		if (bpf_skb_load_bytes(skb, at + 2, &inner, sizeof(inner)) < 0)
			return TC_ACT_UNSPEC;
		type = ntohs(inner);
		at += 4;
	}

	if (type == ETH_P_IP) {
		kind.version = 4;
		at += offsetof(struct iphdr, protocol);
	} else if (type == ETH_P_IPV6) {
		kind.version = 6;
		at += offsetof(struct ipv6hdr, nexthdr);
	} else {
		return TC_ACT_UNSPEC;
	}
	if (bpf_skb_load_bytes(skb, at, &kind.protocol, sizeof(kind.protocol)) < 0)
		return TC_ACT_UNSPEC;

	value = kinds.lookup_or_try_init(&kind, &zero);
	if (value)
		(*value)++;
	return TC_ACT_UNSPEC;
}

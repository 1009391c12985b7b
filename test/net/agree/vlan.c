/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vlan - the tag that is beside the packet
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

struct nt_key {
	u32 present, tci, proto, inner;
};
BPF_HASH(nt_tags, struct nt_key, u64, 256);

int nt_tags_f(struct __sk_buff *skb)
{
	struct nt_key key = { .present = skb->vlan_present, .inner = skb->protocol };

	if (key.present) {
		key.tci = skb->vlan_tci;
		key.proto = skb->vlan_proto;
	}
	nt_tags.atomic_increment(key);
	return TC_ACT_UNSPEC;
}

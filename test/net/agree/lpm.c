/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lpm - networks by their longest prefix
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

struct nt_key {
	u32 prefix;
	u8 address[4];
};
BPF_LPM_TRIE(nt_nets, struct nt_key, u64, 64);

int nt_nets_f(struct __sk_buff *skb)
{
	struct nt_key key = { .prefix = 32 }, net = { .prefix = 24 };
	u64 one = 1, *packets;

	if (skb->protocol != bpf_htons(0x0800) || bpf_skb_load_bytes(skb, 26, key.address, 4))
		return TC_ACT_UNSPEC;
	packets = nt_nets.lookup(&key);
	if (packets) {
		lock_xadd(packets, 1);
		return TC_ACT_UNSPEC;
	}
	__builtin_memcpy(net.address, key.address, 3);
	nt_nets.update(&net, &one);
	return TC_ACT_UNSPEC;
}

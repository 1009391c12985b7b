/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * extensions - what is behind the extension headers of IPv6
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

struct nt_key {
	u8 last, headers;
	u16 fragment;
};
BPF_HASH(nt_extensions, struct nt_key, u64, 256);

int nt_extensions_f(struct __sk_buff *skb)
{
	struct nt_key key = {};
	u32 at = 54;

	if (skb->protocol != bpf_htons(0x86dd))
		return TC_ACT_UNSPEC;
	bpf_skb_load_bytes(skb, 20, &key.last, 1);
#pragma unroll
	for (int i = 0; i < 4; i++) {
		u8 head[4];

		if ((key.last != 0 && key.last != 44 && key.last != 60) ||
		    bpf_skb_load_bytes(skb, at, head, sizeof(head)))
			break;
		if (key.last == 44)
			key.fragment = head[2] << 8 | head[3];
		at += key.last == 44 ? 8 : (head[1] + 1) * 8;
		key.last = head[0];
		key.headers++;
	}
	nt_extensions.atomic_increment(key);
	return TC_ACT_UNSPEC;
}

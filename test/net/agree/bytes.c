/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bytes - bytes by helper, at the front and at the end
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>

struct nt_key {
	u32 len;
	u8 front[4], back[4];
};
BPF_HASH(nt_bytes, struct nt_key, u64, 4096);

int nt_bytes_f(struct __sk_buff *skb)
{
	struct nt_key key = { .len = skb->len };

	bpf_skb_load_bytes(skb, 12, key.front, sizeof(key.front));
	bpf_skb_load_bytes(skb, skb->len - 4, key.back, sizeof(key.back));
	nt_bytes.atomic_increment(key);
	return TC_ACT_UNSPEC;
}

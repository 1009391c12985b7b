/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set - what --set puts into tables decides over packets, and the program counts beside it
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/types.h>

struct network {
	u32 prefixlen;
	ipv4_t address;
};

struct rule {
	count_t hits;
	bytes_t limit;
	verdict_t action;
	u32 pad;
};

struct share {
	count_t hits;
	level_t mark;
};

BPF_LPM_TRIE(nt_nets, struct network, struct rule, 8);
BPF_PERCPU_HASH(nt_shares, ipv4_t, struct share, 4);
BPF_PERCPU_ARRAY(nt_slots, hex32_t, 3);

int nt_set(struct __sk_buff *skb)
{
	struct network network = { .prefixlen = 32 };
	struct share *share;
	struct rule *rule;

	if (bpf_skb_load_bytes(skb, 26, &network.address, 4) < 0)
		return TC_ACT_UNSPEC;
	share = nt_shares.lookup(&network.address);
	if (share)
		share->hits++;
	rule = nt_nets.lookup(&network);
	if (!rule)
		return TC_ACT_UNSPEC;
	lock_xadd(&rule->hits, 1);
	return rule->action;
}

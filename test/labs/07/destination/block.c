/* SPDX-License-Identifier: GPL-2.0-only */
/* says: saddr */
/* block - who is not to talk to us, and who tries all the same? */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/types.h>

struct network {
	u32 prefixlen;
	ipv4_t address;
};

struct hits {
	count_t packets;
};

BPF_LPM_TRIE(blocked, struct network, struct hits, 1024);	/* filled by --set */

int judge(struct __sk_buff *skb)
{
	struct network network = {};
	struct hits *hits;
	u32 from = ETH_HLEN + offsetof(struct iphdr, daddr);

	if (skb->protocol != htons(ETH_P_IP))
		return TC_ACT_UNSPEC;

	if (bpf_skb_load_bytes(skb, from, &network.address, sizeof(network.address)) < 0)
		return TC_ACT_UNSPEC;
	network.prefixlen = 32;
	hits = blocked.lookup(&network);
	if (!hits)
		return TC_ACT_UNSPEC;
	lock_xadd(&hits->packets, 1);
	return TC_ACT_SHOT;
}

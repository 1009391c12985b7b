/* SPDX-License-Identifier: GPL-2.0-only */
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
	u32 from = ETH_HLEN + offsetof(struct iphdr, saddr);

	if (skb->protocol != htons(ETH_P_IP))
		return TC_ACT_UNSPEC;

	/* To do: whom does the packet come from, and is that in a network of the table?
	 *
	 *   network.address    the address that is looked for
	 *   network.prefixlen  how many bits of it are known: all 32
	 *
	 * blocked.lookup(&network) answers the longest prefix that fits, or NULL. If there is
	 * one, add 1 to its packets (as in lab 2: all CPUs share the table), and return
	 * TC_ACT_SHOT. */

	return TC_ACT_UNSPEC;
}

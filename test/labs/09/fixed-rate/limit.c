/* SPDX-License-Identifier: GPL-2.0-only */
/* says: RATE is a parameter */
/*
 * limit - each sender may send so many packets a second
 *
 * @param RATE=10 packets a second
 * @enforce what is beyond is dropped
 */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/types.h>

#ifndef RATE
#define RATE 10
#endif
#define SECOND_NS 1000000000ull

struct sender {
	ipv4_t address;
};

struct account {
	when_t began;		/* the second that is counted in */
	level_t in_second;	/* packets in it */
	count_t passed, dropped;
};

BPF_TABLE("lru_hash", struct sender, struct account, senders, 4096);

int limit(struct __sk_buff *skb)
{
	struct sender sender = {};
	struct account zero = {}, *account;
	u64 now = bpf_ktime_get_ns();

	if (skb->protocol != htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, saddr), &sender.address,
			       sizeof(sender.address)) < 0)
		return TC_ACT_UNSPEC;

	account = senders.lookup_or_try_init(&sender, &zero);
	if (!account)
		return TC_ACT_UNSPEC;

	if (now - account->began >= SECOND_NS) {
		account->began = now;
		account->in_second = 0;
	}

	lock_xadd(&account->in_second, 1);
	if (account->in_second > 10) {
		lock_xadd(&account->dropped, 1);
		return TC_ACT_SHOT;
	}

	lock_xadd(&account->passed, 1);
	return TC_ACT_UNSPEC;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* says: follow the first blank at once */
/* calls - who still calls version 1 of the API? */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/in.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/tcp.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/types.h>

struct caller {
	ipv4_t address;
};

BPF_PERCPU_HASH(callers, struct caller, u64, 4096);

/* Long enough for the longest method, OPTIONS, a blank and "/v1/". */
#define LINE 12

/* Whether a request line, as in "GET /v1/users HTTP/1.1", is a call of version 1: behind the
 * method, which has 3 to 7 letters, and a blank comes /v1/. */
static inline int is_v1(const char *line)
{
#pragma unroll
	for (int i = 3; i <= 7; i++)
		if (line[i + 1] == '/' && line[i + 2] == 'v' && line[i + 3] == '1' && line[i + 4] == '/')
			return 1;
	return 0;
}

int count(struct __sk_buff *skb)
{
	struct caller caller = {};
	u64 zero = 0, *value;
	struct iphdr ip;
	struct tcphdr tcp;
	char line[LINE];
	u32 at = ETH_HLEN;

	if (skb->protocol != htons(ETH_P_IP) ||
	    bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) < 0 || ip.protocol != IPPROTO_TCP)
		return TC_ACT_UNSPEC;
	at += ip.ihl * 4;
	if (bpf_skb_load_bytes(skb, at, &tcp, sizeof(tcp)) < 0)
		return TC_ACT_UNSPEC;

	at += tcp.doff * 4;

	if (bpf_skb_load_bytes(skb, at, line, sizeof(line)) < 0 || !is_v1(line))
		return TC_ACT_UNSPEC;

	caller.address = ip.saddr;
	value = callers.lookup_or_try_init(&caller, &zero);
	if (value)
		(*value)++;
	return TC_ACT_UNSPEC;
}

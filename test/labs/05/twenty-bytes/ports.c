/* SPDX-License-Identifier: GPL-2.0-only */
/* says: ip.ihl * 4 */
/* ports - to which UDP ports do packets go? */
#include <uapi/linux/bpf.h>
#include <uapi/linux/if_ether.h>
#include <uapi/linux/in.h>
#include <uapi/linux/ip.h>
#include <uapi/linux/udp.h>
#include <uapi/linux/pkt_cls.h>
#include <skbscope/types.h>

struct service {
	port_t port;	/* in host order: 53 is 53 */
};

BPF_PERCPU_HASH(ports, struct service, u64, 1024);

int count(struct __sk_buff *skb)
{
	struct service service = {};
	u64 zero = 0, *value;
	struct iphdr ip;
	struct udphdr udp;
	u32 at = ETH_HLEN;

	if (skb->protocol != htons(ETH_P_IP))
		return TC_ACT_UNSPEC;

	if (bpf_skb_load_bytes(skb, at, &ip, sizeof(ip)) < 0 || ip.protocol != IPPROTO_UDP)
		return TC_ACT_UNSPEC;

	at += 20;

	if (bpf_skb_load_bytes(skb, at, &udp, sizeof(udp)) < 0)
		return TC_ACT_UNSPEC;

	service.port = ntohs(udp.dest);

	value = ports.lookup_or_try_init(&service, &zero);
	if (value)
		(*value)++;
	return TC_ACT_UNSPEC;
}

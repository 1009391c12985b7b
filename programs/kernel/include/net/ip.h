/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <linux/ip.h>
#include <linux/in.h>
#include <linux/skbuff.h>
#include <linux/jhash.h>
#include <net/inet_sock.h>
#include <net/route.h>
#include <net/ipv6.h>
#include <uapi/linux/if_arp.h>
#include <uapi/linux/tcp.h>
#include <uapi/linux/udp.h>

#define IP_CE 0x8000
#define IP_DF 0x4000
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff
#define IPV4_MIN_MTU 68
#define IPV4_MAX_PMTU 65535U
#define ip_hdrlen(skb) (ip_hdr(skb)->ihl * 4)

static inline bool ip_is_fragment(const struct iphdr *ip)
{
	return (ip->frag_off & htons(IP_MF | IP_OFFSET)) != 0;
}

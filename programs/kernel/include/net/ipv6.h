/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <skbscope/kernel_types.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <skbscope/frag_hdr.h>
#include <net/inet_sock.h>

#define NEXTHDR_HOP 0
#define NEXTHDR_IPV4 4
#define NEXTHDR_TCP 6
#define NEXTHDR_UDP 17
#define NEXTHDR_IPV6 41
#define NEXTHDR_ROUTING 43
#define NEXTHDR_FRAGMENT 44
#define NEXTHDR_GRE 47
#define NEXTHDR_ESP 50
#define NEXTHDR_AUTH 51
#define NEXTHDR_ICMP 58
#define NEXTHDR_NONE 59
#define NEXTHDR_DEST 60
#define NEXTHDR_SCTP 132
#define NEXTHDR_MOBILITY 135
#define NEXTHDR_MAX 255
#define IP6_MF 0x0001
#define IP6_OFFSET 0xfff8
#define IPV6_DEFAULT_HOPLIMIT 64

#define IPV6_MAXPLEN 65535
#define IPV6_ADDR_ANY 0x0000U
#define IPV6_ADDR_UNICAST 0x0001U
#define IPV6_ADDR_MULTICAST 0x0002U
#define IPV6_ADDR_LOOPBACK 0x0010U
#define IPV6_ADDR_LINKLOCAL 0x0020U
#define IPV6_ADDR_SITELOCAL 0x0040U
#define IPV6_FLOWINFO_MASK htonl(0x0fffffff)
#define IPV6_FLOWLABEL_MASK htonl(0x000fffff)
#define IPV6_TCLASS_MASK htonl(0x0ff00000)
#define IPV6_TCLASS_SHIFT 20
#define ip6_flowinfo(header) (*(__be32 *)(header) & IPV6_FLOWINFO_MASK)
#define ip6_flowlabel(header) (*(__be32 *)(header) & IPV6_FLOWLABEL_MASK)
#define ip6_tclass(flowinfo) (ntohl((flowinfo) & IPV6_TCLASS_MASK) >> IPV6_TCLASS_SHIFT)

static inline bool ipv6_addr_equal(const struct in6_addr *a, const struct in6_addr *b)
{
	return !((a->s6_addr32[0] ^ b->s6_addr32[0]) | (a->s6_addr32[1] ^ b->s6_addr32[1]) |
		 (a->s6_addr32[2] ^ b->s6_addr32[2]) | (a->s6_addr32[3] ^ b->s6_addr32[3]));
}
static inline bool ipv6_addr_any(const struct in6_addr *a)
{
	return !(a->s6_addr32[0] | a->s6_addr32[1] | a->s6_addr32[2] | a->s6_addr32[3]);
}
static inline bool ipv6_addr_loopback(const struct in6_addr *a)
{
	return !(a->s6_addr32[0] | a->s6_addr32[1] | a->s6_addr32[2] | (a->s6_addr32[3] ^ htonl(1)));
}
static inline bool ipv6_addr_v4mapped(const struct in6_addr *a)
{
	return !(a->s6_addr32[0] | a->s6_addr32[1] | (a->s6_addr32[2] ^ htonl(0xffff)));
}
static inline bool ipv6_addr_is_multicast(const struct in6_addr *a)
{
	return (a->s6_addr32[0] & htonl(0xff000000)) == htonl(0xff000000);
}
static inline u32 ipv6_addr_hash(const struct in6_addr *a)
{
	return a->s6_addr32[0] ^ a->s6_addr32[1] ^ a->s6_addr32[2] ^ a->s6_addr32[3];
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The traffic class: a byte of IPv4, two nibbles across two bytes of IPv6. */
#pragma once
#include <linux/ip.h>
#include <linux/ipv6.h>

static inline __u8 ipv4_get_dsfield(const struct iphdr *ip) { return ip->tos; }
static inline __u8 ipv6_get_dsfield(const struct ipv6hdr *ip)
{
	return (__u8)(ip->priority << 4 | ip->flow_lbl[0] >> 4);
}

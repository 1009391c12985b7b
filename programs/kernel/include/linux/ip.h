/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/ip.h>
#include <linux/skbuff.h>

#define IP_MAX_MTU 0xffffU
#define ip_hdr(skb) ((struct iphdr *)skb_network_header(skb))
#define inner_ip_hdr(skb) ((struct iphdr *)skb_inner_network_header(skb))
#define ipip_hdr(skb) ((struct iphdr *)skb_transport_header(skb))

/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/skbuff.h>
#include <uapi/linux/ipv6.h>
#include <linux/icmpv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#define ipv6_optlen(header) (((header)->hdrlen + 1) << 3)
#define ipv6_authlen(header) (((header)->hdrlen + 2) << 2)
#define ipv6_hdr(skb) ((struct ipv6hdr *)skb_network_header(skb))
#define inner_ipv6_hdr(skb) ((struct ipv6hdr *)skb_inner_network_header(skb))
#define ipipv6_hdr(skb) ((struct ipv6hdr *)skb_transport_header(skb))
#define inet6_sk(pointer) (inet_sk(pointer)->pinet6)
#define ipv6_only_sock(pointer) ((pointer)->sk_ipv6only)

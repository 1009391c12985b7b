/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/icmpv6.h>
#include <linux/netdevice.h>
#define icmp6_hdr(skb) ((struct icmp6hdr *)skb_transport_header(skb))

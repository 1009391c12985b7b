/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/icmp.h>
#include <linux/skbuff.h>
#define icmp_hdr(skb) ((struct icmphdr *)skb_transport_header(skb))

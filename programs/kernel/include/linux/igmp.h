/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/igmp.h>
#include <linux/skbuff.h>
#define igmp_hdr(skb) ((struct igmphdr *)skb_transport_header(skb))

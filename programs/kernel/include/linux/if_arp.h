/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/if_arp.h>
#include <linux/netdevice.h>
#define arp_hdr(skb) ((struct arphdr *)skb_network_header(skb))

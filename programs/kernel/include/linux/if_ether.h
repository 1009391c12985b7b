/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <uapi/linux/if_ether.h>
#include <linux/skbuff.h>
#define eth_hdr(skb) ((struct ethhdr *)skb_mac_header(skb))
#define inner_eth_hdr(skb) ((struct ethhdr *)skb_inner_mac_header(skb))

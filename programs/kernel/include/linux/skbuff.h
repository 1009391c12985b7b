/* SPDX-License-Identifier: GPL-2.0-only */
/* In the kernel almost every protocol header leads here, so programs count on what comes along. */
#pragma once
#include <linux/errno.h>
#include <linux/string.h>
#include <uapi/linux/if_ether.h>
#include <linux/in6.h>
#include <linux/if_packet.h>
#include <linux/socket.h>
#include <linux/net.h>
#include <linux/time.h>
#include <linux/jiffies.h>
#include <linux/uio.h>
#include <linux/sched.h>
#include <net/checksum.h>
#include <skbscope/kernel_types.h>

#define CHECKSUM_NONE 0
#define CHECKSUM_UNNECESSARY 1
#define CHECKSUM_COMPLETE 2
#define CHECKSUM_PARTIAL 3
#define NET_SKB_PAD 32
#define NET_IP_ALIGN 0

/* Where in the buffer what is; offsets are from head on every 64-bit kernel. */
#define skb_mac_header(skb) ((skb)->head + (skb)->mac_header)
#define skb_network_header(skb) ((skb)->head + (skb)->network_header)
#define skb_transport_header(skb) ((skb)->head + (skb)->transport_header)
#define skb_inner_mac_header(skb) ((skb)->head + (skb)->inner_mac_header)
#define skb_inner_network_header(skb) ((skb)->head + (skb)->inner_network_header)
#define skb_inner_transport_header(skb) ((skb)->head + (skb)->inner_transport_header)
#define skb_mac_header_was_set(skb) ((skb)->mac_header != (u16)~0U)
#define skb_transport_header_was_set(skb) ((skb)->transport_header != (u16)~0U)
#define skb_mac_offset(skb) ((int)(skb_mac_header(skb) - (skb)->data))
#define skb_network_offset(skb) ((int)(skb_network_header(skb) - (skb)->data))
#define skb_transport_offset(skb) ((int)(skb_transport_header(skb) - (skb)->data))
#define skb_network_header_len(skb) ((u32)((skb)->transport_header - (skb)->network_header))
#define skb_end_pointer(skb) ((skb)->head + (skb)->end)
#define skb_tail_pointer(skb) ((skb)->head + (skb)->tail)
#define skb_headroom(skb) ((unsigned int)((skb)->data - (skb)->head))
#define skb_headlen(skb) ((skb)->len - (skb)->data_len)
#define skb_is_nonlinear(skb) ((skb)->data_len != 0)
#define skb_shinfo(skb) ((struct skb_shared_info *)skb_end_pointer(skb))
#define skb_is_gso(skb) (skb_shinfo(skb)->gso_size != 0)
#define skb_dst(skb) ((struct dst_entry *)((skb)->_skb_refdst & ~1UL))
#define skb_rtable(skb) ((struct rtable *)skb_dst(skb))
#define skb_get_hash_raw(skb) ((skb)->hash)
#define skb_get_queue_mapping(skb) ((skb)->queue_mapping)
#define skb_rx_queue_recorded(skb) ((skb)->queue_mapping != 0)
#define skb_get_rx_queue(skb) ((u16)((skb)->queue_mapping - 1))
#define skb_queue_len(list) ((list)->qlen)

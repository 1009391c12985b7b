/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
#include <linux/skbuff.h>
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <uapi/linux/if_vlan.h>

#define VLAN_HLEN 4
#define VLAN_ETH_HLEN 18
#define VLAN_ETH_ZLEN 64
#define VLAN_ETH_DATA_LEN 1500
#define VLAN_ETH_FRAME_LEN 1518
#define VLAN_PRIO_MASK 0xe000
#define VLAN_PRIO_SHIFT 13
#define VLAN_CFI_MASK 0x1000
#define VLAN_TAG_PRESENT VLAN_CFI_MASK
#define VLAN_VID_MASK 0x0fff
#define VLAN_N_VID 4096
#define VLAN_MAX_DEPTH 8
#define vlan_eth_hdr(skb) ((struct vlan_ethhdr *)skb_mac_header(skb))
#define skb_vlan_tag_present(skb) (!!(skb)->vlan_present)
#define skb_vlan_tag_get(skb) ((skb)->vlan_tci)
#define skb_vlan_tag_get_id(skb) (skb_vlan_tag_get(skb) & VLAN_VID_MASK)
#define skb_vlan_tag_get_cfi(skb) (!!(skb_vlan_tag_get(skb) & VLAN_CFI_MASK))
#define skb_vlan_tag_get_prio(skb) ((skb_vlan_tag_get(skb) & VLAN_PRIO_MASK) >> VLAN_PRIO_SHIFT)

/* What follows a frame's type field when that says 802.1Q or 802.1ad. */
struct vlan_hdr {
	__be16 h_vlan_TCI;
	__be16 h_vlan_encapsulated_proto;
};

struct vlan_ethhdr {
	unsigned char h_dest[ETH_ALEN];
	unsigned char h_source[ETH_ALEN];
	__be16 h_vlan_proto;
	__be16 h_vlan_TCI;
	__be16 h_vlan_encapsulated_proto;
};

static inline bool eth_type_vlan(__be16 type)
{
	return type == htons(ETH_P_8021Q) || type == htons(ETH_P_8021AD);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* RFC 7348. */
#pragma once
#include <linux/if_vlan.h>
#include <linux/udp.h>

#define IANA_VXLAN_UDP_PORT 4789
#define VXLAN_N_VID (1U << 24)
#define VXLAN_VID_MASK (VXLAN_N_VID - 1)
#define VXLAN_HLEN 16
#define VXLAN_HF_VNI htonl(0x08000000)
#define VXLAN_VNI_MASK htonl(VXLAN_VID_MASK << 8)

struct vxlanhdr {
	__be32 vx_flags;
	__be32 vx_vni;
};
#define vxlan_vni(field) (ntohl(field) >> 8)
#define vxlan_vni_field(vni) htonl((u32)(vni) << 8)

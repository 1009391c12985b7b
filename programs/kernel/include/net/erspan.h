/* SPDX-License-Identifier: GPL-2.0-only */
/* Mirrored frames behind GRE: type II and III (draft-foschiano-erspan). */
#pragma once
#include <uapi/linux/erspan.h>
#include <skbscope/macros.h>

#define ERSPAN_VERSION 1  /* type II */
#define ERSPAN_VERSION2 2 /* type III */
#define ERSPAN_V1_MDSIZE 4
#define ERSPAN_V2_MDSIZE 8

/* Of the first header, by its two halves. */
#define VER_MASK 0xf000
#define VLAN_MASK 0x0fff
#define COS_MASK 0xe000
#define EN_MASK 0x1800
#define BSO_MASK EN_MASK
#define T_MASK 0x0400
#define ID_MASK 0x03ff
/* Of what is behind it. */
#define INDEX_MASK 0xfffff
#define SGT_MASK 0xffff0000
#define P_MASK 0x8000
#define FT_MASK 0x7c00
#define HWID_MASK 0x03f0
#define HWID_OFFSET 4
#define DIR_MASK 0x0008
#define DIR_OFFSET 3
#define GRA_MASK 0x0006
#define O_MASK 0x0001

enum erspan_encap_type {
	ERSPAN_ENCAP_NOVLAN,
	ERSPAN_ENCAP_ISL,
	ERSPAN_ENCAP_8021Q,
	ERSPAN_ENCAP_INFRAME,
};
enum erspan_bso { BSO_NOERROR, BSO_SHORT, BSO_OVERSIZED, BSO_BAD };

struct erspan_base_hdr {
#ifdef __LITTLE_ENDIAN_BITFIELD
	u8 vlan_upper : 4, ver : 4;
	u8 vlan;
	u8 session_id_upper : 2, t : 1, en : 2, cos : 3;
#else
	u8 ver : 4, vlan_upper : 4;
	u8 vlan;
	u8 cos : 3, en : 2, t : 1, session_id_upper : 2;
#endif
	u8 session_id;
};

static inline u16 get_session_id(const struct erspan_base_hdr *header)
{
	return header->session_id_upper << 8 | header->session_id;
}
static inline u16 get_vlan(const struct erspan_base_hdr *header) { return header->vlan_upper << 8 | header->vlan; }
static inline u8 get_hwid(const struct erspan_md2 *metadata) { return metadata->hwid_upper << 4 | metadata->hwid; }
static inline int erspan_hdr_len(int version)
{
	if (!version)
		return 0;
	return sizeof(struct erspan_base_hdr) + (version == 1 ? ERSPAN_V1_MDSIZE : ERSPAN_V2_MDSIZE);
}

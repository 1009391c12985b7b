/* SPDX-License-Identifier: GPL-2.0-only */
/* RFC 8926. */
#pragma once
#include <linux/udp.h>

#define GENEVE_UDP_PORT 6081
#define GENEVE_VER 0

struct geneve_opt {
	__be16 opt_class;
	u8 type;
#ifdef __LITTLE_ENDIAN_BITFIELD
	u8 length : 5, r3 : 1, r2 : 1, r1 : 1;
#else
	u8 r1 : 1, r2 : 1, r3 : 1, length : 5;
#endif
	u8 opt_data[];
};
struct genevehdr {
#ifdef __LITTLE_ENDIAN_BITFIELD
	u8 opt_len : 6, ver : 2;
	u8 rsvd1 : 6, critical : 1, oam : 1;
#else
	u8 ver : 2, opt_len : 6;
	u8 oam : 1, critical : 1, rsvd1 : 6;
#endif
	__be16 proto_type;
	u8 vni[3];
	u8 rsvd2;
	u8 options[];
};

/* SPDX-License-Identifier: GPL-2.0-only */
/* The fragment header of IPv6, which leads to nothing: see kernel_types.c. */
#pragma once
#include <skbscope/base.h>

struct frag_hdr {
	__u8 nexthdr;
	__u8 reserved;
	__be16 frag_off;
	__be32 identification;
};

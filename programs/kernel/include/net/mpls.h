/* SPDX-License-Identifier: GPL-2.0-only */
/* A label stack entry (RFC 3032). */
#pragma once
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <uapi/linux/mpls.h>

#define MPLS_HLEN 4

struct mpls_shim_hdr {
	__be32 label_stack_entry;
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel numbers that the headers we are built against may be too old to know.
 * They are part of the kernel's stable interface; whether the running kernel has
 * what they name is found out by trying.
 */
#ifndef KERNEL_ABI_H
#define KERNEL_ABI_H

#include <stdint.h>

enum {
	ABI_TCX_INGRESS = 46, /* enum bpf_attach_type, Linux 6.6 */
	ABI_TCX_EGRESS = 47,
	ABI_F_BEFORE = 1u << 3, /* of BPF_LINK_CREATE: in front of all others */
	ABI_ENOTSUPP = 524,     /* the kernel's own; libc has no name for it */
};

#define ABI_BPF_FS_MAGIC 0xcafe4a11
#define ABI_SO_NETNS_COOKIE 71 /* Linux 5.14 */

/* The head of struct bpf_link_info, for links of type tcx. */
struct abi_link_info {
	uint32_t type;
	uint32_t id;
	uint32_t program_id;
	uint32_t padding;
	uint32_t ifindex; /* 0 once the interface is gone */
	uint32_t attach_type;
	uint64_t rest[4];
};

#endif

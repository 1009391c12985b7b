/* SPDX-License-Identifier: Apache-2.0 */
/* Why the kernel said EPERM, and what would change its mind. */
#ifndef KERNEL_PERMISSION_H
#define KERNEL_PERMISSION_H

#include <stdbool.h>

#include <skbscope/error.h>

struct privileges {
	bool bpf;                /* CAP_BPF, or CAP_SYS_ADMIN, which includes it */
	bool net_admin;          /* CAP_NET_ADMIN */
	bool perfmon;            /* CAP_PERFMON, or CAP_SYS_ADMIN */
	int unprivileged_denied; /* kernel.unprivileged_bpf_disabled; -1: unknown */
	char lockdown[32];       /* "none", "integrity", "confidentiality"; "" unknown */
};

void privileges_get(struct privileges *out);

/* If what was just reported is EPERM or EACCES, its hint becomes the causes found on
 * this machine; returns code. */
int permission_hint(struct skbscope_error *error, int code);

#endif

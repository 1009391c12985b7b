/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls that a process without privilege keeps: of uid, capabilities and limits it
 * has been stripped before it was executed (base/unprivileged.h). Everything else fails with
 * EPERM rather than killing, because libraries try a few things that they can live without.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <seccomp.h>
#include <stddef.h>

/* A call that is harmless with some arguments only. */
struct sandbox_rule {
	int call;
	struct scmp_arg_cmp argument;
};
#define SANDBOX_WHERE(number, comparison, a, b)                                                    \
	{                                                                                          \
		.arg = (number), .op = SCMP_CMP_##comparison, .datum_a = (a), .datum_b = (b)       \
	}

struct sandbox_calls {
	const int *allowed;
	size_t allowed_count;
	const struct sandbox_rule *rules;
	size_t rule_count;
};

/* 0 or a negative errno. */
int sandbox_load(const struct sandbox_calls *calls);

#endif

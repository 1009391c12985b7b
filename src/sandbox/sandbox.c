/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sandbox.h"

#include <errno.h>

static int fill(scmp_filter_ctx filter, const struct sandbox_calls *calls)
{
	int r = 0;

	for (size_t i = 0; i < calls->allowed_count && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls->allowed[i], 0);
	for (size_t i = 0; i < calls->rule_count && r == 0; i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls->rules[i].call, 1,
				     calls->rules[i].argument);
	return r;
}

int sandbox_load(const struct sandbox_calls *calls)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!filter)
		return -ENOMEM;
	r = fill(filter, calls);
	/* A binary tree of comparisons: thousands of file calls pass through it. */
	if (r == 0)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

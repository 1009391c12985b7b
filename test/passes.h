/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of passes with one more, of a kind that there is no pass of yet: one that
 * displaces an instruction. In the order that rewrite.c states for its kind. And a filter.
 */
#ifndef TEST_PASSES_H
#define TEST_PASSES_H

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "image/opcode.h"
#include "image/rewrite_pass.h"

enum {
	TEST_PASS_CALLS = 1 << 30, /* calls of helpers are counted in the test's map */
	TEST_MAP_CALLS = REWRITE_MAP_VERDICTS + 100,
	TEST_CALLS_OFFSET = 8, /* of the counter in the map's entry */
	TEST_LONG = 100,       /* bytes */
	TEST_PASSES_MAX = 32,
};

static inline int test_pass_calls(struct rewrite *rewrite)
{
	const uint32_t count = rewrite_count(rewrite);

	for (uint32_t i = 0; i < count; i++) {
		const struct bpf_insn call = rewrite_at(rewrite, i);
		uint32_t back;

		i += opcode_is_wide(call.code);
		if (!opcode_is_call(call.code))
			continue;
		if (!rewrite_jump(rewrite, i, rewrite_count(rewrite)))
			return rewrite_refuse(rewrite, E2BIG, "is too long for the test");
		rewrite_append(rewrite, call);
		rewrite_append_map(rewrite, 1, BPF_PSEUDO_MAP_VALUE, TEST_MAP_CALLS,
				   TEST_CALLS_OFFSET);
		rewrite_append(rewrite, MOV_IMM(2, 1));
		rewrite_append(rewrite, ATOMIC(BPF_DW, BPF_ADD, 1, 0, 2));
		back = rewrite_append(rewrite, JUMP(0));
		if (!rewrite_jump(rewrite, back, i + 1))
			return rewrite_refuse(rewrite, E2BIG, "is too long for the test");
	}
	return 0;
}

/* "less 100": longer packets are none of the function's business. */
static inline const struct skbscope_filter *test_filter(void)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, TEST_LONG, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 1),
	};
	static const struct skbscope_filter filter = { .ethernet = { code, 4 } };

	return &filter;
}

/* Into an array of TEST_PASSES_MAX; how many they are. */
static inline size_t test_passes(struct rewrite_pass *out)
{
	size_t count;
	const struct rewrite_pass *table = rewrite_passes(&count);

	if (count + 1 > TEST_PASSES_MAX)
		abort();
	out[0] = (struct rewrite_pass){ TEST_PASS_CALLS, "calls", test_pass_calls };
	memcpy(&out[1], table, count * sizeof(*table));
	return count + 1;
}

#endif

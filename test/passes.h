/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of passes with two more, each of a kind that there is no pass of yet: one that
 * displaces an instruction, and one that puts code in front. In the order that rewrite.c
 * states for their kinds.
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
	TEST_PASS_FRONT = 1 << 29, /* long packets are none of the function's business */
	TEST_MAP_CALLS = REWRITE_MAP_VERDICTS + 100,
	TEST_CALLS_OFFSET = 8, /* of the counter in the map's entry */
	TEST_FRONT_LONG = 100, /* bytes; more than this is long */
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

static inline int test_pass_front(struct rewrite *rewrite)
{
	const struct bpf_insn front[] = {
		LOAD(BPF_W, 2, 1, offsetof(struct __sk_buff, len)),
		JUMP_IMM(BPF_JLE, 2, TEST_FRONT_LONG, 2),
		MOV_IMM(0, -1),
		EXIT,
	};

	rewrite_prepend(rewrite, front, sizeof(front) / sizeof(front[0]));
	return 0;
}

/* Into an array of TEST_PASSES_MAX; how many they are. */
static inline size_t test_passes(struct rewrite_pass *out)
{
	size_t count;
	const struct rewrite_pass *table = rewrite_passes(&count);

	if (count + 2 > TEST_PASSES_MAX)
		abort();
	out[0] = (struct rewrite_pass){ TEST_PASS_CALLS, "calls", test_pass_calls };
	memcpy(&out[1], table, count * sizeof(*table));
	out[count + 1] = (struct rewrite_pass){ TEST_PASS_FRONT, "front", test_pass_front };
	return count + 2;
}

#endif

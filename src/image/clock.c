/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that is fed a recording lives in the recording's time: rates and timeouts are
 * those of the traffic. Nor is anything left to chance: the same recording gives the same
 * numbers.
 */
#include <errno.h>
#include <stddef.h>

#include "image/opcode.h"
#include "image/replay.h"
#include "image/rewrite_pass.h"

#define JIFFY_NS 4000000 /* as with HZ=250 */

static void append_now(struct rewrite *rewrite)
{
	rewrite_append_map(rewrite, 0, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_REPLAY,
			   offsetof(struct replay_state, now_ns));
	rewrite_append(rewrite, LOAD(BPF_DW, 0, 0, 0));
}

/* Knuth's linear congruential generator, of which the upper half is good. */
static void append_chance(struct rewrite *rewrite)
{
	const struct bpf_insn factor[] = { WIDE(2, UINT64_C(6364136223846793005)) };

	rewrite_append_map(rewrite, 1, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_REPLAY,
			   offsetof(struct replay_state, chance));
	rewrite_append(rewrite, LOAD(BPF_DW, 0, 1, 0));
	rewrite_append(rewrite, factor[0]);
	rewrite_append(rewrite, factor[1]);
	rewrite_append(rewrite, ALU_REG(BPF_MUL, 0, 2));
	rewrite_append(rewrite, ALU_IMM(BPF_ADD, 0, 1442695041));
	rewrite_append(rewrite, STORE(BPF_DW, 1, 0, 0));
	rewrite_append(rewrite, ALU_IMM(BPF_RSH, 0, 32));
}

static bool append_answer(struct rewrite *rewrite, int32_t helper)
{
	switch (helper) {
	case BPF_FUNC_ktime_get_ns:
	case BPF_FUNC_ktime_get_boot_ns:
	case BPF_FUNC_ktime_get_coarse_ns:
	case BPF_FUNC_ktime_get_tai_ns:
		append_now(rewrite);
		return true;
	case BPF_FUNC_jiffies64:
		append_now(rewrite);
		rewrite_append(rewrite, ALU_IMM(BPF_DIV, 0, JIFFY_NS));
		return true;
	case BPF_FUNC_get_prandom_u32:
		append_chance(rewrite);
		return true;
	default:
		return false;
	}
}

int clock_apply(struct rewrite *rewrite)
{
	const uint32_t count = rewrite_count(rewrite);

	for (uint32_t i = 0; i < count; i++) {
		const struct bpf_insn insn = rewrite_at(rewrite, i);
		const uint32_t start = rewrite_count(rewrite);
		uint32_t back;

		i += opcode_is_wide(insn.code);
		if (!opcode_is_helper_call(insn) || !append_answer(rewrite, insn.imm))
			continue;
		back = rewrite_append(rewrite, JUMP(0));
		if (!rewrite_jump(rewrite, i, start) || !rewrite_jump(rewrite, back, i + 1))
			return rewrite_refuse(rewrite, E2BIG,
					      "is too long: it asks for the time more than 32767 "
					      "instructions from the end");
	}
	return 0;
}

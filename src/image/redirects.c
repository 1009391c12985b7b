/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bpf_redirect() notes a destination for this CPU, and the note outlasts a verdict that is
 * held back: the next program that answers TC_ACT_REDIRECT without asking for a
 * destination of its own would send its packet there. So the question is answered as the
 * helper would, and nothing is noted.
 */
#include <errno.h>
#include <linux/pkt_cls.h>

#include "image/opcode.h"
#include "image/rewrite_pass.h"

/* Jumps by OFF where the helper refuses its arguments; how many jumps, 0: another helper.
 * In front of the last of them the distance is one more. */
static size_t tests_of(int32_t helper, struct bpf_insn out[3])
{
	switch (helper) {
	case BPF_FUNC_redirect:
		out[0] = JUMP_IMM(BPF_JSET, 2, ~BPF_F_INGRESS, 3);
		return 1;
	case BPF_FUNC_redirect_peer:
		out[0] = JUMP_IMM(BPF_JNE, 2, 0, 3);
		return 1;
	case BPF_FUNC_redirect_neigh:
		out[0] = JUMP_IMM(BPF_JNE, 4, 0, 5);
		out[1] = JUMP_IMM(BPF_JEQ, 3, 0, 1);
		out[2] = JUMP_IMM(BPF_JLT, 3, sizeof(struct bpf_redir_neigh), 3);
		return 3;
	default:
		return 0;
	}
}

static uint32_t append_answer(struct rewrite *rewrite, int32_t verdict)
{
	/* A call of something else, so that r1 to r5 cannot be read behind it either. */
	rewrite_append(rewrite, CALL(BPF_FUNC_get_smp_processor_id));
	rewrite_append(rewrite, MOV_IMM(0, verdict));
	return rewrite_append(rewrite, JUMP(0));
}

static bool replace(struct rewrite *rewrite, uint32_t at, const struct bpf_insn *tests,
		    size_t count)
{
	const uint32_t start = rewrite_count(rewrite);
	uint32_t granted, refused;

	for (size_t i = 0; i < count; i++)
		rewrite_append(rewrite, tests[i]);
	granted = append_answer(rewrite, TC_ACT_REDIRECT);
	refused = append_answer(rewrite, TC_ACT_SHOT);
	return rewrite_jump(rewrite, at, start) && rewrite_jump(rewrite, granted, at + 1) &&
	       rewrite_jump(rewrite, refused, at + 1);
}

int redirects_apply(struct rewrite *rewrite)
{
	const uint32_t count = rewrite_count(rewrite);

	for (uint32_t i = 0; i < count; i++) {
		const struct bpf_insn insn = rewrite_at(rewrite, i);
		struct bpf_insn tests[3];
		size_t found = 0;

		if (insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == 0)
			found = tests_of(insn.imm, tests);
		if (found && !replace(rewrite, i, tests, found))
			return rewrite_refuse(rewrite, E2BIG,
					      "is too long: a call of bpf_redirect is more than "
					      "32767 instructions from the end");
		i += opcode_is_wide(insn.code);
	}
	return 0;
}

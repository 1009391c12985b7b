/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recording is fed to a copy, with which a program may do as it likes. What would reach
 * beyond the copy is counted, by the interface it would have gone to, and answered with
 * success. For bpf_redirect() and kin see redirects.c, which comes after this.
 */
#include <errno.h>
#include <stddef.h>

#include "base/error.h"
#include "image/audit_helpers.h"
#include "image/opcode.h"
#include "image/replay.h"
#include "image/rewrite_pass.h"

_Static_assert((REPLAY_SENDS & (REPLAY_SENDS - 1)) == 0, "a mask");
_Static_assert(sizeof(struct replay_send) == 16, "see append_count()");

/* Which argument is the interface; 0: it sends nothing. */
static uint8_t argument_of(int32_t helper)
{
	switch (helper) {
	case BPF_FUNC_redirect:
	case BPF_FUNC_redirect_peer:
	case BPF_FUNC_redirect_neigh:
		return 1;
	case BPF_FUNC_clone_redirect:
		return 2;
	default:
		return 0;
	}
}

/* None of them takes a fifth argument. */
static void append_count(struct rewrite *rewrite, uint8_t interface)
{
	rewrite_append(rewrite, MOV32_REG(5, interface));
	rewrite_append(rewrite, ALU_IMM(BPF_AND, 5, REPLAY_SENDS - 1));
	rewrite_append(rewrite, ALU_IMM(BPF_LSH, 5, 4));
	rewrite_append_map(rewrite, 0, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_REPLAY,
			   offsetof(struct replay_state, sends));
	rewrite_append(rewrite, ALU_REG(BPF_ADD, 0, 5));
	rewrite_append(rewrite, STORE(BPF_W, 0, offsetof(struct replay_send, ifindex), interface));
	rewrite_append(rewrite, MOV_IMM(5, 1));
	rewrite_append(rewrite, ATOMIC(BPF_DW, BPF_ADD, 0, 0, 5));
}

static bool replace(struct rewrite *rewrite, uint32_t at, struct bpf_insn call)
{
	const uint32_t start = rewrite_count(rewrite);
	uint32_t back;

	append_count(rewrite, argument_of(call.imm));
	if (call.imm == BPF_FUNC_clone_redirect) {
		/* A call of something else, so that r1 to r5 cannot be read behind it either. */
		rewrite_append(rewrite, CALL(BPF_FUNC_get_smp_processor_id));
		rewrite_append(rewrite, MOV_IMM(0, 0));
	} else {
		rewrite_append(rewrite, call);
	}
	back = rewrite_append(rewrite, JUMP(0));
	return rewrite_jump(rewrite, at, start) && rewrite_jump(rewrite, back, at + 1);
}

int harmless_apply(struct rewrite *rewrite)
{
	const uint32_t count = rewrite_count(rewrite);

	for (uint32_t i = 0; i < count; i++) {
		const struct bpf_insn insn = rewrite_at(rewrite, i);

		i += opcode_is_wide(insn.code);
		if (!opcode_is_helper_call(insn))
			continue;
		if (helper_reach((uint32_t)insn.imm) == HELPER_UNKNOWN)
			return hint(
				rewrite->error,
				fail(rewrite->error, ENOTSUP, SKBSCOPE_STAGE_LOAD,
				     "function '%s' calls %s, and may reach beyond the copy of a "
				     "packet that it is fed",
				     rewrite->name, helper_name((uint32_t)insn.imm)),
				"a recording is fed only to what touches nothing else");
		if (argument_of(insn.imm) && !replace(rewrite, i, insn))
			return rewrite_refuse(rewrite, E2BIG,
					      "is too long: it sends packets more than 32767 "
					      "instructions from the end");
	}
	return 0;
}

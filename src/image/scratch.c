/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skb->cb is scratch space that outlives the function: the next filter finds what was left
 * there. So the function gets a copy at the bottom of its frame, which no other function,
 * no other packet and no interruption can reach, and never touches the real one.
 */
#include "image/scratch.h"

#include <errno.h>

#include "base/error.h"
#include "image/audit.h"
#include "image/opcode.h"
#include "image/rewrite_pass.h"

static bool is_store(struct bpf_insn insn)
{
	return BPF_CLASS(insn.code) == BPF_ST || BPF_CLASS(insn.code) == BPF_STX;
}

/* Of code as compilers make it: an object that begins where the copy lies. */
static bool needs_the_place(struct bpf_insn insn)
{
	const int end = SCRATCH_PLACE + SCRATCH_BYTES;

	switch (BPF_CLASS(insn.code)) {
	case BPF_LDX:
		return insn.src_reg == 10 && insn.off < end;
	case BPF_ST:
	case BPF_STX:
		return insn.dst_reg == 10 && insn.off < end;
	case BPF_ALU64:
		return BPF_OP(insn.code) == BPF_ADD && BPF_SRC(insn.code) == BPF_K &&
		       insn.imm < end && insn.imm >= SCRATCH_PLACE;
	default:
		return false;
	}
}

static int require_place(const struct rewrite *rewrite, bool stores)
{
	for (uint32_t i = 0; i < rewrite_count(rewrite); i++) {
		const struct bpf_insn insn = rewrite_at(rewrite, i);

		if (needs_the_place(insn))
			return hint(rewrite->error,
				    rewrite_refuse(rewrite, ENOTSUP,
						   "uses skb->cb and all of its stack, so that "
						   "there is no room for a copy of skb->cb"),
				    "use 24 bytes less of local variables, or pass --enforce");
		if (stores && insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == 0 &&
		    insn.imm == BPF_FUNC_tail_call)
			return hint(rewrite->error,
				    rewrite_refuse(rewrite, ENOTSUP,
						   "writes to skb->cb and tail-calls, so that its "
						   "copy of skb->cb would be lost on the way"),
				    "pass it in a BPF_PERCPU_ARRAY, or pass --enforce");
		i += opcode_is_wide(insn.code);
	}
	return 0;
}

static void copy_in(struct rewrite *rewrite)
{
	struct bpf_insn front[2 * SCRATCH_BYTES / 4];

	for (int16_t i = 0; i < SCRATCH_BYTES; i += 4) {
		front[i / 2] = LOAD(BPF_W, 2, 1, SCRATCH_FIELD + i);
		front[i / 2 + 1] = STORE(BPF_W, 10, SCRATCH_PLACE + i, 2);
	}
	rewrite_prepend(rewrite, front, sizeof(front) / sizeof(front[0]));
}

int scratch_apply(struct rewrite *rewrite)
{
	const struct rewrite_request *request = rewrite->request;
	bool any = false, stores = false;

	for (size_t i = 0; i < request->finding_count; i++)
		if (request->findings[i].kind == AUDIT_SCRATCH_ACCESS) {
			any = true;
			stores |= is_store(rewrite_at(rewrite, request->findings[i].instruction));
		}
	if (!any)
		return 0;
	if (require_place(rewrite, stores) < 0)
		return -ENOTSUP;
	for (size_t i = 0; i < request->finding_count; i++) {
		const uint32_t at = request->findings[i].instruction;
		struct bpf_insn insn = rewrite_at(rewrite, at);

		if (request->findings[i].kind != AUDIT_SCRATCH_ACCESS)
			continue;
		insn.off = (int16_t)(insn.off - SCRATCH_FIELD + SCRATCH_PLACE);
		if (is_store(insn))
			insn.dst_reg = 10;
		else
			insn.src_reg = 10;
		rewrite_put(rewrite, at, insn);
	}
	copy_in(rewrite);
	return 0;
}

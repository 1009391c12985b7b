/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event that finds no room is lost, and only the answer of the helper says so. So each
 * call that submits an event becomes a jump to the same call and a look at its answer:
 * what failed is counted, by table, in a value that the code reaches directly. r1 to r5
 * are lost behind any call, so neither stack nor saved registers are needed.
 */
#include <errno.h>

#include "image/audit.h"
#include "image/opcode.h"
#include "image/rewrite_pass.h"

/* Whether the helper submits an event; those that give the room answer with NULL. */
static bool submits(const struct bpf_insn *call, uint8_t *fine)
{
	if (call->code != (BPF_JMP | BPF_CALL) || call->src_reg != 0)
		return false;
	*fine = call->imm == BPF_FUNC_ringbuf_reserve ? BPF_JNE : BPF_JEQ;
	return call->imm == BPF_FUNC_ringbuf_reserve || call->imm == BPF_FUNC_ringbuf_output ||
	       call->imm == BPF_FUNC_perf_event_output;
}

/* Where the call stands that the audit found there: another pass may have displaced it,
 * and left a jump. */
static bool find_call(const struct rewrite *rewrite, uint32_t *at, struct bpf_insn *call,
		      uint8_t *fine)
{
	int64_t target;

	*call = rewrite_at(rewrite, *at);
	if (opcode_is_always_jump(call->code) && opcode_target(call, *at, &target) && target >= 0 &&
	    target < rewrite_count(rewrite)) {
		*at = (uint32_t)target;
		*call = rewrite_at(rewrite, *at);
	}
	return submits(call, fine);
}

static bool replace(struct rewrite *rewrite, uint32_t at, const struct bpf_insn *call, uint8_t fine,
		    uint32_t slot)
{
	const uint32_t start = rewrite_count(rewrite);
	uint32_t back;

	rewrite_append(rewrite, *call);
	rewrite_append(rewrite, JUMP_IMM(fine, 0, 0, 4));
	rewrite_append_map(rewrite, 1, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_LOSSES,
			   slot * (uint32_t)sizeof(uint64_t));
	rewrite_append(rewrite, MOV_IMM(2, 1));
	rewrite_append(rewrite, ATOMIC(BPF_DW, BPF_ADD, 1, 0, 2));
	back = rewrite_append(rewrite, JUMP(0));
	return rewrite_jump(rewrite, at, start) && rewrite_jump(rewrite, back, at + 1);
}

int losses_apply(struct rewrite *rewrite)
{
	const struct rewrite_request *request = rewrite->request;

	for (size_t i = 0; i < request->use_count; i++) {
		const struct audit_finding *use = &request->uses[i];
		uint32_t at = use->instruction + rewrite->front;
		const bool known = use->map >= 0 && (uint32_t)use->map < request->other_losses;
		struct bpf_insn call;
		uint8_t fine;

		/* Of maps that stand in several registers the helper's own is the first. */
		if (use->kind != AUDIT_SUBMITS || (i && use[-1].instruction == use->instruction) ||
		    !find_call(rewrite, &at, &call, &fine))
			continue;
		if (!replace(rewrite, at, &call, fine,
			     known ? (uint32_t)use->map : request->other_losses))
			return rewrite_refuse(rewrite, E2BIG,
					      "is too long: an event is submitted more than 32767 "
					      "instructions from the end");
	}
	return 0;
}

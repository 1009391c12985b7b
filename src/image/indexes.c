/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An array has no slot behind its last, and what a program would have counted there is
 * lost: the helper's answer is all that tells. So a call that hands an index to an array in
 * which the program counts becomes a jump to the same call and a look at its answer, as
 * in events_pass.c, and by the same rule: r1 to r5 are lost behind any call.
 *
 * An index is counted once, at the first call: what bcc makes of increment() and
 * lookup_or_try_init() asks, puts a value there, and asks again, all on one line.
 */
#include <errno.h>
#include <string.h>

#include "image/audit.h"
#include "image/events.h"
#include "image/opcode.h"
#include "image/rewrite_pass.h"

static int32_t helper_at(const struct rewrite *rewrite, const struct audit_finding *use)
{
	const struct bpf_insn insn = rewrite_at(rewrite, use->instruction + rewrite->front);

	return opcode_is_helper_call(insn) ? insn.imm : BPF_FUNC_unspec;
}

/* The one that holds at the instruction; 0: not known. */
static uint32_t line_of(const struct rewrite *rewrite, uint32_t instruction)
{
	const size_t count = rewrite->lines.length / sizeof(struct bpf_line_info);
	uint32_t line = 0;

	for (size_t i = 0; i < count; i++) {
		struct bpf_line_info info;

		memcpy(&info, rewrite->lines.data + i * sizeof(info), sizeof(info));
		if (info.insn_off > instruction + rewrite->front)
			break;
		line = BPF_LINE_INFO_LINE_NUM(info.line_col);
	}
	return line;
}

/* Whether an earlier call has counted this one's index already. */
static bool is_counted(const struct rewrite *rewrite, size_t at, int32_t helper)
{
	const struct audit_finding *uses = rewrite->request->uses;
	const uint32_t line = line_of(rewrite, uses[at].instruction);

	for (size_t i = 0; i < at; i++) {
		if (uses[i].kind != AUDIT_INDEXES || uses[i].map != uses[at].map)
			continue;
		/* What is put where nothing was found. */
		if (helper == BPF_FUNC_map_update_elem &&
		    helper_at(rewrite, &uses[i]) == BPF_FUNC_map_lookup_elem)
			return true;
		if (helper == BPF_FUNC_map_lookup_elem &&
		    helper_at(rewrite, &uses[i]) == BPF_FUNC_map_update_elem &&
		    line_of(rewrite, uses[i].instruction) == line)
			return true;
	}
	return false;
}

/* An address is compared with a register: with a constant 0, the verifier would know it for
 * one behind the comparison, and no longer say of a function that it has to ask. */
static bool replace(struct rewrite *rewrite, uint32_t at, struct bpf_insn call, int32_t map)
{
	const uint32_t start = rewrite_count(rewrite);
	uint32_t back;

	rewrite_append(rewrite, call);
	if (call.imm == BPF_FUNC_map_lookup_elem) {
		rewrite_append(rewrite, MOV_IMM(1, 0));
		rewrite_append(rewrite, JUMP_REG(BPF_JNE, 0, 1, 4));
	} else {
		/* An int: before 6.4 what is above its 32 bits was left to chance. */
		rewrite_append(rewrite, JUMP32_IMM(BPF_JNE, 0, -E2BIG, 4));
	}
	rewrite_append_map(rewrite, 1, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_EVENTS,
			   events_loss_offset((uint32_t)map));
	rewrite_append(rewrite, MOV_IMM(2, 1));
	rewrite_append(rewrite, ATOMIC(BPF_DW, BPF_ADD, 1, 0, 2));
	back = rewrite_append(rewrite, JUMP(0));
	return rewrite_jump(rewrite, at, start) && rewrite_jump(rewrite, back, at + 1);
}

/* From the last to the first: what is_counted() looks at stands as it was. */
int indexes_apply(struct rewrite *rewrite)
{
	const struct rewrite_request *request = rewrite->request;

	for (size_t i = request->use_count; request->counts && i-- > 0;) {
		const struct audit_finding *use = &request->uses[i];
		const uint32_t at = use->instruction + rewrite->front;
		const int32_t helper = helper_at(rewrite, use);

		if (use->kind != AUDIT_INDEXES || use->map < 0 ||
		    (uint32_t)use->map >= request->map_count || !request->counts[use->map] ||
		    (helper != BPF_FUNC_map_lookup_elem && helper != BPF_FUNC_map_update_elem) ||
		    is_counted(rewrite, i, helper))
			continue;
		if (!replace(rewrite, at, rewrite_at(rewrite, at), use->map))
			return rewrite_refuse(rewrite, E2BIG,
					      "is too long: an array is used more than 32767 "
					      "instructions from the end");
	}
	return 0;
}

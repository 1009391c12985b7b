/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of a packet that was recorded in part a function is to know how long it was, and nothing of
 * what is missing: read as zeros, that would be addresses, ports and names that nobody sent.
 * So the packet it is fed is as short as the record, where loads fail as they do behind the end
 * of any packet, and each load of skb->len becomes one of what the record says.
 *
 * Not where a function changes the length, hands the packet to a buffer up to its length, or
 * is too tangled to follow: then what is missing is zeros.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "image/audit.h"
#include "image/filter_code.h"
#include "image/opcode.h"
#include "image/replay.h"
#include "image/rewrite_pass.h"

static int too_long(const struct rewrite *rewrite)
{
	return rewrite_refuse(rewrite, E2BIG,
			      "is too long: it asks for the packet's length more than 32767 "
			      "instructions from the end");
}

/* No other register is needed: the address stands where the length will. */
static bool replace(struct rewrite *rewrite, uint32_t at, int32_t offset)
{
	const uint32_t start = rewrite_count(rewrite);
	struct bpf_insn load = rewrite_at(rewrite, at);
	uint32_t back;

	load.src_reg = load.dst_reg;
	load.off = (int16_t)offset;
	rewrite_append_map(rewrite, load.dst_reg, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_REPLAY,
			   offsetof(struct replay_state, length));
	rewrite_append(rewrite, load);
	back = rewrite_append(rewrite, JUMP(0));
	return rewrite_jump(rewrite, at, start) && rewrite_jump(rewrite, back, at + 1);
}

int length_apply(struct rewrite *rewrite)
{
	const struct rewrite_request *request = rewrite->request;

	for (size_t i = 0; i < request->use_count; i++) {
		const struct audit_finding *use = &request->uses[i];

		if (use->kind == AUDIT_READS_LENGTH && use->offset >= 0 &&
		    !replace(rewrite, use->instruction + rewrite->front, use->offset))
			return too_long(rewrite);
	}
	return 0;
}

/* Nothing else is loaded from the filter's context at this place. */
int length_apply_filter(struct rewrite *rewrite)
{
	for (uint32_t i = 0; i < rewrite->front; i++) {
		const struct bpf_insn insn = rewrite_at(rewrite, i);

		if (insn.code == (BPF_LDX | BPF_MEM | BPF_W) && insn.src_reg == FILTER_CONTEXT &&
		    insn.off == offsetof(struct __sk_buff, len) && !replace(rewrite, i, 0))
			return too_long(rewrite);
		i += opcode_is_wide(insn.code);
	}
	return 0;
}

static bool calls(const struct skbscope_image_program *program, int32_t helper)
{
	for (uint32_t i = 0; i < program->instruction_count; i++) {
		const struct bpf_insn insn = program->instructions[i];

		if (opcode_is_helper_call(insn) && insn.imm == helper)
			return true;
		i += opcode_is_wide(insn.code);
	}
	return false;
}

static bool is_known(const struct skbscope_image *image,
		     const struct skbscope_image_program *program)
{
	AUTO(freep) struct audit_finding *uses = NULL;
	size_t count = 0;

	if (audit_uses(image, program, &uses, &count) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (uses[i].kind == AUDIT_READS_LENGTH && uses[i].offset < 0)
			return false;
	return true;
}

bool replay_knows_length(const struct skbscope_image *image)
{
	if (replay_reshapes(image))
		return false;
	for (size_t i = 0; i < image->program_count; i++)
		if (calls(&image->programs[i], BPF_FUNC_perf_event_output) ||
		    !is_known(image, &image->programs[i]))
			return false;
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions as they come: the audit ends with findings in bounds, and a
 * function that is rewritten has no ways out but those that were asked for.
 */
#include "image/audit.h"

#include "base/cleanup.h"
#include "fuzz.h"
#include "image/opcode.h"
#include "image/rewrite.h"

static const struct skbscope_image_map maps[] = {
	{ .name = "shared", .type = BPF_MAP_TYPE_HASH, .inner_map = -1 },
	{ .name = "per_cpu", .type = BPF_MAP_TYPE_PERCPU_ARRAY, .inner_map = -1 },
	{ .name = "outer", .type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .inner_map = 0 },
};
#define MAPS (sizeof(maps) / sizeof(maps[0]))

static void rewrite(const struct skbscope_image_program *program, uint32_t passes)
{
	const struct rewrite_request request = { .passes = passes, .first_slot = 11 };
	AUTO(rewritten_clear) struct rewritten out = { 0 };
	struct skbscope_error error = { 0 };

	if (rewrite_program(program, &request, &out, &error) < 0) {
		PROMISE(error.code < 0 && error.message[0]);
		return;
	}
	PROMISE(out.instruction_count >= program->instruction_count);
	for (uint32_t i = 0; i < out.instruction_count; i++) {
		const struct bpf_insn *insn = &out.instructions[i];
		const bool added = i >= program->instruction_count;
		int64_t target = i;

		PROMISE(!opcode_is_exit(insn->code) || added || !(passes & REWRITE_VERDICTS));
		PROMISE(!opcode_is_packet_load(insn->code) || added || !(passes & REWRITE_GUARDS));
		if (opcode_is_branch(insn->code) && !opcode_is_call(insn->code) &&
		    !opcode_is_exit(insn->code))
			PROMISE(opcode_target(insn, i, &target));
		PROMISE(target >= 0 && target < out.instruction_count);
		i += opcode_is_wide(insn->code);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct skbscope_image image = { .maps = maps, .map_count = MAPS };
	const uint32_t count = (uint32_t)(size / sizeof(struct bpf_insn));
	AUTO(freep) struct bpf_insn *insns = calloc(count + 1, sizeof(*insns));
	AUTO(freep)
	struct skbscope_relocation *relocations = calloc(count + 1, sizeof(*relocations));
	AUTO(freep) struct audit_finding *findings = NULL;
	struct skbscope_image_program program = {
		.name = "fuzzed",
		.instructions = insns,
		.instruction_count = count,
		.relocations = relocations,
	};
	size_t found;

	PROMISE(insns && relocations);
	if (size)
		memcpy(insns, data, count * sizeof(*insns));
	for (uint32_t i = 0; i < count; i++)
		if (opcode_is_wide(insns[i].code) && insns[i].src_reg == BPF_PSEUDO_MAP_FD)
			relocations[program.relocation_count++] =
				(struct skbscope_relocation){ i, (uint32_t)insns[i].imm %
									 (uint32_t)MAPS };
	PROMISE(audit_program(&image, &program, &findings, &found) == 0);
	for (size_t i = 0; i < found; i++)
		PROMISE(findings[i].instruction < count &&
			(i == 0 || findings[i - 1].instruction <= findings[i].instruction));
	for (uint32_t passes = 0; count && passes <= REWRITE_PASSIVE; passes++)
		rewrite(&program, passes);
	return 0;
}

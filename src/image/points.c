/* SPDX-License-Identifier: Apache-2.0 */
#include "image/points.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "image/opcode.h"

static bool is_conditional(uint8_t code)
{
	return opcode_is_branch(code) && !opcode_is_call(code) && !opcode_is_exit(code) &&
	       !opcode_is_always_jump(code);
}

/* A packet load and a tail call may end the function, as an exit does. */
static bool ends_block(const struct bpf_insn *insn)
{
	return opcode_is_packet_load(insn->code) ||
	       (opcode_is_helper_call(*insn) && insn->imm == BPF_FUNC_tail_call) ||
	       (opcode_is_branch(insn->code) && !opcode_is_call(insn->code));
}

/* WAYS: from how many instructions each is reached; of one that begins a block, never 0. */
static void count_ways(const struct skbscope_image_program *program, uint32_t *ways, bool *begins)
{
	const uint32_t count = program->instruction_count;

	ways[0] = 2; /* from outside: nobody's jump alone leads there */
	begins[0] = true;
	for (uint32_t i = 0; i < count; i++) {
		const struct bpf_insn *insn = &program->instructions[i];
		const uint32_t next = i + 1 + opcode_is_wide(insn->code);
		int64_t target;

		if (!opcode_is_exit(insn->code) && !opcode_is_always_jump(insn->code) &&
		    next < count)
			ways[next]++;
		if (ends_block(insn) && next < count)
			begins[next] = true;
		if (opcode_is_branch(insn->code) && !opcode_is_call(insn->code) &&
		    !opcode_is_exit(insn->code) && opcode_target(insn, i, &target) && target >= 0 &&
		    target < count) {
			ways[target]++;
			begins[target] = true;
		}
		i = next - 1;
	}
}

static void find_blocks(struct points *points, const bool *begins)
{
	for (uint32_t i = 0; i < points->instruction_count; i++)
		points->of_block[i] = begins[i] ? points->count++ : POINTS_NONE;
}

static void find_branches(struct points *points, const struct skbscope_image_program *program,
			  const uint32_t *ways)
{
	for (uint32_t i = 0; i < program->instruction_count; i++) {
		const struct bpf_insn *insn = &program->instructions[i];
		struct points_branch branch = { .at = i };
		int64_t target;

		i += opcode_is_wide(insn->code);
		if (!is_conditional(insn->code) || !opcode_target(insn, i, &target) ||
		    target == i + 1 || i + 1 >= program->instruction_count)
			continue;
		branch.target = (uint32_t)target;
		branch.own_taken = ways[target] > 1;
		branch.own_passed = ways[i + 1] > 1;
		branch.taken = branch.own_taken ? points->count++ : points->of_block[target];
		branch.passed = branch.own_passed ? points->count++ : points->of_block[i + 1];
		points->branches[points->branch_count++] = branch;
	}
}

int points_find(const struct skbscope_image_program *program, struct points *out)
{
	const uint32_t count = program->instruction_count;
	AUTO(freep) uint32_t *ways = calloc(count + 2, sizeof(*ways));
	AUTO(freep) bool *begins = calloc(count + 2, sizeof(*begins));
	AUTO(points_clear) struct points points = { .instruction_count = count };

	points.of_block = calloc(count + 1, sizeof(*points.of_block));
	points.branches = calloc(count + 1, sizeof(*points.branches));
	if (!ways || !begins || !points.of_block || !points.branches)
		return -ENOMEM;
	count_ways(program, ways, begins);
	find_blocks(&points, begins);
	find_branches(&points, program, ways);
	*out = points;
	points = (struct points){ .of_block = NULL };
	return 0;
}

void points_clear(struct points *points)
{
	free(TAKE(points->of_block));
	free(TAKE(points->branches));
}

uint32_t points_at(const struct points *points, uint32_t instruction)
{
	while (instruction && points->of_block[instruction] == POINTS_NONE)
		instruction--;
	return points->of_block[instruction];
}

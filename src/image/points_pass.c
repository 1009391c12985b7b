/* SPDX-License-Identifier: Apache-2.0 */
/*
 * At each point of a function (image/points.h) a byte is set. The code for it is behind the
 * end: the instruction at the point becomes a jump there, and stands behind the store. A
 * register for the address is one that nobody reads any more, of which there nearly always is
 * one; else the point is at the next instruction of its block that leaves one, or, where none
 * does, a register is kept on the stack meanwhile.
 *
 * Each of these pieces has a line record, that of the instruction it was made for: the
 * verifier would else quote the file's last line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/liveness.h"
#include "image/opcode.h"
#include "image/points.h"
#include "image/rewrite_pass.h"

struct marking {
	struct rewrite *rewrite;
	struct points points;
	int16_t slot;      /* of the stack, for a register; 0: there is no room */
	uint16_t *live;    /* by instruction of the code that there was before */
	uint32_t *mark_at; /* by the function's instructions: the point to be noted there */
	size_t lines;      /* that there were before, */
	size_t line;       /* and the one behind that of the instruction at hand */
};

static void marking_clear(struct marking *marking)
{
	points_clear(&marking->points);
	free(TAKE(marking->live));
	free(TAKE(marking->mark_at));
}

static int too_long(const struct rewrite *rewrite)
{
	return rewrite_refuse(rewrite, E2BIG,
			      "is too long to note which lines run: a jump reaches 32767 "
			      "instructions");
}

static int no_register(const struct rewrite *rewrite)
{
	return rewrite_refuse(rewrite, ENOTSUP,
			      "uses all registers and all of the stack at once, so that it cannot "
			      "be noted which lines run");
}

static struct bpf_line_info line_at(const struct marking *marking, size_t index)
{
	struct bpf_line_info line;

	memcpy(&line, marking->rewrite->lines.data + index * sizeof(line), sizeof(line));
	return line;
}

/* What is added from here on is on the line of the instruction at hand. */
static void add_line(struct marking *marking, uint32_t at)
{
	struct bpf_line_info line;

	while (marking->line < marking->lines && line_at(marking, marking->line).insn_off <= at)
		marking->line++;
	if (!marking->line)
		return;
	line = line_at(marking, marking->line - 1);
	line.insn_off = rewrite_count(marking->rewrite);
	buffer_append(&marking->rewrite->lines, &line, sizeof(line));
}

/* Below all that the function keeps there: what it may do with addresses in its frame is
 * bounded by the constants that it adds. */
static int16_t free_slot(const struct rewrite *rewrite)
{
	const int lowest = -512;
	int bottom = 0;

	for (uint32_t i = 0; i < rewrite_count(rewrite); i++) {
		const struct bpf_insn insn = rewrite_at(rewrite, i);
		const uint8_t class = BPF_CLASS(insn.code);
		int used = 0;

		if ((class == BPF_LDX && insn.src_reg == BPF_REG_10) ||
		    ((class == BPF_ST || class == BPF_STX) && insn.dst_reg == BPF_REG_10))
			used = insn.off;
		else if (insn.code == (BPF_ALU64 | BPF_ADD | BPF_K) && insn.imm >= lowest)
			used = insn.imm;
		bottom = used < bottom ? used : bottom;
		i += opcode_is_wide(insn.code);
	}
	bottom = -((-bottom + 7) / 8 * 8) - 8;
	return bottom < lowest ? 0 : (int16_t)bottom;
}

/* LIVE: where it goes on. r6 is what can be kept where all are live: that it is one is not
 * merely feared, as it may be of those that a call takes. */
static bool append_mark(struct marking *marking, uint32_t point, uint16_t live)
{
	struct rewrite *rewrite = marking->rewrite;
	const int found = liveness_free_register(live);
	const uint8_t reg = found < 0 ? BPF_REG_6 : (uint8_t)found;

	if (found < 0 && !marking->slot)
		return false;
	if (found < 0)
		rewrite_append(rewrite, STORE(BPF_DW, BPF_REG_10, marking->slot, reg));
	rewrite_append_map(rewrite, reg, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_POINTS,
			   rewrite->request->first_point + point);
	rewrite_append(rewrite, STORE_IMM(BPF_B, reg, 0, 1));
	if (found < 0)
		rewrite_append(rewrite, LOAD(BPF_DW, reg, BPF_REG_10, marking->slot));
	return true;
}

/* Of each block the first instruction before which a register is free, or else the first. */
static void place_marks(struct marking *marking, const struct skbscope_image_program *program)
{
	const uint32_t front = marking->rewrite->front;
	uint32_t open = POINTS_NONE, begin = 0;

	for (uint32_t i = 0; i < program->instruction_count; i++) {
		marking->mark_at[i] = POINTS_NONE;
		if (marking->points.of_block[i] != POINTS_NONE) {
			if (open != POINTS_NONE)
				marking->mark_at[begin] = open;
			open = marking->points.of_block[i];
			begin = i;
		}
		if (open != POINTS_NONE && liveness_free_register(marking->live[i + front]) >= 0) {
			marking->mark_at[i] = open;
			open = POINTS_NONE;
		}
		if (opcode_is_wide(program->instructions[i].code))
			marking->mark_at[++i] = POINTS_NONE;
	}
	/* At the exit that ends the function registers are free. */
}

/* A wide one takes its relocation along, and leaves two slots to be jumped over. */
static void move_wide(struct rewrite *rewrite, uint32_t at, struct bpf_insn insn)
{
	const uint32_t to = rewrite_append(rewrite, insn);

	rewrite_append(rewrite, rewrite_at(rewrite, at + 1));
	rewrite_put(rewrite, at + 1, JUMP(0));
	for (size_t i = 0; i < rewrite->relocations.length;
	     i += sizeof(struct skbscope_relocation)) {
		uint32_t instruction;

		memcpy(&instruction, rewrite->relocations.data + i, sizeof(instruction));
		if (instruction == at)
			memcpy(rewrite->relocations.data + i, &to, sizeof(to));
	}
}

static bool aim(struct rewrite *rewrite, uint32_t at, uint32_t target)
{
	const int64_t distance = (int64_t)target - (int64_t)at - 1;
	struct bpf_insn jump = rewrite_at(rewrite, at);

	if (distance > INT16_MAX || distance < INT16_MIN)
		return false;
	if (opcode_is_always_jump(jump.code) && BPF_CLASS(jump.code) == BPF_JMP32)
		jump.imm = (int32_t)distance;
	else
		jump.off = (int16_t)distance;
	rewrite_put(rewrite, at, jump);
	return true;
}

static bool jump_back(struct rewrite *rewrite, uint32_t to)
{
	return rewrite_jump(rewrite, rewrite_append(rewrite, JUMP(0)), to);
}

static bool move(struct rewrite *rewrite, uint32_t at, uint32_t *moved)
{
	const struct bpf_insn insn = rewrite_at(rewrite, at);
	int64_t target;

	*moved = rewrite_count(rewrite);
	if (opcode_is_wide(insn.code)) {
		move_wide(rewrite, at, insn);
		return true;
	}
	rewrite_append(rewrite, insn);
	if (!opcode_is_branch(insn.code) || opcode_is_call(insn.code) || opcode_is_exit(insn.code))
		return true;
	return opcode_target(&insn, at, &target) && aim(rewrite, *moved, (uint32_t)target);
}

static bool goes_on(uint8_t code)
{
	return !opcode_is_exit(code) && !opcode_is_always_jump(code);
}

/* A way of a jump to somewhere that others lead to, too. */
static int mark_taken(struct marking *marking, const struct points_branch *branch, uint32_t jump)
{
	struct rewrite *rewrite = marking->rewrite;
	const uint32_t target = branch->target + rewrite->front, start = rewrite_count(rewrite);

	add_line(marking, branch->at + rewrite->front);
	if (!append_mark(marking, branch->taken, marking->live[target]))
		return no_register(rewrite);
	return aim(rewrite, jump, start) && jump_back(rewrite, target) ? 0 : too_long(rewrite);
}

/* BRANCH: NULL unless the instruction is one. */
static int mark(struct marking *marking, uint32_t index, const struct points_branch *branch)
{
	struct rewrite *rewrite = marking->rewrite;
	const uint32_t at = index + rewrite->front, start = rewrite_count(rewrite);
	const uint32_t point = marking->mark_at[index];
	const bool passed = branch && branch->own_passed;
	const struct bpf_insn insn = rewrite_at(rewrite, at);
	uint32_t jump = at;

	if (point != POINTS_NONE || passed) {
		add_line(marking, at);
		if (point != POINTS_NONE && !append_mark(marking, point, marking->live[at]))
			return no_register(rewrite);
		if (!move(rewrite, at, &jump))
			return too_long(rewrite);
		if (passed && !append_mark(marking, branch->passed, marking->live[at + 1]))
			return no_register(rewrite);
		if ((goes_on(insn.code) && !jump_back(rewrite, at + 1)) ||
		    !rewrite_jump(rewrite, at, start))
			return too_long(rewrite);
	}
	return branch && branch->own_taken ? mark_taken(marking, branch, jump) : 0;
}

static int prepare(struct marking *marking)
{
	struct rewrite *rewrite = marking->rewrite;
	const struct skbscope_image_program *program = rewrite->program;

	marking->lines = rewrite->lines.length / sizeof(struct bpf_line_info);
	marking->live =
		liveness_find((const struct bpf_insn *)(const void *)rewrite->instructions.data,
			      rewrite_count(rewrite));
	marking->mark_at = calloc(program->instruction_count + 1, sizeof(*marking->mark_at));
	if (!marking->live || !marking->mark_at || points_find(program, &marking->points) < 0)
		return fail_memory(rewrite->error, SKBSCOPE_STAGE_LOAD);
	place_marks(marking, program);
	marking->slot = free_slot(rewrite);
	return 0;
}

int points_apply(struct rewrite *rewrite)
{
	const uint32_t count = rewrite->program->instruction_count;
	AUTO(marking_clear) struct marking marking = { .rewrite = rewrite };
	uint32_t branch = 0;
	int r;

	if (rewrite->instructions.failed)
		return 0;
	r = prepare(&marking);
	for (uint32_t i = 0; r == 0 && i < count; i++) {
		const bool wide = opcode_is_wide(rewrite->program->instructions[i].code);
		const bool is_branch = branch < marking.points.branch_count &&
				       marking.points.branches[branch].at == i;

		r = mark(&marking, i, is_branch ? &marking.points.branches[branch] : NULL);
		branch += is_branch;
		i += wide;
	}
	return r;
}

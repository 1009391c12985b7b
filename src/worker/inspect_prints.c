/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that are none, followed to where a print would read: the kernel lets that pass,
 * reads nothing, and says nothing. (Whatever else is done with them, the verifier refuses.)
 */
#include "worker/inspect_prints.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/print_record.h"
#include "compile/clang_log.h"
#include "image/context.h"
#include "image/image.h"
#include "image/opcode.h"
#include "worker/inspect.h"

#define SLOT_BYTES 8
#define STACK_SLOTS 64

/* Who may hold one, a bit each. */
struct holders {
	uint64_t slots; /* of the stack */
	uint16_t registers;
	bool reached;
};

static void set(struct holders *holders, uint8_t reg, bool holds)
{
	const uint16_t bit = (uint16_t)(1u << reg);

	holders->registers =
		(uint16_t)(holds ? holders->registers | bit : holders->registers & ~bit);
}

static bool holds(const struct holders *holders, uint8_t reg)
{
	return holders->registers >> reg & 1;
}

/* 0: it is no place on the stack for an address. */
static uint64_t slot_bit(uint8_t code, uint8_t reg, int16_t offset)
{
	const int slot = -offset / SLOT_BYTES;

	if (reg != BPF_REG_10 || BPF_SIZE(code) != BPF_DW || BPF_MODE(code) != BPF_MEM ||
	    offset % SLOT_BYTES || slot < 1 || slot > STACK_SLOTS)
		return 0;
	return UINT64_C(1) << (slot - 1);
}

static void calculate(struct holders *holders, const struct bpf_insn *instruction)
{
	const bool of_register = BPF_SRC(instruction->code) == BPF_X;
	const bool source = of_register && holds(holders, instruction->src_reg);

	if (BPF_OP(instruction->code) == BPF_MOV)
		set(holders, instruction->dst_reg, source);
	else if (source)
		set(holders, instruction->dst_reg, true);
}

static void step(struct holders *holders, const struct skbscope_image_program *program, uint32_t at)
{
	const struct bpf_insn *instruction = &program->instructions[at];
	const uint8_t code = instruction->code;
	uint64_t slot;

	switch (BPF_CLASS(code)) {
	case BPF_LD:
		set(holders, opcode_is_wide(code) ? instruction->dst_reg : BPF_REG_0,
		    inspect_loads_lost_symbol(program, at));
		break;
	case BPF_LDX:
		slot = slot_bit(code, instruction->src_reg, instruction->off);
		set(holders, instruction->dst_reg, holders->slots & slot);
		break;
	case BPF_ST:
	case BPF_STX:
		slot = slot_bit(code, instruction->dst_reg, instruction->off);
		holders->slots &= ~slot;
		if (BPF_CLASS(code) == BPF_STX && holds(holders, instruction->src_reg))
			holders->slots |= slot;
		break;
	case BPF_ALU:
	case BPF_ALU64:
		calculate(holders, instruction);
		break;
	default:
		if (code == (BPF_JMP | BPF_CALL))
			holders->registers &= (uint16_t)~0x3fu; /* r0 to r5 */
	}
}

/* True: there was something to add. */
static bool join(struct holders *to, const struct holders *from)
{
	const struct holders before = *to;

	to->slots |= from->slots;
	to->registers |= from->registers;
	to->reached = true;
	return to->slots != before.slots || to->registers != before.registers || !before.reached;
}

static bool flow(const struct skbscope_image_program *program, struct holders *all)
{
	const uint32_t count = program->instruction_count;
	bool more = false;

	for (uint32_t i = 0; i < count; i++) {
		const struct bpf_insn *instruction = &program->instructions[i];
		const uint32_t next = i + 1 + opcode_is_wide(instruction->code);
		struct holders after = all[i];
		int64_t target;

		if (!all[i].reached)
			continue;
		step(&after, program, i);
		if (opcode_is_branch(instruction->code) && opcode_target(instruction, i, &target) &&
		    target >= 0 && target < count)
			more |= join(&all[target], &after) && target <= i;
		if (next < count && !opcode_is_exit(instruction->code) &&
		    !opcode_is_always_jump(instruction->code))
			join(&all[next], &after);
	}
	return more; /* backwards, so that it was not taken into account */
}

/* See prints_text.c: what prints read pointers with. */
static bool reads_memory(const struct bpf_insn *instruction)
{
	return instruction->code == (BPF_JMP | BPF_CALL) && instruction->src_reg == 0 &&
	       (instruction->imm == BPF_FUNC_probe_read_kernel ||
		instruction->imm == BPF_FUNC_probe_read_kernel_str);
}

static void tell(const struct skbscope_image *image, const struct bpf_insn *placed)
{
	const uint64_t place =
		placed ? (uint32_t)placed[0].imm | (uint64_t)(uint32_t)placed[1].imm << 32 : 0;
	const uint32_t header = print_place_header(place);

	fprintf(stderr,
		"%s:%u: error: bpf_trace_printk() prints a text that has no memory in BPF\n",
		header < image->include_count ? image->includes[header] : CLANG_LOG_WORKER,
		print_place_line(place));
}

static bool is_place(const struct bpf_insn *instruction)
{
	return opcode_is_wide(instruction->code) && instruction->src_reg == 0 &&
	       (uint32_t)instruction[1].imm >> 24 == PRINT_PLACED;
}

bool inspect_prints(const struct skbscope_image *image,
		    const struct skbscope_image_program *program)
{
	AUTO(freep)
	struct holders *all = calloc((size_t)program->instruction_count + 1, sizeof(*all));
	const struct bpf_insn *placed = NULL;
	struct foreign foreign;

	if (!all || image_find_map(image, PRINT_TABLE) < 0 || context_is_foreign(program, &foreign))
		return false;
	all[0].reached = true;
	while (flow(program, all))
		;
	for (uint32_t i = 0; i + 1 < program->instruction_count; i++) {
		const struct bpf_insn *instruction = &program->instructions[i];

		if (is_place(instruction))
			placed = instruction;
		if (reads_memory(instruction) && placed && holds(&all[i], BPF_REG_3)) {
			tell(image, placed);
			return true;
		}
	}
	return false;
}

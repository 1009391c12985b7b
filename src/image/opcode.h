/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about one BPF instruction. */
#ifndef IMAGE_OPCODE_H
#define IMAGE_OPCODE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

/* Takes two slots. */
static inline bool opcode_is_wide(uint8_t code)
{
	return code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* Bytes that a load or store moves. */
static inline int opcode_size(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* Jumps, calls and exits share two classes. */
static inline bool opcode_is_branch(uint8_t code)
{
	return BPF_CLASS(code) == BPF_JMP || BPF_CLASS(code) == BPF_JMP32;
}

static inline bool opcode_is_exit(uint8_t code)
{
	return opcode_is_branch(code) && BPF_OP(code) == BPF_EXIT;
}

static inline bool opcode_is_call(uint8_t code)
{
	return opcode_is_branch(code) && BPF_OP(code) == BPF_CALL;
}

/* Of one of the kernel's helpers, whose number is the immediate. */
static inline bool opcode_is_helper_call(struct bpf_insn insn)
{
	return insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == 0;
}

static inline bool opcode_is_always_jump(uint8_t code)
{
	return opcode_is_branch(code) && BPF_OP(code) == BPF_JA;
}

/* LD_ABS and LD_IND, which end the program when the packet is too short. */
static inline bool opcode_is_packet_load(uint8_t code)
{
	return BPF_CLASS(code) == BPF_LD &&
	       (BPF_MODE(code) == BPF_ABS || BPF_MODE(code) == BPF_IND);
}

/* Where a jump leads (perhaps out of bounds); false for those whose target is not
 * in the instruction. */
static inline bool opcode_target(const struct bpf_insn *insn, uint32_t at, int64_t *target)
{
	int64_t distance = insn->off;

	if (opcode_is_always_jump(insn->code)) {
		if (BPF_SRC(insn->code) != BPF_K)
			return false; /* through a register */
		if (BPF_CLASS(insn->code) == BPF_JMP32)
			distance = insn->imm;
	}
	*target = (int64_t)at + 1 + distance;
	return true;
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The prologue is looked for, not the first instruction: newer kernels may put
 * something of their own in front of it. */
#include "kernel/prologue.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define REGISTER_AX 11 /* the kernel's own: what blinded constants are computed in */

struct step {
	uint8_t code, dst, src;
};

/* In C: if (skb->cloned) { if (bpf_skb_pull_data(skb, 0)) return TC_ACT_SHOT; }. Offsets
 * and constants are left out: they differ by kernel, and blinding changes them. */
static const struct step prologue[] = {
	{ BPF_LDX | BPF_MEM | BPF_B, 6, 1 },   { BPF_ALU | BPF_AND | BPF_K, 6, 0 },
	{ BPF_JMP | BPF_JEQ | BPF_K, 6, 0 },   { BPF_ALU64 | BPF_MOV | BPF_X, 6, 1 },
	{ BPF_ALU64 | BPF_XOR | BPF_X, 2, 2 }, { BPF_JMP | BPF_CALL, 0, 0 },
	{ BPF_JMP | BPF_JEQ | BPF_K, 0, 0 },   { BPF_ALU | BPF_MOV | BPF_K, 0, 0 },
	{ BPF_JMP | BPF_EXIT, 0, 0 },          { BPF_ALU64 | BPF_MOV | BPF_X, 1, 6 },
};
#define STEPS (sizeof(prologue) / sizeof(prologue[0]))

static bool computes_ax(const struct bpf_insn *instruction)
{
	uint8_t class = BPF_CLASS(instruction->code);

	return instruction->dst_reg == REGISTER_AX && (class == BPF_ALU || class == BPF_ALU64);
}

static bool is_step(const struct bpf_insn *instruction, const struct step *step)
{
	uint8_t code = instruction->code, src = instruction->src_reg;

	if (src == REGISTER_AX) { /* stands for a constant */
		code = (uint8_t)((code & ~BPF_X) | BPF_K);
		src = 0;
	}
	/* The call's source register tells helpers from subprograms. */
	return code == step->code && instruction->dst_reg == step->dst && src == step->src;
}

static bool begins_at(const struct bpf_insn *instructions, uint32_t count)
{
	size_t step = 0;

	for (uint32_t i = 0; i < count && step < STEPS; i++) {
		if (computes_ax(&instructions[i]))
			continue;
		if (!is_step(&instructions[i], &prologue[step++]))
			return false;
	}
	return step == STEPS;
}

bool prologue_is_present(const struct bpf_insn *instructions, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (begins_at(instructions + i, count - i))
			return true;
	return false;
}

int prologue_query(int program_fd)
{
	AUTO(freep) struct bpf_insn *instructions = NULL;
	struct bpf_prog_info info = { 0 };
	uint32_t length = sizeof(info), bytes;

	if (bpf_obj_get_info_by_fd(program_fd, &info, &length) < 0)
		return -errno;
	bytes = info.xlated_prog_len;
	instructions = malloc(bytes ? bytes : 1);
	if (!instructions)
		return -ENOMEM;
	memset(&info, 0, sizeof(info));
	info.xlated_prog_insns = (uintptr_t)instructions;
	info.xlated_prog_len = bytes;
	length = sizeof(info);
	if (bpf_obj_get_info_by_fd(program_fd, &info, &length) < 0)
		return -errno;
	if (!info.xlated_prog_insns || !bytes || info.xlated_prog_len != bytes)
		return -EACCES;
	return prologue_is_present(instructions, bytes / (uint32_t)sizeof(*instructions));
}

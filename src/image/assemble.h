/* SPDX-License-Identifier: Apache-2.0 */
/* BPF instructions written by hand, one or two slots each. */
#ifndef IMAGE_ASSEMBLE_H
#define IMAGE_ASSEMBLE_H

#include <linux/bpf.h>

#define RAW(code_, dst, src, off_, imm_)                                                           \
	{                                                                                          \
		.code = (code_), .dst_reg = (unsigned char)(dst)&15u,                              \
		.src_reg = (unsigned char)(src)&15u, .off = (off_), .imm = (int32_t)(imm_)         \
	}
#define INSN(...) ((struct bpf_insn)RAW(__VA_ARGS__))

#define MOV_IMM(dst, imm) INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define MOV_REG(dst, src) INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define MOV32_IMM(dst, imm) INSN(BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, imm)
#define MOV32_REG(dst, src) INSN(BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0)
#define ALU_IMM(op, dst, imm) INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define ALU_REG(op, dst, src) INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define ALU32_IMM(op, dst, imm) INSN(BPF_ALU | (op) | BPF_K, dst, 0, 0, imm)
#define LOAD(size, dst, src, off) INSN(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(size, dst, off, src) INSN(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define STORE_IMM(size, dst, off, imm) INSN(BPF_ST | BPF_MEM | (size), dst, 0, off, imm)
#define ATOMIC(size, op, dst, off, src) INSN(BPF_STX | BPF_ATOMIC | (size), dst, src, off, op)
#define LOAD_ABS(size, imm) INSN(BPF_LD | BPF_ABS | (size), 0, 0, 0, imm)
#define LOAD_IND(size, src, imm) INSN(BPF_LD | BPF_IND | (size), 0, src, 0, imm)
#define JUMP(off) INSN(BPF_JMP | BPF_JA, 0, 0, off, 0)
#define JUMP_IMM(op, dst, imm, off) INSN(BPF_JMP | (op) | BPF_K, dst, 0, off, imm)
#define JUMP32_IMM(op, dst, imm, off) INSN(BPF_JMP32 | (op) | BPF_K, dst, 0, off, imm)
#define JUMP_REG(op, dst, src, off) INSN(BPF_JMP | (op) | BPF_X, dst, src, off, 0)
#define CALL(helper) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

/* Two slots each. */
#define WIDE(dst, value)                                                                           \
	INSN(BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, (uint64_t)(value)&0xffffffffu),                 \
		INSN(0, 0, 0, 0, (uint64_t)(value) >> 32)
#define MAP(dst, fd)                                                                               \
	INSN(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/prologue on instructions as Linux 5.10 and later show them. */
#include "kernel/prologue.h"

#include <linux/pkt_cls.h>

#include "harness.h"
#include "image/assemble.h"

#define AX 11
#define COUNT(array) (uint32_t)(sizeof(array) / sizeof((array)[0]))

#define PULL                                                                                       \
	MOV_REG(6, 1), ALU_REG(BPF_XOR, 2, 2), CALL(123456), JUMP_IMM(BPF_JEQ, 0, 0, 2),           \
		MOV32_IMM(0, TC_ACT_SHOT), EXIT, MOV_REG(1, 6)

static const struct bpf_insn plain[] = {
	LOAD(BPF_B, 6, 1, 126),
	ALU32_IMM(BPF_AND, 6, 1),
	JUMP_IMM(BPF_JEQ, 6, 0, 7),
	PULL,
	MOV_IMM(0, 0),
	EXIT,
};

TEST(a_prologue_is_found_at_the_start)
{
	CHECK(prologue_is_present(plain, COUNT(plain)));
}

TEST(a_prologue_is_found_behind_what_a_newer_kernel_puts_in_front)
{
	struct bpf_insn behind[COUNT(plain) + 1] = { STORE_IMM(BPF_DW, 10, -8, 100) };

	memcpy(behind + 1, plain, sizeof(plain));
	CHECK(prologue_is_present(behind, COUNT(behind)));
}

TEST(a_prologue_is_found_with_blinded_constants)
{
	const struct bpf_insn blinded[] = {
		LOAD(BPF_B, 6, 1, 126),
		MOV32_IMM(AX, 0x1234),
		INSN(BPF_ALU | BPF_XOR | BPF_K, AX, 0, 0, 0x1235),
		INSN(BPF_ALU | BPF_AND | BPF_X, 6, AX, 0, 0),
		MOV_IMM(AX, 0x77),
		ALU_IMM(BPF_XOR, AX, 0x77),
		JUMP_REG(BPF_JEQ, 6, AX, 11),
		MOV_REG(6, 1),
		ALU_REG(BPF_XOR, 2, 2),
		CALL(123456),
		MOV_IMM(AX, 0x55),
		ALU_IMM(BPF_XOR, AX, 0x55),
		JUMP_REG(BPF_JEQ, 0, AX, 4),
		MOV32_IMM(AX, 0x100),
		INSN(BPF_ALU | BPF_XOR | BPF_K, AX, 0, 0, 0x102),
		MOV32_REG(0, AX),
		EXIT,
		MOV_REG(1, 6),
		MOV_IMM(0, 0),
		EXIT,
	};

	CHECK(prologue_is_present(blinded, COUNT(blinded)));
}

TEST(a_prologue_with_any_step_missing_is_none)
{
	for (uint32_t left_out = 0; left_out < 10; left_out++) {
		struct bpf_insn less[COUNT(plain)];
		uint32_t count = 0;

		for (uint32_t i = 0; i < COUNT(plain); i++)
			if (i != left_out)
				less[count++] = plain[i];
		CHECK(!prologue_is_present(less, count));
	}
	CHECK(!prologue_is_present(plain, 9));
	CHECK(!prologue_is_present(plain, 0));
}

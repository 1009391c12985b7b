/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LD_ABS and LD_IND (BCC's cursors and load_byte) end the program with verdict 0 when the
 * packet is too short, without an exit that a later pass could see. So each becomes a
 * jump to a guard, which compares the length first and has the same end as an exit.
 */
#include <errno.h>
#include <stddef.h>

#include "base/error.h"
#include "image/opcode.h"
#include "image/rewrite_pass.h"

/* r1 to r5 are free: the load would overwrite them. r6 holds the context there, or the
 * kernel's verifier refuses the load. */
static int add_guard(struct rewrite *rewrite, uint32_t at)
{
	const struct bpf_insn load = rewrite_at(rewrite, at);
	const uint8_t end = load.src_reg == 1 ? 2 : 1, length = load.src_reg == 3 ? 4 : 3;
	const uint32_t guard = rewrite_count(rewrite);
	uint32_t back;

	if (load.imm < 0)
		return hint(rewrite->error,
			    rewrite_refuse(rewrite, ENOTSUP,
					   "loads packet bytes at a negative offset (SKF_AD_OFF "
					   "and kin)"),
			    "read the field of struct __sk_buff instead, or call "
			    "bpf_skb_load_bytes_relative()");
	if (BPF_MODE(load.code) == BPF_IND) {
		rewrite_append(rewrite, MOV32_REG(end, load.src_reg));
		rewrite_append(rewrite, ALU32_IMM(BPF_ADD, end, load.imm));
	} else {
		rewrite_append(rewrite, MOV32_IMM(end, load.imm));
	}
	/* In 64 bits: an offset below zero or near the top must not wrap into bounds. */
	rewrite_append(rewrite, ALU_IMM(BPF_ADD, end, opcode_size(load.code)));
	rewrite_append(rewrite, LOAD(BPF_W, length, 6, offsetof(struct __sk_buff, len)));
	rewrite_append(rewrite, JUMP_REG(BPF_JGT, end, length, 2));
	rewrite_append(rewrite, load);
	back = rewrite_append(rewrite, JUMP(0));
	rewrite_append(rewrite, MOV_IMM(0, 0));
	rewrite_append(rewrite, EXIT);
	if (!rewrite_jump(rewrite, at, guard) || !rewrite_jump(rewrite, back, at + 1))
		return rewrite_refuse(rewrite, E2BIG,
				      "is too long: a packet load is more than 32767 instructions "
				      "from the end");
	return 0;
}

int guards_apply(struct rewrite *rewrite)
{
	const uint32_t count = rewrite_count(rewrite);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < count; i++) {
		const uint8_t code = rewrite_at(rewrite, i).code;

		if (opcode_is_packet_load(code))
			r = add_guard(rewrite, i);
		i += opcode_is_wide(code);
	}
	return r;
}

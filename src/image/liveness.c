/* SPDX-License-Identifier: Apache-2.0 */
#include "image/liveness.h"

#include <stdbool.h>
#include <stdlib.h>

#include "image/opcode.h"

#define BIT(reg) ((uint16_t)(1u << (reg)))
#define ARGUMENTS ((uint16_t)0x3e)        /* r1 to r5 */
#define LOST_BEHIND_CALL ((uint16_t)0x3f) /* and r0 */

struct access {
	uint16_t reads, writes;
};

static struct access of_arithmetic(const struct bpf_insn *insn)
{
	struct access access = { 0, BIT(insn->dst_reg) };

	if (BPF_OP(insn->code) != BPF_MOV)
		access.reads |= BIT(insn->dst_reg);
	/* Of a change of byte order the bit says which one. */
	if (BPF_SRC(insn->code) == BPF_X && BPF_OP(insn->code) != BPF_END)
		access.reads |= BIT(insn->src_reg);
	return access;
}

static struct access of_branch(const struct bpf_insn *insn)
{
	if (opcode_is_call(insn->code))
		return (struct access){ ARGUMENTS, LOST_BEHIND_CALL };
	if (opcode_is_exit(insn->code))
		return (struct access){ BIT(0), 0 };
	if (opcode_is_always_jump(insn->code))
		return (struct access){ 0, 0 };
	return (struct access){ (uint16_t)(BIT(insn->dst_reg) |
					   (BPF_SRC(insn->code) == BPF_X ? BIT(insn->src_reg) : 0)),
				0 };
}

static struct access access_of(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return of_arithmetic(insn);
	case BPF_LDX:
		return (struct access){ BIT(insn->src_reg), BIT(insn->dst_reg) };
	case BPF_ST:
		return (struct access){ BIT(insn->dst_reg), 0 };
	case BPF_STX: /* an atomic one may read r0, too; what it writes it read before */
		return (struct access){ (uint16_t)(BIT(insn->dst_reg) | BIT(insn->src_reg) |
						   (BPF_MODE(insn->code) == BPF_ATOMIC ? BIT(0)
										       : 0)),
					0 };
	case BPF_LD:
		if (opcode_is_wide(insn->code))
			return (struct access){ 0, BIT(insn->dst_reg) };
		return (struct access){ (uint16_t)(BIT(6) | (BPF_MODE(insn->code) == BPF_IND
								     ? BIT(insn->src_reg)
								     : 0)),
					LOST_BEHIND_CALL };
	default:
		return of_branch(insn);
	}
}

static bool goes_on(uint8_t code)
{
	return !opcode_is_exit(code) && !opcode_is_always_jump(code);
}

static uint16_t before(const struct bpf_insn *insns, uint32_t count, uint32_t at,
		       const uint16_t *live)
{
	const struct bpf_insn *insn = &insns[at];
	const struct access access = access_of(insn);
	const uint32_t next = at + 1 + opcode_is_wide(insn->code);
	uint16_t after = 0;
	int64_t target;

	if (goes_on(insn->code) && next < count)
		after |= live[next];
	if (opcode_is_branch(insn->code) && !opcode_is_call(insn->code) &&
	    !opcode_is_exit(insn->code) && opcode_target(insn, at, &target) && target >= 0 &&
	    target < count)
		after |= live[target];
	return (uint16_t)((after & ~access.writes) | access.reads);
}

uint16_t *liveness_find(const struct bpf_insn *insns, uint32_t count)
{
	uint16_t *live = calloc(count + 1, sizeof(*live));
	bool again = live != NULL;

	while (again) { /* sets only grow */
		again = false;
		for (uint32_t i = count; i-- > 0;) {
			uint16_t found;

			if (i && opcode_is_wide(insns[i - 1].code))
				continue; /* the second half of a wide one */
			found = before(insns, count, i, live);
			again |= found != live[i];
			live[i] = found;
		}
	}
	return live;
}

int liveness_free_register(uint16_t live)
{
	for (int i = 0; i <= 9; i++)
		if (!(live & BIT(i)))
			return i;
	return -1;
}

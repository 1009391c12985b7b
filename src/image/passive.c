/* SPDX-License-Identifier: Apache-2.0 */
/* Every exit becomes a jump to one epilogue. See docs/image.md. */
#include "image/passive.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <stddef.h>

#include "image/replay.h"
#include "image/rewrite_pass.h"

#define FIRST_VERDICT TC_ACT_UNSPEC /* in slot 0 */
#define LAST_VERDICT TC_ACT_TRAP    /* in the last slot but one */

_Static_assert(LAST_VERDICT - FIRST_VERDICT + 2 == PASSIVE_SLOTS,
	       "a slot each, and one for others");

int32_t passive_slot_verdict(uint32_t slot)
{
	slot %= PASSIVE_SLOTS;
	return slot == PASSIVE_SLOTS - 1 ? INT32_MIN : (int32_t)slot + FIRST_VERDICT;
}

_Static_assert(PASSIVE_SLOTS < REPLAY_NO_VERDICT, "a byte holds it");
_Static_assert((REPLAY_VERDICTS & (REPLAY_VERDICTS - 1)) == 0, "a mask");

/* The slot is in r1; r2 and r3 are free. */
static void append_note(struct rewrite *rewrite)
{
	rewrite_append_map(rewrite, 2, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_REPLAY,
			   offsetof(struct replay_state, runs));
	rewrite_append(rewrite, LOAD(BPF_W, 3, 2, 0));
	rewrite_append(rewrite, ALU_IMM(BPF_AND, 3, REPLAY_VERDICTS - 1));
	rewrite_append_map(rewrite, 2, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_REPLAY,
			   offsetof(struct replay_state, verdicts));
	rewrite_append(rewrite, ALU_REG(BPF_ADD, 2, 3));
	rewrite_append(rewrite, STORE(BPF_B, 2, 0, 1));
}

/* TC_ACT_STOLEN and TC_ACT_TRAP end a packet's way on clsact; tcx takes them for none, and would
 * pass it on. */
static void append_enforced(struct rewrite *rewrite)
{
	rewrite_append(rewrite, MOV32_REG(0, 6));
	rewrite_append(rewrite, JUMP_IMM(BPF_JEQ, 0, TC_ACT_STOLEN, 1));
	rewrite_append(rewrite, JUMP_IMM(BPF_JNE, 0, TC_ACT_TRAP, 1));
	rewrite_append(rewrite, MOV32_IMM(0, TC_ACT_SHOT));
}

/*
 * The frame is dead at an exit, so the key may lie where the function kept
 * something: a function that uses all 512 bytes needs no more. The verdict is
 * the low half of r0; what stands above is left over from 64-bit arithmetic.
 * The add is atomic although the map is per-CPU, because BPF_PROG_TEST_RUN can
 * be interrupted by the same program at work on real packets.
 */
static void append_epilogue(struct rewrite *rewrite)
{
	const struct rewrite_request *request = rewrite->request;
	const int32_t other = (int32_t)(PASSIVE_SLOTS - 1);

	rewrite_append(rewrite, MOV32_REG(6, 0));
	rewrite_append(rewrite, MOV32_REG(1, 6));
	rewrite_append(rewrite, ALU32_IMM(BPF_ADD, 1, -FIRST_VERDICT));
	rewrite_append(rewrite, JUMP_IMM(BPF_JLT, 1, other, 1));
	rewrite_append(rewrite, MOV32_IMM(1, other));
	if (request->notes)
		append_note(rewrite);
	rewrite_append(rewrite, ALU32_IMM(BPF_ADD, 1, request->first_slot));
	rewrite_append(rewrite, STORE(BPF_W, 10, -4, 1));
	rewrite_append_map(rewrite, 1, BPF_PSEUDO_MAP_FD, REWRITE_MAP_VERDICTS, 0);
	rewrite_append(rewrite, MOV_REG(2, 10));
	rewrite_append(rewrite, ALU_IMM(BPF_ADD, 2, -4));
	rewrite_append(rewrite, CALL(BPF_FUNC_map_lookup_elem));
	rewrite_append(rewrite, JUMP_IMM(BPF_JEQ, 0, 0, 2));
	rewrite_append(rewrite, MOV_IMM(1, 1));
	rewrite_append(rewrite, ATOMIC(BPF_DW, BPF_ADD, 0, 0, 1));
	if (request->enforce)
		append_enforced(rewrite);
	else
		rewrite_append(rewrite, MOV_IMM(0, TC_ACT_UNSPEC));
	rewrite_append(rewrite, EXIT);
}

/* From the last to the first: one that is too far from the epilogue goes there by
 * way of a later exit, which is a jump by then. */
int passive_apply(struct rewrite *rewrite)
{
	const uint32_t epilogue = rewrite_count(rewrite);
	uint32_t relay = epilogue, next = epilogue; /* the exit behind the one at hand */

	append_epilogue(rewrite);
	for (uint32_t i = epilogue; i-- > 0;) {
		if (rewrite_at(rewrite, i).code != (BPF_JMP | BPF_EXIT))
			continue;
		if (!rewrite_jump(rewrite, i, relay)) {
			relay = next;
			if (!rewrite_jump(rewrite, i, relay))
				return rewrite_refuse(rewrite, E2BIG,
						      "is too long: a return is more than 32767 "
						      "instructions from the next");
		}
		next = i;
	}
	return 0;
}

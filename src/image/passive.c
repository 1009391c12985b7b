/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passive rewriting. Nothing in the function moves: an exit becomes a jump to
 * an epilogue behind the last instruction, a packet load becomes a jump to its
 * guard there. See docs/image.md for the reasons and the kernel facts.
 */
#include "image/passive.h"

#include <errno.h>
#include <limits.h>
#include <linux/pkt_cls.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/opcode.h"

#define EPILOGUE_LENGTH 17u
#define GUARD_LENGTH 9u
#define FIRST_VERDICT TC_ACT_UNSPEC /* in slot 0 */
#define LAST_VERDICT TC_ACT_TRAP    /* in the last slot but one */

_Static_assert(LAST_VERDICT - FIRST_VERDICT + 2 == PASSIVE_SLOTS,
	       "a slot each, and one for others");

struct rewriting {
	const struct skbscope_image_program *program;
	struct bpf_insn *insns; /* the new program */
	uint32_t count;         /* of those written so far */
	uint32_t capacity;
	uint32_t epilogue; /* where it starts */
	struct skbscope_error *error;
};

int32_t passive_slot_verdict(uint32_t slot)
{
	slot %= PASSIVE_SLOTS;
	return slot == PASSIVE_SLOTS - 1 ? INT32_MIN : (int32_t)slot + FIRST_VERDICT;
}

static int refuse(const struct rewriting *rewriting, int code, const char *what)
{
	return fail(rewriting->error, code, SKBSCOPE_STAGE_LOAD, "function '%s' %s",
		    rewriting->program->name, what);
}

static uint32_t emit(struct rewriting *rewriting, struct bpf_insn insn)
{
	rewriting->insns[rewriting->count] = insn;
	return rewriting->count++;
}

#define INSN(code_, dst, src, off_, imm_)                                                          \
	((struct bpf_insn){ .code = (code_),                                                       \
			    .dst_reg = (dst)&15u,                                                  \
			    .src_reg = (src)&15u,                                                  \
			    .off = (off_),                                                         \
			    .imm = (imm_) })

/* Makes the instruction AT jump to TARGET; false if that is too far. */
static bool set_jump(struct rewriting *rewriting, uint32_t at, uint32_t target)
{
	int64_t distance = (int64_t)target - (int64_t)at - 1;

	if (distance > INT16_MAX || distance < INT16_MIN)
		return false;
	rewriting->insns[at] = INSN(BPF_JMP | BPF_JA, 0, 0, (int16_t)distance, 0);
	return true;
}

/*
 * The frame is dead at an exit, so the key may lie where the function kept
 * something: a function that uses all 512 bytes needs no more. The verdict is
 * the low half of r0; what stands above is left over from 64-bit arithmetic.
 * The add is atomic although the map is per-CPU, because BPF_PROG_TEST_RUN can
 * be interrupted by the same program at work on real packets.
 */
static void emit_epilogue(struct rewriting *rewriting, bool enforce, uint32_t first_slot,
			  uint32_t *verdict_map_at)
{
	const int32_t other = (int32_t)(PASSIVE_SLOTS - 1);

	emit(rewriting, INSN(BPF_ALU | BPF_MOV | BPF_X, 6, 0, 0, 0));
	emit(rewriting, INSN(BPF_ALU | BPF_MOV | BPF_X, 1, 6, 0, 0));
	emit(rewriting, INSN(BPF_ALU | BPF_ADD | BPF_K, 1, 0, 0, -FIRST_VERDICT));
	emit(rewriting, INSN(BPF_JMP | BPF_JLT | BPF_K, 1, 0, 1, other));
	emit(rewriting, INSN(BPF_ALU | BPF_MOV | BPF_K, 1, 0, 0, other));
	emit(rewriting, INSN(BPF_ALU | BPF_ADD | BPF_K, 1, 0, 0, (int32_t)first_slot));
	emit(rewriting, INSN(BPF_STX | BPF_MEM | BPF_W, 10, 1, -4, 0));
	*verdict_map_at =
		emit(rewriting, INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, 0));
	emit(rewriting, INSN(0, 0, 0, 0, 0));
	emit(rewriting, INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0));
	emit(rewriting, INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -4));
	emit(rewriting, INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem));
	emit(rewriting, INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0));
	emit(rewriting, INSN(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, 1));
	emit(rewriting, INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD));
	if (enforce)
		emit(rewriting, INSN(BPF_ALU | BPF_MOV | BPF_X, 0, 6, 0, 0));
	else
		emit(rewriting, INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, TC_ACT_UNSPEC));
	emit(rewriting, INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

/*
 * LD_ABS and LD_IND (bcc's cursors and load_byte) end the program with verdict 0
 * when the packet is too short, without an exit that could be rewritten. So the
 * length is compared first. r1 to r5 are free: the load would overwrite them.
 * r6 holds the context there, or the kernel's verifier refuses the load.
 */
static int emit_guard(struct rewriting *rewriting, uint32_t at)
{
	const struct bpf_insn load = rewriting->insns[at];
	const uint8_t end = load.src_reg == 1 ? 2 : 1, length = load.src_reg == 3 ? 4 : 3;
	const uint32_t guard = rewriting->count;
	const int size = opcode_size(load.code);
	uint32_t check, back, out;

	if (load.imm < 0)
		return hint(rewriting->error,
			    refuse(rewriting, ENOTSUP,
				   "loads packet bytes at a negative offset (SKF_AD_OFF and kin)"),
			    "read the field of struct __sk_buff instead, or call "
			    "bpf_skb_load_bytes_relative()");
	if (BPF_MODE(load.code) == BPF_IND) {
		emit(rewriting, INSN(BPF_ALU | BPF_MOV | BPF_X, end, load.src_reg, 0, 0));
		emit(rewriting, INSN(BPF_ALU | BPF_ADD | BPF_K, end, 0, 0, load.imm));
	} else {
		emit(rewriting, INSN(BPF_ALU | BPF_MOV | BPF_K, end, 0, 0, load.imm));
	}
	/* In 64 bits: an offset below zero or near the top must not wrap into bounds. */
	emit(rewriting, INSN(BPF_ALU64 | BPF_ADD | BPF_K, end, 0, 0, size));
	emit(rewriting,
	     INSN(BPF_LDX | BPF_MEM | BPF_W, length, 6, offsetof(struct __sk_buff, len), 0));
	check = emit(rewriting, INSN(BPF_JMP | BPF_JGT | BPF_X, end, length, 2, 0));
	emit(rewriting, load);
	back = emit(rewriting, INSN(0, 0, 0, 0, 0));
	rewriting->insns[check].off = (int16_t)(rewriting->count - check - 1);
	emit(rewriting, INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0));
	out = emit(rewriting, INSN(0, 0, 0, 0, 0));
	if (!set_jump(rewriting, at, guard) || !set_jump(rewriting, back, at + 1) ||
	    !set_jump(rewriting, out, rewriting->epilogue))
		return refuse(rewriting, E2BIG,
			      "is too long: a packet load is more than 32767 instructions from "
			      "the end");
	return 0;
}

/* Whether control can only leave the function through its exits, so that what is
 * appended is reached by our jumps alone. The kernel would refuse a function that
 * runs off its end; with an epilogue behind it, it no longer could. */
static int check_flow(const struct rewriting *rewriting)
{
	const struct skbscope_image_program *program = rewriting->program;
	bool exits = false, ends = false;

	for (uint32_t i = 0; i < program->instruction_count; i++) {
		const struct bpf_insn *insn = &program->instructions[i];
		int64_t target;

		ends = opcode_is_exit(insn->code) || opcode_is_always_jump(insn->code);
		if (opcode_is_wide(insn->code)) {
			if (insn->src_reg == BPF_PSEUDO_FUNC)
				return refuse(rewriting, ENOTSUP,
					      "hands a function of its own to the kernel, which "
					      "skbscope cannot keep passive");
			if (++i < program->instruction_count && insn[1].code != 0)
				return refuse(rewriting, EINVAL, "has half of a 64-bit load");
			continue;
		}
		if (insn->code == (BPF_JMP | BPF_EXIT)) {
			exits = true;
			continue;
		}
		if (insn->code == (BPF_JMP | BPF_CALL)) {
			if (insn->src_reg != 0)
				return refuse(rewriting, ENOTSUP,
					      insn->src_reg == BPF_PSEUDO_CALL
						      ? "calls a function that was not inlined, "
							"which skbscope cannot keep passive"
						      : "calls a kernel function (kfunc), which "
							"skbscope cannot keep passive");
			continue;
		}
		if (!opcode_is_branch(insn->code))
			continue;
		if (!opcode_target(insn, i, &target) || opcode_is_exit(insn->code) ||
		    opcode_is_call(insn->code))
			return refuse(rewriting, ENOTSUP,
				      "jumps in a way that skbscope does not know");
		if (target < 0 || target >= program->instruction_count)
			return hint(rewriting->error,
				    refuse(rewriting, EINVAL, "jumps out of its own code"),
				    "this is what calling a function that is not defined compiles "
				    "to");
	}
	if (!exits || !ends)
		return hint(rewriting->error, refuse(rewriting, EINVAL, "does not end in a return"),
			    "this is what calling a function that is not defined compiles to");
	return 0;
}

static uint32_t count_loads(const struct skbscope_image_program *program)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < program->instruction_count; i++) {
		count += opcode_is_packet_load(program->instructions[i].code);
		i += opcode_is_wide(program->instructions[i].code);
	}
	return count;
}

/* From the last to the first: one that is too far from the epilogue goes there by
 * way of a later exit, which is a jump by then. */
static int redirect_exits(struct rewriting *rewriting)
{
	uint32_t relay = rewriting->epilogue;
	uint32_t next = rewriting->epilogue; /* the exit behind the one at hand */

	for (uint32_t i = rewriting->program->instruction_count; i-- > 0;) {
		if (rewriting->insns[i].code != (BPF_JMP | BPF_EXIT))
			continue;
		if (!set_jump(rewriting, i, relay)) {
			relay = next;
			if (!set_jump(rewriting, i, relay))
				return refuse(rewriting, E2BIG,
					      "is too long: a return is more than 32767 "
					      "instructions from the next");
		}
		next = i;
	}
	return 0;
}

int passive_rewrite(const struct skbscope_image_program *program, bool enforce, uint32_t first_slot,
		    struct bpf_insn **instructions, uint32_t *count, uint32_t *verdict_map_at,
		    struct skbscope_error *error)
{
	AUTO(freep) struct bpf_insn *insns = NULL;
	struct rewriting rewriting = { .program = program, .error = error };
	int r = check_flow(&rewriting);

	if (r < 0)
		return r;
	rewriting.capacity =
		program->instruction_count + count_loads(program) * GUARD_LENGTH + EPILOGUE_LENGTH;
	insns = calloc(rewriting.capacity, sizeof(*insns));
	if (!insns)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	rewriting.insns = insns;
	for (uint32_t i = 0; i < program->instruction_count; i++)
		emit(&rewriting, program->instructions[i]);
	rewriting.epilogue = rewriting.count;
	emit_epilogue(&rewriting, enforce, first_slot, verdict_map_at);
	r = redirect_exits(&rewriting);
	for (uint32_t i = 0; r == 0 && i < program->instruction_count; i++) {
		if (opcode_is_packet_load(program->instructions[i].code))
			r = emit_guard(&rewriting, i);
		i += opcode_is_wide(program->instructions[i].code);
	}
	if (r < 0)
		return r;
	*count = rewriting.count;
	*instructions = TAKE(insns);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads of the packet. What lies in the linear part is read directly, which is several times
 * faster than a helper; the rest (paged data, offsets that are large) goes by a call
 * of bpf_skb_load_bytes() out of line. The pointers are loaded anew for each, so that
 * nothing is alive in between and the verifier's states stay alike.
 */
#include "image/filter_code.h"

#include <stddef.h>
#include <string.h>

#define LOADED (-72)      /* the helper's destination in the frame, behind M[] */
#define HALF (-80)        /* and -88: a half of a number while the other is loaded */
#define DIRECT_MAX 32767  /* an instruction's offset */
#define LINEAR_MAX 0xff00 /* what the verifier lets be added to a packet pointer */
#define TAG_BYTES 4
#define TAG_AT 12

struct filter_jump {
	uint32_t at, index;
	enum filter_place place;
};

struct filter_slow {
	uint32_t size, offset, back, start;
	bool indexed; /* the offset is in its register */
	uint8_t target;
};

uint32_t filter_count(const struct filter_code *code)
{
	return (uint32_t)(code->instructions.length / sizeof(struct bpf_insn));
}

uint32_t filter_emit(struct filter_code *code, struct bpf_insn insn)
{
	buffer_append(&code->instructions, &insn, sizeof(insn));
	return filter_count(code) - 1;
}

void filter_jump(struct filter_code *code, struct bpf_insn insn, enum filter_place place,
		 uint32_t index)
{
	const struct filter_jump jump = { filter_emit(code, insn), index, place };

	buffer_append(&code->jumps, &jump, sizeof(jump));
}

static void lead(struct filter_code *code, uint32_t at, uint32_t target)
{
	const int64_t distance = (int64_t)target - (int64_t)at - 1;
	struct bpf_insn insn;

	if (code->instructions.failed)
		return;
	code->far |= distance > INT16_MAX || distance < INT16_MIN;
	memcpy(&insn, code->instructions.data + at * sizeof(insn), sizeof(insn));
	insn.off = (int16_t)distance;
	memcpy(code->instructions.data + at * sizeof(insn), &insn, sizeof(insn));
}

void filter_land(struct filter_code *code, uint32_t at)
{
	lead(code, at, filter_count(code));
}

void filter_load_field(struct filter_code *code, uint8_t target, size_t field)
{
	filter_emit(code, LOAD(BPF_W, target, FILTER_CONTEXT, (int16_t)field));
}

static uint8_t size_code(uint32_t size)
{
	return size == 4 ? BPF_W : size == 2 ? BPF_H : BPF_B;
}

static void to_host(struct filter_code *code, uint8_t target, uint32_t size)
{
	if (size > 1)
		filter_emit(code, INSN(BPF_ALU | BPF_END | BPF_TO_BE, target, 0, 0, (int)size * 8));
}

/* A jump with this one goes to the helper for this load. */
static void or_slow(struct filter_code *code, struct bpf_insn jump)
{
	filter_jump(code, jump, FILTER_SLOW,
		    (uint32_t)(code->slow.length / sizeof(struct filter_slow)));
}

/* Of the bytes as they lie there. */
static void load_bytes(struct filter_code *code, uint8_t target, uint32_t size, uint32_t offset,
		       bool indexed)
{
	struct filter_slow slow = {
		.size = size, .offset = offset, .indexed = indexed, .target = target
	};

	if (indexed) {
		or_slow(code, JUMP_IMM(BPF_JGT, FILTER_OFFSET, LINEAR_MAX, 0));
		offset = 0;
	}
	if (offset > DIRECT_MAX - size) {
		or_slow(code, JUMP(0));
	} else {
		filter_load_field(code, BPF_REG_3, offsetof(struct __sk_buff, data));
		filter_load_field(code, BPF_REG_5, offsetof(struct __sk_buff, data_end));
		if (indexed)
			filter_emit(code, ALU_REG(BPF_ADD, BPF_REG_3, FILTER_OFFSET));
		filter_emit(code, MOV_REG(BPF_REG_4, BPF_REG_3));
		filter_emit(code, ALU_IMM(BPF_ADD, BPF_REG_4, offset + size));
		or_slow(code, JUMP_REG(BPF_JGT, BPF_REG_4, BPF_REG_5, 0));
		filter_emit(code, LOAD(size_code(size), target, BPF_REG_3, (int16_t)offset));
	}
	slow.back = filter_count(code);
	buffer_append(&code->slow, &slow, sizeof(slow));
	to_host(code, target, size);
}

static void load_slowly(struct filter_code *code, const struct filter_slow *slow)
{
	uint32_t back;

	if (slow->indexed)
		filter_jump(code, JUMP_IMM(BPF_JGT, FILTER_OFFSET, INT32_MAX, 0), FILTER_NO_MATCH,
			    0);
	else
		filter_emit(code, MOV32_IMM(FILTER_OFFSET, slow->offset));
	filter_emit(code, MOV_REG(BPF_REG_1, FILTER_CONTEXT));
	filter_emit(code, MOV_REG(BPF_REG_3, BPF_REG_10));
	filter_emit(code, ALU_IMM(BPF_ADD, BPF_REG_3, LOADED));
	filter_emit(code, MOV_IMM(BPF_REG_4, slow->size));
	filter_emit(code, CALL(BPF_FUNC_skb_load_bytes));
	filter_jump(code, JUMP_IMM(BPF_JNE, BPF_REG_0, 0, 0), FILTER_NO_MATCH, 0);
	filter_emit(code, LOAD(size_code(slow->size), slow->target, BPF_REG_10, LOADED));
	back = filter_emit(code, JUMP(0));
	lead(code, back, slow->back);
}

/* The tag, or with a part of it in the load, a half after the other. */
static void load_tag(struct filter_code *code, uint8_t target, uint32_t size, uint32_t offset)
{
	const int16_t half = size == 4 ? HALF : HALF - 8;

	if (size == 1) {
		filter_load(code, target, 2, offset & ~1u, false);
		filter_emit(code, offset & 1 ? ALU32_IMM(BPF_AND, target, 0xff)
					     : ALU32_IMM(BPF_RSH, target, 8));
	} else if (size == 2 && offset == TAG_AT) {
		filter_load_field(code, target, offsetof(struct __sk_buff, vlan_proto));
		to_host(code, target, 2);
	} else if (size == 2 && offset == TAG_AT + 2) {
		filter_load_field(code, target, offsetof(struct __sk_buff, vlan_tci));
	} else {
		filter_load(code, target, size / 2, offset, false);
		filter_emit(code, STORE(BPF_DW, BPF_REG_10, half, target));
		filter_load(code, target, size / 2, offset + size / 2, false);
		filter_emit(code, LOAD(BPF_DW, BPF_REG_0, BPF_REG_10, half));
		filter_emit(code, ALU32_IMM(BPF_LSH, BPF_REG_0, size * 4));
		filter_emit(code, INSN(BPF_ALU | BPF_OR | BPF_X, target, BPF_REG_0, 0, 0));
	}
}

/* An offset that is known at run time only, and is at least LOWEST: behind the tag, before
 * it, or one of those few that lead into it. */
static void load_around_tag(struct filter_code *code, uint8_t target, uint32_t size,
			    uint32_t lowest)
{
	const uint32_t end = TAG_AT + TAG_BYTES,
		       first = lowest > TAG_AT - size ? lowest : TAG_AT - size + 1;
	uint32_t behind, before, done[TAG_BYTES + 4 - 1], count = 0;

	behind = filter_emit(code, JUMP_IMM(BPF_JGE, FILTER_OFFSET, end, 0));
	before = filter_emit(code, JUMP_IMM(BPF_JLT, FILTER_OFFSET, first, 0));
	for (uint32_t offset = first; offset < end; offset++) {
		const uint32_t other =
			filter_emit(code, JUMP_IMM(BPF_JNE, FILTER_OFFSET, offset, 0));

		load_tag(code, target, size, offset);
		done[count++] = filter_emit(code, JUMP(0));
		filter_land(code, other);
	}
	filter_land(code, behind);
	filter_emit(code, ALU_IMM(BPF_ADD, FILTER_OFFSET, -TAG_BYTES));
	filter_land(code, before);
	load_bytes(code, target, size, 0, true);
	for (uint32_t i = 0; i < count; i++)
		filter_land(code, done[i]);
}

void filter_load(struct filter_code *code, uint8_t target, uint32_t size, uint32_t offset,
		 bool indexed)
{
	if (indexed) {
		filter_emit(code, MOV32_IMM(FILTER_OFFSET, offset));
		filter_emit(code, ALU_REG(BPF_ADD, FILTER_OFFSET, FILTER_X));
		if (!code->tagged) {
			load_bytes(code, target, size, 0, true);
		} else if (offset >= TAG_AT + TAG_BYTES) {
			filter_emit(code, ALU_IMM(BPF_ADD, FILTER_OFFSET, -TAG_BYTES));
			load_bytes(code, target, size, 0, true);
		} else {
			load_around_tag(code, target, size, offset);
		}
	} else if (!code->tagged || offset + size <= TAG_AT) {
		load_bytes(code, target, size, offset, false);
	} else if (offset >= TAG_AT + TAG_BYTES) {
		load_bytes(code, target, size, offset - TAG_BYTES, false);
	} else {
		load_tag(code, target, size, offset);
	}
}

static void lead_all(struct filter_code *code, enum filter_place place, const uint32_t *targets,
		     uint32_t target)
{
	for (size_t i = 0; i < code->jumps.length; i += sizeof(struct filter_jump)) {
		struct filter_jump jump;

		memcpy(&jump, code->jumps.data + i, sizeof(jump));
		if (jump.place == place)
			lead(code, jump.at, targets ? targets[jump.index] : target);
	}
}

void filter_finish_copy(struct filter_code *code)
{
	struct buffer left = { 0 };

	lead_all(code, FILTER_CLASSIC, code->starts, 0);
	for (size_t i = 0; i < code->jumps.length; i += sizeof(struct filter_jump)) {
		struct filter_jump jump;

		memcpy(&jump, code->jumps.data + i, sizeof(jump));
		if (jump.place != FILTER_CLASSIC)
			buffer_append(&left, &jump, sizeof(jump));
	}
	code->instructions.failed |= left.failed;
	buffer_free(&code->jumps);
	code->jumps = left;
}

static void finish_slow(struct filter_code *code)
{
	const uint32_t count = (uint32_t)(code->slow.length / sizeof(struct filter_slow));

	for (uint32_t i = 0; i < count; i++) {
		struct filter_slow slow;

		memcpy(&slow, code->slow.data + i * sizeof(slow), sizeof(slow));
		slow.start = filter_count(code);
		memcpy(code->slow.data + i * sizeof(slow), &slow, sizeof(slow));
		load_slowly(code, &slow);
	}
	for (size_t i = 0; i < code->jumps.length; i += sizeof(struct filter_jump)) {
		struct filter_jump jump;
		struct filter_slow slow;

		memcpy(&jump, code->jumps.data + i, sizeof(jump));
		if (jump.place != FILTER_SLOW)
			continue;
		memcpy(&slow, code->slow.data + jump.index * sizeof(slow), sizeof(slow));
		lead(code, jump.at, slow.start);
	}
}

static bool has_jump(const struct filter_code *code, enum filter_place place)
{
	for (size_t i = 0; i < code->jumps.length; i += sizeof(struct filter_jump)) {
		struct filter_jump jump;

		memcpy(&jump, code->jumps.data + i, sizeof(jump));
		if (jump.place == place)
			return true;
	}
	return false;
}

void filter_finish(struct filter_code *code)
{
	if (code->slow.failed || code->jumps.failed || code->instructions.failed) {
		code->instructions.failed = true;
		return;
	}
	finish_slow(code);
	/* The kernel refuses code that nothing leads to. */
	if (has_jump(code, FILTER_NO_MATCH)) {
		lead_all(code, FILTER_NO_MATCH, NULL, filter_count(code));
		filter_emit(code, MOV_IMM(BPF_REG_0, -1));
		filter_emit(code, EXIT);
	}
	lead_all(code, FILTER_MATCH, NULL, filter_count(code));
	filter_emit(code, MOV_REG(BPF_REG_1, FILTER_CONTEXT));
}

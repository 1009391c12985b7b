/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adder's program looks up the parcel's key and adds the parcel's amounts to
 * that row, one after another. It is run by BPF_PROG_TEST_RUN, in which no packet
 * can come between on the same CPU, so that a per-CPU row is safe too.
 */
#include "kernel/adder.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/bits.h"

#define OFFSET_MAX 32000u /* an instruction's offset is 16 bits, with a sign */
#define MISSING 1         /* the program's answer: no such row */

static uint32_t round_up(uint32_t size)
{
	return (size + 7) / 8 * 8;
}

static int emit(struct buffer *code, uint8_t opcode, uint8_t to, uint8_t from, int16_t offset,
		int32_t immediate)
{
	const struct bpf_insn instruction = {
		.code = opcode,
		.dst_reg = to & 15u,
		.src_reg = from & 15u,
		.off = offset,
		.imm = immediate,
	};

	return buffer_append(code, &instruction, sizeof(instruction));
}

static int emit_map(struct buffer *code, uint8_t to, uint8_t kind, int map)
{
	int r = emit(code, BPF_LD | BPF_DW | BPF_IMM, to, kind, 0, map);

	return r < 0 ? r : emit(code, 0, 0, 0, 0, 0);
}

/* r6: the parcel; r0: the row. */
static int emit_lookup(struct buffer *code, int map, int parcel)
{
	if (emit_map(code, BPF_REG_6, BPF_PSEUDO_MAP_VALUE, parcel) < 0 ||
	    emit_map(code, BPF_REG_1, BPF_PSEUDO_MAP_FD, map) < 0 ||
	    emit(code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_6, 0, 0) < 0 ||
	    emit(code, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem) < 0 ||
	    emit(code, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 2, 0) < 0 ||
	    emit(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, MISSING) < 0)
		return -ENOMEM;
	return emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static uint8_t size_code(uint32_t bytes)
{
	return bytes == 8 ? BPF_DW : bytes == 4 ? BPF_W : bytes == 2 ? BPF_H : BPF_B;
}

/* There are atomic additions for aligned words of 4 and 8 bytes alone; a packet
 * program has no others either. */
static int emit_addition(struct buffer *code, uint32_t parcel, uint32_t row, uint32_t bytes)
{
	uint8_t size = size_code(bytes);

	if (emit(code, BPF_LDX | BPF_MEM | size, BPF_REG_1, BPF_REG_6, (int16_t)parcel, 0) < 0)
		return -ENOMEM;
	if (bytes >= 4 && row % bytes == 0)
		return emit(code, BPF_STX | BPF_ATOMIC | size, BPF_REG_0, BPF_REG_1, (int16_t)row,
			    BPF_ADD);
	if (emit(code, BPF_LDX | BPF_MEM | size, BPF_REG_2, BPF_REG_0, (int16_t)row, 0) < 0 ||
	    emit(code, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, BPF_REG_1, 0, 0) < 0)
		return -ENOMEM;
	return emit(code, BPF_STX | BPF_MEM | size, BPF_REG_0, BPF_REG_2, (int16_t)row, 0);
}

static bool can_add(const struct sum_step *step)
{
	return step->how == SUM_ADD && step->bit_offset % 8 == 0 &&
	       (step->bit_size == 8 || step->bit_size == 16 || step->bit_size == 32 ||
		step->bit_size == 64);
}

static int make_code(const struct adder *adder, const struct sum_plan *sum, int map,
		     struct buffer *code, bool *whole)
{
	int r = emit_lookup(code, map, adder->parcel);

	*whole = true;
	for (size_t i = 0; i < sum->count && r == 0; i++) {
		const struct sum_step *step = &sum->steps[i];
		uint32_t bytes = step->bit_size / 8, offset = step->bit_offset / 8;

		if (!can_add(step)) {
			*whole = *whole && step->how == SUM_FIRST;
			continue;
		}
		for (uint32_t k = 0; k < step->count && r == 0; k++, offset += bytes)
			r = emit_addition(code, adder->values_at + offset, offset, bytes);
	}
	if (r == 0)
		r = emit(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	return r < 0 ? r : emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

int adder_open(int map, const struct skbscope_schema *schema, const struct sum_plan *sum,
	       struct adder *out)
{
	AUTO(buffer_free) struct buffer code = { 0 };
	AUTO(adder_close)
	struct adder adder = {
		.program = -1,
		.parcel = -1,
		.key_size = schema->key_size,
		.value_size = schema->value_size,
		.values_at = round_up(schema->key_size),
	};
	uint32_t bytes = adder.values_at + round_up(schema->value_size);
	int r;

	if (schema->key_size > OFFSET_MAX || schema->value_size > OFFSET_MAX || bytes > OFFSET_MAX)
		return -E2BIG;
	adder.parcel = bpf_map_create(BPF_MAP_TYPE_ARRAY, "skb_parcel", 4, bytes, 1, NULL);
	if (adder.parcel < 0)
		return -errno;
	r = make_code(&adder, sum, map, &code, &adder.whole);
	if (r < 0)
		return r;
	adder.program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "skb_adder", "Apache-2.0",
				      (const struct bpf_insn *)(const void *)code.data,
				      code.length / sizeof(struct bpf_insn), NULL);
	if (adder.program < 0)
		return -errno;
	*out = adder;
	adder.program = adder.parcel = -1;
	return 0;
}

void adder_close(struct adder *adder)
{
	closep(&adder->program);
	closep(&adder->parcel);
}

int adder_add(const struct adder *adder, const void *key, const uint8_t *amounts)
{
	static const uint8_t frame[14]; /* the least that a run takes */
	AUTO(freep) uint8_t *parcel = calloc(1, adder->values_at + round_up(adder->value_size));
	LIBBPF_OPTS(bpf_test_run_opts, options);
	const uint32_t zero = 0;

	if (!parcel)
		return -ENOMEM;
	memcpy(parcel, key, adder->key_size);
	memcpy(parcel + adder->values_at, amounts, adder->value_size);
	if (bpf_map_update_elem(adder->parcel, &zero, parcel, BPF_ANY) < 0)
		return -errno;
	options.data_in = frame;
	options.data_size_in = sizeof(frame);
	options.repeat = 1;
	if (bpf_prog_test_run_opts(adder->program, &options) < 0)
		return -errno;
	return options.retval == MISSING;
}

void adder_difference(const struct sum_plan *sum, const uint8_t *before, const uint8_t *after,
		      uint32_t cpus, size_t stride, uint8_t *out)
{
	for (size_t i = 0; i < sum->count; i++) {
		const struct sum_step *step = &sum->steps[i];

		for (uint32_t k = 0; can_add(step) && k < step->count; k++) {
			uint32_t at = step->bit_offset + k * step->bit_size;
			bits_t amount = 0;

			for (uint32_t cpu = 0; cpu < cpus; cpu++) {
				if (after)
					amount +=
						bits_read(after + cpu * stride, at, step->bit_size);
				if (before)
					amount -= bits_read(before + cpu * stride, at,
							    step->bit_size);
			}
			bits_write(out, at, step->bit_size, amount);
		}
	}
}

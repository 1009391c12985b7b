/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program looks up the key of its argument and adds the argument's amounts to that
 * row, one after another. It is run by BPF_PROG_TEST_RUN, in which no packet can come
 * between on the same CPU, so that a per-CPU row is safe too.
 */
#include "kernel/atomic_add.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/bits.h"
#include "model/table_rows.h"

#define OFFSET_MAX 32000u /* an instruction's offset is 16 bits, with a sign */
#define MISSING 1         /* the program's answer: no such row */

static void emit(struct buffer *code, uint8_t opcode, uint8_t to, uint8_t from, int16_t offset,
		 int32_t immediate)
{
	const struct bpf_insn instruction = {
		.code = opcode,
		.dst_reg = to & 15u,
		.src_reg = from & 15u,
		.off = offset,
		.imm = immediate,
	};

	buffer_append(code, &instruction, sizeof(instruction));
}

static void emit_map(struct buffer *code, uint8_t to, uint8_t kind, int map)
{
	emit(code, BPF_LD | BPF_DW | BPF_IMM, to, kind, 0, map);
	emit(code, 0, 0, 0, 0, 0);
}

/* r6: the argument; r0: the row. */
static void emit_lookup(struct buffer *code, int map, int argument)
{
	emit_map(code, BPF_REG_6, BPF_PSEUDO_MAP_VALUE, argument);
	emit_map(code, BPF_REG_1, BPF_PSEUDO_MAP_FD, map);
	emit(code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_6, 0, 0);
	emit(code, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	emit(code, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 2, 0);
	emit(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, MISSING);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static uint8_t size_code(uint32_t bytes)
{
	return bytes == 8 ? BPF_DW : bytes == 4 ? BPF_W : bytes == 2 ? BPF_H : BPF_B;
}

/* There are atomic additions for aligned words of 4 and 8 bytes alone; a packet
 * program has no others either. */
static void emit_addition(struct buffer *code, uint32_t argument, uint32_t row, uint32_t bytes)
{
	uint8_t size = size_code(bytes);

	emit(code, BPF_LDX | BPF_MEM | size, BPF_REG_1, BPF_REG_6, (int16_t)argument, 0);
	if (bytes >= 4 && row % bytes == 0) {
		emit(code, BPF_STX | BPF_ATOMIC | size, BPF_REG_0, BPF_REG_1, (int16_t)row,
		     BPF_ADD);
		return;
	}
	emit(code, BPF_LDX | BPF_MEM | size, BPF_REG_2, BPF_REG_0, (int16_t)row, 0);
	emit(code, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, BPF_REG_1, 0, 0);
	emit(code, BPF_STX | BPF_MEM | size, BPF_REG_0, BPF_REG_2, (int16_t)row, 0);
}

static bool can_add(const struct sum_step *step)
{
	return step->how == SUM_ADD && step->bit_offset % 8 == 0 &&
	       (step->bit_size == 8 || step->bit_size == 16 || step->bit_size == 32 ||
		step->bit_size == 64);
}

static void make_code(struct atomic_add *add, const struct sum_plan *sum, int map,
		      struct buffer *code)
{
	emit_lookup(code, map, add->argument);
	add->whole = true;
	for (size_t i = 0; i < sum->count; i++) {
		const struct sum_step *step = &sum->steps[i];
		uint32_t bytes = step->bit_size / 8, offset = step->bit_offset / 8;

		if (!can_add(step)) {
			add->whole = add->whole && step->how == SUM_FIRST;
			continue;
		}
		for (uint32_t k = 0; k < step->count; k++, offset += bytes)
			emit_addition(code, add->values_at + offset, offset, bytes);
	}
	emit(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static uint32_t argument_size(const struct atomic_add *add)
{
	return add->values_at + (uint32_t)table_rows_cpu_stride(add->value_size);
}

int atomic_add_open(int map, const struct skbscope_schema *schema, const struct sum_plan *sum,
		    struct atomic_add *out)
{
	AUTO(buffer_free) struct buffer code = { 0 };
	AUTO(atomic_add_close)
	struct atomic_add add = {
		.program = -1,
		.argument = -1,
		.key_size = schema->key_size,
		.value_size = schema->value_size,
		.values_at = (uint32_t)table_rows_cpu_stride(schema->key_size),
	};
	uint32_t bytes = argument_size(&add);

	if (schema->key_size > OFFSET_MAX || schema->value_size > OFFSET_MAX || bytes > OFFSET_MAX)
		return -E2BIG;
	add.argument = bpf_map_create(BPF_MAP_TYPE_ARRAY, "skb_argument", 4, bytes, 1, NULL);
	if (add.argument < 0)
		return -errno;
	make_code(&add, sum, map, &code);
	if (code.failed)
		return -ENOMEM;
	add.program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "skb_atomic_add", "Apache-2.0",
				    (const struct bpf_insn *)(const void *)code.data,
				    code.length / sizeof(struct bpf_insn), NULL);
	if (add.program < 0)
		return -errno;
	*out = add;
	add.program = add.argument = -1;
	return 0;
}

void atomic_add_close(struct atomic_add *add)
{
	closep(&add->program);
	closep(&add->argument);
}

int atomic_add_run(const struct atomic_add *add, const void *key, const uint8_t *amounts)
{
	static const uint8_t frame[14]; /* the least that a run takes */
	AUTO(freep) uint8_t *argument = calloc(1, argument_size(add));
	LIBBPF_OPTS(bpf_test_run_opts, options);
	const uint32_t zero = 0;

	if (!argument)
		return -ENOMEM;
	memcpy(argument, key, add->key_size);
	memcpy(argument + add->values_at, amounts, add->value_size);
	if (bpf_map_update_elem(add->argument, &zero, argument, BPF_ANY) < 0)
		return -errno;
	options.data_in = frame;
	options.data_size_in = sizeof(frame);
	options.repeat = 1;
	if (bpf_prog_test_run_opts(add->program, &options) < 0)
		return -errno;
	return options.retval == MISSING;
}

void atomic_add_difference(const struct sum_plan *sum, const uint8_t *before, const uint8_t *after,
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

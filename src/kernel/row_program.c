/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the row of the key in the argument, then what the caller's instructions do. */
#include "kernel/row_program.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/table_rows.h"

#define OFFSET_MAX 32000u /* an instruction's offset is 16 bits, with a sign */
#define MISSING 1         /* the program's answer: no such row */
#define LOOKUP_PERCPU 195 /* bpf_map_lookup_percpu_elem, younger than some headers */

void row_emit(struct buffer *code, uint8_t opcode, uint8_t to, uint8_t from, int16_t offset,
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

uint8_t row_size_code(uint32_t bytes)
{
	return bytes == 8 ? BPF_DW : bytes == 4 ? BPF_W : bytes == 2 ? BPF_H : BPF_B;
}

static uint32_t cpu_at(const struct row_program *program)
{
	return program->values_at + (uint32_t)table_rows_cpu_stride(program->value_size);
}

static uint32_t argument_size(const struct row_program *program)
{
	return cpu_at(program) + 8;
}

static void emit_map(struct buffer *code, uint8_t to, uint8_t kind, int map)
{
	row_emit(code, BPF_LD | BPF_DW | BPF_IMM, to, kind, 0, map);
	row_emit(code, 0, 0, 0, 0, 0);
}

static void emit_lookup(const struct row_program *program, int map, bool any_cpu,
			struct buffer *code)
{
	emit_map(code, ROW_ARGUMENT, BPF_PSEUDO_MAP_VALUE, program->argument);
	emit_map(code, BPF_REG_1, BPF_PSEUDO_MAP_FD, map);
	row_emit(code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, ROW_ARGUMENT, 0, 0);
	if (any_cpu)
		row_emit(code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_3, ROW_ARGUMENT,
			 (int16_t)cpu_at(program), 0);
	row_emit(code, BPF_JMP | BPF_CALL, 0, 0, 0,
		 any_cpu ? LOOKUP_PERCPU : BPF_FUNC_map_lookup_elem);
	row_emit(code, BPF_JMP | BPF_JNE | BPF_K, ROW_ROW, 0, 2, 0);
	row_emit(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, MISSING);
	row_emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void emit_end(struct buffer *code)
{
	row_emit(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	row_emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

int row_program_open(int map, const struct skbscope_schema *schema, const struct row_body *body,
		     struct row_program *out)
{
	AUTO(buffer_free) struct buffer code = { 0 };
	AUTO(row_program_close)
	struct row_program program = {
		.program = -1,
		.argument = -1,
		.key_size = schema->key_size,
		.value_size = schema->value_size,
		.values_at = (uint32_t)table_rows_cpu_stride(schema->key_size),
	};

	if (schema->key_size > OFFSET_MAX || schema->value_size > OFFSET_MAX ||
	    argument_size(&program) > OFFSET_MAX)
		return -E2BIG;
	program.argument = bpf_map_create(BPF_MAP_TYPE_ARRAY, "skb_argument", 4,
					  argument_size(&program), 1, NULL);
	if (program.argument < 0)
		return -errno;
	emit_lookup(&program, map, body->any_cpu, &code);
	body->emit(body->context, program.values_at, &code);
	emit_end(&code);
	if (code.failed)
		return -ENOMEM;
	program.program = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, body->name, "Apache-2.0",
					(const struct bpf_insn *)(const void *)code.data,
					code.length / sizeof(struct bpf_insn), NULL);
	if (program.program < 0)
		return -errno;
	*out = program;
	program.program = program.argument = -1;
	return 0;
}

void row_program_close(struct row_program *program)
{
	closep(&program->program);
	closep(&program->argument);
}

int row_program_run(const struct row_program *program, const void *key, const uint8_t *value,
		    uint32_t cpu)
{
	static const uint8_t frame[14]; /* the least that a run takes */
	AUTO(freep) uint8_t *argument = calloc(1, argument_size(program));
	LIBBPF_OPTS(bpf_test_run_opts, options);
	const uint32_t zero = 0;

	if (!argument)
		return -ENOMEM;
	memcpy(argument, key, program->key_size);
	memcpy(argument + program->values_at, value, program->value_size);
	memcpy(argument + cpu_at(program), &cpu, sizeof(cpu));
	if (bpf_map_update_elem(program->argument, &zero, argument, BPF_ANY) < 0)
		return -errno;
	options.data_in = frame;
	options.data_size_in = sizeof(frame);
	options.repeat = 1;
	if (bpf_prog_test_run_opts(program->program, &options) < 0)
		return -errno;
	return options.retval == MISSING;
}

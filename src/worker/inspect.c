/* SPDX-License-Identifier: Apache-2.0 */
/* A walk over the instructions of one function, without following their flow; and a
 * look at how the source uses its tables. */
#include "worker/inspect.h"

#include <stdio.h>
#include <string.h>

#include "compile/as_typed.h"
#include "compile/clang_log.h"
#include "image/image.h"
#include "worker/scan.h"

/* LLVM spends two instructions on a constant only if it does not fit 32 bits.
 * One that would have fitted is the offset into a symbol that the JIT, which
 * knows no BPF relocations, left as it was. */
static bool is_lost_symbol(const struct bpf_insn *instruction)
{
	int64_t value = (int64_t)((uint64_t)(uint32_t)instruction[0].imm |
				  (uint64_t)(uint32_t)instruction[1].imm << 32);

	return value >= INT32_MIN && value <= INT32_MAX;
}

bool inspect_loads_lost_symbol(const struct skbscope_image_program *program, uint32_t at)
{
	const struct bpf_insn *instruction = &program->instructions[at];

	return instruction->code == (BPF_LD | BPF_DW | BPF_IMM) && instruction->src_reg == 0 &&
	       at + 1 < program->instruction_count && is_lost_symbol(instruction);
}

static const char *complaint(const struct skbscope_image_program *program, uint32_t at)
{
	const struct bpf_insn *instruction = &program->instructions[at];

	if (instruction->code == (BPF_JMP | BPF_CALL) && instruction->src_reg == BPF_PSEUDO_CALL)
		return "calls a function that cannot be inlined";
	if (inspect_loads_lost_symbol(program, at))
		return "uses a global or static variable, or an array of constants";
	return NULL;
}

/* In the user's file: a header's line would be misleading under its name. */
static uint32_t line_of(const struct skbscope_image *image,
			const struct skbscope_image_program *program, uint32_t instruction,
			const struct worker_request *request)
{
	struct image_place place;

	if (image_place(image, program, instruction, &place) && place.file &&
	    strcmp(place.file, request->path) == 0)
		return place.line;
	return program->line;
}

void inspect_program(const struct skbscope_image *image,
		     const struct skbscope_image_program *program,
		     const struct worker_request *request)
{
	const char *previous = NULL;
	uint32_t previous_line = 0;

	for (uint32_t i = 0; i < program->instruction_count; i++) {
		const struct bpf_insn *instruction = &program->instructions[i];
		const char *what = complaint(program, i);
		uint32_t line = what ? line_of(image, program, i, request) : 0;

		if (what && (what != previous || line != previous_line))
			fprintf(stderr, CLANG_LOG_WORKER ":%u: warning: '%s' %s\n", line,
				program->name, what);
		if (what) {
			previous = what;
			previous_line = line;
		}
		if (instruction->code == (BPF_LD | BPF_DW | BPF_IMM))
			i++;
	}
}

/* libbcc writes the insertion of a missing key for BPF_MAP_TYPE_HASH alone; for the
 * others, increment() is a lookup and nothing more. */
static bool is_left_empty(uint32_t type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

void inspect_table(const struct skbscope_image_map *map, const struct worker_request *request)
{
	static const char *const counting[] = { "increment", "atomic_increment" };
	static const char *const adding[] = { "update", "insert", "lookup_or_init",
					      "lookup_or_try_init" };

	if (!is_left_empty(map->type))
		return;
	for (size_t i = 0; i < sizeof(adding) / sizeof(adding[0]); i++)
		if (scan_method_line(request->text, request->text_length, map->name, adding[i]))
			return;
	for (size_t i = 0; i < sizeof(counting) / sizeof(counting[0]); i++) {
		uint32_t line = scan_method_line(request->text, request->text_length, map->name,
						 counting[i]);

		if (line)
			fprintf(stderr,
				CLANG_LOG_WORKER ":%u: warning: %s() adds no entry to '%s'\n",
				as_typed_line(request, line), counting[i], map->name);
	}
}

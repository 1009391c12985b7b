/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of several files, with their maps, types and lines. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/print_record.h"
#include "image/format.h"
#include "image/image.h"
#include "image/merge_steps.h"

static int copy_relocations(const struct merge *merge, size_t part,
			    const struct skbscope_image_program *program,
			    struct skbscope_image_program *out)
{
	struct skbscope_relocation *relocations =
		arena_copy(merge->arena, program->relocations, program->relocation_count,
			   sizeof(*relocations));

	for (size_t i = 0; relocations && i < program->relocation_count; i++) {
		if (relocations[i].map >= merge->parts[part].image->map_count)
			return fail(merge->error, EBADMSG, SKBSCOPE_STAGE_WORKER,
				    "function '%s' of the image loads a map that is not there",
				    program->name);
		relocations[i].map = merge->places[part].maps[relocations[i].map];
	}
	out->relocations = relocations;
	return 0;
}

static int copy_records(const struct merge *merge, size_t part,
			const struct skbscope_image_program *program,
			struct skbscope_image_program *out)
{
	const struct merge_place *place = &merge->places[part];
	struct bpf_func_info *functions = arena_copy(merge->arena, program->functions,
						     program->function_count, sizeof(*functions));
	struct bpf_line_info *lines =
		arena_copy(merge->arena, program->lines, program->line_count, sizeof(*lines));
	int r = 0;

	for (uint32_t i = 0; functions && i < program->function_count; i++)
		functions[i].type_id = merge_type(place, functions[i].type_id);
	for (uint32_t i = 0; part && lines && i < program->line_count && r == 0; i++) {
		r = merge_string(merge, place, lines[i].file_name_off, &lines[i].file_name_off);
		if (r == 0)
			r = merge_string(merge, place, lines[i].line_off, &lines[i].line_off);
	}
	out->functions = functions;
	out->lines = lines;
	return r;
}

static bool prints(const struct skbscope_image *image, const struct skbscope_image_program *program)
{
	int ring = image_find_map(image, PRINT_TABLE);

	for (size_t i = 0; i < program->relocation_count; i++)
		if (ring >= 0 && program->relocations[i].map == (uint32_t)ring)
			return true;
	return false;
}

#define INDEX(number, shift) (((number) >> (shift)) & PRINT_INDEX_NONE)

/* The numbers of function and header in the constants that say where a print stands. */
static void move_prints(const struct merge *merge, size_t part, uint32_t own,
			struct bpf_insn *instructions, uint32_t count)
{
	const uint32_t program = (uint32_t)merge->image->program_count;
	const size_t headers = merge->parts[part].image->include_count;

	for (uint32_t i = 0; i + 1 < count; i++) {
		struct bpf_insn *at = &instructions[i];
		uint64_t number = (uint32_t)at[0].imm | (uint64_t)(uint32_t)at[1].imm << 32;
		uint32_t header = (uint32_t)INDEX(number, PRINT_LINE_BITS);

		if (at->code != (BPF_LD | BPF_DW | BPF_IMM))
			continue;
		i++;
		if (at->src_reg || number >> 56 != PRINT_PLACED ||
		    INDEX(number, PRINT_LINE_BITS + PRINT_INDEX_BITS) != own ||
		    (header != PRINT_INDEX_NONE && header >= headers))
			continue;
		if (header != PRINT_INDEX_NONE)
			header = merge->places[part].includes[header];
		number = print_place(program, header, number & ((1u << PRINT_LINE_BITS) - 1));
		at[0].imm = (int32_t)(uint32_t)number;
		at[1].imm = (int32_t)(uint32_t)(number >> 32);
	}
}

static int add_program(const struct merge *merge, size_t part,
		       const struct skbscope_image_program *program,
		       struct skbscope_image_program *out)
{
	const struct skbscope_image *image = merge->parts[part].image;
	struct bpf_insn *instructions;
	int there = image_find_program(merge->image, program->name), r;

	if (there >= 0)
		return hint(merge->error,
			    fail(merge->error, EEXIST, MERGE_STAGE,
				 "'%s' and '%s' both have a function '%s'",
				 image_path_of(merge->image, &merge->image->programs[there]),
				 image->path, program->name),
			    "rename one of them, or make it static inline if it is a helper");
	instructions = arena_copy(merge->arena, program->instructions, program->instruction_count,
				  sizeof(*instructions));
	if (instructions && prints(image, program))
		move_prints(merge, part, (uint32_t)(program - image->programs), instructions,
			    program->instruction_count);
	*out = (struct skbscope_image_program){
		.name = arena_string(merge->arena, program->name),
		.line = program->line,
		.instructions = instructions,
		.instruction_count = program->instruction_count,
		.relocation_count = program->relocation_count,
		.function_count = program->function_count,
		.line_count = program->line_count,
		.path = part ? arena_string(merge->arena, image->path) : NULL,
	};
	r = copy_relocations(merge, part, program, out);
	if (r == 0 && (program->function_count || program->line_count))
		r = copy_records(merge, part, program, out);
	merge->image->program_count += r == 0;
	return r;
}

int merge_programs(struct merge *merge)
{
	struct skbscope_image_program *programs;
	size_t most = 0;

	for (size_t i = 0; i < merge->count; i++)
		most += merge->parts[i].image->program_count;
	if (most > IMAGE_MAX_PROGRAMS)
		return fail(merge->error, E2BIG, MERGE_STAGE,
			    "the files have %zu functions, and %u are the most", most,
			    IMAGE_MAX_PROGRAMS);
	merge->image->programs = programs =
		ARENA_ARRAY(merge->arena, struct skbscope_image_program, most);
	if (!programs)
		return fail_memory(merge->error, MERGE_STAGE);
	for (size_t i = 0; i < merge->count; i++) {
		const struct skbscope_image *image = merge->parts[i].image;

		for (size_t j = 0; j < image->program_count; j++) {
			int r = add_program(merge, i, &image->programs[j],
					    &programs[merge->image->program_count]);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

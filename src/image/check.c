/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of an image against each other. What only the kernel can judge (do
 * the instructions make sense) is left to its verifier; what would make this
 * process or the kernel take one thing for another is refused here. Above all, a
 * number in an instruction must never be taken for a descriptor of ours.
 */
#include "image/check.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "image/check_btf.h"
#include "image/format.h"

#define LOAD_64 (BPF_LD | BPF_IMM | BPF_DW)

static bool is_name(const char *name)
{
	return text_is_identifier(name) && strlen(name) < 256;
}

static int check_map(const struct skbscope_image *image, size_t index, struct skbscope_error *error)
{
	const struct skbscope_image_map *map = &image->maps[index];

	if (!is_name(map->name))
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "map %zu of the image has no usable name", index);
	for (size_t i = 0; i < index; i++)
		if (strcmp(image->maps[i].name, map->name) == 0)
			return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
				    "the image has two maps named '%s'", map->name);
	if (map->type == BPF_MAP_TYPE_UNSPEC || map->type > IMAGE_MAX_MAP_TYPE)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "map '%s' of the image is of type %u, which cannot be", map->name,
			    map->type);
	if (map->key_size > IMAGE_MAX_KEY || map->value_size > IMAGE_MAX_VALUE)
		return fail(error, EFBIG, SKBSCOPE_STAGE_WORKER,
			    "map '%s' has keys of %u and values of %u bytes; at most %u and %u can "
			    "be",
			    map->name, map->key_size, map->value_size, IMAGE_MAX_KEY,
			    IMAGE_MAX_VALUE);
	if (map->inner_map < -1 || map->inner_map >= (int64_t)image->map_count)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "map '%s' of the image refers to a map that is not there", map->name);
	/* The kernel nests maps one level deep; so nobody can build a circle. */
	if (map->inner_map >= 0 && image->maps[map->inner_map].inner_map >= 0)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "map '%s' of the image holds maps of maps, which cannot be", map->name);
	return 0;
}

static int broken_instruction(struct skbscope_error *error,
			      const struct skbscope_image_program *program, uint32_t instruction,
			      const char *what)
{
	return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
		    "instruction %u of function '%s' in the image %s", instruction, program->name,
		    what);
}

/* Every load that names a kernel object is a map load with a relocation of its
 * own: whatever else stood in its immediate, the kernel would take it for the
 * number of a descriptor in this process. */
static int check_instructions(const struct skbscope_image *image,
			      const struct skbscope_image_program *program,
			      struct skbscope_error *error)
{
	const struct skbscope_relocation *next = program->relocations;
	const struct skbscope_relocation *end = next + program->relocation_count;

	for (uint32_t i = 0; i < program->instruction_count; i++) {
		const struct bpf_insn *insn = &program->instructions[i];
		bool relocated = next < end && next->instruction == i;

		if (insn->code != LOAD_64) {
			if (relocated)
				return broken_instruction(error, program, i,
							  "is relocated and loads no map");
			continue;
		}
		if (i + 1 == program->instruction_count || insn[1].code != 0 ||
		    insn[1].dst_reg != 0 || insn[1].src_reg != 0 || insn[1].off != 0)
			return broken_instruction(error, program, i, "is half of a 64-bit load");
		if (relocated) {
			if (insn->src_reg != BPF_PSEUDO_MAP_FD || insn->imm != 0 ||
			    insn[1].imm != 0)
				return broken_instruction(error, program, i,
							  "is relocated and loads no map");
			if (next->map >= image->map_count)
				return broken_instruction(error, program, i,
							  "loads a map that is not there");
			next++;
		} else if (insn->src_reg == BPF_PSEUDO_MAP_FD) {
			return broken_instruction(error, program, i,
						  "loads a map and no relocation says which");
		} else if (insn->src_reg != 0) {
			return broken_instruction(error, program, i,
						  "loads a kernel object that is not a map");
		}
		i++;
	}
	if (next < end) /* out of order, twice the same, past the end, or inside a pair */
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "a relocation of function '%s' in the image has no instruction",
			    program->name);
	return 0;
}

static int check_program(const struct skbscope_image *image, size_t index,
			 struct skbscope_error *error)
{
	const struct skbscope_image_program *program = &image->programs[index];

	if (!is_name(program->name))
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "function %zu of the image has no usable name", index);
	for (size_t i = 0; i < index; i++)
		if (strcmp(image->programs[i].name, program->name) == 0)
			return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
				    "the image has two functions named '%s'", program->name);
	if (program->instruction_count == 0)
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "function '%s' of the image is empty", program->name);
	if (!image->btf && (program->function_count || program->line_count))
		return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
			    "function '%s' of the image has line records and no types",
			    program->name);
	for (uint32_t i = 0; i < program->function_count; i++)
		if (program->functions[i].insn_off >= program->instruction_count ||
		    (i && program->functions[i].insn_off <= program->functions[i - 1].insn_off))
			return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
				    "function record %u of function '%s' in the image is out of "
				    "place",
				    i, program->name);
	for (uint32_t i = 0; i < program->line_count; i++)
		if (program->lines[i].insn_off >= program->instruction_count ||
		    (i && program->lines[i].insn_off <= program->lines[i - 1].insn_off))
			return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER,
				    "line record %u of function '%s' in the image is out of place",
				    i, program->name);
	return check_instructions(image, program, error);
}

int check_image(const struct skbscope_image *image, struct skbscope_error *error)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < image->map_count; i++)
		r = check_map(image, i, error);
	for (size_t i = 0; r == 0 && i < image->program_count; i++)
		r = check_program(image, i, error);
	return r == 0 ? check_btf(image, error) : r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* An image that is accepted can be used for everything, rewritten, and written again. */
#include "base/cleanup.h"
#include "fuzz.h"
#include "image/audit.h"
#include "image/check.h"
#include "image/image.h"
#include "passes.h"

static void use(const struct skbscope_image *image, const struct skbscope_image_program *program)
{
	AUTO(freep) struct audit_finding *findings = NULL;
	struct image_place place;
	size_t count;

	for (uint32_t i = 0; i <= program->instruction_count; i++)
		if (image_place(image, program, i, &place))
			PROMISE(strlen(place.file) + strlen(place.source) < image->btf_size);
	PROMISE(audit_program(image, program, &findings, &count) == 0);
	for (size_t i = 0; i < count; i++)
		PROMISE(findings[i].instruction < program->instruction_count &&
			findings[i].map < (int64_t)image->map_count);
}

/* An image with the rewritten function in the place of the original, and with the maps of
 * the passes, is an image like any other. */
static void rewrite(const struct skbscope_image *image, size_t index)
{
	const struct rewrite_request request = { .passes = REWRITE_PASSIVE | REWRITE_FILTER,
						 .filter = test_filter() };
	AUTO(freep) struct skbscope_image_map *maps = calloc(image->map_count + 1, sizeof(*maps));
	struct skbscope_image_program program = image->programs[index];
	AUTO(rewritten_clear) struct rewritten out = { 0 };
	struct rewrite_pass passes[TEST_PASSES_MAX];
	struct skbscope_error error = { 0 };
	struct skbscope_image copy = *image;

	PROMISE(maps);
	if (rewrite_by(passes, test_passes(passes), &program, &request, &out, &error) < 0) {
		PROMISE(error.code < 0 && error.message[0]);
		return;
	}
	if (image->map_count)
		memcpy(maps, image->maps, image->map_count * sizeof(*maps));
	maps[image->map_count] = (struct skbscope_image_map){
		.name = "name_that_no_seed_has",
		.type = BPF_MAP_TYPE_PERCPU_ARRAY,
		.inner_map = -1,
	};
	for (size_t i = 0; i < out.relocation_count; i++)
		if (out.relocations[i].map >= image->map_count)
			out.relocations[i].map = (uint32_t)image->map_count;
	program.instructions = out.instructions;
	program.instruction_count = out.instruction_count;
	program.relocations = out.relocations;
	program.relocation_count = out.relocation_count;
	program.functions = out.functions;
	program.function_count = out.function_count;
	program.lines = out.lines;
	program.line_count = out.line_count;
	copy.maps = maps;
	copy.map_count++;
	copy.programs = &program;
	copy.program_count = 1;
	PROMISE(check_image(&copy, &error) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(image_freep) struct skbscope_image *image = NULL;
	AUTO(buffer_free) struct buffer again = { 0 };
	struct skbscope_error error = { 0 };

	if (image_read(data, size, &image, &error) < 0) {
		PROMISE(!image && error.code < 0 && error.message[0]);
		return 0;
	}
	for (size_t i = 0; i < image->program_count; i++)
		use(image, &image->programs[i]);
	if (image->program_count) /* one: it takes as long as reading the image */
		rewrite(image, image->program_count - 1);
	PROMISE(image_write(image, &again) == 0);
	PROMISE(again.length == size && memcmp(again.data, data, size) == 0);
	return 0;
}

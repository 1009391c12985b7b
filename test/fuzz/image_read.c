/* SPDX-License-Identifier: Apache-2.0 */
/* An image that is accepted can be used for everything, and written again. */
#include "base/cleanup.h"
#include "fuzz.h"
#include "image/audit.h"
#include "image/image.h"
#include "image/passive.h"

static void use(const struct skbscope_image *image, const struct skbscope_image_program *program)
{
	AUTO(freep) struct audit_finding *findings = NULL;
	AUTO(freep) struct bpf_insn *insns = NULL;
	struct image_place place;
	uint32_t length, map_at;
	size_t count;

	for (uint32_t i = 0; i <= program->instruction_count; i++)
		if (image_place(image, program, i, &place))
			PROMISE(strlen(place.file) + strlen(place.source) < image->btf_size);
	PROMISE(audit_program(image, program, &findings, &count) == 0);
	for (size_t i = 0; i < count; i++)
		PROMISE(findings[i].instruction < program->instruction_count &&
			findings[i].map < (int64_t)image->map_count);
	if (passive_rewrite(program, false, 0, &insns, &length, &map_at, NULL) == 0)
		PROMISE(map_at >= program->instruction_count && map_at + 1 < length);
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
	PROMISE(image_write(image, &again) == 0);
	PROMISE(again.length == size && memcmp(again.data, data, size) == 0);
	return 0;
}

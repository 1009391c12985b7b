/* SPDX-License-Identifier: Apache-2.0 */
/* An image's life, and finding things in one. */
#include "image/image.h"

#include <errno.h>
#include <linux/btf.h>
#include <string.h>

#include "base/error.h"
#include "image/check.h"
#include "image/context.h"
#include "image/events.h"
#include "image/writes.h"

int image_new(struct skbscope_image **out)
{
	static const struct skbscope_documentation nothing = { .summary = "", .text = "" };
	struct skbscope_image *image = arena_object_new(sizeof(*image));

	if (!image)
		return -ENOMEM;
	image->name = "";
	image->path = "";
	image->comment = "";
	image->documentation = &nothing;
	image->license = "";
	image->headers_path = "";
	*out = image;
	return 0;
}

void skbscope_image_free(struct skbscope_image *image)
{
	arena_object_free(image);
}

void image_freep(struct skbscope_image **image)
{
	arena_object_freep(image);
}

int image_finish(struct skbscope_image *image, struct skbscope_error *error)
{
	int r = check_image(image, error);

	if (r == 0 &&
	    (contexts_fill(image) < 0 || writes_fill(image) < 0 || events_fill(image) < 0))
		r = fail_memory(error, SKBSCOPE_STAGE_WORKER);
	return r;
}

const char *image_path_of(const struct skbscope_image *image,
			  const struct skbscope_image_program *program)
{
	return program->path ? program->path : image->path;
}

int image_find_map(const struct skbscope_image *image, const char *name)
{
	for (size_t i = 0; i < image->map_count; i++)
		if (strcmp(image->maps[i].name, name) == 0)
			return (int)i;
	return -1;
}

int image_find_program(const struct skbscope_image *image, const char *name)
{
	for (size_t i = 0; i < image->program_count; i++)
		if (strcmp(image->programs[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* NULL unless it is a terminated string inside the string section. Asked of
 * images that were filled in this process too, so nothing is taken for granted. */
static const char *btf_string(const struct skbscope_image *image, uint32_t offset)
{
	struct btf_header header;
	uint64_t start, end;

	if (!image->btf || image->btf_size < sizeof(header))
		return NULL;
	memcpy(&header, image->btf, sizeof(header));
	start = (uint64_t)header.hdr_len + header.str_off;
	end = start + header.str_len;
	if (end > image->btf_size || offset >= header.str_len)
		return NULL;
	if (!memchr(image->btf + start + offset, '\0', (size_t)(header.str_len - offset)))
		return NULL;
	return (const char *)image->btf + start + offset;
}

bool image_place(const struct skbscope_image *image, const struct skbscope_image_program *program,
		 uint32_t instruction, struct image_place *out)
{
	uint32_t low = 0, high = program->line_count;

	/* A rewritten program is longer; its epilogue is nobody's line. */
	if (instruction >= program->instruction_count)
		return false;
	while (low < high) { /* the first record behind the instruction */
		uint32_t middle = low + (high - low) / 2;

		if (program->lines[middle].insn_off <= instruction)
			low = middle + 1;
		else
			high = middle;
	}
	while (low-- > 0) {
		const struct bpf_line_info *info = &program->lines[low];
		const char *file, *source;

		if (BPF_LINE_INFO_LINE_NUM(info->line_col) == 0)
			continue; /* compilers give line 0 to code of their own */
		file = btf_string(image, info->file_name_off);
		source = btf_string(image, info->line_off);
		if (!file || !source)
			return false;
		*out = (struct image_place){
			.file = file,
			.line = BPF_LINE_INFO_LINE_NUM(info->line_col),
			.column = BPF_LINE_INFO_LINE_COL(info->line_col),
			.source = source,
		};
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One BTF of several: types behind each other, strings once. */
#include <errno.h>

#include "base/error.h"
#include "image/format.h"
#include "image/merge_steps.h"

static int types_fail(const struct merge *merge, int code)
{
	return code == -ENOMEM
		       ? fail_memory(merge->error, MERGE_STAGE)
		       : fail_errno(merge->error, code, MERGE_STAGE,
				    "cannot join the types of '%s' with those of the others",
				    merge->image->path);
}

static int parse_types(struct merge *merge)
{
	for (size_t i = 0; i < merge->count; i++) {
		const struct skbscope_image *image = merge->parts[i].image;

		if (!image->btf)
			continue;
		merge->places[i].btf = btf__new(image->btf, image->btf_size);
		if (!merge->places[i].btf)
			return types_fail(merge, -errno);
	}
	return 0;
}

/* Strings keep their places in the first one's, so that its line records stay as they are. */
static int join_types(struct merge *merge)
{
	for (size_t i = 0; i < merge->count; i++) {
		const struct skbscope_image *image = merge->parts[i].image;
		int first;

		if (!image->btf)
			continue;
		if (!merge->btf) {
			merge->btf = i ? btf__new_empty() : btf__new(image->btf, image->btf_size);
			if (!merge->btf)
				return types_fail(merge, -errno);
			if (i == 0)
				continue;
		}
		first = btf__add_btf(merge->btf, merge->places[i].btf);
		if (first < 0)
			return types_fail(merge, first);
		merge->places[i].type_shift = (uint32_t)first - 1;
	}
	return 0;
}

uint32_t merge_type(const struct merge_place *place, uint32_t id)
{
	return id ? id + place->type_shift : 0;
}

int merge_string(const struct merge *merge, const struct merge_place *place, uint32_t offset,
		 uint32_t *out)
{
	const char *string = btf__str_by_offset(place->btf, offset);
	int r = string ? btf__add_str(merge->btf, string) : -EBADMSG;

	*out = r < 0 ? 0 : (uint32_t)r;
	return r < 0 ? types_fail(merge, r) : 0;
}

int merge_types_finish(struct merge *merge)
{
	uint32_t size = 0;
	const void *data = merge->btf ? btf__raw_data(merge->btf, &size) : NULL;

	if (!merge->btf)
		return 0;
	if (!data)
		return fail_memory(merge->error, MERGE_STAGE);
	if (size > IMAGE_MAX_BTF)
		return fail(merge->error, EFBIG, MERGE_STAGE,
			    "the files have %u bytes of types, and %u are the most", size,
			    IMAGE_MAX_BTF);
	merge->image->btf = arena_copy(merge->arena, data, size, 1);
	merge->image->btf_size = size;
	return 0;
}

int merge_types(struct merge *merge)
{
	int r = parse_types(merge);

	return r == 0 ? join_types(merge) : r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts come from processes that ran strangers' sources. Each was checked by itself;
 * what they claim of each other is looked at here, and the whole is checked once more.
 */
#include "image/merge.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/image.h"
#include "image/merge_steps.h"

static void merge_clear(struct merge *merge)
{
	for (size_t i = 0; merge->places && i < merge->count; i++)
		btf__free(merge->places[i].btf);
	btf__free(merge->btf);
	free(merge->places);
	image_freep(&merge->image);
}

/* As the kernel has it (include/linux/license.h). */
static bool is_free(const char *license)
{
	static const char *const names[] = {
		"GPL",          "GPL v2",       "GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(license, names[i]) == 0)
			return true;
	return false;
}

static int check_licenses(struct merge *merge)
{
	const struct skbscope_image *first = merge->parts[0].image;

	for (size_t i = 1; i < merge->count; i++) {
		const struct skbscope_image *image = merge->parts[i].image;

		if (strcmp(first->license, image->license) != 0 &&
		    !(is_free(first->license) && is_free(image->license)))
			return fail(
				merge->error, EINVAL, MERGE_STAGE,
				"'%s' has the licence \"%.60s\" and '%s' \"%.60s\": one program "
				"has one",
				first->path, first->license, image->path, image->license);
	}
	return 0;
}

static int take_from_first(struct merge *merge)
{
	const struct skbscope_image *first = merge->parts[0].image;
	struct skbscope_image *image = merge->image;

	image->name = arena_string(merge->arena, first->name);
	image->path = arena_string(merge->arena, first->path);
	image->comment = arena_string(merge->arena, first->comment);
	image->license = arena_string(merge->arena, first->license);
	image->kernel_version = first->kernel_version;
	image->headers = first->headers;
	image->headers_path = arena_string(merge->arena, first->headers_path);
	for (size_t i = 0; i < merge->count; i++)
		image->kernel_types |= merge->parts[i].image->kernel_types;
	image->documentation =
		merge_documentation(merge->parts, merge->count, merge->arena, merge->error);
	if (!image->documentation)
		return merge->error ? merge->error->code : -EINVAL;
	return arena_failed(merge->arena) ? fail_memory(merge->error, MERGE_STAGE) : 0;
}

static int run(struct merge *merge)
{
	static int (*const steps[])(struct merge *) = {
		take_from_first, merge_types,    merge_maps,   merge_includes,
		merge_programs,  check_licenses, merge_events, merge_types_finish,
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && r == 0; i++)
		r = steps[i](merge);
	if (r == 0 && arena_failed(merge->arena))
		r = fail_memory(merge->error, MERGE_STAGE);
	return r == 0 ? image_finish(merge->image, merge->error) : r;
}

int image_merge(const struct image_part *parts, size_t count, struct skbscope_image **out,
		struct skbscope_error *error)
{
	AUTO(merge_clear) struct merge merge = { .parts = parts, .count = count, .error = error };
	libbpf_print_fn_t print;
	int r;

	merge.places = calloc(count, sizeof(*merge.places));
	if (!merge.places || image_new(&merge.image) < 0)
		return fail_memory(error, MERGE_STAGE);
	merge.arena = arena_of(merge.image);
	print = libbpf_set_print(NULL); /* it would tell stderr, and we tell the caller */
	r = run(&merge);
	libbpf_set_print(print);
	if (r < 0)
		return r;
	*out = TAKE(merge.image);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The types of an image. libbpf's parser checks that records lie inside the
 * blob; everything after it (ours, and libbpf's own recursive questions like
 * btf__align_of) follows references, so those are checked here: in bounds, never
 * in a circle, never deep.
 */
#include "image/check_btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"

#define TYPE_MAX_DEPTH 64 /* the kernel allows 32 */

struct walk {
	const struct btf *btf;
	uint32_t count; /* of types, void included */
	uint8_t *heights;
	bool values; /* follow what is inside a value, else what a name is made of */
	const char *problem;
};

#define HEIGHT_UNKNOWN 0
#define HEIGHT_ON_PATH 255

static void btf_freep(struct btf **btf)
{
	btf__free(*btf);
	*btf = NULL;
}

static int broken(struct skbscope_error *error, const char *what)
{
	return fail(error, EBADMSG, SKBSCOPE_STAGE_WORKER, "the image's types are damaged: %s",
		    what);
}

static bool is_reference(const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_TYPE_TAG:
		return true;
	default:
		return false;
	}
}

/* How many types a type names, and the one at a position. */
static uint32_t reference_count(const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
		return btf_vlen(type);
	case BTF_KIND_ARRAY:
		return 2;
	case BTF_KIND_FUNC_PROTO:
		return btf_vlen(type) + 1u;
	default:
		return is_reference(type) ? 1 : 0;
	}
}

static uint32_t reference_at(const struct btf_type *type, uint32_t index)
{
	switch (btf_kind(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return btf_members(type)[index].type;
	case BTF_KIND_DATASEC:
		return btf_var_secinfos(type)[index].type;
	case BTF_KIND_ARRAY:
		return index ? btf_array(type)->index_type : btf_array(type)->type;
	case BTF_KIND_FUNC_PROTO:
		return index ? btf_params(type)[index - 1].type : type->type;
	default:
		return type->type;
	}
}

static bool name_is_valid(const struct btf *btf, uint32_t offset)
{
	return btf__str_by_offset(btf, offset) != NULL;
}

static bool names_are_valid(const struct btf *btf, const struct btf_type *type)
{
	if (!name_is_valid(btf, type->name_off))
		return false;
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint32_t name = 0;

		if (btf_is_composite(type))
			name = btf_members(type)[i].name_off;
		else if (btf_is_enum(type))
			name = btf_enum(type)[i].name_off;
		else if (btf_is_enum64(type))
			name = btf_enum64(type)[i].name_off;
		else if (btf_is_func_proto(type))
			name = btf_params(type)[i].name_off;
		if (!name_is_valid(btf, name))
			return false;
	}
	return true;
}

/* Values never run through pointers; names never run through members. So
 * "struct list { struct list *next; }" is a circle in neither. */
static bool follows(const struct walk *walk, const struct btf_type *type)
{
	return walk->values ? !btf_is_ptr(type) && !btf_is_func_proto(type)
			    : !btf_is_composite(type);
}

static uint8_t height_of(struct walk *walk, uint32_t id, unsigned depth)
{
	const struct btf_type *type;
	uint8_t height = 1;

	if (id == 0)
		return 1;
	if (walk->heights[id] == HEIGHT_ON_PATH) {
		walk->problem = "one contains itself";
		return 1;
	}
	if (walk->heights[id] != HEIGHT_UNKNOWN)
		return walk->heights[id];
	if (depth > TYPE_MAX_DEPTH) {
		walk->problem = "they are nested too deeply";
		return 1;
	}
	type = btf__type_by_id(walk->btf, id);
	walk->heights[id] = HEIGHT_ON_PATH;
	if (follows(walk, type)) {
		for (uint32_t i = 0; !walk->problem && i < reference_count(type); i++) {
			uint8_t child = height_of(walk, reference_at(type, i), depth + 1);

			if (child >= height)
				height = (uint8_t)(child + 1);
		}
	}
	if (height > TYPE_MAX_DEPTH) {
		walk->problem = "they are nested too deeply";
		height = TYPE_MAX_DEPTH;
	}
	walk->heights[id] = height;
	return height;
}

static int check_circles(const struct btf *btf, bool values, struct skbscope_error *error)
{
	struct walk walk = { .btf = btf, .count = btf__type_cnt(btf), .values = values };
	AUTO(freep) uint8_t *heights = calloc(walk.count, 1);

	if (!heights)
		return fail_memory(error, SKBSCOPE_STAGE_WORKER);
	walk.heights = heights;
	for (uint32_t id = 1; !walk.problem && id < walk.count; id++)
		height_of(&walk, id, 0);
	return walk.problem ? broken(error, walk.problem) : 0;
}

static int check_references(const struct btf *btf, struct skbscope_error *error)
{
	const uint32_t count = btf__type_cnt(btf);

	for (uint32_t id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!names_are_valid(btf, type))
			return broken(error, "a name lies outside of them");
		for (uint32_t i = 0; i < reference_count(type); i++)
			if (reference_at(type, i) >= count)
				return broken(error, "one refers to a type that is not there");
	}
	return 0;
}

/* As the kernel does: a member lies inside its struct, a number inside its bytes.
 * Readers of map values then need only compare the outermost size. */
static int check_layout(const struct btf *btf, struct skbscope_error *error)
{
	const uint32_t count = btf__type_cnt(btf);

	for (uint32_t id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (btf_is_int(type) && (btf_int_bits(type) > 128 || btf_int_bits(type) == 0 ||
					 (uint64_t)btf_int_offset(type) + btf_int_bits(type) >
						 (uint64_t)type->size * 8))
			return broken(error, "a number does not fit its bytes");
		if (!btf_is_composite(type))
			continue;
		for (uint32_t i = 0; i < btf_vlen(type); i++) {
			int64_t bytes = btf__resolve_size(btf, btf_members(type)[i].type);
			uint64_t bits = btf_member_bitfield_size(type, i);

			if (bytes < 0 || bits > (uint64_t)bytes * 8)
				return broken(error, "a member has no size");
			if (bits == 0)
				bits = (uint64_t)bytes * 8;
			if (btf_member_bit_offset(type, i) + bits > (uint64_t)type->size * 8)
				return broken(error, "a member lies outside of its struct");
		}
	}
	return 0;
}

static int check_records(const struct skbscope_image *image, const struct btf *btf,
			 struct skbscope_error *error)
{
	const uint32_t count = btf__type_cnt(btf);

	for (size_t i = 0; i < image->map_count; i++)
		if (image->maps[i].btf_key_type_id >= count ||
		    image->maps[i].btf_value_type_id >= count)
			return broken(error, "a map has a type that is not there");
	for (size_t i = 0; i < image->program_count; i++) {
		const struct skbscope_image_program *program = &image->programs[i];

		for (uint32_t j = 0; j < program->function_count; j++) {
			uint32_t id = program->functions[j].type_id;

			if (id >= count || !btf_is_func(btf__type_by_id(btf, id)))
				return broken(error, "a function's type is none");
		}
		for (uint32_t j = 0; j < program->line_count; j++)
			if (!name_is_valid(btf, program->lines[j].file_name_off) ||
			    !name_is_valid(btf, program->lines[j].line_off))
				return broken(error, "a line's text lies outside of them");
	}
	return 0;
}

static int check_untyped(const struct skbscope_image *image, struct skbscope_error *error)
{
	for (size_t i = 0; i < image->map_count; i++)
		if (image->maps[i].btf_key_type_id || image->maps[i].btf_value_type_id)
			return broken(error, "a map has a type and there are none");
	return 0;
}

int check_btf(const struct skbscope_image *image, struct skbscope_error *error)
{
	AUTO(btf_freep) struct btf *btf = NULL;
	libbpf_print_fn_t print;
	uint16_t magic;
	int r;

	if (!image->btf)
		return check_untyped(image, error);
	/* libbpf would swap the bytes of a foreign blob; our own readers do not. */
	if (image->btf_size < sizeof(struct btf_header))
		return broken(error, "they are too short");
	memcpy(&magic, image->btf, sizeof(magic));
	if (magic != BTF_MAGIC)
		return broken(error, "they are of another kind of machine");
	print = libbpf_set_print(NULL); /* it would tell stderr, and we tell the caller */
	btf = btf__new(image->btf, image->btf_size);
	libbpf_set_print(print);
	if (!btf)
		return broken(error, "libbpf cannot read them");
	r = check_references(btf, error);
	if (r == 0)
		r = check_circles(btf, true, error);
	if (r == 0)
		r = check_circles(btf, false, error);
	if (r == 0)
		r = check_layout(btf, error);
	if (r == 0)
		r = check_records(image, btf, error);
	return r;
}

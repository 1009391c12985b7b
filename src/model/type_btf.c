/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types from BTF. That no type contains itself, that names and members are in bounds
 * and the depth is bounded, was checked when the image was read (image/check_btf.h).
 */
#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>

#include "model/types.h"

struct btf_types {
	struct btf *btf;
	struct arena *arena;
	const struct skbscope_type **types; /* by id; NULL where it cannot be understood */
	bool *converted;
	uint32_t *weights; /* leaves of each, every use counted */
	size_t members;    /* made so far */
};

struct btf_types *btf_types_new(const struct skbscope_image *image, struct arena *arena)
{
	struct btf_types *types;

	if (!image->btf || !image->btf_size)
		return NULL;
	types = calloc(1, sizeof(*types));
	if (!types)
		return NULL;
	types->arena = arena;
	types->btf = btf__new(image->btf, image->btf_size);
	if (types->btf) {
		uint32_t count = btf__type_cnt(types->btf);

		types->types = calloc(count, sizeof(const struct skbscope_type *));
		types->converted = calloc(count, sizeof(*types->converted));
		types->weights = calloc(count, sizeof(*types->weights));
	}
	if (!types->btf || !types->types || !types->converted || !types->weights)
		btf_types_freep(&types);
	return types;
}

void btf_types_freep(struct btf_types **types)
{
	if (!*types)
		return;
	btf__free((*types)->btf);
	free((*types)->types);
	free((*types)->converted);
	free((*types)->weights);
	free(*types);
	*types = NULL;
}

static const struct skbscope_type *convert(struct btf_types *types, uint32_t id);

static const char *name_at(struct btf_types *types, uint32_t offset)
{
	const char *name = btf__name_by_offset(types->btf, offset);

	return name ? name : "";
}

static const struct skbscope_type *convert_integer(struct btf_types *types,
						   const struct btf_type *t)
{
	const char *name = name_at(types, t->name_off);
	uint8_t encoding = btf_int_encoding(t);
	struct skbscope_type *type;

	if ((t->size != 1 && t->size != 2 && t->size != 4 && t->size != 8 && t->size != 16) ||
	    btf_int_offset(t) || btf_int_bits(t) != t->size * 8)
		return NULL;
	type = type_new(types->arena,
			encoding & BTF_INT_BOOL ? SKBSCOPE_KIND_BOOLEAN : SKBSCOPE_KIND_INTEGER,
			t->size * 8, "", name);
	if (!type)
		return NULL;
	type->is_signed = encoding & BTF_INT_SIGNED;
	type->adds_up = type->kind == SKBSCOPE_KIND_INTEGER && strcmp(name, "char") != 0;
	return type;
}

static const struct skbscope_type *convert_float(struct btf_types *types, const struct btf_type *t)
{
	struct skbscope_type *type;

	if (t->size != 4 && t->size != 8)
		return t->size <= 16 ? type_bytes(types->arena, t->size) : NULL;
	type = type_new(types->arena, SKBSCOPE_KIND_FLOAT, t->size * 8, "",
			name_at(types, t->name_off));
	if (type) {
		type->is_signed = true;
		type->adds_up = true;
	}
	return type;
}

static const struct skbscope_type *convert_enum(struct btf_types *types, const struct btf_type *t)
{
	struct skbscope_enumerator *enumerators;
	struct skbscope_type *type;
	uint32_t count = btf_vlen(t);
	bool is_64 = btf_kind(t) == BTF_KIND_ENUM64;

	if (t->size != 1 && t->size != 2 && t->size != 4 && t->size != 8)
		return NULL;
	if (types->members + count > TYPE_MAX_MEMBERS)
		return NULL;
	types->members += count;
	type = type_new(types->arena, SKBSCOPE_KIND_ENUM, t->size * 8, "enum ",
			name_at(types, t->name_off));
	enumerators = ARENA_ARRAY(types->arena, struct skbscope_enumerator, count);
	if (!type || !enumerators)
		return NULL;
	/* Compilers of before 2022 do not set the flag; a negative value tells. */
	type->is_signed = btf_kflag(t);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t name;

		if (is_64) {
			name = btf_enum64(t)[i].name_off;
			enumerators[i].value = (int64_t)btf_enum64_value(&btf_enum64(t)[i]);
		} else {
			name = btf_enum(t)[i].name_off;
			enumerators[i].value = btf_enum(t)[i].val;
			type->is_signed = type->is_signed || enumerators[i].value < 0;
		}
		enumerators[i].name = type_name_copy(types->arena, name_at(types, name));
	}
	type->enumerators = enumerators;
	type->enumerator_count = count;
	return type;
}

/* Only the name: what a pointer points to is never shown. */
static const struct skbscope_type *convert_pointer(struct btf_types *types,
						   const struct btf_type *t)
{
	const struct btf_type *target = btf__type_by_id(types->btf, t->type);
	const char *prefix = "", *name = "void";

	while (target && btf_is_mod(target))
		target = btf__type_by_id(types->btf, target->type);
	if (target && t->type != 0 && *name_at(types, target->name_off)) {
		name = name_at(types, target->name_off);
		prefix = btf_is_struct(target)     ? "struct "
			 : btf_is_union(target)    ? "union "
			 : btf_is_any_enum(target) ? "enum "
						   : "";
	}
	name = arena_printf(types->arena, "%s *", name);
	return type_new(types->arena, SKBSCOPE_KIND_POINTER, 64, prefix, name);
}

static const struct skbscope_type *convert_array(struct btf_types *types, const struct btf_type *t)
{
	const struct skbscope_type *element = convert(types, btf_array(t)->type);

	return element ? type_array(types->arena, element, btf_array(t)->nelems) : NULL;
}

static const struct skbscope_type *convert_record(struct btf_types *types, const struct btf_type *t)
{
	bool is_union = btf_is_union(t);
	const char *name = name_at(types, t->name_off);
	uint32_t count = btf_vlen(t);
	struct skbscope_member *members;
	struct skbscope_type *type;

	if (types->members + count > TYPE_MAX_MEMBERS)
		return NULL;
	types->members += count;
	type = type_new(types->arena, is_union ? SKBSCOPE_KIND_UNION : SKBSCOPE_KIND_STRUCT,
			(uint64_t)t->size * 8, is_union ? "union " : "struct ", name);
	members = ARENA_ARRAY(types->arena, struct skbscope_member, count);
	if (!type || !members)
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		const struct btf_member *m = &btf_members(t)[i];
		struct skbscope_member *member = &members[i];
		uint32_t field_bits = btf_member_bitfield_size(t, i);

		member->type = convert(types, m->type);
		if (!member->type)
			return NULL;
		member->name = type_name_copy(types->arena, name_at(types, m->name_off));
		if (!member->name)
			return NULL;
		member->bit_offset = btf_member_bit_offset(t, i);
		member->bit_size = field_bits ? field_bits : member->type->bits;
		if (field_bits) {
			if (member->type->kind != SKBSCOPE_KIND_INTEGER &&
			    member->type->kind != SKBSCOPE_KIND_ENUM &&
			    member->type->kind != SKBSCOPE_KIND_BOOLEAN)
				return NULL;
		} else if (member->bit_offset % 8) {
			return NULL;
		}
		member->type = display_for_member(member->type, member->name, types->arena);
	}
	type->members = members;
	type->member_count = count;
	display_apply(type, name);
	return type;
}

/* A name for another type: its own copy, so that the name can say how to show it. */
static const struct skbscope_type *convert_typedef(struct btf_types *types,
						   const struct btf_type *t)
{
	const struct skbscope_type *target = convert(types, t->type);
	const char *name = name_at(types, t->name_off);
	struct skbscope_type *type;

	if (!target || !*name)
		return target;
	type = arena_copy(types->arena, target, 1, sizeof(*type));
	if (!type)
		return NULL;
	type->name = type_name_copy(types->arena, name);
	display_apply(type, name);
	return type->name ? type : NULL;
}

static const struct skbscope_type *convert_new(struct btf_types *types, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(types->btf, id);

	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return convert_integer(types, t);
	case BTF_KIND_FLOAT:
		return convert_float(types, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return convert_enum(types, t);
	case BTF_KIND_PTR:
		return convert_pointer(types, t);
	case BTF_KIND_ARRAY:
		return convert_array(types, t);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return convert_record(types, t);
	case BTF_KIND_TYPEDEF:
		return convert_typedef(types, t);
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return convert(types, t->type);
	default:
		return NULL; /* void, functions, sections, incomplete types */
	}
}

/* Thirty unions, each holding the one before twice, would take a walk over their
 * leaves four billion steps: types know how many there are before anyone walks. */
static uint32_t weigh(const struct btf_types *types, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(types->btf, id);
	uint64_t weight = 1;

	if (btf_is_typedef(t) || btf_is_mod(t))
		return types->weights[t->type];
	if (btf_is_array(t)) {
		uint32_t element = types->weights[btf_array(t)->type];

		weight = element > 1 ? (uint64_t)element * btf_array(t)->nelems : 1;
	} else if (btf_is_composite(t)) {
		for (uint32_t i = 0; i < btf_vlen(t); i++)
			weight += types->weights[btf_members(t)[i].type];
	}
	return weight > UINT32_MAX ? UINT32_MAX : (uint32_t)weight;
}

static const struct skbscope_type *convert(struct btf_types *types, uint32_t id)
{
	if (id == 0)
		return NULL;
	if (!types->converted[id]) {
		types->converted[id] = true;
		types->types[id] = convert_new(types, id);
		if (types->types[id])
			types->weights[id] = weigh(types, id);
		if (types->weights[id] > TYPE_MAX_LEAVES)
			types->types[id] = NULL;
	}
	return types->types[id];
}

const struct skbscope_type *btf_types_get(struct btf_types *types, uint32_t id)
{
	return convert(types, id);
}

/* Below the names it goes by. */
static uint32_t plain_type(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t))) {
		id = t->type;
		t = btf__type_by_id(btf, id);
	}
	return id;
}

const struct skbscope_type *btf_types_event(struct btf_types *types, const char *table,
					    const struct skbscope_type **other)
{
	static const char prefix[] = "____skb_event_";
	const uint32_t count = btf__type_cnt(types->btf);
	const struct skbscope_type *found = NULL, *next;
	uint32_t first = 0;

	*other = NULL;
	for (uint32_t id = 1; id < count; id++) {
		const struct btf_type *t = btf__type_by_id(types->btf, id);
		const char *name = btf_is_struct(t) ? name_at(types, t->name_off) : "";
		uint32_t type;

		if (strncmp(name, prefix, strlen(prefix)) != 0 ||
		    strcmp(name + strlen(prefix), table) != 0 || btf_vlen(t) != 1)
			continue;
		type = btf_members(t)[0].type;
		if (!found) {
			found = btf_types_get(types, type);
			first = plain_type(types->btf, type);
		} else if (plain_type(types->btf, type) != first && !*other) {
			next = btf_types_get(types, type);
			/* The same, of another file. */
			if (!found || !next || !*next->name ||
			    strcmp(found->name, next->name) != 0 || found->bits != next->bits)
				*other = next;
		}
	}
	return found;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a key's and a value's type to the columns of a table: structs are taken
 * apart down to their leaves, padding is left out, names are made unique.
 */
#include <ctype.h>
#include <string.h>

#include "model/types.h"
#include "model/value.h"

struct maker {
	struct arena *arena;
	struct skbscope_column columns[COLUMN_MAX];
	int count;
	uint32_t counters;
	bool is_key;
	bool too_many;
};

/* "__pad_3", "_pad", "pad2", "padding"; not "padded". */
static bool is_padding(const char *name)
{
	while (*name == '_')
		name++;
	if (strncmp(name, "pad", 3) != 0)
		return false;
	name += strncmp(name, "padding", 7) == 0 ? 7 : 3;
	return *name == '\0' || *name == '_' || isdigit((unsigned char)*name);
}

static bool is_record(const struct skbscope_type *type)
{
	return type_is_record(type) && type->display == SKBSCOPE_DISPLAY_PLAIN;
}

static void add_leaf(struct maker *maker, const char *name, const struct skbscope_type *type,
		     uint32_t bit_offset, uint32_t bit_size, bool in_union)
{
	/* Narrower integers in values are flags, lengths and ports more often than counts. */
	bool is_counter = !maker->is_key && !in_union && type->adds_up &&
			  type->kind == SKBSCOPE_KIND_INTEGER && bit_size == type->bits &&
			  bit_size >= 32;

	if (maker->count == (int)COLUMN_MAX) {
		maker->too_many = true;
		return;
	}
	maker->columns[maker->count++] = (struct skbscope_column){
		.name = name,
		.type = type,
		.bit_offset = bit_offset,
		.bit_size = bit_size,
		.is_key = maker->is_key,
		.is_counter = is_counter,
		.rate = is_counter ? maker->counters++ : 0,
	};
}

/* The kernel's own, of which a reader sees zeros or the state of a moment. */
static bool is_internal(const struct skbscope_type *type)
{
	static const char *const names[] = { "struct bpf_spin_lock", "struct bpf_timer",
					     "struct bpf_res_spin_lock", "struct bpf_wq" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(type->name, names[i]) == 0)
			return true;
	return false;
}

static void add_members(struct maker *maker, const char *prefix, const struct skbscope_type *type,
			uint32_t bit_offset, bool in_union)
{
	in_union = in_union || type->kind == SKBSCOPE_KIND_UNION;
	for (size_t i = 0; i < type->member_count && !maker->too_many; i++) {
		const struct skbscope_member *member = &type->members[i];
		uint32_t offset = bit_offset + member->bit_offset;
		const char *name = member->name;

		if (!member->bit_size || is_padding(name) || is_internal(member->type))
			continue;
		if (!*name && !is_record(member->type))
			continue; /* an unnamed bit-field is padding too */
		if (!*name)
			name = prefix;
		else if (*prefix)
			name = arena_printf(maker->arena, "%s.%s", prefix, name);
		if (!name)
			return;
		if (is_record(member->type))
			add_members(maker, name, member->type, offset, in_union);
		else
			add_leaf(maker, name, member->type, offset, member->bit_size, in_union);
	}
}

static void add_type(struct maker *maker, const char *name, const struct skbscope_type *type)
{
	int before = maker->count;

	if (!type || !type->bits)
		return;
	if (is_record(type))
		add_members(maker, "", type, 0, false);
	else
		add_leaf(maker, name, display_for_scalar(type, maker->arena), 0, type->bits, false);
	/* Nothing but padding: its bytes are better than no column. */
	if (maker->count == before && !maker->too_many) {
		type = type_bytes(maker->arena, type->bits / 8);
		if (type)
			add_leaf(maker, name, type, 0, type->bits, false);
	}
}

/* Members of a rendered row that are not columns. */
static bool is_reserved(const char *name)
{
	return strcmp(name, "rates") == 0 || strcmp(name, "text") == 0 ||
	       strcmp(name, "cpus") == 0 || strcmp(name, "process") == 0;
}

/* A name that a key and a value share becomes "key.x" and "value.x". C forbids
 * other doubles, BTF from a stranger does not. */
static void make_unique(struct maker *maker)
{
	bool *clashes = ARENA_ARRAY(maker->arena, bool, (size_t)maker->count);

	if (!clashes)
		return;
	for (int i = 0; i < maker->count; i++) {
		clashes[i] = clashes[i] || is_reserved(maker->columns[i].name);
		for (int j = i + 1; j < maker->count; j++)
			if (strcmp(maker->columns[i].name, maker->columns[j].name) == 0)
				clashes[i] = clashes[j] = true;
	}
	for (int i = 0; i < maker->count; i++)
		if (clashes[i])
			maker->columns[i].name = arena_printf(
				maker->arena, "%s.%s", maker->columns[i].is_key ? "key" : "value",
				maker->columns[i].name);
	for (int i = 1; i < maker->count; i++)
		for (int j = 0; j < i; j++)
			if (maker->columns[i].name && maker->columns[j].name &&
			    strcmp(maker->columns[i].name, maker->columns[j].name) == 0) {
				maker->columns[i].name = arena_printf(maker->arena, "%s#%d",
								      maker->columns[i].name, i);
				break;
			}
}

int columns_make(const struct skbscope_type *key, const struct skbscope_type *value,
		 struct arena *arena, const struct skbscope_column **out)
{
	struct maker maker = { .arena = arena };

	maker.is_key = true;
	add_type(&maker, "key", key);
	maker.is_key = false;
	add_type(&maker, "value", value);
	if (maker.too_many)
		return -1;
	make_unique(&maker);
	*out = arena_copy(arena, maker.columns, (size_t)maker.count, sizeof(*maker.columns));
	return *out ? maker.count : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps as libbpf declares them: a variable of the section .maps for each, of a struct
 * whose members say by their types what the map is. A number N is a pointer to an array
 * of N int.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/elf_parts.h"
#include "image/passive.h"

#define MEMBERS 8     /* the most that a map has */
#define PIN_BY_NAME 1 /* LIBBPF_PIN_BY_NAME of bpf_helpers.h, which is for BPF programs */

struct members {
	struct elf_parts *parts;
	int number; /* the type "int" */
	struct {
		const char *name;
		int type;
	} items[MEMBERS];
	size_t count;
	int r;
};

static int find_or_add(struct btf *btf, const char *name, size_t size, int encoding)
{
	const int id = btf__find_by_name_kind(btf, name, BTF_KIND_INT);

	return id > 0 && btf__resolve_size(btf, (uint32_t)id) == (int64_t)size
		       ? id
		       : btf__add_int(btf, name, size, encoding);
}

static void add(struct members *members, const char *name, int type)
{
	if (type < 0)
		members->r = type;
	if (members->r < 0 || members->count == MEMBERS)
		return;
	members->items[members->count].name = name;
	members->items[members->count++].type = type;
}

static int pointer_to(struct btf *btf, int type)
{
	return type < 0 ? type : btf__add_ptr(btf, type);
}

static void add_number(struct members *members, const char *name, uint32_t value)
{
	struct btf *btf = members->parts->btf;

	if (value)
		add(members, name,
		    pointer_to(btf, btf__add_array(btf, members->number, members->number, value)));
}

/* Maps that hold other kernel objects take no types: libbpf wants sizes there. */
static bool holds_objects(const struct skbscope_image_map *map)
{
	return map->inner_map >= 0 || map->type == BPF_MAP_TYPE_PROG_ARRAY ||
	       map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY || map->type == BPF_MAP_TYPE_RINGBUF ||
	       map->type == BPF_MAP_TYPE_CGROUP_ARRAY || map->type == BPF_MAP_TYPE_STACK_TRACE;
}

static bool has_size(const struct btf *btf, uint32_t type, uint32_t size)
{
	return type && btf__resolve_size(btf, type) == (int64_t)size;
}

/* With types or not at all: the kernel takes an array's only if its key is a plain number. */
static uint32_t key_type(const struct members *members, const struct skbscope_image_map *map)
{
	struct btf *btf = members->parts->btf;
	const struct btf_type *type;
	int number;

	if (map->type != BPF_MAP_TYPE_ARRAY && map->type != BPF_MAP_TYPE_PERCPU_ARRAY)
		return map->btf_key_type_id;
	type = btf__type_by_id(btf, (uint32_t)btf__resolve_type(btf, map->btf_key_type_id));
	if (!map->btf_key_type_id || !type || btf_is_int(type))
		return map->btf_key_type_id;
	number = find_or_add(btf, "unsigned int", sizeof(uint32_t), 0);
	return number < 0 ? 0 : (uint32_t)number;
}

static void add_side(struct members *members, const char *typed, const char *sized, uint32_t type,
		     uint32_t size)
{
	struct btf *btf = members->parts->btf;

	if (has_size(btf, type, size))
		add(members, typed, btf__add_ptr(btf, (int)type));
	else
		add_number(members, sized, size);
}

/* libbpf takes the types of both or of none. */
static void add_sides(struct members *members, const struct skbscope_image_map *map)
{
	const struct btf *btf = members->parts->btf;
	uint32_t key = key_type(members, map), value = map->btf_value_type_id;
	const bool typed = !holds_objects(map) && has_size(btf, value, map->value_size) &&
			   (!map->key_size || has_size(btf, key, map->key_size));

	add_side(members, "key", "key_size", typed ? key : 0, map->key_size);
	add_side(members, "value", "value_size", typed ? value : 0, map->value_size);
}

uint32_t elf_tail_slots(const struct skbscope_image *image, const struct skbscope_image_map *map)
{
	const struct skbscope_documentation *doc = image->documentation;
	uint32_t slots = 0;

	if (map->type != BPF_MAP_TYPE_PROG_ARRAY)
		return 0;
	for (size_t i = 0; doc && i < doc->tail_count; i++)
		if (strcmp(doc->tails[i].map, map->name) == 0 && doc->tails[i].index >= slots)
			slots = doc->tails[i].index + 1;
	return slots;
}

/* What is in the map from the start, or the shape of what will be: "values", whose length is
 * that of the section's bytes behind the other members. */
static int add_values(struct members *members, const int *structs,
		      const struct skbscope_image_map *map, uint32_t slots)
{
	struct btf *btf = members->parts->btf;
	int of = 0;

	if (map->inner_map >= 0) {
		of = structs[map->inner_map];
	} else if (slots) {
		const int context = btf__add_ptr(btf, 0);
		int r;

		of = context < 0 ? context : btf__add_func_proto(btf, members->number);
		r = of < 0 ? of : btf__add_func_param(btf, "context", context);
		of = r < 0 ? r : of;
	} else {
		return 0;
	}
	of = pointer_to(btf, of);
	return of < 0 ? of : btf__add_array(btf, members->number, of, 0);
}

static void describe(struct members *members, const struct skbscope_image_map *map)
{
	add_number(members, "type", map->type);
	add_sides(members, map);
	/* The image's number of CPUs is this machine's; libbpf fills in the other one's. */
	if (map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		add_number(members, "max_entries", map->max_entries);
	add_number(members, "map_flags", map->flags);
	if (map->pin_path)
		add_number(members, "pinning", PIN_BY_NAME);
}

/* btf__add_func_proto() must be followed by its parameters, and btf__add_struct() by its
 * members: all types that they name come before. */
static int add_struct(struct members *members, int values)
{
	struct btf *btf = members->parts->btf;
	const uint32_t size = (uint32_t)(members->count * sizeof(uint64_t));
	int id, r = 0;

	if (members->r < 0)
		return members->r;
	id = btf__add_struct(btf, NULL, size);
	for (size_t i = 0; id > 0 && r == 0 && i < members->count; i++)
		r = btf__add_field(btf, members->items[i].name, members->items[i].type,
				   (uint32_t)(i * 64), 0);
	if (id > 0 && r == 0 && values)
		r = btf__add_field(btf, "values", values, size * 8, 0);
	return r < 0 ? r : id;
}

static int add_map(struct elf_parts *parts, const struct skbscope_image_map *map, size_t index,
		   int *structs, int *variables)
{
	struct members members = { .parts = parts };
	struct elf_map *out = &parts->maps[index];
	const uint32_t slots = elf_tail_slots(parts->request->image, map);
	static const uint64_t nothing;
	int values;

	members.number = find_or_add(parts->btf, "int", sizeof(int), BTF_INT_SIGNED);
	if (members.number < 0)
		return members.number;
	describe(&members, map);
	values = add_values(&members, structs, map, slots);
	if (values < 0)
		return values;
	structs[index] = add_struct(&members, values);
	if (structs[index] < 0)
		return structs[index];
	variables[index] =
		btf__add_var(parts->btf, map->name, BTF_VAR_GLOBAL_ALLOCATED, structs[index]);
	if (variables[index] < 0)
		return variables[index];
	out->offset = (uint32_t)parts->map_data.length;
	out->size = (uint32_t)((members.count + slots) * sizeof(uint64_t));
	for (uint32_t i = 0; i < out->size; i += sizeof(nothing))
		buffer_append(&parts->map_data, &nothing, sizeof(nothing));
	out->symbol = elf_add_symbol(parts, map->name, STT_OBJECT, ELF_INDEX_MAPS, out->offset,
				     out->size);
	return 0;
}

static int add_section(struct elf_parts *parts, const int *variables)
{
	int r = btf__add_datasec(parts->btf, ".maps", (uint32_t)parts->map_data.length);

	for (size_t i = 0; r >= 0 && i < parts->map_count; i++)
		r = btf__add_datasec_var_info(parts->btf, variables[i], parts->maps[i].offset,
					      parts->maps[i].size);
	return r < 0 ? r : 0;
}

static int add_verdicts(struct elf_parts *parts, int *structs, int *variables)
{
	const int key = find_or_add(parts->btf, "unsigned int", sizeof(uint32_t), 0);
	const int value = find_or_add(parts->btf, "unsigned long long", sizeof(uint64_t), 0);
	const struct skbscope_image_map verdicts = {
		.name = ELF_VERDICTS,
		.type = BPF_MAP_TYPE_PERCPU_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = (uint32_t)parts->request->function_count * PASSIVE_SLOTS,
		.btf_key_type_id = (uint32_t)key,
		.btf_value_type_id = (uint32_t)value,
		.inner_map = -1,
	};

	if (key < 0 || value < 0)
		return key < 0 ? key : value;
	return add_map(parts, &verdicts, parts->map_count - 1, structs, variables);
}

int elf_add_maps(struct elf_parts *parts)
{
	const struct skbscope_image *image = parts->request->image;
	AUTO(freep) int *structs = calloc(parts->map_count, sizeof(*structs));
	AUTO(freep) int *variables = calloc(parts->map_count, sizeof(*variables));
	int r = structs && variables ? 0 : -ENOMEM;

	/* Templates first: the others name their structs. */
	for (int outer = 0; outer < 2; outer++)
		for (size_t i = 0; r == 0 && i < image->map_count; i++)
			if ((image->maps[i].inner_map >= 0) == outer)
				r = add_map(parts, &image->maps[i], i, structs, variables);
	if (r == 0)
		r = add_verdicts(parts, structs, variables);
	if (r == 0)
		r = add_section(parts, variables);
	return r < 0 ? fail_errno(parts->error, r, ELF_STAGE, "cannot describe the tables of '%s'",
				  image->name)
		     : 0;
}

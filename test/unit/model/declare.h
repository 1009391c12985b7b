/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table from a line that reads like C: "saddr u32; ports u16[2]; flag u32:3" is
 * a struct with natural alignment, "u64" alone a scalar.
 */
#ifndef TEST_MODEL_DECLARE_H
#define TEST_MODEL_DECLARE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "model/migrate.h"

struct declared {
	struct btf *btf;
	struct skbscope_image_map maps[2];
	struct skbscope_image image;
	struct schema_set *set;
	struct migrate_table table;
};

/* Any name that is not one of these is looked up in the BTF: structs and enums
 * that the test added itself. */
static inline int declare_type(struct btf *btf, const char *name, size_t *size, size_t *alignment)
{
	static const struct {
		const char *name, *btf;
		size_t size;
	} scalars[] = {
		{ "u8", "unsigned char", 1 }, { "u16", "unsigned short", 2 },
		{ "u32", "unsigned int", 4 }, { "u64", "unsigned long long", 8 },
		{ "s32", "int", 4 },          { "char", "char", 1 },
		{ "bool", "_Bool", 1 },       { "u128", "unsigned __int128", 16 },
		{ "__be16", "__be16", 2 },    { "__be32", "__be32", 4 },
	};
	char base[64];
	size_t length = strcspn(name, "["), element_alignment;
	int id = 0;

	snprintf(base, sizeof(base), "%.*s", (int)length, name);
	if (name[length]) {
		uint32_t count = (uint32_t)strtoul(name + length + 1, NULL, 10);
		int element = declare_type(btf, base, size, &element_alignment);

		*size *= count;
		*alignment = element_alignment;
		return btf__add_array(btf, 3, element, count);
	}
	for (size_t i = 0; i < sizeof(scalars) / sizeof(*scalars); i++)
		if (strcmp(base, scalars[i].name) == 0) {
			*size = *alignment = scalars[i].size;
			/* The last of a name is the u32 of "__be32"; typedefs come last. */
			return btf__find_by_name(btf, scalars[i].btf);
		}
	id = btf__find_by_name(btf, base);
	*size = id > 0 ? (size_t)btf__resolve_size(btf, (uint32_t)id) : 0;
	*alignment = id > 0 ? (size_t)btf__align_of(btf, (uint32_t)id) : 1;
	return id;
}

static inline int declare_struct(struct btf *btf, const char *name, const char *text, size_t *size)
{
	struct {
		char name[32], type[32];
		unsigned bits;
		int id;
		size_t offset; /* in bits */
	} fields[32];
	size_t count = 0, at = 0, alignment, largest = 1, bytes;
	int id;

	if (!strchr(text, ' '))
		return declare_type(btf, text, size, &alignment);
	for (const char *c = text; *c; c += strcspn(c, ";"), c += strspn(c, "; ")) {
		char *colon;

		if (sscanf(c, "%31s %31[^; ]", fields[count].name, fields[count].type) != 2)
			abort();
		colon = strchr(fields[count].type, ':');
		fields[count].bits = colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
		if (colon)
			*colon = '\0';
		fields[count].id = declare_type(btf, fields[count].type, &bytes, &alignment);
		if (fields[count].id <= 0)
			abort();
		if (!colon)
			at = (at + alignment * 8 - 1) / (alignment * 8) * (alignment * 8);
		fields[count].offset = at;
		at += colon ? fields[count].bits : bytes * 8;
		largest = alignment > largest ? alignment : largest;
		count++;
	}
	*size = (at + largest * 8 - 1) / (largest * 8) * largest;
	id = btf__add_struct(btf, name, (uint32_t)*size);
	for (size_t i = 0; i < count; i++)
		btf__add_field(btf, fields[i].name, fields[i].id, (uint32_t)fields[i].offset,
			       fields[i].bits);
	return id;
}

/* Before declare: for types of the test's own. */
static inline void declare_open(struct declared *declared)
{
	struct basics basics;

	*declared = (struct declared){ .btf = btf_with_basics(&basics) };
}

static inline void declare_map(struct declared *declared, uint32_t type, const char *key,
			       const char *value)
{
	size_t key_size, value_size;
	int key_id = declare_struct(declared->btf, "key", key, &key_size);
	int value_id = declare_struct(declared->btf, "value", value, &value_size);

	declared->maps[0] =
		map_of("t", type, (uint32_t)key_size, (uint32_t)value_size, key_id, value_id);
}

static inline void declare_close(struct declared *declared)
{
	declared->image = image_of(declared->maps, declared->maps[1].name ? 2 : 1, declared->btf);
	if (schema_set_new(&declared->image, &declared->set, NULL) < 0)
		abort();
	declared->table = (struct migrate_table){ &declared->image, declared->set, 0 };
}

static inline void declare(struct declared *declared, uint32_t type, const char *key,
			   const char *value)
{
	declare_open(declared);
	declare_map(declared, type, key, value);
	declare_close(declared);
}

static inline void declare_clear(struct declared *declared)
{
	schema_set_unref(declared->set);
	btf__free(declared->btf);
}

#endif

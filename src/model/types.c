/* SPDX-License-Identifier: Apache-2.0 */
/* Making types, whatever tells of them. */
#include "model/types.h"

#include <string.h>

const char *type_name_copy(struct arena *arena, const char *name)
{
	char *copy = name ? arena_string(arena, name) : NULL;

	if (copy)
		for (char *c = copy; *c; c++)
			if (*c < ' ' || *c > '~')
				*c = '_';
	return copy;
}

static const char *array_name(struct arena *arena, const struct skbscope_type *element,
			      uint64_t count)
{
	const char *name = element->name;
	size_t base;

	if (!*name)
		name = element->kind == SKBSCOPE_KIND_UNION ? "union" : "struct";
	base = strcspn(name, "[");
	return arena_printf(arena, "%.*s[%u]%s", (int)base, name, (uint32_t)count, name + base);
}

struct skbscope_type *type_new(struct arena *arena, enum skbscope_kind kind, uint64_t bits,
			       const char *prefix, const char *name)
{
	struct skbscope_type *type = ARENA_NEW(arena, struct skbscope_type);

	if (!type || !name || bits > UINT32_MAX)
		return NULL;
	type->kind = kind;
	type->bits = (uint32_t)bits;
	type->name = type_name_copy(arena, *name ? arena_printf(arena, "%s%s", prefix, name) : "");
	return type->name ? type : NULL;
}

struct skbscope_type *type_array(struct arena *arena, const struct skbscope_type *element,
				 uint64_t count)
{
	struct skbscope_type *type;

	if (count > UINT32_MAX)
		return NULL;
	type = type_new(arena, SKBSCOPE_KIND_ARRAY, count * element->bits, "",
			array_name(arena, element, count));
	if (!type)
		return NULL;
	type->element = element;
	type->count = (uint32_t)count;
	if (element->kind == SKBSCOPE_KIND_INTEGER && strcmp(element->name, "char") == 0)
		type->display = SKBSCOPE_DISPLAY_TEXT;
	return type;
}

const struct skbscope_type *type_bytes(struct arena *arena, uint32_t count)
{
	static const struct skbscope_type byte = { .kind = SKBSCOPE_KIND_INTEGER,
						   .display = SKBSCOPE_DISPLAY_HEX,
						   .name = "u8",
						   .bits = 8 };
	struct skbscope_type *array = type_array(arena, &byte, count);

	if (array)
		array->display = SKBSCOPE_DISPLAY_HEX;
	return array;
}

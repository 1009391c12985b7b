/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types from bcc's descriptions, for maps without BTF. A description is JSON:
 *
 *   type    "unsigned int"  |  record
 *   record  ["name", [field, …], "struct" | "struct_packed" | "union"]
 *   field   ["name", type]  |  ["name", type, [elements]]  |  ["name", type, bits]
 *           |  record (an anonymous one)
 *
 * "struct_packed" spells its padding out as fields; "struct" leaves layout to the
 * C rules. Typedefs, enumerators and inner array dimensions are already lost.
 */
#include <json-c/json.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/types.h"

struct parser {
	struct arena *arena;
	size_t members;
};

struct parsed { /* type NULL: not understood */
	const struct skbscope_type *type;
	uint32_t align; /* bits */
};

static const struct builtin {
	const char *name;
	enum skbscope_kind kind;
	uint32_t bits;
	bool is_signed, adds_up;
} builtins[] = {
	{ "char", SKBSCOPE_KIND_INTEGER, 8, true, false },
	{ "signed char", SKBSCOPE_KIND_INTEGER, 8, true, true },
	{ "unsigned char", SKBSCOPE_KIND_INTEGER, 8, false, true },
	{ "_Bool", SKBSCOPE_KIND_BOOLEAN, 8, false, false },
	{ "bool", SKBSCOPE_KIND_BOOLEAN, 8, false, false },
	{ "short", SKBSCOPE_KIND_INTEGER, 16, true, true },
	{ "unsigned short", SKBSCOPE_KIND_INTEGER, 16, false, true },
	{ "int", SKBSCOPE_KIND_INTEGER, 32, true, true },
	{ "unsigned int", SKBSCOPE_KIND_INTEGER, 32, false, true },
	{ "long", SKBSCOPE_KIND_INTEGER, 64, true, true },
	{ "unsigned long", SKBSCOPE_KIND_INTEGER, 64, false, true },
	{ "long long", SKBSCOPE_KIND_INTEGER, 64, true, true },
	{ "unsigned long long", SKBSCOPE_KIND_INTEGER, 64, false, true },
	{ "__int128", SKBSCOPE_KIND_INTEGER, 128, true, true },
	{ "unsigned __int128", SKBSCOPE_KIND_INTEGER, 128, false, true },
	{ "float", SKBSCOPE_KIND_FLOAT, 32, true, true },
	{ "double", SKBSCOPE_KIND_FLOAT, 64, true, true },
};

static void tokener_freep(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

static void json_putp(struct json_object **object)
{
	json_object_put(*object);
}

static struct parsed parse_builtin(struct parser *parser, const char *name)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++) {
		struct skbscope_type *type;

		if (strcmp(builtins[i].name, name) != 0)
			continue;
		type = ARENA_NEW(parser->arena, struct skbscope_type);
		if (!type)
			break;
		type->name = builtins[i].name;
		type->kind = builtins[i].kind;
		type->bits = builtins[i].bits;
		type->is_signed = builtins[i].is_signed;
		type->adds_up = builtins[i].adds_up;
		return (struct parsed){ type, type->bits };
	}
	return (struct parsed){ 0 };
}

static struct parsed parse_record(struct parser *parser, struct json_object *json, unsigned depth);

static struct parsed parse_type(struct parser *parser, struct json_object *json, unsigned depth)
{
	if (depth > TYPE_MAX_DEPTH)
		return (struct parsed){ 0 };
	if (json_object_is_type(json, json_type_string))
		return parse_builtin(parser, json_object_get_string(json));
	if (json_object_is_type(json, json_type_array))
		return parse_record(parser, json, depth);
	return (struct parsed){ 0 };
}

static const char *string_at(struct json_object *array, size_t index)
{
	struct json_object *item = json_object_array_get_idx(array, index);

	return json_object_is_type(item, json_type_string) ? json_object_get_string(item) : NULL;
}

/* In ["", [[…], …], "union"] the second part is a list of fields; in ["in", ["",
 * …]] it is a type. */
static bool is_record(struct json_object *json)
{
	struct json_object *fields = json_object_array_get_idx(json, 1);

	return json_object_is_type(fields, json_type_array) && string_at(json, 2) &&
	       !string_at(fields, 0);
}

static const struct skbscope_type *make_array(struct parser *parser,
					      const struct skbscope_type *element, int64_t count)
{
	struct skbscope_type *type;
	uint64_t bits;

	if (count < 0 || count > UINT32_MAX ||
	    __builtin_mul_overflow((uint64_t)count, (uint64_t)element->bits, &bits) ||
	    bits > UINT32_MAX)
		return NULL;
	type = ARENA_NEW(parser->arena, struct skbscope_type);
	if (!type)
		return NULL;
	type->kind = SKBSCOPE_KIND_ARRAY;
	type->element = element;
	type->count = (uint32_t)count;
	type->bits = (uint32_t)bits;
	type->name = type_array_name(parser->arena, element, type->count);
	if (strcmp(element->name, "char") == 0)
		type->display = SKBSCOPE_DISPLAY_TEXT;
	return type->name ? type : NULL;
}

/* Fills a member but for its place; *field_bits is 0 unless it is a bit-field.
 * Returns its alignment in bits, 0 if it was not understood. */
static uint32_t parse_field(struct parser *parser, struct json_object *json, unsigned depth,
			    struct skbscope_member *member, uint32_t *field_bits)
{
	struct json_object *extra = json_object_array_get_idx(json, 2);
	const char *name = string_at(json, 0);
	struct parsed parsed;

	*field_bits = 0;
	if (!name)
		return 0;
	if (is_record(json)) {
		parsed = parse_record(parser, json, depth + 1);
		name = "";
		extra = NULL;
	} else {
		parsed = parse_type(parser, json_object_array_get_idx(json, 1), depth + 1);
	}
	if (!parsed.type)
		return 0;
	if (json_object_is_type(extra, json_type_array)) {
		struct json_object *count = json_object_array_get_idx(extra, 0);

		if (!json_object_is_type(count, json_type_int))
			return 0;
		parsed.type = make_array(parser, parsed.type, json_object_get_int64(count));
	} else if (json_object_is_type(extra, json_type_int)) {
		int64_t bits = json_object_get_int64(extra);

		if (bits <= 0 || bits > parsed.type->bits || parsed.type->bits > 64 ||
		    parsed.type->kind == SKBSCOPE_KIND_STRUCT ||
		    parsed.type->kind == SKBSCOPE_KIND_UNION)
			return 0;
		*field_bits = (uint32_t)bits;
	}
	if (!parsed.type)
		return 0;
	member->name = type_name_copy(parser->arena, name);
	if (!member->name)
		return 0;
	member->type = display_for_member(parsed.type, name, parser->arena);
	member->bit_size = *field_bits ? *field_bits : parsed.type->bits;
	return parsed.align;
}

static uint64_t round_up(uint64_t value, uint32_t to)
{
	return (value + to - 1) / to * to;
}

static struct parsed parse_record(struct parser *parser, struct json_object *json, unsigned depth)
{
	struct json_object *fields = json_object_array_get_idx(json, 1);
	const char *name = string_at(json, 0), *kind = string_at(json, 2);
	struct skbscope_member *members;
	struct skbscope_type *type;
	uint32_t align = 8;
	uint64_t end = 0;
	size_t count;
	bool is_union, is_packed;

	if (depth > TYPE_MAX_DEPTH || !name || !kind ||
	    !json_object_is_type(fields, json_type_array))
		return (struct parsed){ 0 };
	is_union = strcmp(kind, "union") == 0;
	is_packed = strcmp(kind, "struct_packed") == 0;
	count = json_object_array_length(fields);
	if ((!is_union && !is_packed && strcmp(kind, "struct") != 0) ||
	    parser->members + count > TYPE_MAX_MEMBERS)
		return (struct parsed){ 0 };
	parser->members += count;
	type = ARENA_NEW(parser->arena, struct skbscope_type);
	members = ARENA_ARRAY(parser->arena, struct skbscope_member, count);
	if (!type || !members)
		return (struct parsed){ 0 };

	for (size_t i = 0; i < count; i++) {
		struct json_object *field = json_object_array_get_idx(fields, i);
		uint32_t field_bits, field_align;
		uint64_t start = is_union ? 0 : end;

		if (!json_object_is_type(field, json_type_array))
			return (struct parsed){ 0 };
		field_align = parse_field(parser, field, depth, &members[i], &field_bits);
		if (!field_align)
			return (struct parsed){ 0 };
		if (field_bits) {
			uint32_t unit = members[i].type->bits;

			if (start % unit + field_bits > unit)
				start = round_up(start, unit);
		} else {
			start = round_up(start, is_packed ? 8 : field_align);
		}
		if (start + members[i].bit_size > UINT32_MAX)
			return (struct parsed){ 0 };
		members[i].bit_offset = (uint32_t)start;
		if (start + members[i].bit_size > end)
			end = start + members[i].bit_size;
		if (field_align > align)
			align = field_align;
	}
	end = round_up(end, is_packed ? 8 : align);
	if (end > UINT32_MAX)
		return (struct parsed){ 0 };
	type->kind = is_union ? SKBSCOPE_KIND_UNION : SKBSCOPE_KIND_STRUCT;
	type->bits = (uint32_t)end;
	type->members = members;
	type->member_count = count;
	type->name = type_name_copy(
		parser->arena,
		*name ? arena_printf(parser->arena, "%s %s", is_union ? "union" : "struct", name)
		      : "");
	if (!type->name)
		return (struct parsed){ 0 };
	display_apply(type, name);
	return (struct parsed){ type, align };
}

const struct skbscope_type *type_from_description(const char *description, struct arena *arena)
{
	AUTO(tokener_freep) struct json_tokener *tokener = NULL;
	AUTO(json_putp) struct json_object *json = NULL;
	struct parser parser = { .arena = arena };
	size_t length = strlen(description);

	if (!length || length > DESCRIPTION_MAX)
		return NULL;
	/* A level of C nesting is up to three levels of JSON. */
	tokener = json_tokener_new_ex((int)TYPE_MAX_DEPTH * 3);
	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	json = json_tokener_parse_ex(tokener, description, (int)length + 1);
	if (!json || json_tokener_get_error(tokener) != json_tokener_success)
		return NULL;
	return parse_type(&parser, json, 0).type;
}

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
#include "model/value.h"

struct parser {
	struct arena *arena;
	size_t members;
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

static const struct skbscope_type *parse_builtin(struct parser *parser, const char *name)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++) {
		const struct skbscope_type type = { .name = builtins[i].name,
						    .kind = builtins[i].kind,
						    .bits = builtins[i].bits,
						    .is_signed = builtins[i].is_signed,
						    .adds_up = builtins[i].adds_up };

		if (strcmp(type.name, name) == 0)
			return arena_copy(parser->arena, &type, 1, sizeof(type));
	}
	return NULL;
}

static const struct skbscope_type *parse_record(struct parser *parser, struct json_object *json,
						unsigned depth);

static const struct skbscope_type *parse_type(struct parser *parser, struct json_object *json,
					      unsigned depth)
{
	if (depth > TYPE_MAX_DEPTH)
		return NULL;
	if (json_object_is_type(json, json_type_string))
		return parse_builtin(parser, json_object_get_string(json));
	return json_object_is_type(json, json_type_array) ? parse_record(parser, json, depth)
							  : NULL;
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

static const struct skbscope_type *parse_array(struct parser *parser, struct json_object *json,
					       const struct skbscope_type *element)
{
	struct json_object *count = json_object_array_get_idx(json, 0);

	if (!json_object_is_type(count, json_type_int))
		return NULL;
	return type_array(parser->arena, element, (uint64_t)json_object_get_int64(count));
}

/* Fills a member but for its place. False: it was not understood. */
static bool parse_field(struct parser *parser, struct json_object *json, unsigned depth,
			struct skbscope_member *member, bool *is_bit_field)
{
	struct json_object *extra = json_object_array_get_idx(json, 2);
	const char *name = string_at(json, 0);
	const struct skbscope_type *type;
	int64_t bits;

	if (!name)
		return false;
	if (is_record(json)) {
		type = parse_record(parser, json, depth + 1);
		name = "";
		extra = NULL;
	} else {
		type = parse_type(parser, json_object_array_get_idx(json, 1), depth + 1);
	}
	if (type && json_object_is_type(extra, json_type_array))
		type = parse_array(parser, extra, type);
	if (!type)
		return false;
	*is_bit_field = json_object_is_type(extra, json_type_int);
	bits = *is_bit_field ? json_object_get_int64(extra) : type->bits;
	if (*is_bit_field &&
	    (bits <= 0 || bits > type->bits || type->bits > 64 ||
	     type->kind == SKBSCOPE_KIND_STRUCT || type->kind == SKBSCOPE_KIND_UNION))
		return false;
	member->name = type_name_copy(parser->arena, name);
	member->type = display_for_member(type, name, parser->arena);
	member->bit_size = (uint32_t)bits;
	return member->name;
}

/* In bits: its size, or that of the part that asks for most. */
static uint32_t alignment_of(const struct skbscope_type *type)
{
	uint32_t most = 8;

	if (type->kind == SKBSCOPE_KIND_ARRAY)
		return alignment_of(type->element);
	if (!type_is_record(type))
		return type->bits;
	for (size_t i = 0; i < type->member_count; i++) {
		uint32_t align = alignment_of(type->members[i].type);

		most = align > most ? align : most;
	}
	return most;
}

static uint64_t round_up(uint64_t value, uint32_t to)
{
	return (value + to - 1) / to * to;
}

static const struct skbscope_type *parse_record(struct parser *parser, struct json_object *json,
						unsigned depth)
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
		return NULL;
	is_union = strcmp(kind, "union") == 0;
	is_packed = strcmp(kind, "struct_packed") == 0;
	count = json_object_array_length(fields);
	if ((!is_union && !is_packed && strcmp(kind, "struct") != 0) ||
	    parser->members + count > TYPE_MAX_MEMBERS)
		return NULL;
	parser->members += count;
	members = ARENA_ARRAY(parser->arena, struct skbscope_member, count);
	if (!members)
		return NULL;

	for (size_t i = 0; i < count; i++) {
		struct json_object *field = json_object_array_get_idx(fields, i);
		uint64_t start = is_union ? 0 : end;
		uint32_t field_align;
		bool is_bit_field;

		if (!json_object_is_type(field, json_type_array) ||
		    !parse_field(parser, field, depth, &members[i], &is_bit_field))
			return NULL;
		field_align = alignment_of(members[i].type);
		if (!is_bit_field)
			start = round_up(start, is_packed ? 8 : field_align);
		else if (start % field_align + members[i].bit_size > field_align)
			start = round_up(start, field_align);
		if (start + members[i].bit_size > UINT32_MAX)
			return NULL;
		members[i].bit_offset = (uint32_t)start;
		if (start + members[i].bit_size > end)
			end = start + members[i].bit_size;
		if (field_align > align)
			align = field_align;
	}
	type = type_new(parser->arena, is_union ? SKBSCOPE_KIND_UNION : SKBSCOPE_KIND_STRUCT,
			round_up(end, is_packed ? 8 : align), is_union ? "union " : "struct ",
			name);
	if (!type)
		return NULL;
	type->members = members;
	type->member_count = count;
	display_apply(type, name);
	return type;
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
	return parse_type(&parser, json, 0);
}

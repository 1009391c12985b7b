/* SPDX-License-Identifier: Apache-2.0 */
#include "model/fields.h"

#include "model/types.h"

static const struct skbscope_type letter = { .name = "char", .bits = 8 };

/* Of a single one, but for its size. */
static const struct form {
	struct skbscope_type type;
	uint32_t size; /* 0: the member's */
} forms[] = {
	[FIELD_NUMBER] = { { .name = "level_t", .has_unknown = true }, 0 },
	[FIELD_NS] = { { .name = "ns_level_t",
			 .display = SKBSCOPE_DISPLAY_NS,
			 .has_unknown = true },
		       0 },
	[FIELD_BYTES] = { { .name = "bytes_t",
			    .display = SKBSCOPE_DISPLAY_BYTES,
			    .has_unknown = true },
			  0 },
	[FIELD_TRUTH] = { { .kind = SKBSCOPE_KIND_BOOLEAN, .name = "bool", .has_unknown = true },
			  0 },
	[FIELD_REAL] = { { .kind = SKBSCOPE_KIND_FLOAT,
			   .name = "double",
			   .is_signed = true,
			   .has_unknown = true },
			 0 },
	[FIELD_COUNT] = { { .name = "count_t", .adds_up = true }, 0 },
	[FIELD_BYTE_COUNT] = { { .name = "bytes_t",
				 .display = SKBSCOPE_DISPLAY_BYTES,
				 .adds_up = true },
			       0 },
	[FIELD_NS_COUNT] = { { .name = "ns_t", .display = SKBSCOPE_DISPLAY_NS, .adds_up = true },
			     0 },
	[FIELD_WHEN] = { { .name = "when_t", .display = SKBSCOPE_DISPLAY_WHEN }, 0 },
	[FIELD_NS_LOG2] = { { .name = "ns_bucket_t",
			      .display = SKBSCOPE_DISPLAY_BUCKET_NS,
			      .adds_up = true },
			    sizeof(uint64_t) },
};

static const struct skbscope_type *text_type(struct arena *arena, uint32_t size)
{
	struct skbscope_type *type = type_array(arena, &letter, size);

	if (type)
		type->has_unknown = true;
	return type;
}

static const struct skbscope_type *type_of(struct arena *arena, const struct field *field)
{
	const struct form *form = &forms[field->form];
	struct skbscope_type *type;

	if (field->form == FIELD_TEXT)
		return text_type(arena, field->size);
	type = arena_copy(arena, &form->type, 1, sizeof(*type));
	if (!type)
		return NULL;
	type->bits = (form->size ? form->size : field->size) * 8;
	return form->size ? type_array(arena, type, field->size / form->size) : type;
}

const struct skbscope_type *fields_type(struct arena *arena, const struct field *fields,
					size_t count, size_t size)
{
	struct skbscope_member *members = ARENA_ARRAY(arena, struct skbscope_member, count);
	struct skbscope_type *type =
		type_new(arena, SKBSCOPE_KIND_STRUCT, (uint64_t)size * 8, "struct ", "fields");

	if (!members || !type)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct skbscope_type *of = type_of(arena, &fields[i]);

		if (!of)
			return NULL;
		members[i] = (struct skbscope_member){ arena_string(arena, fields[i].name),
						       fields[i].offset * 8, of->bits, of };
	}
	type->members = members;
	type->member_count = count;
	return arena_failed(arena) ? NULL : type;
}

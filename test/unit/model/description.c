/* SPDX-License-Identifier: Apache-2.0 */
/* model/type_description: bcc's JSON, honest and hostile. */
#include "model/types.h"

#include "harness.h"

static const struct skbscope_member *member_of(const struct skbscope_type *type, const char *name)
{
	for (size_t i = 0; type && i < type->member_count; i++)
		if (strcmp(type->members[i].name, name) == 0)
			return &type->members[i];
	return NULL;
}

TEST(a_builtin_type_has_its_size_and_sign)
{
	struct arena *arena = arena_new();
	const struct skbscope_type *type = type_from_description("\"unsigned __int128\"", arena);

	REQUIRE(type);
	CHECK_NUMBER(type->bits, 128);
	CHECK(!type->is_signed && type->adds_up);
	type = type_from_description("\"double\"", arena);
	REQUIRE(type);
	CHECK_NUMBER(type->kind, SKBSCOPE_KIND_FLOAT);
	arena_free(arena);
}

/* As bcc 0.26 wrote it for a struct of everything. */
TEST(a_struct_with_bit_fields_is_laid_out_as_c_does)
{
	struct arena *arena = arena_new();
	const struct skbscope_type *type = type_from_description(
		"[\"flow\", [[\"saddr\",\"unsigned int\"], [\"sport\",\"unsigned short\"], "
		"[\"mac\",\"unsigned char\", [6]], [\"v\",\"unsigned int\"], "
		"[\"bf\",\"unsigned int\", 3], [\"bg\",\"unsigned int\", 5], "
		"[\"\", [[\"a\",\"unsigned int\"], [\"b\",\"unsigned char\", [4]] ], \"union\"], "
		"[\"in\",[\"\", [[\"x\",\"unsigned short\"], [\"y\",\"unsigned char\"], "
		"[\"__pad_end\",\"char\",[1]] ], \"struct_packed\"]], "
		"[\"p\",\"unsigned long long\"], [\"big\",\"unsigned __int128\"], "
		"[\"comm\",\"char\", [16]], [\"ok\",\"_Bool\"], "
		"[\"a6\",[\"in6_addr\", [[\"s\",\"unsigned char\", [16]] ], \"struct_packed\"]] "
		"], \"struct\"]",
		arena);

	REQUIRE(type);
	CHECK_NUMBER(type->bits, 112 * 8);
	CHECK_TEXT(type->name, "struct flow");
	CHECK_NUMBER(member_of(type, "mac")->bit_offset, 48);
	CHECK_NUMBER(member_of(type, "mac")->type->display, SKBSCOPE_DISPLAY_MAC);
	CHECK_NUMBER(member_of(type, "bg")->bit_offset, 131);
	CHECK_NUMBER(member_of(type, "bg")->bit_size, 5);
	CHECK_NUMBER(member_of(type, "")->bit_offset, 160);
	CHECK_NUMBER(member_of(type, "")->type->kind, SKBSCOPE_KIND_UNION);
	CHECK_NUMBER(member_of(type, "in")->bit_offset, 192);
	CHECK_NUMBER(member_of(type, "p")->bit_offset, 256);
	CHECK_NUMBER(member_of(type, "big")->bit_offset, 384);
	CHECK_NUMBER(member_of(type, "comm")->type->display, SKBSCOPE_DISPLAY_TEXT);
	CHECK_NUMBER(member_of(type, "a6")->type->display, SKBSCOPE_DISPLAY_IPV6);
	arena_free(arena);
}

TEST(padding_of_a_packed_struct_is_spelled_out)
{
	struct arena *arena = arena_new();
	const struct skbscope_type *type =
		type_from_description("[\"k\", [[\"a\",\"unsigned char\"], "
				      "[\"__pad_1\",\"char\",[7]], "
				      "[\"b\",\"unsigned long long\"]], \"struct_packed\"]",
				      arena);
	const struct skbscope_column *columns = NULL;

	REQUIRE(type);
	CHECK_NUMBER(type->bits, 128);
	CHECK_NUMBER(columns_make(type, NULL, arena, &columns), 2);
	CHECK_TEXT(columns[1].name, "b");
	CHECK_NUMBER(columns[1].bit_offset, 64);
	arena_free(arena);
}

TEST(what_is_not_a_description_is_no_type)
{
	static const char *const texts[] = {
		"",
		"null",
		"23",
		"{}",
		"[]",
		"\"\"",
		"\"unsigned lang\"",
		"\"int",
		"[\"s\"]",
		"[\"s\",[],\"class\"]",
		"[\"s\",[[\"a\"]],\"struct\"]",
		"[\"s\",[[\"a\",\"int\",[-1]]],\"struct\"]",
		"[\"s\",[[\"a\",\"int\",[4294967296]]],\"struct\"]",
		"[\"s\",[[\"a\",\"int\",[999999999]]],\"struct\"]",
		"[\"s\",[[\"a\",\"int\",[\"x\"]]],\"struct\"]",
		"[\"s\",[[\"a\",\"int\",0]],\"struct\"]",
		"[\"s\",[[\"a\",\"int\",33]],\"struct\"]",
		"[\"s\",[[\"a\",\"unsigned __int128\",99]],\"struct\"]",
		"[\"s\",[null],\"struct\"]",
		"[\"s\",[[null,null]],\"struct\"]",
		"[1,2,3]",
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (type_from_description(texts[i], arena)) {
			fprintf(stderr, "a type: %s\n", texts[i]);
			test_failures++;
		}
	arena_free(arena);
}

TEST(depth_has_a_limit)
{
	struct arena *arena = arena_new();
	char text[65536];
	size_t at = 0;

	for (int i = 0; i < 1000; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "[\"s\",[[\"m\",");
	at += (size_t)snprintf(text + at, sizeof(text) - at, "\"int\"");
	for (int i = 0; i < 1000; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "]],\"struct\"]");
	CHECK(!type_from_description(text, arena));
	arena_free(arena);
}

TEST(names_are_safe_to_print)
{
	struct arena *arena = arena_new();
	const struct skbscope_type *type = type_from_description(
		"[\"s\\u001b[2J\",[[\"a\\u001b\\u00ff\",\"int\"]],\"struct\"]", arena);

	REQUIRE(type);
	CHECK_TEXT(type->name, "struct s_[2J");
	CHECK_TEXT(type->members[0].name, "a___");
	arena_free(arena);
}

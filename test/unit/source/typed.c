/* SPDX-License-Identifier: Apache-2.0 */
/* source/typed: what is typed in place of a file, as a program. */
#include "source/typed.h"

#include <errno.h>
#include <skbscope/source.h>

#include "base/cleanup.h"
#include "harness.h"

static bool has_function(const char *text)
{
	return typed_has_function(span_of(text));
}

TEST(a_function_is_told_from_what_looks_like_one)
{
	CHECK(has_function("int f(struct __sk_buff *skb) { return 0; }"));
	CHECK(has_function("#include <x.h>\n/* { */ static inline struct a *g(void)\n{\n}"));
	CHECK(has_function("BPF_HASH(t); int f(struct __sk_buff *skb) /* why */ {"));
	CHECK(has_function("if (1) { } void f(void) {}"));
	CHECK(!has_function("if (skb->len > 9) { t.increment(1); }"));
	CHECK(!has_function("if (a) { } else if (b) { } for (int i = 0; i < 3; i++) { }"));
	CHECK(!has_function("struct key k = (struct key){ 1 };"));
	CHECK(!has_function("return (struct key){ 1 };"));
	CHECK(!has_function("struct key { u32 a; };"));
	CHECK(!has_function("/* int f(void) { */ t.increment(1); // int f(void) {"));
	CHECK(!has_function("char *c = \"int f(void) {\";"));
	CHECK(!has_function("#define F int f(void) { \\\n int f(void) {\n"));
	CHECK(!has_function("bpf_for (i, 0, 3) { }"));
	CHECK(!has_function("\"never closed \\"));
	CHECK(!has_function("/* never closed"));
	CHECK(!has_function("}}}})"));
}

/* The copies without what was put around them; "|" between. */
static const char *made(const char *text)
{
	static char copies[1024];
	AUTO(buffer_free) struct buffer program = { 0 };
	struct typed typed;
	const char *at;
	size_t length = 0;

	if (typed_make(span_of(text), &program, &typed) < 0)
		return NULL;
	at = buffer_text(&program);
	for (uint32_t i = 0; i < typed.lead; i++)
		at = strchr(at, '\n') + 1;
	for (uint32_t i = 0; i < 2 * typed.lines + 1; i++) {
		const char *end = strchr(at, '\n');

		if (i == typed.lines)
			length += (size_t)sprintf(copies + length, "|");
		else
			length += (size_t)sprintf(copies + length, "%.*s\n", (int)(end - at), at);
		at = end + 1;
	}
	CHECK_TEXT(at, "return TC_ACT_UNSPEC; }\n");
	return copies;
}

TEST(declarations_go_first_and_columns_stay)
{
	CHECK_TEXT(made("BPF_HASH(a); a.increment(1);"),
		   "BPF_HASH(a);\n|             a.increment(1);\n");
	CHECK_TEXT(made("a.increment(1); BPF_HASH(a);"),
		   "                BPF_HASH(a);\n|a.increment(1);\n");
	CHECK_TEXT(made("#include <x.h>\n\nu32 a;\r\n#define B \\\n 1\n"),
		   "#include <x.h>\n\n\n#define B \\\n 1\n|\n\nu32 a;\n\n\n");
	CHECK_TEXT(made("struct k { u32 a; };\nstruct k b = { 1 };\ntypedef u32 c; c d;"),
		   "struct k { u32 a; };\n\ntypedef u32 c;\n|\nstruct k b = { 1 };\n"
		   "               c d;\n");
	CHECK_TEXT(made("if (BPF_FOO(1)) {\n#undef X\n}"),
		   "\n\n\n|if (BPF_FOO(1)) {\n#undef X\n}\n");
	CHECK_TEXT(made("struct { u32 a; } b;"), "\n|struct { u32 a; } b;\n");
	CHECK_TEXT(made("/* é */ x;"), "/* é */\n|         x;\n");
}

TEST(a_text_with_a_function_is_a_program_as_it_is)
{
	static const char text[] = "int f(struct __sk_buff *skb) { return 0; }";
	struct skbscope_source *source = NULL;
	struct skbscope_error error = { 0 };

	REQUIRE(skbscope_source_from_typed("-e", text, strlen(text), &source, &error) == 0);
	CHECK_TEXT(source->text, text);
	CHECK_TEXT(source->path, "-e");
	CHECK_NUMBER(source->typed_lines, 0);
	skbscope_source_free(source);
}

TEST(nothing_is_no_program)
{
	struct skbscope_source *source = NULL;
	struct skbscope_error error = { 0 };

	CHECK_NUMBER(skbscope_source_from_typed("-", " \n", 2, &source, &error), -EINVAL);
	CHECK_CONTAINS(error.message, "'-' is empty");
	CHECK_NUMBER(skbscope_source_from_typed("-", "a\0b", 3, &source, &error), -EINVAL);
	CHECK_CONTAINS(error.message, "binary");
}

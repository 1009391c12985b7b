/* SPDX-License-Identifier: Apache-2.0 */
/* Functions for tracepoints lose their bodies, and nothing else does. */
#include "harness.h"

#include "compile/tracepoints.h"

static void becomes(const char *text, const char *expected)
{
	struct arena *arena = arena_new();
	const char *emptied = tracepoints_emptied(arena, text, strlen(text));

	CHECK_TEXT(emptied, expected);
	CHECK_NUMBER(strlen(emptied), strlen(text));
	if (strcmp(text, expected) == 0)
		CHECK(emptied == text);
	arena_free(arena);
}

TEST(their_bodies_are_emptied_and_lines_stay_where_they_are)
{
	becomes("TRACEPOINT_PROBE(net, x) { u32 k = args->len; return 0; }\nint f(void) { g(); }",
		"TRACEPOINT_PROBE(net, x) {return 0;                     }\nint f(void) { g(); "
		"}");
	becomes("TRACEPOINT_PROBE(net,\n x)\n{\n\tif (args->a) {\n\t\tb();\n\t}\n\treturn 1;\n}\n",
		"TRACEPOINT_PROBE(net,\n x)\n{\nreturn 0;      \n      \n  \n          \n}\n");
	becomes("int tracepoint__a__b(struct tracepoint__a__b *args) { return args->cde; }",
		"int tracepoint__a__b(struct tracepoint__a__b *args) {return 0;          }");
	becomes("TRACEPOINT_PROBE(a, b) { c(\"}\"); /* } */ d('}'); // }\n } int e;",
		"TRACEPOINT_PROBE(a, b) {return 0;                    \n } int e;");
}

TEST(what_only_mentions_one_stays)
{
	becomes("/* TRACEPOINT_PROBE(a, b) { c(args->d); } */\n",
		"/* TRACEPOINT_PROBE(a, b) { c(args->d); } */\n");
	becomes("#define X TRACEPOINT_PROBE(a, b) { \\\n c(args->d); }\n",
		"#define X TRACEPOINT_PROBE(a, b) { \\\n c(args->d); }\n");
	becomes("char *s = \"TRACEPOINT_PROBE(a, b) { c(args->d); }\";",
		"char *s = \"TRACEPOINT_PROBE(a, b) { c(args->d); }\";");
	becomes("int f(void) { tracepoint__a(1); { g(args->d); } }",
		"int f(void) { tracepoint__a(1); { g(args->d); } }");
	becomes("TRACEPOINT_PROBE(a, b) { never_closed(", "TRACEPOINT_PROBE(a, b) { never_closed(");
	becomes("struct tracepoint__a { int member_of_it; };",
		"struct tracepoint__a { int member_of_it; };");
	becomes("int tracepoint__a(int b);\nint f(void) { return body_stays; }",
		"int tracepoint__a(int b);\nint f(void) { return body_stays; }");
	becomes("TRACEPOINT_PROBE", "TRACEPOINT_PROBE");
}

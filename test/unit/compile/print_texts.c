/* SPDX-License-Identifier: Apache-2.0 */
/* Which string constants become arrays, and which stay. */
#include "compile/print_texts.h"

#include <string.h>

#include "base/cleanup.h"
#include "harness.h"

static void check(const char *text, const char *expected)
{
	AUTO(insertions_clear) struct insertions found = { 0 };
	AUTO(buffer_free) struct buffer out = { 0 };

	CHECK(print_texts_find(text, strlen(text), &found) == 0);
	insertions_sort(&found);
	insertions_apply(&found, text, strlen(text), &out);
	CHECK_TEXT(buffer_text(&out), expected);
}

static void check_stays(const char *text)
{
	check(text, text);
}

#define A(text) "(char[]){" text "}"

TEST(constants_that_are_chosen_between_become_arrays)
{
	check("bpf_trace_printk(\"%s\", x ? \"a\" : \"b\");",
	      "bpf_trace_printk(\"%s\", x ? " A("\"a\"") " : " A("\"b\"") ");");
	check("bpf_trace_printk(\"%s\", (x ?: \"a\" /* ? */ \"b\"), \"c\");",
	      "bpf_trace_printk(\"%s\", (x ?: " A("\"a\" /* ? */ \"b\"") "), \"c\");");
	check("bpf_trace_printk (\"%s%s\", f(x ? \"a,\" : \")\"), y ? '\"' : 1);",
	      "bpf_trace_printk (\"%s%s\", f(x ? " A("\"a,\"") " : " A(
		      "\")\"") "), y ? '\"' : 1);");
	check("bpf_trace_printk(\"%s\",\n x ? y ? \"a\" : \"b\" : \"c\"); x ? \"a\" : \"b\";",
	      "bpf_trace_printk(\"%s\",\n x ? y ? " A("\"a\"") " : " A("\"b\"") " : " A(
		      "\"c\"") "); x ? \"a\" : \"b\";");
}

TEST(in_macros_that_print_and_those_that_stand_for_what_is_printed)
{
	check("#define P(f, ...) bpf_trace_printk(f, ##__VA_ARGS__)\n"
	      "#define Q(x) P(\"%s\", x ? \"a\" \\\n: \"b\")\n"
	      "#define N(x) (x ? \"c\" : \"d\")\n"
	      "#define M(x) N(x + 1)\n"
	      "#define O(x) (x ? \"e\" : \"f\")\n"
	      "P(\"%s\", M(1)); Q(3); O(2); P(x ? \"g\" : \"h\", 1);",
	      "#define P(f, ...) bpf_trace_printk(f, ##__VA_ARGS__)\n"
	      "#define Q(x) P(\"%s\", x ? " A("\"a\"") " \\\n: " A(
		      "\"b\"") ")\n"
			       "#define N(x) (x ? " A("\"c\"") " : " A(
				       "\"d\"") ")\n"
						"#define M(x) N(x + 1)\n"
						"#define O(x) (x ? \"e\" : \"f\")\n"
						"P(\"%s\", M(1)); Q(3); O(2); P(x ? " A(
							"\"g\"") " : " A("\"h\"") ", 1);");
}

TEST(all_else_stays)
{
	check_stays("x ? \"a\" : \"b\";");
	check_stays("bpf_trace_printk(\"%s\", \"a\");");
	check_stays("bpf_trace_printk(x ? \"%s\" : \"%d\", \"a\");");
	check_stays("bpf_trace_printk(\"a?\", x ? 1 : 2);");
	check_stays("bpf_trace_printk(\"%s\", x ? \"a\" B : L\"c\");");
	check_stays("bpf_trace_printk(\"%s\", ({ char s[] = \"a\"; x ? s : 0; }));");
	check_stays("/* bpf_trace_printk(\"%s\", x ? \"a\" : \"b\"); */");
	check_stays("bpf_trace_printk(\"%s\", x ? \"a");
	check_stays("bpf_trace_printk(");
	check_stays("#define bpf_trace_printk(");
	check_stays("");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Functions, tables and histograms found in a text by its tokens. */
#include "worker/scan.h"

#include "harness.h"

#define LINE(text, name) scan_function_line(text, strlen(text), name)
#define FIRST(text, name) scan_first_line(text, strlen(text), name)
#define HISTOGRAM(text, name) scan_is_histogram(text, strlen(text), name)

TEST(a_definition_is_told_from_declarations_calls_and_comments)
{
	static const char text[] = "/* int count(void) { */\n"
				   "int count(struct __sk_buff *skb);\n"
				   "static int other(void) { return count(0); }\n"
				   "#define X int count(int x) { \\\n"
				   "\t}\n"
				   "const char *s = \"int count(void) {\";\n"
				   "int\n"
				   "count(struct __sk_buff *skb)\n"
				   "{\n"
				   "}\n";

	CHECK_NUMBER(LINE(text, "count"), 8);
	CHECK_NUMBER(LINE(text, "other"), 3);
	CHECK_NUMBER(LINE(text, "coun"), 0);
	CHECK_NUMBER(LINE(text, "skb"), 0);
}

TEST(a_method_is_found_where_it_is_called)
{
	static const char text[] = "/* seen.update( */ seen.updated(&key);\n"
				   "unseen.update(&key);\n"
				   "seen\n"
				   "\t. update (&key);\n";

	CHECK_NUMBER(scan_method_line(text, strlen(text), "seen", "update"), 3);
	CHECK_NUMBER(scan_method_line(text, strlen(text), "unseen", "update"), 2);
	CHECK_NUMBER(scan_method_line(text, strlen(text), "seen", "increment"), 0);
}

TEST(parentheses_inside_parameters_do_not_confuse)
{
	CHECK_NUMBER(LINE("int a;\nint f(int (*g)(int), int b) { }", "f"), 2);
}

TEST(unfinished_texts_end)
{
	static const char *const texts[] = { "/*", "//", "\"",  "'",    "#",
					     "\\", "f(", "f((", "\"\\", "#\\" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		CHECK_NUMBER(LINE(texts[i], "f"), 0);
		CHECK(!HISTOGRAM(texts[i], "f"));
	}
	CHECK_NUMBER(LINE("", "f"), 0);
}

TEST(the_first_mention_counts_lines_through_comments)
{
	CHECK_NUMBER(FIRST("/* t\n t */\n// t\nBPF_HASH(t);\n", "t"), 4);
	CHECK_NUMBER(FIRST("nothing", "t"), UINT32_MAX);
}

TEST(histograms_are_found_in_both_spellings)
{
	CHECK(HISTOGRAM("BPF_HISTOGRAM(h);", "h"));
	CHECK(HISTOGRAM("BPF_HISTOGRAM( h , struct key, 10);", "h"));
	CHECK(HISTOGRAM("BPF_TABLE(\"histogram\", int, u64, h, 64);", "h"));
	CHECK(!HISTOGRAM("BPF_TABLE(\"array\", int, u64, h, 64);", "h"));
	CHECK(!HISTOGRAM("BPF_HISTOGRAM(other, h);", "h"));
	CHECK(!HISTOGRAM("/* BPF_HISTOGRAM(h) */ BPF_ARRAY(h);", "h"));
}

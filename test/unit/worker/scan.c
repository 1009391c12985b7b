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

#define LOG2(text) scan_is_log2(text, strlen(text), "h")

TEST(a_logarithm_is_followed_to_the_table)
{
	CHECK(LOG2("h.increment(bpf_log2l(x));"));
	CHECK(LOG2("u32 slot = bpf_log2l(skb->len); h.atomic_increment(slot);"));
	CHECK(LOG2("int a, slot; slot = bpf_log2(x); h.update(&slot, &one);"));
	CHECK(LOG2("k.disk = 1; k.slot = bpf_log2l(x / 1000); h.atomic_increment(k);"));
	CHECK(LOG2("u64 s = bpf_log2l(x); key->slot = s; h.increment(*key);"));
	CHECK(LOG2("struct k k = {.disk = 1, .slot = bpf_log2l(x)}; h.increment(k);"));
	CHECK(LOG2("struct k k = { 1, bpf_log2l(x) }; h.increment(k);"));
	CHECK(LOG2("k = (struct k){ .a = { 1, 2 }, .slot = bpf_log2l(x) }; h.increment(k);"));
	CHECK(!LOG2("struct k k = { 1, x }, other = { 2, bpf_log2l(x) }; h.increment(k);"));
	CHECK(LOG2("int b = my_log2(x) + 1; u64 *v = h.lookup(&b);"));
	CHECK(LOG2("#define COUNT(h, x) h.increment(bpf_log2l(x))\n int a = ilog2(1);"));
	CHECK(!LOG2("u32 slot = skb->len / 100; h.atomic_increment(slot);"));
	CHECK(!LOG2("other.increment(bpf_log2l(x)); u32 slot = x / 10; h.increment(slot);"));
	CHECK(!LOG2("int a = bpf_log2l(x), slot = x / 10; h.increment(slot);"));
	CHECK(!LOG2("/* h.increment(bpf_log2l(x)) */ h.increment(x);"));
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

TEST(macros_that_name_a_word_are_found_in_their_directives_alone)
{
	static const char text[] = "/* #define A(x) tell(x) */\n"
				   "// #define B tell\n"
				   "#define C(x) teller(x) /* tell */\n"
				   "const char *s = \"\\n#define D tell\";\n"
				   "# define E(x) \\\n"
				   "\ttell(x)\n"
				   "int f; # define F tell\n"
				   "\t#define G tell\n"
				   "#if tell\n";
	struct span names[4];

	CHECK_NUMBER(scan_directives(text, strlen(text), "tell", names, 4), 3);
	CHECK(span_is(names[0], "E"));
	CHECK(span_is(names[1], "G"));
	CHECK(!names[2].length);
	CHECK_NUMBER(scan_directives(text, strlen(text), "tell", names, 1), 3);
	CHECK_NUMBER(scan_directives(text, strlen(text), "tel", NULL, 0), 0);
	CHECK_NUMBER(scan_directives("#", 1, "tell", names, 4), 0);
	CHECK_NUMBER(scan_directives("", 0, "tell", names, 4), 0);
}

TEST(a_call_begins_where_its_name_is)
{
	static const char text[] = "tell(1);\n"
				   "teller(\n"
				   "\ttell(2,\n"
				   "\t\t(3)),\n"
				   "\t4);\n"
				   "tell;\n"
				   "tell(\n";
	static const uint32_t begins[] = { 0, 1, 0, 3, 3, 0, 0, 7, 7 };

	for (uint32_t line = 1; line < sizeof(begins) / sizeof(begins[0]); line++)
		CHECK_NUMBER(scan_call_line(text, strlen(text), span_of("tell"), line),
			     begins[line]);
}

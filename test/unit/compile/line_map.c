/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of libbcc's rewritten text find their way back to the user's. */
#include "harness.h"

#include "base/cleanup.h"
#include "compile/line_map.h"

static uint32_t original_of(const char *rewritten, const char *original, uint32_t line,
			    bool *unchanged)
{
	AUTO(line_map_freep) struct line_map *map = NULL;

	if (line_map_new(span_of(rewritten), span_of(original), &map) < 0)
		return 0;
	return line_map_original(map, line, unchanged);
}

static const char original[] = "BPF_HASH(t, u32, u64);\n"
			       "\n"
			       "int count(struct __sk_buff *skb)\n"
			       "{\n"
			       "\tu64 *v = t.lookup(&key);\n"
			       "\tif (v)\n"
			       "\t\t(*v)++;\n"
			       "\tt.update(\n"
			       "\t\t&key,\n"
			       "\t\t&one\n"
			       "\t);\n"
			       "\treturn 0;\n"
			       "}\n";
static const char rewritten[] =
	"BPF_HASH(t, u32, u64);\n"
	"\n"
	"__attribute__((section(\".bpf.fn.count\")))\n"
	"int count(struct __sk_buff *skb)\n"
	"{\n"
	"\n"
	"\tu64 *v = bpf_map_lookup_elem((void *)bpf_pseudo_fd(1, -1), &key);\n"
	"\tif (v)\n"
	"\t\t(*v)++;\n"
	"\tbpf_map_update_elem((void *)bpf_pseudo_fd(1, -1), &key,&one, BPF_ANY);\n"
	"\treturn 0;\n"
	"}\n";

TEST(lines_around_insertions_keep_their_origin)
{
	static const uint32_t expected[] = { 1, 2, 3, 3, 4, 4, 5, 6, 7, 8, 12, 13 };

	for (uint32_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		bool unchanged;

		CHECK_NUMBER(original_of(rewritten, original, i + 1, &unchanged), expected[i]);
	}
}

TEST(columns_hold_on_unchanged_lines_only)
{
	bool unchanged = false;

	original_of(rewritten, original, 9, &unchanged);
	CHECK(unchanged);
	original_of(rewritten, original, 7, &unchanged);
	CHECK(!unchanged);
}

TEST(lines_beyond_the_text_have_no_origin)
{
	bool unchanged;

	CHECK_NUMBER(original_of(rewritten, original, 0, &unchanged), 0);
	CHECK_NUMBER(original_of(rewritten, original, 9999, &unchanged), 0);
}

TEST(equal_texts_map_to_themselves)
{
	bool unchanged;

	for (uint32_t i = 1; i <= 13; i++)
		CHECK_NUMBER(original_of(original, original, i, &unchanged), i);
}

TEST(texts_without_anything_in_common_still_end)
{
	AUTO(freep) char *a = malloc(200001);
	AUTO(freep) char *b = malloc(200001);
	AUTO(line_map_freep) struct line_map *map = NULL;
	bool unchanged;

	REQUIRE(a && b);
	for (int i = 0; i < 200000; i += 5) {
		memcpy(a + i, "abcd\n", 5);
		memcpy(b + i, "wxyz\n", 5);
	}
	a[200000] = b[200000] = '\0';
	REQUIRE(line_map_new(span_of(a), span_of(b), &map) == 0);
	CHECK(line_map_original(map, 20000, &unchanged) > 0);
}

TEST(the_rewritten_text_is_found_between_libbccs_marks)
{
	static const char log[] = "mine.c:1:1: warning: before\n"
				  "#if defined(BPF_LICENSE)\n"
				  "#error BPF_LICENSE cannot be specified through cflags\n"
				  "#endif\n"
				  "#line 1 \"/virtual/source.c\"\n"
				  "the text\n"
				  "\n"
				  "#include <bcc/footer.h>\n"
				  "error: after\n";
	struct rewritten_text text;

	REQUIRE(rewritten_find(span_of(log), &text));
	CHECK(span_is(text.before, "mine.c:1:1: warning: before\n"));
	CHECK(span_is(text.text, "the text\n"));
	CHECK(span_is(text.after, "error: after\n"));
	CHECK(!rewritten_find((struct span){ log, 100 }, &text));
	CHECK_NUMBER(text.before.length, 100);
	CHECK_NUMBER(text.after.length, 0);
}

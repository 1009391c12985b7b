/* SPDX-License-Identifier: Apache-2.0 */
/* base/span: parts of a text that has no NUL where they end. */
#include "base/span.h"

#include "harness.h"

TEST(a_part_ends_where_it_ends_and_not_at_a_nul)
{
	struct span part = { "structure", 6 };

	CHECK(span_is(part, "struct"));
	CHECK(!span_is(part, "structure"));
	CHECK(span_begins(part, "str") && !span_begins(part, "structu"));
	CHECK(span_contains(part, "ruct") && !span_contains(part, "ucture"));
	CHECK(!span_contains((struct span){ NULL, 0 }, "a"));
	CHECK(span_equal((struct span){ NULL, 0 }, span_of("")));
}

TEST(every_line_comes_once_whether_or_not_a_newline_ends_the_last)
{
	static const char *const texts[] = { "one\n\ntwo", "one\n\ntwo\n" };

	for (size_t i = 0; i < 2; i++) {
		struct span rest = span_of(texts[i]), line;

		CHECK(span_next_line(&rest, &line) && span_is(line, "one"));
		CHECK(span_next_line(&rest, &line) && span_is(line, ""));
		CHECK(span_next_line(&rest, &line) && span_is(line, "two"));
		CHECK(!span_next_line(&rest, &line));
	}
}

TEST(what_is_not_in_front_is_not_taken)
{
	struct span rest = span_of("const u32 *key"), word;

	CHECK(!span_skip(&rest, "volatile "));
	CHECK(span_skip(&rest, "const "));
	CHECK(span_next_word(&rest, &word) && span_is(word, "u32"));
	CHECK(!span_next_word(&rest, &word) && span_is(word, "u32"));
	CHECK(span_is(rest, " *key"));
}

TEST(a_quotation_needs_both_of_its_marks)
{
	struct span rest = span_of("no '' in 'struct x', isn't it"), text;

	CHECK(span_next_quoted(&rest, &text) && span_is(text, ""));
	CHECK(span_next_quoted(&rest, &text) && span_is(text, "struct x"));
	CHECK(!span_next_quoted(&rest, &text));
	CHECK(span_is(rest, ", isn't it"));
}

TEST(white_space_is_trimmed_from_both_ends_only)
{
	CHECK(span_is(span_trim(span_of("\t a b\r\n")), "a b"));
	CHECK(span_is(span_trim(span_of(" \n")), ""));
}

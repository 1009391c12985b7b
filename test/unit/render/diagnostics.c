/* SPDX-License-Identifier: Apache-2.0 */
/* How diagnostics are printed. */
#include "harness.h"

#include <skbscope/diagnostics.h>

#include "base/cleanup.h"

static void diagnostics_clear(struct skbscope_diagnostics **diagnostics)
{
	skbscope_diagnostics_free(*diagnostics);
}

static char *printed(const struct skbscope_diagnostics *diagnostics, int colour)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	CHECK(stream && skbscope_diagnostics_print(diagnostics, colour, stream) == 0);
	fclose(stream);
	return text;
}

static struct skbscope_diagnostics *with(struct skbscope_diagnostic entry)
{
	struct skbscope_diagnostics *diagnostics = NULL;

	CHECK(skbscope_diagnostics_new(&diagnostics) == 0);
	CHECK(skbscope_diagnostics_add(diagnostics, &entry) == 0);
	return diagnostics;
}

TEST(a_diagnostic_prints_place_text_caret_and_hint)
{
	AUTO(diagnostics_clear)
	struct skbscope_diagnostics *diagnostics =
		with((struct skbscope_diagnostic){ .severity = SKBSCOPE_SEVERITY_ERROR,
						   .file = "mine.c",
						   .line = 23,
						   .column = 6,
						   .message = "it is wrong",
						   .source = "\tint x",
						   .hint = "make it right" });
	AUTO(freep) char *text = printed(diagnostics, 0);

	CHECK_TEXT(text, "mine.c:23:6: error: it is wrong\n"
			 "   23 | \tint x\n"
			 "      | \t    ^\n"
			 "      hint: make it right\n");
}

TEST(the_caret_counts_characters_not_bytes)
{
	AUTO(diagnostics_clear)
	struct skbscope_diagnostics *diagnostics =
		with((struct skbscope_diagnostic){ .severity = SKBSCOPE_SEVERITY_WARNING,
						   .file = "m.c",
						   .line = 1,
						   .column = 6,
						   .message = "w",
						   .source = "/\xc3\xa4/ x" });
	AUTO(freep) char *text = printed(diagnostics, 0);

	CHECK_CONTAINS(text, "      |     ^\n");
}

TEST(what_is_unknown_is_left_out)
{
	AUTO(diagnostics_clear)
	struct skbscope_diagnostics *diagnostics = with((struct skbscope_diagnostic){
		.severity = SKBSCOPE_SEVERITY_NOTE, .message = "by the way" });
	AUTO(freep) char *text = printed(diagnostics, 0);

	CHECK_TEXT(text, "note: by the way\n");
}

TEST(colour_is_used_only_when_asked_for)
{
	AUTO(diagnostics_clear)
	struct skbscope_diagnostics *diagnostics =
		with((struct skbscope_diagnostic){ .file = "m.c", .line = 1, .message = "m" });
	AUTO(freep) char *plain = printed(diagnostics, 0);
	AUTO(freep) char *coloured = printed(diagnostics, 1);

	CHECK(!strchr(plain, '\033'));
	CHECK(strchr(coloured, '\033'));
}

TEST(control_characters_of_a_source_do_not_reach_the_terminal)
{
	AUTO(diagnostics_clear)
	struct skbscope_diagnostics *diagnostics =
		with((struct skbscope_diagnostic){ .file = "m\033.c",
						   .line = 1,
						   .message = "\033[2Jm",
						   .source = "\033]0;title\007" });
	AUTO(freep) char *text = printed(diagnostics, 0);

	CHECK(!strchr(text, '\033'));
	CHECK(!strchr(text, '\007'));
}

TEST(a_source_in_another_encoding_moves_no_cursor)
{
	AUTO(diagnostics_clear)
	struct skbscope_diagnostics *diagnostics =
		with((struct skbscope_diagnostic){ .severity = SKBSCOPE_SEVERITY_WARNING,
						   .message = "gr\xfc\xdf \xc2\x9b"
							      "2J, gr\xc3\xbc\xc3\x9f" });
	AUTO(freep) char *text = printed(diagnostics, 0);

	CHECK_TEXT(text, "warning: gr?? ?2J, gr\xc3\xbc\xc3\x9f\n");
}

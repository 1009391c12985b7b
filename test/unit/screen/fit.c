/* SPDX-License-Identifier: Apache-2.0 */
/* Text on as many rows as it takes. */
#include "screen/fit.h"
#include "harness.h"

static void check_fit(const char *text, unsigned int columns, unsigned int lines,
		      const char *expected)
{
	struct buffer out = { 0 };

	fit_text(text, columns, lines, "look there", &out);
	CHECK_TEXT(buffer_text(&out), expected);
	buffer_free(&out);
}

TEST(an_excerpt_that_does_not_fit_is_cut_and_no_character_in_two)
{
	check_fit(" 7 | 0123456789\nab\n", 7, 0, " 7 | 01\nab\n");
	check_fit(" | →→→→\n", 6, 0, " | →→→\n");
	check_fit("\033[1m    7 |\033[m 0123\n", 10, 0, "\033[1m    7 |\033[m 01\n");
	check_fit("    7 | 0123456789\n", 0, 0, "    7 | 0123456789\n");
}

TEST(a_sentence_that_does_not_fit_goes_on_below_itself)
{
	check_fit("a sentence that is long\n", 12, 0, "a sentence\n  that is\n  long\n");
	check_fit("    hint: use a pointer, always\n", 16, 0,
		  "    hint: use a\n      pointer,\n      always\n");
	check_fit("0123456789 ab\n", 7, 0, "0123456\n  789\n  ab\n");
	check_fit("0123456 89\n", 7, 0, "0123456\n  89\n");
	check_fit("one two\n", 1, 0, "o\nn\ne\nt\nw\no\n");
	check_fit("→→→→\n", 3, 0, "→→→\n→\n");
	check_fit("a\tb\n", 80, 0, "a b\n");
	check_fit("short\n\nmore\n", 80, 0, "short\n\nmore\n");
	check_fit("no end", 80, 0, "no end\n");
	check_fit("", 80, 0, "");
}

TEST(tabs_of_an_excerpt_become_blanks_up_to_the_next_stop)
{
	check_fit("|\tx\n", 80, 0, "|       x\n");
	check_fit("  | \tx\n", 80, 0, "  |     x\n");
	check_fit("|\tx\n", 5, 0, "|    \n");
}

TEST(colours_take_no_room_and_are_never_cut)
{
	check_fit("\033[1;31m|red\033[m and more\n", 6, 0, "\033[1;31m|red\033[m a\n");
	check_fit("|bc\033[m\n", 2, 0, "|b\033[m\n");
	check_fit("\033[1mred\033[m words\n", 7, 0, "\033[1mred\033[m\n  words\n");
	check_fit("\033", 2, 0, "\033\n");
	check_fit("\033[1", 2, 0, "\033[1\n");
}

TEST(no_more_lines_than_there_is_room_for_and_the_last_says_how_many_there_are)
{
	check_fit("1\n2\n3\n", 80, 3, "1\n2\n3\n");
	check_fit("1\n2\n3\n", 80, 2, "1\n\033[m… 2 more lines; look there\n");
	check_fit("one two three\n", 5, 2, "one\n\033[m… 3 m\n");
}

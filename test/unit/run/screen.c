/* SPDX-License-Identifier: Apache-2.0 */
/* Redrawing, shown on a terminal. */
#include "run/screen.h"
#include "base/buffer.h"
#include "terminal.h"

static void draw(struct screen *screen, const char *text, bool last)
{
	struct buffer bytes = { 0 };

	screen_draw(screen, text, last, &bytes);
	show(buffer_text(&bytes));
	buffer_free(&bytes);
}

TEST(a_frame_replaces_the_one_before_and_leaves_the_lines_above)
{
	struct screen screen = { .rows = ROWS, .columns = COLUMNS };

	reset();
	show("$ skbscope run x\n");
	draw(&screen, "flows\na long row 1\n", false);
	draw(&screen, "flows\nrow 2\n", false);
	CHECK_TEXT(grid[0], "$ skbscope run x");
	CHECK_TEXT(grid[1], "flows");
	CHECK_TEXT(grid[2], "row 2");
	CHECK_TEXT(grid[3], "");
}

TEST(a_shorter_frame_leaves_nothing_of_a_longer_one)
{
	struct screen screen = { .rows = ROWS, .columns = COLUMNS };

	reset();
	draw(&screen, "a\nb\nc\n", false);
	draw(&screen, "d\n", false);
	CHECK_TEXT(grid[0], "d");
	CHECK_TEXT(grid[1], "");
	CHECK_TEXT(grid[2], "");
}

TEST(a_frame_higher_than_the_terminal_is_cut_and_says_so)
{
	struct screen screen = { .rows = ROWS, .columns = COLUMNS };

	reset();
	for (int i = 0; i < 23; i++)
		draw(&screen, "1\n2\n3\n4\n5\n6\n7\n", false);
	CHECK_TEXT(grid[0], "1");
	CHECK_TEXT(grid[3], "4");
	CHECK_CONTAINS(grid[4], "3 more lines");
	CHECK_TEXT(grid[5], "");
}

TEST(colours_end_with_the_frame_also_when_it_is_cut)
{
	struct screen screen = { .rows = ROWS, .columns = COLUMNS };

	reset();
	draw(&screen, "1\n\033[2m2\n\033[0m", false);
	CHECK(!coloured);
	draw(&screen, "1\n\033[2m2\n3\n4\n5\n6\n7\n\033[0m", false);
	CHECK_CONTAINS(grid[4], "3 more lines");
	CHECK(!coloured);
}

TEST(the_last_frame_is_shown_whole)
{
	struct screen screen = { .rows = ROWS, .columns = COLUMNS };

	reset();
	draw(&screen, "1\n2\n3\n4\n5\n6\n7\n", false);
	draw(&screen, "1\n2\n3\n4\n5\n6\n7\n", true);
	CHECK_TEXT(grid[4], "7");
	CHECK_TEXT(grid[0], "3"); /* the rest is in the scrollback */
}

TEST(lines_that_are_wider_than_the_terminal_leave_nothing_behind_when_redrawn)
{
	struct screen screen = { .rows = ROWS, .columns = 7 };

	reset();
	width = 7;
	show("above\n");
	for (int i = 0; i < 23; i++)
		draw(&screen, "a\n0123456789\n0123456\n", false);
	CHECK_TEXT(grid[0], "above");
	CHECK_TEXT(grid[1], "a");
	CHECK_TEXT(grid[2], "0123456");
	CHECK_TEXT(grid[3], "789");
	CHECK_TEXT(grid[4], "0123456");
	CHECK_TEXT(grid[5], "");
	draw(&screen, "b\n", false);
	CHECK_TEXT(grid[1], "b");
	CHECK_TEXT(grid[2], "");
}

TEST(a_frame_is_as_high_as_the_rows_that_its_lines_take)
{
	struct screen screen = { .rows = ROWS, .columns = 9 };

	reset();
	width = 9;
	for (int i = 0; i < 23; i++)
		draw(&screen, "1\n2\n01234567890123456789\n4\n", false);
	CHECK_TEXT(grid[0], "1");
	CHECK_TEXT(grid[1], "2");
	CHECK_CONTAINS(grid[2], " 2 more");
	CHECK_TEXT(grid[3], "");
}

TEST(after_a_resize_the_whole_screen_is_drawn_anew)
{
	struct screen screen = { .rows = ROWS, .columns = COLUMNS };

	reset();
	show("wrapped rubbish\n");
	draw(&screen, "1\n2\n", false);
	screen.resized = true;
	draw(&screen, "3\n4\n", false);
	CHECK_TEXT(grid[0], "3");
	CHECK_TEXT(grid[1], "4");
	CHECK_TEXT(grid[2], "");
	draw(&screen, "5\n", false);
	CHECK_TEXT(grid[0], "5");
	CHECK_TEXT(grid[1], "");
}

static void check_fit(const char *text, unsigned int columns, unsigned int lines,
		      const char *expected)
{
	struct buffer out = { 0 };

	screen_fit(text, columns, lines, "look there", &out);
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
	check_fit("1\n2\n3\n", 80, 2, "1\n\033[m… 2 more lines; look there\033[K\n");
	check_fit("one two three\n", 5, 2, "one\n\033[m… 3 m\n");
}

TEST(lines_that_are_to_stay_stand_above_the_frame)
{
	struct screen screen = { .rows = ROWS, .columns = COLUMNS };
	struct buffer out = { 0 };

	reset();
	draw(&screen, "one\ntwo\n", false);
	screen_erase(&screen, &out);
	show(buffer_text(&out));
	show("a line\n");
	draw(&screen, "three\nfour\n", false);
	CHECK_TEXT(grid[0], "a line");
	CHECK_TEXT(grid[1], "three");
	CHECK_TEXT(grid[2], "four");
	CHECK_TEXT(grid[3], "");
	buffer_free(&out);
}

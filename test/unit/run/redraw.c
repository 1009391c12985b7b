/* SPDX-License-Identifier: Apache-2.0 */
/* Redrawing, shown on a terminal. */
#include "run/redraw.h"
#include "base/buffer.h"
#include "terminal.h"

static void draw(struct redrawn *screen, const char *text, bool last)
{
	struct buffer bytes = { 0 };

	redraw_frame(screen, text, last, &bytes);
	show(buffer_text(&bytes));
	buffer_free(&bytes);
}

TEST(a_frame_replaces_the_one_before_and_leaves_the_lines_above)
{
	struct redrawn screen = { .rows = ROWS, .columns = COLUMNS };

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
	struct redrawn screen = { .rows = ROWS, .columns = COLUMNS };

	reset();
	draw(&screen, "a\nb\nc\n", false);
	draw(&screen, "d\n", false);
	CHECK_TEXT(grid[0], "d");
	CHECK_TEXT(grid[1], "");
	CHECK_TEXT(grid[2], "");
}

TEST(a_frame_higher_than_the_terminal_is_cut_and_says_so)
{
	struct redrawn screen = { .rows = ROWS, .columns = COLUMNS };

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
	struct redrawn screen = { .rows = ROWS, .columns = COLUMNS };

	reset();
	draw(&screen, "1\n\033[2m2\n\033[0m", false);
	CHECK(!coloured);
	draw(&screen, "1\n\033[2m2\n3\n4\n5\n6\n7\n\033[0m", false);
	CHECK_CONTAINS(grid[4], "3 more lines");
	CHECK(!coloured);
}

TEST(the_last_frame_is_shown_whole)
{
	struct redrawn screen = { .rows = ROWS, .columns = COLUMNS };

	reset();
	draw(&screen, "1\n2\n3\n4\n5\n6\n7\n", false);
	draw(&screen, "1\n2\n3\n4\n5\n6\n7\n", true);
	CHECK_TEXT(grid[4], "7");
	CHECK_TEXT(grid[0], "3"); /* the rest is in the scrollback */
}

TEST(lines_that_are_wider_than_the_terminal_leave_nothing_behind_when_redrawn)
{
	struct redrawn screen = { .rows = ROWS, .columns = 7 };

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
	struct redrawn screen = { .rows = ROWS, .columns = 9 };

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
	struct redrawn screen = { .rows = ROWS, .columns = COLUMNS };

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

TEST(lines_that_are_to_stay_stand_above_the_frame)
{
	struct redrawn screen = { .rows = ROWS, .columns = COLUMNS };
	struct buffer out = { 0 };

	reset();
	draw(&screen, "one\ntwo\n", false);
	redraw_erase(&screen, &out);
	show(buffer_text(&out));
	show("a line\n");
	draw(&screen, "three\nfour\n", false);
	CHECK_TEXT(grid[0], "a line");
	CHECK_TEXT(grid[1], "three");
	CHECK_TEXT(grid[2], "four");
	CHECK_TEXT(grid[3], "");
	buffer_free(&out);
}

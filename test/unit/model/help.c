/* SPDX-License-Identifier: Apache-2.0 */
/* model/help: what a manual says of tables and columns. */
#include "model/help.h"

#include "harness.h"

static const char manual[] = "peers - how well?\n"
			     "\n"
			     "  map          key                   value\n"
			     "  peers        the address at the    what the segments of that way\n"
			     "               other end             were:\n"
			     "    segments        all of them\n"
			     "    resent          carry what had been sent before, and\n"
			     "                    came again\n"
			     "  peer         another               a table, too\n"
			     "  crowded      a key that goes on beyond here\n"
			     "\n"
			     "  peers        not a line of it      at all\n";

static struct arena *arena;

static const char *help(const char *table, const char *column)
{
	const char *text = help_find(manual, table, column, arena);

	return text ? text : "(nothing)";
}

TEST(what_stands_under_value_is_about_a_table)
{
	arena = arena_new();
	CHECK_TEXT(help("peers", NULL), "what the segments of that way were:");
	CHECK_TEXT(help("peer", NULL), "a table, too");
	CHECK_TEXT(help("crowded", NULL), "(nothing)");
	CHECK_TEXT(help("nobody", NULL), "(nothing)");
	CHECK_TEXT(help("map", NULL), "(nothing)");
	arena_free(arena);
}

TEST(lines_that_are_indented_are_about_columns)
{
	arena = arena_new();
	CHECK_TEXT(help("peers", "segments"), "all of them");
	CHECK_TEXT(help("peers", "resent"), "carry what had been sent before, and came again");
	CHECK_TEXT(help("peers", "sent"), "(nothing)");
	CHECK_TEXT(help("peer", "segments"), "(nothing)");
	arena_free(arena);
}

TEST(other_manuals_say_nothing)
{
	arena = arena_new();
	CHECK(!help_find("", "t", NULL, arena));
	CHECK(!help_find("  map  key\n  t  a  b\n", "t", NULL, arena));
	CHECK(!help_find("  map  key  value  more\n  t  a  b\n", "t", NULL, arena));
	CHECK(!help_find("  map  key  value", "t", NULL, arena));
	CHECK_TEXT(help_find("map key value\nt   k   v", "t", NULL, arena), "v");
	arena_free(arena);
}

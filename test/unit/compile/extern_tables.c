/* SPDX-License-Identifier: Apache-2.0 */
/* Which tables a text declares extern, and what is put in the place of the word. */
#include "compile/extern_tables.h"

#include <linux/bpf.h>

#include "base/cleanup.h"
#include "harness.h"

static void finds(const char *text, const char *expected)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct extern_tables tables;
	char names[256] = "";

	REQUIRE(extern_tables_find(text, strlen(text), arena, &tables) == 0);
	for (size_t i = 0; i < tables.count; i++) {
		strcat(names, i ? " " : "");
		strcat(names, tables.names[i]);
	}
	CHECK_TEXT(names, expected);
}

TEST(they_are_found_wherever_code_declares_them)
{
	finds("BPF_TABLE(\"extern\", int, int, a, 10);", "a");
	finds("BPF_TABLE ( /* not ours */ \"extern\" ,\n\tstruct key, struct { int x, y; }, b, 1);",
	      "y");
	finds("BPF_F_TABLE(\"extern\", u32, u64, c, 10, BPF_F_NO_PREALLOC);\n"
	      "BPF_TABLE(\"extern\", T(1, 2), u64, d, 10);\nBPF_TABLE(\"extern\", u32, u64, c, "
	      "10);",
	      "c d");
	finds("int f(void) { return 0; }\nBPF_TABLE(\"extern\", u32, u64, late, N);", "late");
}

TEST(what_only_looks_like_one_is_none)
{
	finds("", "");
	finds("BPF_HASH(a, u32);", "");
	finds("/* BPF_TABLE(\"extern\", int, int, a, 10); */", "");
	finds("// BPF_TABLE(\"extern\", int, int, a, 10);\n", "");
	finds("#define T BPF_TABLE(\"extern\", int, int, a, 10)\n", "");
	finds("char *s = \"\\\"extern\\\"\"; char *t = \"extern\";", "");
	finds("extern int a; f(a, \"extern\", b, c, d, e);", "");
	finds("BPF_TABLE(\"extern\", int, int);", "");
	finds("BPF_TABLE(\"extern\", int, int, ", "");
	finds("BPF_TABLE(\"extern", "");
}

TEST(the_type_takes_the_words_place_and_nothing_moves)
{
	static const char text[] = "BPF_TABLE(\"extern\", int, int, ab, 10);\n"
				   "BPF_TABLE(\"extern\", int, int, abc, 10);\n"
				   "BPF_TABLE(\"extern\", int, int, a, 10);\n";
	static const char *const defines[] = { "N=3", "SKBSCOPE_EXTERN_abc=\"prog\"",
					       "SKBSCOPE_EXTERN_a=\"lru_hash\"" };
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct extern_text out;

	REQUIRE(extern_tables_resolve(text, strlen(text), defines, 3, arena, &out) == 0);
	CHECK_TEXT(out.text, "BPF_TABLE(\"extern\", int, int, ab, 10);\n"
			     "BPF_TABLE(SKBX0001, int, int, abc, 10);\n"
			     "BPF_TABLE(SKBX0002, int, int, a, 10);\n");
	REQUIRE(out.flag_count == 2);
	CHECK_TEXT(out.flags[0], "-DSKBX0001=\"prog\"");
	CHECK_TEXT(out.flags[1], "-DSKBX0002=\"lru_hash\"");
}

TEST(a_text_without_any_is_handed_on_as_it_is)
{
	static const char text[] = "BPF_HASH(a, u32);";
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct extern_text out;

	REQUIRE(extern_tables_resolve(text, strlen(text), NULL, 0, arena, &out) == 0);
	CHECK(out.text == text && !out.flag_count);
}

TEST(a_guess_goes_by_what_is_done_with_the_table)
{
	static const char text[] = "a.lookup(&k); b . call(skb, 1); /* a.call(skb) */ c.callee();";

	CHECK_TEXT(extern_tables_guess(text, strlen(text), "a"), "hash");
	CHECK_TEXT(extern_tables_guess(text, strlen(text), "b"), "prog");
	CHECK_TEXT(extern_tables_guess(text, strlen(text), "c"), "hash");
}

TEST(types_have_the_names_that_bcc_gives_them)
{
	const struct skbscope_image_map lru = { .type = BPF_MAP_TYPE_LRU_PERCPU_HASH };
	const struct skbscope_image_map unknown = { .type = 200 };

	CHECK_TEXT(extern_tables_type(&lru), "lru_percpu_hash");
	CHECK_TEXT(extern_tables_type(&unknown), "hash");
}

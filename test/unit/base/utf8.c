/* SPDX-License-Identifier: Apache-2.0 */
/* base/utf8: what a terminal may be shown. That all of UTF-8 is told from what is none
 * is in render/json_writer. */
#include "base/utf8.h"

#include "base/cleanup.h"
#include "harness.h"

#define CHECK_PRINTABLE(text, expected)                                                            \
	do {                                                                                       \
		AUTO(buffer_free) struct buffer out = { 0 };                                       \
		utf8_printable(text, sizeof(text) - 1, &out);                                      \
		CHECK_TEXT(buffer_text(&out), expected);                                           \
	} while (0)

TEST(text_is_shown_as_it_is)
{
	CHECK_PRINTABLE("two\n\tlines, gr\xc3\xbc\xc3\x9f"
			"e \\ \xe2\x82\xac\xc2\xa0",
			"two\n\tlines, gr\xc3\xbc\xc3\x9f"
			"e \\ \xe2\x82\xac\xc2\xa0");
}

TEST(what_a_terminal_obeys_is_named)
{
	CHECK_PRINTABLE("\x1b[2J\r\a\x7f", "\\x1b[2J\\x0d\\x07\\x7f");
	CHECK_PRINTABLE("\xc2\x9b"
			"2J\xc2\x80",
			"\\xc2\\x9b2J\\xc2\\x80");
	CHECK_PRINTABLE("a\0b", "a\\x00b");
}

TEST(bytes_that_are_not_utf8_are_named)
{
	CHECK_PRINTABLE("caf\xe9", "caf\\xe9");
	CHECK_PRINTABLE("\x9b"
			"2J",
			"\\x9b2J");
	CHECK_PRINTABLE("\xc0\x8a", "\\xc0\\x8a");
}

TEST(ascii_has_words_for_our_own_characters_and_one_sign_for_any_other)
{
	AUTO(buffer_free) struct buffer out = { 0 };
	const char text[] = "if (v) \xe2\x80\xa6 u32\xe2\x86\x92u64, 2\xc3\x97, gr\xc3\xbc\xc3\x9f"
			    "e\n\tx\xff";

	utf8_to_ascii(text, sizeof(text) - 1, &out);
	CHECK_TEXT(buffer_text(&out), "if (v) ... u32->u64, 2x, gr??e\n\tx?");
}

TEST(a_character_that_is_cut_off_is_told)
{
	CHECK_NUMBER(utf8_whole("a\xe2\x80", 3), 1);
	CHECK_NUMBER(utf8_whole("a\xe2\x80\xa6", 4), 4);
	CHECK_NUMBER(utf8_whole("\xf0\x9f\x98", 3), 0);
	CHECK_NUMBER(utf8_whole("ab", 2), 2);
	CHECK_NUMBER(utf8_whole("a\xff", 2), 2);
	CHECK_NUMBER(utf8_whole("\x80\x80\x80\x80", 4), 4);
	CHECK_NUMBER(utf8_whole("", 0), 0);
}

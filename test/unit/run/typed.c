/* SPDX-License-Identifier: Apache-2.0 */
/* From bytes to keys, with the sequences of an xterm. */
#define NCURSES_NOMACROS 1
#include "run/typed.h"

#include <curses.h>

#include "harness.h"
#include "screen/keys.h"

static void know_xterm(void)
{
	static SCREEN *screen;

	if (screen)
		return;
	screen = newterm("xterm", fopen("/dev/null", "w"), fopen("/dev/null", "r"));
	if (!screen)
		abort();
	keypad(stdscr, TRUE);
	typed_know_arrows();
}

/* Bytes that came together, and the keys that they are, 0 at the end; LEFT bytes wait. */
static void check_keys(const char *bytes, bool whole, const uint32_t *expected, size_t left)
{
	struct buffer typed = { 0 };
	uint32_t key;

	know_xterm();
	buffer_string(&typed, bytes);
	for (; *expected; expected++) {
		CHECK(typed_key(&typed, whole, &key));
		CHECK_NUMBER(key, *expected);
	}
	CHECK(!typed_key(&typed, whole, &key));
	CHECK_NUMBER(typed.length, left);
	buffer_free(&typed);
}

#define KEYS(...) ((const uint32_t[]){ __VA_ARGS__, 0 })

TEST(letters_are_keys_in_utf_8_too)
{
	check_keys("q?", false, KEYS('q', '?'), 0);
	check_keys("\303\251\342\202\254x", false, KEYS(0xe9, 0x20ac, 'x'), 0);
	check_keys("\n\t\177", false, KEYS('\n', '\t', KEY_OF_BACKSPACE), 0);
}

TEST(sequences_are_keys_in_both_modes)
{
	check_keys("\033OA\033[Bq", false, KEYS(KEY_OF_UP, KEY_OF_DOWN, 'q'), 0);
	check_keys("\033[5~\033[6~", false, KEYS(KEY_OF_PAGE_UP, KEY_OF_PAGE_DOWN), 0);
	check_keys("\033[Z\033OP", false, KEYS(KEY_OF_BACK_TAB, KEY_OF_F1), 0);
}

TEST(what_is_only_begun_waits_and_escape_alone_is_a_key)
{
	const uint32_t none[] = { 0 };

	check_keys("\033", false, none, 1);
	check_keys("\033[", false, none, 2);
	check_keys("q\033O", false, KEYS('q'), 2);
	check_keys("\033", true, KEYS(KEY_OF_ESCAPE), 0);
}

TEST(a_sequence_that_nobody_knows_is_no_text)
{
	check_keys("\033[200~q", false, KEYS('q'), 0);
	check_keys("\033[1;5Zq", false, KEYS('q'), 0);
}

TEST(bytes_that_are_no_text_are_no_keys)
{
	check_keys("\377\376q", false, KEYS('q'), 0);
}

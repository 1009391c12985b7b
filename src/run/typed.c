/* SPDX-License-Identifier: Apache-2.0 */
/* The sequences that terminfo has, as ncurses knows them, and UTF-8. */
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include "run/typed.h"

#include <curses.h>
#include <string.h>

#include "base/utf8.h"
#include "screen/keys.h"

#define KEY_BYTES 16u

/* In the mode that terminfo does not describe, which some stay in. */
void typed_know_arrows(void)
{
	define_key("\033[A", KEY_UP);
	define_key("\033[B", KEY_DOWN);
	define_key("\033[C", KEY_RIGHT);
	define_key("\033[D", KEY_LEFT);
	define_key("\033[H", KEY_HOME);
	define_key("\033[F", KEY_END);
}

static void drop(struct buffer *typed, size_t length)
{
	typed->length -= length;
	memmove(typed->data, typed->data + length, typed->length + 1);
}

static uint32_t key_of_code(int code)
{
	static const struct {
		int code;
		uint32_t key;
	} keys[] = {
		{ KEY_UP, KEY_OF_UP },         { KEY_DOWN, KEY_OF_DOWN },
		{ KEY_LEFT, KEY_OF_LEFT },     { KEY_RIGHT, KEY_OF_RIGHT },
		{ KEY_PPAGE, KEY_OF_PAGE_UP }, { KEY_NPAGE, KEY_OF_PAGE_DOWN },
		{ KEY_HOME, KEY_OF_HOME },     { KEY_END, KEY_OF_END },
		{ KEY_BTAB, KEY_OF_BACK_TAB }, { KEY_BACKSPACE, KEY_OF_BACKSPACE },
		{ KEY_ENTER, KEY_OF_ENTER },   { KEY_F(1), KEY_OF_F1 },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].code == code)
			return keys[i].key;
	return 0;
}

/* A sequence of the terminal's keys at the start: its length, and the key (0: one that we
 * have no use for). 0: there is none; or it is only begun. */
static size_t find_sequence(const struct buffer *typed, uint32_t *key, bool *begun)
{
	char text[KEY_BYTES + 1];

	*begun = false;
	for (size_t length = 1; length <= typed->length && length <= KEY_BYTES; length++) {
		int code;

		memcpy(text, typed->data, length);
		text[length] = '\0';
		code = key_defined(text);
		if (code > 0) {
			*key = key_of_code(code);
			return length;
		}
		if (code == 0)
			return 0;
		*begun = length == typed->length;
	}
	return 0;
}

/* Another's sequence (a key that terminfo does not have) is no text. */
static size_t foreign_length(const struct buffer *typed)
{
	size_t length = 2;

	if (typed->length < 2 || typed->data[0] != '\033' ||
	    (typed->data[1] != '[' && typed->data[1] != 'O'))
		return 0;
	while (length < typed->length && (typed->data[length] < '@' || typed->data[length] > '~'))
		length++;
	return length < typed->length ? length + 1 : length;
}

static size_t take_letter(const struct buffer *typed, uint32_t *key)
{
	const unsigned char *text = (const unsigned char *)typed->data;
	size_t length = utf8_length(text, typed->length < 4 ? typed->length : 4);

	if (length <= 1) {
		*key = *text < 0x80 ? *text : 0;
		return 1;
	}
	*key = *text & (0x7fu >> length);
	for (size_t i = 1; i < length; i++)
		*key = *key << 6 | (text[i] & 0x3fu);
	return length;
}

bool typed_key(struct buffer *typed, bool whole, uint32_t *key)
{
	for (*key = 0; !*key && typed->length;) {
		bool begun = false;
		size_t length;

		if (!typed->data[0]) { /* no key of anybody's */
			drop(typed, 1);
			continue;
		}
		length = find_sequence(typed, key, &begun);
		if (!length && begun && !whole)
			return false;
		if (!length)
			length = foreign_length(typed);
		if (!length)
			length = take_letter(typed, key);
		drop(typed, length);
	}
	return *key != 0;
}

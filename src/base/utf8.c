/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as Unicode defines it. */
#include "base/utf8.h"

#include <string.h>

size_t utf8_length(const void *text, size_t left)
{
	const uint8_t *bytes = text;
	uint8_t c = bytes[0];
	size_t length = c < 0x80   ? 1
			: c < 0xc2 ? 0
			: c < 0xe0 ? 2
			: c < 0xf0 ? 3
			: c < 0xf5 ? 4
				   : 0;

	if (length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and numbers past the end of Unicode. */
	if ((c == 0xe0 && bytes[1] < 0xa0) || (c == 0xed && bytes[1] > 0x9f) ||
	    (c == 0xf0 && bytes[1] < 0x90) || (c == 0xf4 && bytes[1] > 0x8f))
		return 0;
	return length;
}

bool utf8_is_control(const void *text, size_t length)
{
	const uint8_t *bytes = text;

	return length == 1 ? bytes[0] < ' ' || bytes[0] == 0x7f
			   : bytes[0] == 0xc2 && bytes[1] < 0xa0;
}

void utf8_printable(const char *text, size_t length, struct buffer *out)
{
	for (size_t i = 0, n; i < length; i += n) {
		n = utf8_length(text + i, length - i);
		if (n && (!utf8_is_control(text + i, n) || text[i] == '\n' || text[i] == '\t')) {
			buffer_append(out, text + i, n);
			continue;
		}
		n = n ? n : 1;
		for (size_t j = 0; j < n; j++)
			buffer_printf(out, "\\x%02x", (uint8_t)text[i + j]);
	}
}

size_t utf8_whole(const char *text, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)text;

	for (size_t back = 1; back <= 3 && back <= length; back++) {
		uint8_t c = bytes[length - back];
		size_t wanted = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;

		if ((c & 0xc0) != 0x80)
			return wanted > back ? length - back : length;
	}
	return length;
}

void utf8_to_ascii(const char *text, size_t length, struct buffer *out)
{
	static const struct {
		const char *character, *ascii;
	} words[] = {
		{ "…", "..." }, { "→", "->" }, { "×", "x" }, { "µ", "u" },
		{ "–", "-" },   { "—", "-" },  { "‘", "'" }, { "’", "'" },
		{ "“", "\"" },  { "”", "\"" }, { "·", "." },
	};

	for (size_t i = 0, n; i < length; i += n) {
		const char *ascii = "?";

		n = utf8_length(text + i, length - i);
		if (n == 1) {
			buffer_append(out, text + i, 1);
			continue;
		}
		for (size_t j = 0; n && j < sizeof(words) / sizeof(words[0]); j++)
			if (strlen(words[j].character) == n &&
			    memcmp(text + i, words[j].character, n) == 0)
				ascii = words[j].ascii;
		buffer_string(out, ascii);
		n = n ? n : 1;
	}
}

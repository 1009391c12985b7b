/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/bytes.h"

#include <string.h>

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool take_pair(struct span *rest, struct buffer *out)
{
	uint8_t byte;

	if (rest->length < 2 || hex_digit(rest->text[0]) < 0 || hex_digit(rest->text[1]) < 0)
		return false;
	byte = (uint8_t)(hex_digit(rest->text[0]) << 4 | hex_digit(rest->text[1]));
	buffer_append(out, &byte, 1);
	*rest = span_from(*rest, 2);
	return true;
}

bool hex_parse(struct span text, struct buffer *out)
{
	span_skip(&text, "0x");
	if (!take_pair(&text, out))
		return false;
	while (text.length) {
		span_skip(&text, ":");
		if (!take_pair(&text, out))
			return false;
	}
	return true;
}

void hex_print(const uint8_t *bytes, size_t size, struct buffer *out)
{
	for (size_t i = 0; i < size; i++)
		buffer_printf(out, "%02x", bytes[i]);
}

static const char escapes[] = "n\nr\rt\t\"\"\\\\0\0"; /* as written, and what it is */

static bool take_escape(struct span *rest, char *out)
{
	*rest = span_from(*rest, 1);
	if (!rest->length)
		return false;
	if (rest->text[0] == 'x' && rest->length >= 3 && hex_digit(rest->text[1]) >= 0 &&
	    hex_digit(rest->text[2]) >= 0) {
		*out = (char)(hex_digit(rest->text[1]) << 4 | hex_digit(rest->text[2]));
		*rest = span_from(*rest, 3);
		return true;
	}
	for (size_t i = 0; i < sizeof(escapes) - 1; i += 2) {
		if (escapes[i] != rest->text[0])
			continue;
		*out = escapes[i + 1];
		*rest = span_from(*rest, 1);
		return true;
	}
	return false;
}

bool string_take(struct span *rest, struct buffer *out, const char **at, const char **why)
{
	*at = rest->text;
	*why = "a quote is not closed";
	*rest = span_from(*rest, 1);
	while (rest->length && rest->text[0] != '"' && rest->text[0] != '\n') {
		const char *escape = rest->text;
		char c = rest->text[0];

		if (c != '\\') {
			*rest = span_from(*rest, 1);
		} else if (!take_escape(rest, &c)) {
			*at = escape;
			*why = "this is no escape";
			return false;
		}
		buffer_append(out, &c, 1);
	}
	return span_skip(rest, "\"");
}

#define TEXT_MIN 3u /* fewer look like text by chance */

static bool is_text(uint8_t byte)
{
	return (byte >= ' ' && byte < 0x7f) || byte == '\r' || byte == '\n' || byte == '\t';
}

bool string_is_better(const uint8_t *bytes, size_t size)
{
	size_t letters = 0;

	for (size_t i = 0; i < size; i++) {
		if (!is_text(bytes[i]))
			return false;
		letters += bytes[i] > ' ';
	}
	return letters && size >= TEXT_MIN;
}

void string_print(const uint8_t *bytes, size_t size, struct buffer *out)
{
	buffer_string(out, "\"");
	for (size_t i = 0; i < size; i++) {
		const char c = (char)bytes[i];
		const char *escape = NULL;

		for (size_t j = 0; j < sizeof(escapes) - 1 && !escape; j += 2)
			escape = escapes[j + 1] == c ? &escapes[j] : NULL;
		if (escape)
			buffer_printf(out, "\\%c", *escape);
		else
			buffer_append(out, &c, 1);
	}
	buffer_string(out, "\"");
}

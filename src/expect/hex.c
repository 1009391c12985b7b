/* SPDX-License-Identifier: Apache-2.0 */
#include "expect/hex.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define LINE_BYTES 16u /* of a line that has an offset */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t digits(struct span text)
{
	size_t count = 0;

	while (count < text.length && digit(text.text[count]) >= 0)
		count++;
	return count;
}

static bool is_end_or_blank(struct span text)
{
	return !text.length || text.text[0] == ' ' || text.text[0] == '\t';
}

/* "0x0010:", "00000010:", or "0010" before a pair of digits. */
static bool take_offset(struct span *rest, uint64_t *offset)
{
	struct span at = *rest, behind;
	size_t length;

	span_skip(&at, "0x");
	length = digits(at);
	if (length < 3 || length > 8)
		return false;
	behind = span_from(at, length);
	if (!span_skip(&behind, ":")) {
		struct span first = behind;

		lines_skip_blanks(&first);
		if (!is_end_or_blank(behind) || at.text != rest->text || digits(first) != 2)
			return false;
	} else if (!is_end_or_blank(behind)) {
		return false; /* 0200:00… */
	}
	*offset = 0;
	for (size_t i = 0; i < length; i++)
		*offset = *offset << 4 | (unsigned)digit(at.text[i]);
	*rest = behind;
	return true;
}

static bool check_offset(struct lines *lines, uint64_t offset, size_t bytes)
{
	if (offset == bytes)
		return true;
	if (!offset)
		lines_mistake(lines, lines->line.text, "write a line 'packet' before it",
			      "another packet seems to begin here");
	else
		lines_mistake(lines, lines->line.text,
			      "if this is no offset but bytes, write all of the line in pairs",
			      "the offset is 0x%" PRIx64 ", but %zu bytes (0x%zx) stand before it",
			      offset, bytes, bytes);
	return false;
}

/* What a dump has beside the bytes: "|…|", or something far from them. */
static bool text_begins(struct span rest)
{
	return !rest.length || rest.text[0] == '|' || span_begins(rest, "   ");
}

/* Pairs of digits, with ':' or "0x" between them if somebody likes. */
static bool take_group(struct lines *lines, struct span *rest, size_t most, struct buffer *out)
{
	size_t length, taken = 0;

	span_skip(rest, "0x");
	length = digits(*rest);
	if (!length || length % 2 ||
	    !(is_end_or_blank(span_from(*rest, length)) || rest->text[length] == ':')) {
		lines_mistake(lines, rest->text, "bytes are pairs of hexadecimal digits",
			      length % 2 ? "half a byte" : "this is no byte");
		return false;
	}
	for (; taken < length / 2 && taken < most; taken++) {
		uint8_t byte = (uint8_t)(digit(rest->text[taken * 2]) << 4 |
					 digit(rest->text[taken * 2 + 1]));

		buffer_append(out, &byte, 1);
	}
	*rest = span_from(*rest, length);
	if (rest->length > 1 && digit(rest->text[1]) >= 0)
		span_skip(rest, ":");
	return true;
}

void hex_line(struct lines *lines, struct span rest, struct buffer *out)
{
	const size_t before = out->length;
	uint64_t offset;
	bool dump = take_offset(&rest, &offset);

	if (dump && !check_offset(lines, offset, before))
		return;
	while (rest.length) {
		size_t most =
			dump ? before + LINE_BYTES - out->length : HEX_BYTES_MAX + 1 - out->length;

		if (dump && (!most || (out->length > before && text_begins(rest))))
			return;
		lines_skip_blanks(&rest);
		if (!rest.length || (dump && rest.text[0] == '|') ||
		    !take_group(lines, &rest, most, out))
			return;
		if (out->length > HEX_BYTES_MAX) {
			lines_mistake(lines, NULL, NULL, "a packet has at most %u bytes",
				      HEX_BYTES_MAX);
			return;
		}
	}
}

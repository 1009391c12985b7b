/* SPDX-License-Identifier: Apache-2.0 */
/* What a packet carries: bytes, texts and zeros. And the words of its text. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "packet/building.h"
#include "packet/bytes.h"

int building_mistake(struct building *building, const char *at, const char *hint,
		     const char *format, ...)
{
	struct packet_mistake *mistake = building->mistake;
	va_list arguments;

	mistake->at = at;
	snprintf(mistake->hint, sizeof(mistake->hint), "%s", hint ? hint : "");
	va_start(arguments, format);
	vsnprintf(mistake->what, sizeof(mistake->what), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* --- words */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void building_skip_blanks(struct building *building)
{
	struct span *rest = &building->rest;

	while (rest->length && (is_blank(rest->text[0]) || rest->text[0] == '#')) {
		const bool comment = rest->text[0] == '#';

		do
			*rest = span_from(*rest, 1);
		while (comment && rest->length && rest->text[0] != '\n');
	}
}

static bool ends_word(char c)
{
	return is_blank(c) || c == '/' || c == '"';
}

bool building_word(struct building *building, struct span *word)
{
	struct span *rest = &building->rest;

	building_skip_blanks(building);
	*word = (struct span){ rest->text, 0 };
	while (word->length < rest->length && !ends_word(rest->text[word->length]))
		word->length++;
	*rest = span_from(*rest, word->length);
	return word->length;
}

int building_shown(struct span word)
{
	return word.length < 40 ? (int)word.length : 40;
}

bool building_zeros(struct building *building, size_t count)
{
	struct buffer *bytes = &building->bytes;

	if (!buffer_reserve(bytes, count))
		return false;
	memset(bytes->data + bytes->length, 0, count);
	bytes->length += count;
	bytes->data[bytes->length] = '\0';
	return true;
}

int building_too_long(struct building *building, const char *at)
{
	return building_mistake(building, at, NULL, "a packet has at most %u bytes",
				PACKET_BYTES_MAX);
}

static int read_hex(struct building *building, struct span name)
{
	struct span word;
	bool any = false;

	while (building_word(building, &word)) {
		if (!hex_parse(word, &building->bytes))
			return building_mistake(
				building, word.text, "bytes are pairs of hexadecimal digits",
				"'%.*s' is no byte", building_shown(word), word.text);
		any = true;
	}
	if (!any)
		return building_mistake(building, name.text, "as in: hex 0102 ff",
					"%.*s which bytes?", building_shown(name), name.text);
	return 0;
}

static int read_trailer(struct building *building, struct span name)
{
	building->layers.end = building->bytes.length;
	building->ended = true;
	return read_hex(building, name);
}

static int read_zeros(struct building *building, struct span name)
{
	struct span word, more;
	uint64_t count;
	char copy[24];

	building_word(building, &word);
	snprintf(copy, sizeof(copy), "%.*s", (int)(word.length < 23 ? word.length : 23), word.text);
	if (!text_number(copy, &count) || !count)
		return building_mistake(building, name.text, "as in: zeros 100",
					"zeros: how many?");
	if (building_word(building, &more))
		return building_mistake(building, more.text, NULL, "'%.*s' means nothing here",
					building_shown(more), more.text);
	if (count > PACKET_BYTES_MAX || building->bytes.length + count > PACKET_BYTES_MAX)
		return building_too_long(building, name.text);
	return building_zeros(building, (size_t)count) ? 0 : -ENOMEM;
}

int building_text(struct building *building)
{
	const char *at, *why;
	struct span word;

	if (!string_take(&building->rest, &building->bytes, &at, &why))
		return building_mistake(
			building, at,
			"a text ends with '\"' on its line; escapes are \\n \\r \\t \\0 \\\" "
			"\\\\ and \\xHH",
			"%s", why);
	if (building_word(building, &word) ||
	    (building->rest.length && building->rest.text[0] == '"'))
		return building_mistake(building, word.text, "write / between them",
					"something stands behind a text");
	return 0;
}

static const struct {
	const char *name;
	int (*read)(struct building *building, struct span name);
} payloads[] = { { "hex", read_hex }, { "zeros", read_zeros }, { "trailer", read_trailer } };
#define PAYLOADS (sizeof(payloads) / sizeof(*payloads))

const char *payload_name(size_t index)
{
	return index < PAYLOADS ? payloads[index].name : NULL;
}

int building_payload(struct building *building, struct span name)
{
	for (size_t i = 0; i < PAYLOADS; i++)
		if (span_is(name, payloads[i].name))
			return payloads[i].read(building, name);
	return 1;
}

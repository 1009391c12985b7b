/* SPDX-License-Identifier: Apache-2.0 */
/* One byte decides at a time, but for the insides of long texts. */
#include "streams/json_scan.h"

#include <string.h>

#include "base/utf8.h"

enum scan_state { BETWEEN, IN_TEXT, IN_ESCAPE, IN_UNICODE, IN_WORD };

void json_scan_init(struct json_scan *scan,
		    void (*value)(void *context, const struct json_value *value), void *context)
{
	memset(scan, 0, offsetof(struct json_scan, path));
	scan->path[0] = scan->scalar[0] = '\0';
	scan->value = value;
	scan->context = context;
}

static bool is_array(const struct json_scan *scan)
{
	return scan->depth && scan->depth <= JSON_DEPTH_MAX &&
	       (scan->arrays >> (scan->depth - 1) & 1);
}

static void set_path(struct json_scan *scan, size_t at, const char *part, size_t length)
{
	if (at + length >= sizeof(scan->path)) { /* equal to none that is looked for */
		part = "\x7f";
		length = 1;
		if (at + length >= sizeof(scan->path))
			at = sizeof(scan->path) - 2;
	}
	memcpy(scan->path + at, part, length);
	scan->path_length = (uint16_t)(at + length);
	scan->path[scan->path_length] = '\0';
}

/* Back to what is open: values that follow are at its place. */
static void back_to_container(struct json_scan *scan)
{
	if (scan->depth > JSON_DEPTH_MAX)
		return;
	scan->path_length = scan->depth ? scan->base[scan->depth] : 0;
	scan->path[scan->path_length] = '\0';
}

static void name_ends(struct json_scan *scan)
{
	size_t at;

	if (scan->depth > JSON_DEPTH_MAX || !scan->depth)
		return;
	for (size_t i = 0; i < scan->length; i++)
		if (strchr(".[]\x7f", scan->scalar[i]))
			scan->scalar[i] = '?';
	back_to_container(scan);
	at = scan->path_length;
	if (at)
		set_path(scan, at, ".", 1);
	at = scan->path_length;
	if (scan->cut)
		set_path(scan, at, "\x7f", 1);
	else
		set_path(scan, at, scan->scalar, scan->length);
}

static void value_ends(struct json_scan *scan, bool is_text)
{
	struct json_value value = {
		.path = scan->path,
		.text = scan->scalar,
		.length = scan->length,
		.is_text = is_text,
		.cut = scan->cut,
	};

	if (!scan->depth || scan->depth > JSON_DEPTH_MAX || is_array(scan))
		return;
	if (scan->cut)
		value.length = utf8_whole(scan->scalar, scan->length);
	scan->scalar[value.length] = '\0';
	scan->value(scan->context, &value);
}

static void scalar_begins(struct json_scan *scan)
{
	scan->length = 0;
	scan->cut = false;
	scan->high = 0;
}

static void keep(struct json_scan *scan, const char *bytes, size_t length)
{
	size_t room = sizeof(scan->scalar) - 1 - scan->length;

	if (scan->cut || length > room) {
		scan->cut = true;
		return;
	}
	memcpy(scan->scalar + scan->length, bytes, length);
	scan->length = (uint16_t)(scan->length + length);
}

static void keep_character(struct json_scan *scan, uint32_t c)
{
	char bytes[4];
	size_t length = 0;

	if (!c || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		bytes[length++] = (char)c;
	} else if (c < 0x800) {
		bytes[length++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		bytes[length++] = (char)(0xe0 | c >> 12);
		bytes[length++] = (char)(0x80 | (c >> 6 & 0x3f));
	} else {
		bytes[length++] = (char)(0xf0 | c >> 18);
		bytes[length++] = (char)(0x80 | (c >> 12 & 0x3f));
		bytes[length++] = (char)(0x80 | (c >> 6 & 0x3f));
	}
	if (c >= 0x80)
		bytes[length++] = (char)(0x80 | (c & 0x3f));
	keep(scan, bytes, length);
}

/* The other half never came. */
static void end_surrogate(struct json_scan *scan)
{
	if (scan->high)
		keep_character(scan, 0xfffd);
	scan->high = 0;
}

static void unicode_ends(struct json_scan *scan)
{
	const uint32_t unit = scan->unit;

	if (scan->high && unit >= 0xdc00 && unit < 0xe000) {
		keep_character(scan,
			       0x10000 + (((uint32_t)scan->high - 0xd800) << 10) + unit - 0xdc00);
		scan->high = 0;
		return;
	}
	end_surrogate(scan);
	if (unit >= 0xd800 && unit < 0xdc00)
		scan->high = (uint16_t)unit;
	else
		keep_character(scan, unit);
}

static void text_ends(struct json_scan *scan)
{
	end_surrogate(scan);
	scan->state = BETWEEN;
	if (scan->in_name) {
		name_ends(scan);
		scan->in_name = false;
	} else {
		value_ends(scan, true);
	}
}

static void open_container(struct json_scan *scan, char c)
{
	const bool array = c == '[';

	if (scan->depth == UINT32_MAX)
		return;
	if (!array && scan->depth == 1 && is_array(scan))
		scan->elements++;
	if (++scan->depth > JSON_DEPTH_MAX) {
		scan->in_name = false;
		return;
	}
	if (array)
		set_path(scan, scan->path_length, "[]", 2);
	scan->base[scan->depth] = scan->path_length;
	scan->arrays = (uint16_t)((scan->arrays & ~(1u << (scan->depth - 1))) |
				  (unsigned int)array << (scan->depth - 1));
	scan->in_name = !array;
}

static void close_container(struct json_scan *scan)
{
	if (scan->depth)
		scan->depth--;
	back_to_container(scan);
	scan->in_name = false;
}

static void next_member(struct json_scan *scan)
{
	back_to_container(scan);
	scan->in_name = scan->depth && scan->depth <= JSON_DEPTH_MAX && !is_array(scan);
}

static void between(struct json_scan *scan, char c)
{
	switch (c) {
	case '{':
	case '[':
		open_container(scan, c);
		break;
	case '}':
	case ']':
		close_container(scan);
		break;
	case ',':
		next_member(scan);
		break;
	case ':':
		scan->in_name = false;
		break;
	case '"':
		scalar_begins(scan);
		scan->state = IN_TEXT;
		break;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		break;
	default:
		if (c >= 0 && c < ' ') /* not in JSON */
			break;
		scalar_begins(scan);
		keep(scan, &c, 1);
		scan->state = IN_WORD;
	}
}

static void in_escape(struct json_scan *scan, char c)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *found = c ? strchr(from, c) : NULL;

	scan->state = IN_TEXT;
	if (c == 'u') {
		scan->state = IN_UNICODE;
		scan->digits = 4;
		scan->unit = 0;
		return;
	}
	end_surrogate(scan);
	keep_character(scan, found ? (uint32_t)to[found - from] : (unsigned char)c);
}

static void in_unicode(struct json_scan *scan, char c)
{
	unsigned int digit = c >= '0' && c <= '9'   ? (unsigned int)(c - '0')
			     : c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10
			     : c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10
						    : 16;

	if (digit == 16) { /* no escape after all; a quote still ends the text */
		keep_character(scan, 0xfffd);
		scan->state = IN_TEXT;
		if (c == '"')
			text_ends(scan);
		return;
	}
	scan->unit = (uint16_t)((unsigned int)scan->unit << 4 | digit);
	if (--scan->digits)
		return;
	scan->state = IN_TEXT;
	unicode_ends(scan);
}

/* As much as is plain; what is left begins with a quote or a backslash. */
static size_t in_text(struct json_scan *scan, const char *data, size_t length)
{
	const char *quote = memchr(data, '"', length);
	size_t plain = quote ? (size_t)(quote - data) : length;
	const char *escape = memchr(data, '\\', plain);
	size_t room, first;

	if (escape)
		plain = (size_t)(escape - data);
	if (!plain)
		return 0;
	end_surrogate(scan);
	room = sizeof(scan->scalar) - 1 - scan->length;
	first = plain < room ? plain : room;
	if (!scan->cut && first) {
		/* A NUL in a text would end it for others. */
		for (size_t i = 0; i < first; i++)
			scan->scalar[scan->length + i] = data[i] ? data[i] : ' ';
		scan->length = (uint16_t)(scan->length + first);
	}
	scan->cut |= first < plain;
	return plain;
}

static bool ends_word(char c)
{
	return c == ',' || c == '}' || c == ']' || c == ':' || (c >= 0 && c <= ' ');
}

static void word_ends(struct json_scan *scan)
{
	scan->state = BETWEEN;
	if (!scan->in_name)
		value_ends(scan, false);
}

void json_scan_feed(struct json_scan *scan, const char *data, size_t length)
{
	for (size_t i = 0; i < length;) {
		const char c = data[i];

		switch ((enum scan_state)scan->state) {
		case BETWEEN:
			between(scan, c);
			break;
		case IN_TEXT:
			i += in_text(scan, data + i, length - i);
			if (i == length)
				return;
			if (data[i] == '"')
				text_ends(scan);
			else
				scan->state = IN_ESCAPE;
			break;
		case IN_ESCAPE:
			in_escape(scan, c);
			break;
		case IN_UNICODE:
			in_unicode(scan, c);
			break;
		case IN_WORD:
			if (!ends_word(c)) {
				keep(scan, &c, 1);
				break;
			}
			word_ends(scan);
			between(scan, c);
			break;
		}
		i++;
	}
}

void json_scan_end(struct json_scan *scan)
{
	if (scan->state == IN_WORD)
		word_ends(scan);
}

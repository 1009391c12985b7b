/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON. */
#include "render/json_writer.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "model/format.h"
#include "model/format_number.h"

#define CHUNK_BYTES 65536u

static void flush(struct json_writer *json)
{
	struct buffer *text = &json->text;

	if (text->failed && !json->error)
		json->error = ENOMEM;
	if (!json->stream)
		return;
	errno = 0;
	if (!json->error && fwrite(text->data, 1, text->length, json->stream) != text->length)
		json->error = errno ? errno : EIO;
	buffer_clear(text);
}

int json_finish(struct json_writer *json)
{
	int error;

	buffer_append(&json->text, "\n", 1);
	flush(json);
	error = json->error;
	if (json->stream || error)
		json_clear(json);
	errno = error;
	return !error ? 0 : error == ENOMEM ? -ENOMEM : -EIO;
}

void json_clear(struct json_writer *json)
{
	buffer_free(&json->text);
}

static void next_line(struct json_writer *json)
{
	buffer_append(&json->text, "\n", 1);
	for (unsigned int i = 0; i < json->depth; i++)
		buffer_append(&json->text, "  ", 2);
}

/* What stands between the value before and the next one. */
static void separate(struct json_writer *json)
{
	if (json->text.length >= CHUNK_BYTES)
		flush(json);
	if (json->has_before)
		buffer_append(&json->text, ",", 1);
	if (json->pretty && json->depth && !json->after_key)
		next_line(json);
	json->has_before = true;
	json->after_key = false;
}

static void end_key(struct json_writer *json)
{
	if (json->pretty)
		buffer_append(&json->text, " ", 1);
}

static bool is_plain(uint8_t c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

/* What cannot stand for itself; the number of bytes it was. Controls are escaped
 * beyond what JSON asks for, because of terminals. */
static size_t append_escaped(struct buffer *out, const char *text, size_t left)
{
	static const char from[] = "\"\\\b\t\n\f\r", to[] = "\"\\btnfr";
	size_t length = utf8_length(text, left);
	const char *known = *text ? strchr(from, *text) : NULL;

	if (known)
		buffer_printf(out, "\\%c", to[known - from]);
	else if (!length)
		buffer_printf(out, "\\\\x%02x", (uint8_t)*text);
	else if (utf8_is_control(text, length)) /* the last byte is the number of all of them */
		buffer_printf(out, "\\u%04x", (uint8_t)text[length - 1]);
	else
		buffer_append(out, text, length);
	return length ? length : 1;
}

static void append_string(struct buffer *out, const char *bytes, size_t length)
{
	buffer_append(out, "\"", 1);
	for (size_t at = 0; at < length;) {
		size_t end = at;

		while (end < length && is_plain((uint8_t)bytes[end]))
			end++;
		buffer_append(out, bytes + at, end - at);
		at = end;
		if (at < length)
			at += append_escaped(out, bytes + at, length - at);
	}
	buffer_append(out, "\"", 1);
}

void json_quote(struct buffer *out, const char *name)
{
	append_string(out, name, strlen(name));
	buffer_append(out, ":", 1);
}

static void put_key(struct json_writer *json, const char *key)
{
	separate(json);
	if (key) {
		json_quote(&json->text, key);
		end_key(json);
	}
}

void json_quoted_key(struct json_writer *json, const char *quoted, size_t length)
{
	separate(json);
	buffer_append(&json->text, quoted, length);
	end_key(json);
	json->has_before = false;
	json->after_key = true;
}

#define DIGITS_MAX 20 /* of 64 bits */

void json_quoted_integer(struct json_writer *json, const char *quoted, size_t length,
			 uint64_t magnitude, bool negative)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits);
	const char *start = format_backwards(end, magnitude);
	struct buffer *text = &json->text;
	char *at;

	separate(json);
	if (!buffer_reserve(text, length + 2 + DIGITS_MAX))
		return;
	at = mempcpy(text->data + text->length, quoted, length);
	if (json->pretty)
		*at++ = ' ';
	if (negative)
		*at++ = '-';
	at = mempcpy(at, start, (size_t)(end - start));
	*at = '\0';
	text->length = (size_t)(at - text->data);
}

static void put(struct json_writer *json, const char *key, const char *text, size_t length)
{
	put_key(json, key);
	buffer_append(&json->text, text, length);
}

static void open_with(struct json_writer *json, const char *key, const char *bracket)
{
	put(json, key, bracket, 1);
	json->has_before = false;
	json->depth++;
}

static void close_with(struct json_writer *json, const char *bracket)
{
	json->depth--;
	if (json->pretty && json->has_before)
		next_line(json);
	buffer_append(&json->text, bracket, 1);
	json->has_before = true;
}

void json_begin_object(struct json_writer *json, const char *key)
{
	open_with(json, key, "{");
}

void json_end_object(struct json_writer *json)
{
	close_with(json, "}");
}

void json_begin_array(struct json_writer *json, const char *key)
{
	open_with(json, key, "[");
}

void json_end_array(struct json_writer *json)
{
	close_with(json, "]");
}

void json_bytes(struct json_writer *json, const char *key, const void *bytes, size_t length)
{
	put_key(json, key);
	append_string(&json->text, bytes, length);
}

void json_text(struct json_writer *json, const char *key, const char *text)
{
	if (text)
		json_bytes(json, key, text, strlen(text));
	else
		json_null(json, key);
}

void json_u64(struct json_writer *json, const char *key, uint64_t number)
{
	format_integer(number, false, json_digits(json, key));
}

void json_i64(struct json_writer *json, const char *key, int64_t number)
{
	json_i128(json, key, number);
}

void json_known(struct json_writer *json, const char *key, uint64_t number, bool known)
{
	if (known)
		json_u64(json, key, number);
	else
		json_null(json, key);
}

void json_u128(struct json_writer *json, const char *key, unsigned __int128 number)
{
	format_integer(number, false, json_digits(json, key));
}

void json_i128(struct json_writer *json, const char *key, __int128 number)
{
	format_integer((unsigned __int128)number, number < 0, json_digits(json, key));
}

void json_double(struct json_writer *json, const char *key, double number)
{
	if (!isfinite(number))
		json_null(json, key);
	else if (fpclassify(number) == FP_ZERO && !signbit(number)) /* most of them */
		put(json, key, "0", 1);
	else
		format_double(number, json_digits(json, key));
}

void json_boolean(struct json_writer *json, const char *key, bool value)
{
	put(json, key, value ? "true" : "false", value ? 4 : 5);
}

void json_null(struct json_writer *json, const char *key)
{
	put(json, key, "null", 4);
}

struct buffer *json_digits(struct json_writer *json, const char *key)
{
	put_key(json, key);
	return &json->text;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON. */
#include "render/json_writer.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "model/format.h"

#define CHUNK_BYTES 65536u
#define DIGITS_MAX 40 /* of a number of 128 bits, sign included */

static void append(struct buffer *out, const char *text, size_t length)
{
	/* Most of what is appended is a few bytes, and there is room. */
	if (out->capacity - out->length > length && !out->failed) {
		memcpy(out->data + out->length, text, length);
		out->length += length;
		out->data[out->length] = '\0';
	} else {
		buffer_append(out, text, length);
	}
}

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

	append(&json->text, "\n", 1);
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

static void new_line(struct json_writer *json)
{
	append(&json->text, "\n", 1);
	for (unsigned int i = 0; i < json->depth; i++)
		append(&json->text, "\t", 1);
}

/* What stands between the value before and the next one. */
static void separate(struct json_writer *json)
{
	if (json->text.length >= CHUNK_BYTES)
		flush(json);
	if (json->place == JSON_NEXT)
		append(&json->text, ",", 1);
	if (json->pretty && json->place != JSON_AFTER_KEY && json->depth)
		new_line(json);
	json->place = JSON_NEXT;
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
		append(out, text, length);
	return length ? length : 1;
}

static void append_string(struct buffer *out, const char *bytes, size_t length)
{
	append(out, "\"", 1);
	for (size_t at = 0; at < length;) {
		size_t end = at;

		while (end < length && is_plain((uint8_t)bytes[end]))
			end++;
		append(out, bytes + at, end - at);
		at = end;
		if (at < length)
			at += append_escaped(out, bytes + at, length - at);
	}
	append(out, "\"", 1);
}

void json_quote(struct buffer *out, const char *name)
{
	append_string(out, name, strlen(name));
	append(out, ":", 1);
}

static void put_key(struct json_writer *json, const char *key)
{
	separate(json);
	if (!key)
		return;
	json_quote(&json->text, key);
	if (json->pretty)
		append(&json->text, " ", 1);
}

void json_quoted_key(struct json_writer *json, const char *quoted, size_t length)
{
	separate(json);
	append(&json->text, quoted, length);
	if (json->pretty)
		append(&json->text, " ", 1);
	json->place = JSON_AFTER_KEY;
}

static void put(struct json_writer *json, const char *key, const char *text, size_t length)
{
	put_key(json, key);
	append(&json->text, text, length);
}

static void open_with(struct json_writer *json, const char *key, const char *bracket)
{
	put(json, key, bracket, 1);
	json->depth++;
	json->place = JSON_FIRST;
}

static void close_with(struct json_writer *json, const char *bracket)
{
	json->depth--;
	if (json->pretty && json->place == JSON_NEXT)
		new_line(json);
	append(&json->text, bracket, 1);
	json->place = JSON_NEXT;
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

/* Writes backwards from END; the start of what was written. */
static char *write_digits(char *end, uint64_t number)
{
	static const char pairs[] = "00010203040506070809101112131415161718192021222324"
				    "25262728293031323334353637383940414243444546474849"
				    "50515253545556575859606162636465666768697071727374"
				    "75767778798081828384858687888990919293949596979899";

	for (; number >= 100; number /= 100)
		memcpy(end -= 2, pairs + number % 100 * 2, 2);
	if (number >= 10)
		return memcpy(end - 2, pairs + number * 2, 2);
	*--end = (char)('0' + number);
	return end;
}

static void put_number(struct json_writer *json, const char *key, unsigned __int128 number,
		       bool negative)
{
	const uint64_t piece = UINT64_C(10000000000000000000); /* 19 digits are behind it */
	char digits[DIGITS_MAX], *end = digits + sizeof(digits), *at = end;

	while (number > UINT64_MAX) {
		char *start = at - 19;

		at = write_digits(at, (uint64_t)(number % piece));
		while (at > start)
			*--at = '0';
		number /= piece;
	}
	at = write_digits(at, (uint64_t)number);
	if (negative)
		*--at = '-';
	put(json, key, at, (size_t)(end - at));
}

void json_u64(struct json_writer *json, const char *key, uint64_t number)
{
	put_number(json, key, number, false);
}

void json_i64(struct json_writer *json, const char *key, int64_t number)
{
	put_number(json, key, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, number < 0);
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
	put_number(json, key, number, false);
}

void json_i128(struct json_writer *json, const char *key, __int128 number)
{
	bool negative = number < 0;

	put_number(json, key, negative ? -(unsigned __int128)number : (unsigned __int128)number,
		   negative);
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

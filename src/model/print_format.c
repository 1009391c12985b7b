/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printf() over values that tell their own size. A number is taken as wide as it is, even
 * where the conversion is of a narrower one: %d of a u64 is that number.
 */
#include "model/print_format.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/print_record.h"
#include "base/utf8.h"

#define WIDTH_MAX 512 /* a stranger's format asks for as much as it likes */

struct reading {
	const struct print_value *values;
	size_t count, used;
	struct buffer *out;
};

struct conversion {
	const char *start; /* the % */
	bool left, zero, plus, blank, alternate;
	int width, precision; /* -1: none */
	unsigned int bits;    /* by its length: h 16, l 64 */
	bool narrows;
	char letter;
	const char *suffix; /* of %p: letters and digits */
	size_t suffix_length;
};

static const struct print_value *next_value(struct reading *reading)
{
	return reading->used < reading->count ? &reading->values[reading->used++] : NULL;
}

static void put_padded(const struct conversion *conversion, const char *text, size_t length,
		       struct buffer *out)
{
	const int width = conversion->width;
	const int blanks = width > 0 && (size_t)width > length ? width - (int)length : 0;

	if (!conversion->left)
		buffer_printf(out, "%*s", blanks, "");
	buffer_append(out, text, length);
	if (conversion->left)
		buffer_printf(out, "%*s", blanks, "");
}

static void put_words(const struct conversion *conversion, const char *words, struct buffer *out)
{
	put_padded(conversion, words, strlen(words), out);
}

static uint64_t as_wide(const struct conversion *conversion, const struct print_value *value,
			bool is_signed)
{
	const unsigned int own = 8u << (value->kind & 3);
	const unsigned int bits =
		conversion->narrows || conversion->bits > own ? conversion->bits : own;
	const unsigned int above = 64 - bits;
	const uint64_t shifted = value->number << above;

	return is_signed ? (uint64_t)((int64_t)shifted >> above) : shifted >> above;
}

static void put_number(const struct conversion *conversion, const struct print_value *value,
		       struct buffer *out)
{
	char format[32], text[WIDTH_MAX + 64];
	const bool is_signed = conversion->letter == 'd' || conversion->letter == 'i';
	int length = snprintf(format, sizeof(format), "%%%s%s%s%s%s*.*ll%c",
			      conversion->left ? "-" : "", conversion->zero ? "0" : "",
			      conversion->plus ? "+" : "", conversion->blank ? " " : "",
			      conversion->alternate ? "#" : "", conversion->letter);

	if (length < 0)
		return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	length = snprintf(text, sizeof(text), format, conversion->width > 0 ? conversion->width : 0,
			  conversion->precision,
			  (unsigned long long)as_wide(conversion, value, is_signed));
#pragma GCC diagnostic pop
	if (length > 0)
		buffer_append(out, text, (size_t)length);
}

/* One line is one print, whatever is in the packets. */
static void put_safe(const char *text, size_t length, bool lines, struct buffer *out)
{
	for (size_t i = 0; i < length;) {
		const size_t whole = utf8_length(text + i, length - i);
		const bool blank = lines && (text[i] == '\n' || text[i] == '\t');

		if (!whole || (utf8_is_control(text + i, whole) && !blank)) {
			buffer_printf(out, "\\x%02x", (uint8_t)text[i++]);
			continue;
		}
		buffer_append(out, text + i, whole);
		i += whole;
	}
}

static void put_text(const struct conversion *conversion, const char *text, size_t length,
		     struct buffer *out)
{
	struct buffer safe = { 0 };

	put_safe(text, length, false, &safe);
	out->failed |= safe.failed;
	put_padded(conversion, buffer_text(&safe), safe.length, out);
	buffer_free(&safe);
}

static void put_string(const struct conversion *conversion, const struct print_value *value,
		       struct buffer *out)
{
	size_t length;

	if (!(value->kind & PRINT_POINTS)) {
		put_words(conversion, "(no text)", out);
	} else if (!value->length) {
		put_words(conversion, value->number ? "(unreadable)" : "(null)", out);
	} else {
		length = strnlen((const char *)value->bytes, value->length);
		if (conversion->precision >= 0 && (size_t)conversion->precision < length)
			length = (size_t)conversion->precision;
		put_text(conversion, (const char *)value->bytes, length, out);
	}
}

/* "%pI4h" and "%pI4l" are numbers of this machine or of a little-endian one. */
static void ipv4(const uint8_t *bytes, char form, char order, char *text, size_t size)
{
	const bool turned = order == 'l' || (order == 'h' && htonl(1) != 1);

	snprintf(text, size, form == 'i' ? "%03u.%03u.%03u.%03u" : "%u.%u.%u.%u",
		 bytes[turned ? 3 : 0], bytes[turned ? 2 : 1], bytes[turned ? 1 : 2],
		 bytes[turned ? 0 : 3]);
}

static void octets(const uint8_t *bytes, size_t count, size_t group, char separator, char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (i && separator && i % group == 0)
			*text++ = separator;
		text += sprintf(text, "%02x", bytes[i]);
	}
}

/* False: it is no address of a kind that is known. */
static bool put_address(const struct conversion *conversion, const struct print_value *value,
			struct buffer *out)
{
	const char *suffix = conversion->suffix;
	const char form = conversion->suffix_length ? suffix[0] : '\0';
	const char family = conversion->suffix_length > 1 ? suffix[1] : '\0';
	const char more = conversion->suffix_length > 2 ? suffix[2] : '\0';
	const bool internet = (form == 'I' || form == 'i') && (family == '4' || family == '6');
	const bool hardware = form == 'M' || form == 'm';
	const size_t needed = hardware ? 6 : family == '4' ? 4 : 16;
	char text[INET6_ADDRSTRLEN] = "";

	if (!internet && !hardware)
		return false;
	if (!(value->kind & PRINT_POINTS) || value->length < needed)
		snprintf(text, sizeof(text), "%s",
			 value->kind & PRINT_POINTS ? value->number ? "(unreadable)" : "(null)"
						    : "(no address)");
	else if (hardware)
		octets(value->bytes, 6, 1, form == 'm' ? '\0' : family == 'F' ? '-' : ':', text);
	else if (family == '4')
		ipv4(value->bytes, form, more, text, sizeof(text));
	else if (more == 'c')
		(void)!inet_ntop(AF_INET6, value->bytes, text, sizeof(text));
	else
		octets(value->bytes, 16, 2, form == 'i' ? '\0' : ':', text);
	put_words(conversion, text, out);
	return true;
}

static void put_pointer(const struct conversion *conversion, const struct print_value *value,
			struct buffer *out)
{
	char text[32];

	if (put_address(conversion, value, out))
		return;
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value->number);
	put_words(conversion, text, out);
}

static int read_amount(struct reading *reading, const char **at)
{
	const struct print_value *value;
	int amount = 0;

	if (**at == '*') {
		++*at;
		value = next_value(reading);
		amount = value ? (int32_t)(uint32_t)value->number : 0;
		return amount < -WIDTH_MAX ? -WIDTH_MAX : amount > WIDTH_MAX ? WIDTH_MAX : amount;
	}
	for (; isdigit((unsigned char)**at); ++*at)
		amount = amount < WIDTH_MAX ? amount * 10 + (**at - '0') : WIDTH_MAX;
	return amount > WIDTH_MAX ? WIDTH_MAX : amount;
}

static void read_flags(struct conversion *conversion, const char **at)
{
	for (;; ++*at) {
		switch (**at) {
		case '-':
			conversion->left = true;
			break;
		case '0':
			conversion->zero = true;
			break;
		case '+':
			conversion->plus = true;
			break;
		case ' ':
			conversion->blank = true;
			break;
		case '#':
			conversion->alternate = true;
			break;
		default:
			return;
		}
	}
}

static void read_length(struct conversion *conversion, const char **at)
{
	conversion->bits = 32;
	for (; **at && strchr("hlLqjzt", **at); ++*at) {
		conversion->narrows = **at == 'h';
		conversion->bits = **at != 'h' ? 64 : conversion->bits == 16 ? 8 : 16;
	}
}

/* From the % on; what comes after it. */
static const char *read_conversion(struct reading *reading, const char *at,
				   struct conversion *conversion)
{
	*conversion = (struct conversion){ .start = at++, .precision = -1 };
	read_flags(conversion, &at);
	conversion->width = read_amount(reading, &at);
	if (conversion->width < 0) {
		conversion->left = true;
		conversion->width = -conversion->width;
	}
	if (*at == '.') {
		at++;
		conversion->precision = read_amount(reading, &at);
	}
	read_length(conversion, &at);
	conversion->letter = *at;
	if (*at)
		at++;
	conversion->suffix = at;
	while (conversion->letter == 'p' && isalnum((unsigned char)*at))
		at++;
	conversion->suffix_length = (size_t)(at - conversion->suffix);
	return at;
}

static void put_value(const struct conversion *conversion, const struct print_value *value,
		      struct buffer *out)
{
	switch (conversion->letter) {
	case 'c':
		put_text(conversion, &(char){ (char)value->number }, 1, out);
		break;
	case 's':
		put_string(conversion, value, out);
		break;
	case 'p':
		put_pointer(conversion, value, out);
		break;
	default:
		put_number(conversion, value, out);
		break;
	}
}

/* A conversion that nobody knows, or has no value, stays as it is written. */
static const char *put_conversion(struct reading *reading, const char *at)
{
	struct conversion conversion;
	const char *end = read_conversion(reading, at, &conversion);
	const struct print_value *value = NULL;

	if (conversion.letter == '%') {
		buffer_string(reading->out, "%");
		return end;
	}
	if (conversion.letter && strchr("diuxXocsp", conversion.letter)) {
		value = next_value(reading);
		if (value) {
			put_value(&conversion, value, reading->out);
			return end;
		}
	} else if (conversion.letter && strchr("aAeEfFgGn", conversion.letter)) {
		(void)next_value(reading);
	}
	put_safe(conversion.start, (size_t)(end - conversion.start), true, reading->out);
	return end;
}

void print_format(const char *format, const struct print_value *values, size_t count,
		  struct buffer *out)
{
	struct reading reading = { .values = values, .count = count, .out = out };

	for (const char *at = format; *at;) {
		const size_t plain = strcspn(at, "%");

		put_safe(at, plain, true, out);
		at += plain;
		if (*at)
			at = put_conversion(&reading, at);
	}
}

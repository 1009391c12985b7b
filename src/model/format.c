/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a cell to text for a person. Everything written here is printable ASCII
 * whatever the bytes were: they came in packets, and a packet must not be able to
 * write escape codes to a terminal.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/bits.h"
#include "model/names.h"
#include "model/value.h"

/* A cell of more elements than this is cut with "..."; exact shows all. */
#define ARRAY_SHOWN 16u

static int format_unsigned(bits_t number, struct buffer *out)
{
	char digits[40], *at = digits + sizeof(digits);

	*--at = '\0';
	do {
		*--at = (char)('0' + (int)(number % 10));
		number /= 10;
	} while (number);
	return buffer_string(out, at);
}

static int format_number(const struct value *value, struct buffer *out)
{
	if (value->form == VALUE_SIGNED && (__int128)value->u < 0) {
		int r = buffer_string(out, "-");

		return r < 0 ? r : format_unsigned(-value->u, out);
	}
	return format_unsigned(value->u, out);
}

static int format_hex(bits_t number, uint32_t bit_size, struct buffer *out)
{
	int digits = (int)(bit_size + 3) / 4, r = buffer_string(out, "0x");

	for (int i = digits - 1; i >= 0 && r == 0; i--)
		r = buffer_printf(out, "%x", (unsigned)(number >> (i * 4) & 0xf));
	return r;
}

/* printf writes the decimal point of the locale; JSON, and people who compare two
 * machines, want one. */
static void use_dot(char *text)
{
	const char *point = localeconv()->decimal_point;
	char *at = strstr(text, point);

	if (!at || strcmp(point, ".") == 0)
		return;
	*at = '.';
	memmove(at + 1, at + strlen(point), strlen(at + strlen(point)) + 1);
}

/* Where to start looking: 15 digits read back as any number that has no more, so
 * those after their last that is not 0 are not needed. */
static int likely_digits(double number)
{
	int digits = 0, needed = 0;
	char text[64];
	double back;

	snprintf(text, sizeof(text), "%.14e", number);
	back = strtod(text, NULL);
	if (back < number || back > number)
		return 16;
	for (const char *at = text; *at && *at != 'e'; at++) {
		if (*at < '0' || *at > '9')
			continue;
		digits++;
		if (*at != '0')
			needed = digits;
	}
	return needed > 6 ? needed : 6;
}

static int format_digits(double number, bool is_single, struct buffer *out)
{
	char text[64];

	if (!isfinite(number))
		return buffer_string(out, isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
	for (int digits = is_single ? 6 : likely_digits(number); digits <= 17; digits++) {
		double back;

		snprintf(text, sizeof(text), "%.*g", digits, number);
		back = strtod(text, NULL);
		if (is_single ? (float)back == (float)number : !(back < number || back > number))
			break;
	}
	use_dot(text);
	return buffer_string(out, text);
}

int format_double(double number, struct buffer *out)
{
	return format_digits(number, false, out);
}

int format_count(double count, struct buffer *out)
{
	static const char units[] = { 'k', 'M', 'G', 'T', 'P', 'E' };
	double size = fabs(count);
	size_t unit = 0;

	if (!isfinite(count))
		return buffer_string(out, "-");
	if (size < 9999.5)
		return buffer_printf(out, "%.0f", count);
	for (size /= 1000, count /= 1000; size >= 999.5 && unit + 1 < sizeof(units); unit++) {
		size /= 1000;
		count /= 1000;
	}
	if (size >= 999.5) /* of 128 bits: there are no more names */
		return buffer_printf(out, "%.2e", count * 1e18);
	return buffer_printf(out, "%.*f%c",
			     size < 9.995   ? 2
			     : size < 99.95 ? 1
					    : 0,
			     count, units[unit]);
}

static int format_bytes(double bytes, struct buffer *out)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t unit = 0;

	if (fabs(bytes) < 1023.5)
		return buffer_printf(out, "%.0f B", bytes);
	for (bytes /= 1024; fabs(bytes) >= 1023.5 && unit + 1 < sizeof(units) / sizeof(*units);
	     unit++)
		bytes /= 1024;
	return buffer_printf(out, "%.*f %s", fabs(bytes) < 99.95 ? 1 : 0, bytes, units[unit]);
}

static int format_ns(double ns, struct buffer *out)
{
	static const struct {
		double size;
		const char *name;
	} units[] = { { 1e3, "us" }, { 1e6, "ms" }, { 1e9, "s" } };
	const double minute = 60e9, hour = 60 * minute, day = 24 * hour;
	double size = fabs(ns);

	if (size < 999.5)
		return buffer_printf(out, "%.0f ns", ns);
	for (size_t i = 0; i < 3; i++)
		if (size < units[i].size * (i == 2 ? 59.95 : 999.5))
			return buffer_printf(out, "%.*f %s", size / units[i].size < 99.95 ? 1 : 0,
					     ns / units[i].size, units[i].name);
	if (size < hour)
		return buffer_printf(out, "%s%.0fm %02.0fs", ns < 0 ? "-" : "",
				     floor(size / minute), floor(fmod(size, minute) / 1e9));
	if (size < day)
		return buffer_printf(out, "%s%.0fh %02.0fm", ns < 0 ? "-" : "", floor(size / hour),
				     floor(fmod(size, hour) / minute));
	return buffer_printf(out, "%s%.0fd %02.0fh", ns < 0 ? "-" : "", floor(size / day),
			     floor(fmod(size, day) / hour));
}

int format_rate(double per_second, enum skbscope_display display, struct buffer *out)
{
	if (!isfinite(per_second))
		return buffer_string(out, "-");
	if (display == SKBSCOPE_DISPLAY_BYTES)
		return format_bytes(per_second, out);
	if (display == SKBSCOPE_DISPLAY_NS)
		return format_ns(per_second, out);
	if (fabs(per_second) < 99.95 && fabs(per_second) > 0)
		return buffer_printf(out, "%.1f", per_second);
	return format_count(per_second, out);
}

int format_text(const void *text, size_t length, struct buffer *out)
{
	const uint8_t *bytes = text;
	size_t end = 0;
	int r = 0;

	while (end < length && bytes[end])
		end++;
	for (size_t i = 0; i < end && r == 0; i++) {
		if (bytes[i] == '\\')
			r = buffer_string(out, "\\\\");
		else if (bytes[i] >= ' ' && bytes[i] <= '~')
			r = buffer_append(out, &bytes[i], 1);
		else
			r = buffer_printf(out, "\\x%02x", bytes[i]);
	}
	return r;
}

static int format_octets(const uint8_t *bytes, size_t length, const char *separator, size_t shown,
			 struct buffer *out)
{
	int r = 0;

	for (size_t i = 0; i < length && i < shown && r == 0; i++)
		r = buffer_printf(out, "%s%02x", i ? separator : "", bytes[i]);
	return r == 0 && shown < length ? buffer_string(out, "...") : r;
}

static int format_address(int family, const void *bytes, struct buffer *out)
{
	char text[INET6_ADDRSTRLEN];

	return inet_ntop(family, bytes, text, sizeof(text)) ? buffer_string(out, text) : -EINVAL;
}

static int format_enum(const struct skbscope_type *type, const struct value *value,
		       struct buffer *out)
{
	for (size_t i = 0; i < type->enumerator_count; i++)
		if (type->enumerators[i].value == (int64_t)value->u)
			return buffer_string(out, type->enumerators[i].name);
	return format_number(value, out);
}

static int format_named(const char *name, const struct value *value, struct buffer *out)
{
	return name ? buffer_string(out, name) : format_number(value, out);
}

static int format_ethertype(uint32_t ethertype, struct buffer *out)
{
	const char *name = ethertype_name(ethertype);

	return name ? buffer_string(out, name) : buffer_printf(out, "0x%04x", ethertype);
}

static int format_scalar(const struct skbscope_column *column, const struct value *value,
			 bool exact, struct buffer *out)
{
	const struct skbscope_type *type = column->type;
	uint32_t small = value->u > UINT32_MAX ? UINT32_MAX : (uint32_t)value->u;

	if (type->kind == SKBSCOPE_KIND_FLOAT)
		return format_digits(value->f, type->bits == 32, out);
	if (type->kind == SKBSCOPE_KIND_BOOLEAN)
		return value->u > 1 ? format_number(value, out)
				    : buffer_string(out, value->u ? "true" : "false");
	if (type->kind == SKBSCOPE_KIND_ENUM)
		return format_enum(type, value, out);
	if (type->kind == SKBSCOPE_KIND_POINTER)
		return format_hex(value->u, column->bit_size, out);

	switch (type->display) {
	case SKBSCOPE_DISPLAY_HEX:
		return format_hex(bits_mask(value->u, column->bit_size), column->bit_size, out);
	case SKBSCOPE_DISPLAY_IPV4:
		return format_address(AF_INET, &(uint32_t){ (uint32_t)value->u }, out);
	case SKBSCOPE_DISPLAY_IPV6:
		return format_address(AF_INET6, &value->u, out);
	case SKBSCOPE_DISPLAY_PORT_BE:
		return buffer_printf(out, "%u", ntohs((uint16_t)value->u));
	case SKBSCOPE_DISPLAY_ETH_PROTO_BE:
		return format_ethertype(ntohs((uint16_t)value->u), out);
	case SKBSCOPE_DISPLAY_ETH_PROTO:
		return format_ethertype(small, out);
	case SKBSCOPE_DISPLAY_IP_PROTO:
		return format_named(ip_protocol_name(small), value, out);
	case SKBSCOPE_DISPLAY_TCP_FLAGS:
		return tcp_flags_format(small, out);
	case SKBSCOPE_DISPLAY_IFINDEX:
		return value->u ? format_number(value, out) : buffer_string(out, "-");
	case SKBSCOPE_DISPLAY_VERDICT: {
		const char *name = verdict_name((int32_t)value->u);

		return format_named(strcmp(name, "other") == 0 ? NULL : name, value, out);
	}
	case SKBSCOPE_DISPLAY_NS:
		return exact ? format_number(value, out) : format_ns(value_double(value), out);
	case SKBSCOPE_DISPLAY_BYTES:
		return exact ? format_number(value, out) : format_bytes(value_double(value), out);
	case SKBSCOPE_DISPLAY_LOG2:
		if (value->u > 63)
			return format_number(value, out);
		/* The logarithm of 0 does not exist; log2 functions say 0 for it. */
		return buffer_printf(out, "%llu-%llu", value->u ? 1ull << value->u : 0,
				     (2ull << value->u) - 1);
	default:
		break;
	}
	if (column->is_counter && !exact)
		return format_count(value_double(value), out);
	return format_number(value, out);
}

static int format_element(const struct skbscope_type *type, uint32_t bit_offset, uint32_t bit_size,
			  const uint8_t *data, bool exact, struct buffer *out)
{
	struct skbscope_column column = {
		.name = "", .type = type, .bit_offset = bit_offset, .bit_size = bit_size
	};

	return value_format(&column, data, exact, out);
}

static int format_array(const struct skbscope_type *type, const uint8_t *bytes, bool exact,
			struct buffer *out)
{
	uint32_t shown = exact || type->count <= ARRAY_SHOWN ? type->count : ARRAY_SHOWN;
	int r = buffer_string(out, "[");

	for (uint32_t i = 0; i < shown && r == 0; i++) {
		if (i)
			r = buffer_string(out, " ");
		if (r == 0)
			r = format_element(type->element, i * type->element->bits,
					   type->element->bits, bytes, exact, out);
	}
	if (r == 0 && shown < type->count)
		r = buffer_string(out, " ...");
	return r < 0 ? r : buffer_string(out, "]");
}

/* Only as an element of an array: elsewhere, structs are columns. */
static int format_record(const struct skbscope_type *type, const uint8_t *bytes, bool exact,
			 struct buffer *out)
{
	int r = buffer_string(out, "{");

	for (size_t i = 0; i < type->member_count && r == 0; i++) {
		const struct skbscope_member *member = &type->members[i];

		if (!member->bit_size)
			continue;
		r = buffer_printf(out, "%s%s%s", i ? " " : "", member->name,
				  *member->name ? "=" : "");
		if (r == 0)
			r = format_element(member->type, member->bit_offset, member->bit_size,
					   bytes, exact, out);
	}
	return r < 0 ? r : buffer_string(out, "}");
}

int value_format(const struct skbscope_column *column, const uint8_t *data, bool exact,
		 struct buffer *out)
{
	struct value value = value_read(column, data);
	const struct skbscope_type *type = column->type;

	if (value.form != VALUE_BYTES)
		return format_scalar(column, &value, exact, out);
	switch (type->display) {
	case SKBSCOPE_DISPLAY_TEXT:
		return format_text(value.bytes, value.length, out);
	case SKBSCOPE_DISPLAY_IPV4:
		return format_address(AF_INET, value.bytes, out);
	case SKBSCOPE_DISPLAY_IPV6:
		return format_address(AF_INET6, value.bytes, out);
	case SKBSCOPE_DISPLAY_MAC:
		return format_octets(value.bytes, value.length, ":", value.length, out);
	case SKBSCOPE_DISPLAY_HEX:
		return format_octets(value.bytes, value.length, " ",
				     exact ? value.length : 2 * ARRAY_SHOWN, out);
	default:
		break;
	}
	if (type->kind == SKBSCOPE_KIND_ARRAY)
		return format_array(type, value.bytes, exact, out);
	return format_record(type, value.bytes, exact, out);
}

int value_format_raw(const struct skbscope_column *column, const uint8_t *data, struct buffer *out)
{
	struct value value = value_read(column, data);

	switch (value.form) {
	case VALUE_FLOAT:
		return format_digits(value.f, column->type->bits == 32, out);
	case VALUE_BYTES:
		if (column->type->display == SKBSCOPE_DISPLAY_TEXT)
			return format_text(value.bytes, value.length, out);
		return format_octets(value.bytes, value.length, " ", value.length, out);
	default:
		return format_number(&value, out);
	}
}

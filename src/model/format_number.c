/* SPDX-License-Identifier: Apache-2.0 */
/* Digits, units and how many of either: the same in every locale. */
#include "model/format_number.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 40 /* of a number of 128 bits, sign included */

char *format_backwards(char *end, uint64_t number)
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

void format_integer(bits_t number, bool negative, struct buffer *out)
{
	const uint64_t piece = UINT64_C(10000000000000000000); /* 19 digits are behind it */
	char digits[DIGITS_MAX], *end = digits + sizeof(digits), *at = end;

	if (negative)
		number = -number;
	while (number > UINT64_MAX) {
		char *start = at - 19;

		at = format_backwards(at, (uint64_t)(number % piece));
		while (at > start)
			*--at = '0';
		number /= piece;
	}
	at = format_backwards(at, (uint64_t)number);
	if (negative)
		*--at = '-';
	buffer_append(out, at, (size_t)(end - at));
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

void format_digits(double number, bool is_single, struct buffer *out)
{
	char text[64];

	if (!isfinite(number)) {
		buffer_string(out, isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
		return;
	}
	for (int digits = is_single ? 6 : likely_digits(number); digits <= 17; digits++) {
		double back;

		snprintf(text, sizeof(text), "%.*g", digits, number);
		back = strtod(text, NULL);
		if (is_single ? (float)back == (float)number : !(back < number || back > number))
			break;
	}
	use_dot(text);
	buffer_string(out, text);
}

void format_double(double number, struct buffer *out)
{
	format_digits(number, false, out);
}

void format_count(double count, struct buffer *out)
{
	static const char units[] = { 'k', 'M', 'G', 'T', 'P', 'E' };
	double size = fabs(count);
	size_t unit = 0;

	if (!isfinite(count)) {
		buffer_string(out, "-");
		return;
	}
	if (size < 9999.5) {
		buffer_printf(out, "%.0f", count);
		return;
	}
	for (size /= 1000, count /= 1000; size >= 999.5 && unit + 1 < sizeof(units); unit++) {
		size /= 1000;
		count /= 1000;
	}
	if (size >= 999.5) /* of 128 bits: there are no more names */
		buffer_printf(out, "%.2e", count * 1e18);
	else
		buffer_printf(out, "%.*f%c",
			      size < 9.995   ? 2
			      : size < 99.95 ? 1
					     : 0,
			      count, units[unit]);
}

void format_bytes(double bytes, struct buffer *out)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t unit = 0;

	if (fabs(bytes) < 1023.5) {
		buffer_printf(out, "%.0f B", bytes);
		return;
	}
	for (bytes /= 1024; fabs(bytes) >= 1023.5 && unit + 1 < sizeof(units) / sizeof(*units);
	     unit++)
		bytes /= 1024;
	buffer_printf(out, "%.*f %s", fabs(bytes) < 99.95 ? 1 : 0, bytes, units[unit]);
}

/* In two units, from minutes and seconds on. */
static void format_long(double ns, struct buffer *out)
{
	static const struct unit {
		double size;
		char name;
	} units[] = { { 86400e9, 'd' }, { 3600e9, 'h' }, { 60e9, 'm' }, { 1e9, 's' } };
	double size = fabs(ns);
	const struct unit *unit = units;

	while (size < unit->size)
		unit++;
	buffer_printf(out, "%s%.0f%c %02.0f%c", ns < 0 ? "-" : "", floor(size / unit->size),
		      unit->name, floor(fmod(size, unit->size) / unit[1].size), unit[1].name);
}

void format_ns(double ns, struct buffer *out)
{
	static const struct {
		double size;
		const char *name;
	} units[] = { { 1e3, "us" }, { 1e6, "ms" }, { 1e9, "s" } };
	double size = fabs(ns);
	size_t i = 0;

	if (size < 999.5) {
		buffer_printf(out, "%.0f ns", ns);
		return;
	}
	while (i < 3 && size >= units[i].size * (i == 2 ? 59.95 : 999.5))
		i++;
	if (i == 3)
		format_long(ns, out);
	else
		buffer_printf(out, "%.*f %s", size / units[i].size < 99.95 ? 1 : 0,
			      ns / units[i].size, units[i].name);
}

void format_rate(double per_second, enum skbscope_display display, struct buffer *out)
{
	if (!isfinite(per_second))
		buffer_string(out, "-");
	else if (display == SKBSCOPE_DISPLAY_BYTES)
		format_bytes(per_second, out);
	else if (display == SKBSCOPE_DISPLAY_NS)
		format_ns(per_second, out);
	else if (fabs(per_second) < 99.95 && fabs(per_second) > 0)
		buffer_printf(out, "%.1f", per_second);
	else
		format_count(per_second, out);
}

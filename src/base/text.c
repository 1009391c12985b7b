/* SPDX-License-Identifier: Apache-2.0 */
/* Small questions about strings. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DISTANCE_MAX_LENGTH 64 /* names longer than this are simply far apart */

bool text_number(const char *string, uint64_t *out)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)string[0]))
		return false;
	errno = 0;
	value = strtoull(string, &end, 0);
	if (errno || *end != '\0')
		return false;
	*out = value;
	return true;
}

bool text_time(const char *string, uint64_t *out_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "", 1e9 },  { "ns", 1 },   { "us", 1e3 },   { "ms", 1e6 },
		      { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 }, { "d", 86400e9 } };
	size_t digits = strspn(string, "0123456789."), unit = 0;
	char *end;
	double number = strtod(string, &end);

	if (!digits || end != string + digits)
		return false;
	while (strcmp(units[unit].unit, end) != 0)
		if (++unit == sizeof(units) / sizeof(units[0]))
			return false;
	number *= units[unit].ns;
	if (number < 1 || number > 3650 * 86400e9)
		return false;
	*out_ns = (uint64_t)(number + 0.5);
	return true;
}

bool text_duration(const char *string, uint64_t *out_ns)
{
	uint64_t ns;

	if (!text_time(string, &ns) || ns < 1000000)
		return false;
	*out_ns = ns;
	return true;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool text_size(const char *string, uint64_t *out)
{
	static const char units[] = "kMG";
	const size_t length = strlen(string);
	const char *unit = length ? strchr(units, string[length - 1]) : NULL;
	char digits[24];
	uint64_t number;

	if (!length || length >= sizeof(digits))
		return false;
	memcpy(digits, string, length + 1);
	if (unit)
		digits[length - 1] = '\0';
	if (!text_number(digits, &number) ||
	    __builtin_mul_overflow(number, unit ? UINT64_C(1024) << (10 * (unit - units)) : 1, out))
		return false;
	return *out > 0;
}

size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][DISTANCE_MAX_LENGTH + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	size_t la = strlen(a), lb = strlen(b);

	if (la > DISTANCE_MAX_LENGTH || lb > DISTANCE_MAX_LENGTH)
		return strcmp(a, b) == 0 ? 0 : DISTANCE_MAX_LENGTH;
	for (size_t j = 0; j <= lb; j++)
		above[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t change = a[i - 1] != b[j - 1];

			row[j] = smaller(smaller(above[j] + 1, row[j - 1] + 1),
					 above[j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smaller(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = oldest;
	}
	return above[lb];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t best = strlen(word) / 3 + 1; /* a third of the word may be wrong */
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t distance = text_distance(word, candidates[i]);

		if (distance < best || (distance == best && !nearest)) {
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}

bool text_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool text_is_identifier(const char *string)
{
	if (!isalpha((unsigned char)string[0]) && string[0] != '_')
		return false;
	while (text_is_word(*string))
		string++;
	return *string == '\0';
}

bool text_ends_with(const char *string, const char *end)
{
	const size_t length = strlen(string), ending = strlen(end);

	return length > ending && strcmp(string + length - ending, end) == 0;
}

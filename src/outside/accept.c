/* SPDX-License-Identifier: Apache-2.0 */
#include "outside/accept.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* "0.75" as 750; what is no such number as 1000. */
static unsigned int thousandths(const char *text)
{
	unsigned int value = 0, weight = 1000;

	if (*text != '0' && *text != '1')
		return 1000;
	value = (unsigned int)(*text++ - '0') * 1000;
	if (*text++ != '.')
		return value;
	for (; *text >= '0' && *text <= '9' && weight > 1; text++)
		value += (unsigned int)(*text - '0') * (weight /= 10);
	return value < 1000 ? value : 1000;
}

static unsigned int quality(const char *range, size_t length)
{
	const char *end = range + length, *at = range;

	while ((at = memchr(at, ';', (size_t)(end - at)))) {
		at = skip_blanks(at + 1);
		if (at + 2 <= end && strncasecmp(at, "q=", 2) == 0)
			return thousandths(at + 2);
	}
	return 1000;
}

/* 0: not; else the more, the more of it was written. */
static unsigned int matches(const char *range, size_t length, const char *type)
{
	const size_t slash = strcspn(type, "/") + 1;

	if (length == strlen(type) && strncasecmp(range, type, length) == 0)
		return 3;
	if (length == slash + 1 && range[slash] == '*' && strncasecmp(range, type, slash) == 0)
		return 2;
	return length == 3 && strncmp(range, "*/*", 3) == 0;
}

static unsigned int wanted(const char *header, const char *type)
{
	unsigned int best = 0, result = 0;

	for (const char *at = header; *at;) {
		const char *range = skip_blanks(at);
		const size_t length = strcspn(range, ",");
		const unsigned int match = matches(range, strcspn(range, ",; \t"), type);

		if (match > best) {
			best = match;
			result = quality(range, length);
		}
		at = range + length;
		at += *at == ',';
	}
	return result;
}

size_t accept_choose(const char *header, const char *const *types, size_t count)
{
	unsigned int most = 0;
	size_t chosen = 0;

	for (size_t i = 0; header && i < count; i++) {
		const unsigned int much = wanted(header, types[i]);

		if (much > most) {
			most = much;
			chosen = i;
		}
	}
	return chosen;
}

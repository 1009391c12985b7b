/* SPDX-License-Identifier: Apache-2.0 */
/* What is looked through was written by ourselves, so it is JSON; looking never goes beyond its
 * end in any case. */
#include "outside/slices.h"

#include <string.h>

struct text {
	const char *at, *end;
};

/* Over a string, from its quotation mark on. */
static void skip_string(struct text *text)
{
	for (text->at++; text->at < text->end && *text->at != '"'; text->at++)
		if (*text->at == '\\')
			text->at++;
	if (text->at < text->end)
		text->at++;
}

static void skip_value(struct text *text)
{
	size_t depth = 0;

	while (text->at < text->end) {
		const char c = *text->at;

		if (c == '"') {
			skip_string(text);
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			return;
		if (c == '{' || c == '[')
			depth++;
		if (c == '}' || c == ']')
			depth--;
		text->at++;
	}
	text->at = text->end; /* an escape may have been the last */
}

/* In an object, from its brace on: to the value of that name. */
static bool find_member(struct text *text, const char *name)
{
	const size_t length = strlen(name);

	if (text->at >= text->end || *text->at != '{')
		return false;
	text->at++;
	while (text->at < text->end && *text->at == '"') {
		const char *key = text->at + 1;

		skip_string(text);
		if (text->at >= text->end)
			return false;
		text->at++; /* the colon */
		if ((size_t)(text->at - key) == length + 2 && memcmp(key, name, length) == 0)
			return true;
		skip_value(text);
		if (text->at < text->end && *text->at == ',')
			text->at++;
	}
	return false;
}

bool slices_find(const char *text, size_t length, const char *table, struct slice *out)
{
	struct text left = { text, text + length };

	if (!find_member(&left, "tables") || !find_member(&left, table))
		return false;
	out->data = left.at;
	skip_value(&left);
	out->length = (size_t)(left.at - out->data);
	return out->length != 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is looked through was written by ourselves, so it is JSON; looking never goes beyond its
 * end in any case. */
#include "outside/slices.h"

#include <string.h>

#define LENGTH_MAX ((size_t)1 << 32)

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

/* "NAME LENGTH" */
static bool read_line(const char *line, const char *end, size_t *name_length, size_t *length)
{
	const char *space = memchr(line, ' ', (size_t)(end - line));

	if (!space)
		return false;
	*name_length = (size_t)(space - line);
	*length = 0;
	for (const char *at = space + 1; at < end; at++) {
		if (*at < '0' || *at > '9' || *length > LENGTH_MAX)
			return false;
		*length = *length * 10 + (size_t)(*at - '0');
	}
	return true;
}

bool slices_find_csv(const char *text, size_t length, const char *table, size_t table_length,
		     struct slice *out)
{
	const char *end = text + length;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t name_length;

		if (!stop || !read_line(text, stop, &name_length, &out->length) ||
		    out->length > (size_t)(end - stop) - 1)
			return false;
		out->data = stop + 1;
		if (name_length == table_length && memcmp(text, table, table_length) == 0)
			return true;
		text = out->data + out->length;
	}
	return false;
}

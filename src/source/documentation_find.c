/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which comment of a C text is its documentation: the first block comment that
 * stands outside of braces and is more than a licence. A comment inside a
 * function or a struct describes that, not the program.
 */
#include <stdbool.h>
#include <string.h>

#include "source/comment.h"
#include "source/documentation.h"

/* After the closing quote, or at the end of the line: an apostrophe in an #error
 * has no partner, and must not swallow the rest of the file. */
static const char *skip_quoted(const char *at, const char *end)
{
	const char quote = *at++;

	for (; at < end && *at != '\n'; at++) {
		if (*at == quote)
			return at + 1;
		if (*at == '\\' && at + 1 < end)
			at++;
	}
	return at;
}

static const char *skip_line(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline ? newline : end;
}

/* One step through the text: the next comment, string or single character. For
 * a block comment its end is told; an unclosed one is none. */
static const char *step(const char *at, const char *end, const char **comment_end)
{
	const char *close;

	*comment_end = NULL;
	if (*at == '"' || *at == '\'')
		return skip_quoted(at, end);
	if (*at != '/' || at + 1 == end)
		return at + 1;
	if (at[1] == '/')
		return skip_line(at, end);
	if (at[1] != '*')
		return at + 1;
	close = memmem(at + 2, (size_t)(end - at) - 2, "*/", 2);
	if (close)
		*comment_end = close + 2;
	return close ? *comment_end : end;
}

/* A comment is a licence when each of its paragraphs is. */
static bool is_licence(const char *comment, size_t length)
{
	const char *at = comment, *end = comment + length;
	bool any = false;

	while (at < end) {
		const char *newline = skip_line(at, end);
		bool licence;

		if (comment_line_is_blank(at, (size_t)(newline - at))) {
			at = newline < end ? newline + 1 : end;
			continue;
		}
		at += paragraph_measure(at, (size_t)(end - at), &licence);
		if (!licence)
			return false;
		any = true;
	}
	return any;
}

const char *documentation_find(const char *text, size_t text_length, size_t *length)
{
	const char *at = text, *end = text + text_length;
	unsigned long depth = 0;

	while (at < end) {
		const char *comment_end, *next = step(at, end, &comment_end);

		if (comment_end && depth == 0 && !is_licence(at, (size_t)(comment_end - at))) {
			*length = (size_t)(comment_end - at);
			return at;
		}
		if (*at == '{')
			depth++;
		else if (*at == '}' && depth)
			depth--;
		at = next;
	}
	*length = 0;
	return "";
}

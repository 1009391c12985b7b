/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a text. */
#include "base/span.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

struct span span_of(const char *string)
{
	return (struct span){ string, strlen(string) };
}

struct span span_from(struct span span, size_t from)
{
	return (struct span){ span.text + from, span.length - from };
}

struct span span_trim(struct span span)
{
	while (span.length && isspace((unsigned char)span.text[0]))
		span = span_from(span, 1);
	while (span.length && isspace((unsigned char)span.text[span.length - 1]))
		span.length--;
	return span;
}

bool span_equal(struct span a, struct span b)
{
	return a.length == b.length && (!a.length || memcmp(a.text, b.text, a.length) == 0);
}

bool span_is(struct span span, const char *string)
{
	return span_equal(span, span_of(string));
}

bool span_begins(struct span span, const char *prefix)
{
	size_t length = strlen(prefix);

	return span.length >= length && span_is((struct span){ span.text, length }, prefix);
}

const char *span_find(struct span span, const char *part)
{
	return span.length ? memmem(span.text, span.length, part, strlen(part)) : NULL;
}

bool span_contains(struct span span, const char *part)
{
	return span_find(span, part) != NULL;
}

bool span_skip(struct span *rest, const char *prefix)
{
	if (!span_begins(*rest, prefix))
		return false;
	*rest = span_from(*rest, strlen(prefix));
	return true;
}

bool span_cut(struct span *rest, const char *mark, struct span *before)
{
	const char *at = span_find(*rest, mark);

	if (!at)
		return false;
	*before = (struct span){ rest->text, (size_t)(at - rest->text) };
	*rest = span_from(*rest, before->length + strlen(mark));
	return true;
}

bool span_next_line(struct span *rest, struct span *line)
{
	if (!rest->length)
		return false;
	if (!span_cut(rest, "\n", line)) {
		*line = *rest;
		*rest = span_from(*rest, rest->length);
	}
	return true;
}

bool span_next_word(struct span *rest, struct span *word)
{
	size_t length = 0;

	while (length < rest->length && text_is_word(rest->text[length]))
		length++;
	if (!length)
		return false;
	*word = (struct span){ rest->text, length };
	*rest = span_from(*rest, length);
	return true;
}

bool span_next_quoted(struct span *rest, struct span *text)
{
	struct span after = *rest, before;

	if (!span_cut(&after, "'", &before) || !span_cut(&after, "'", text))
		return false;
	*rest = after;
	return true;
}

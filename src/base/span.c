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

bool span_next_line(struct span *rest, struct span *line)
{
	const char *newline;

	if (!rest->length)
		return false;
	newline = memchr(rest->text, '\n', rest->length);
	*line = (struct span){ rest->text,
			       newline ? (size_t)(newline - rest->text) : rest->length };
	*rest = span_from(*rest, line->length + (newline != NULL));
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
	const char *open = span_find(*rest, "'"), *close;
	struct span behind;

	if (!open)
		return false;
	behind = span_from(*rest, (size_t)(open + 1 - rest->text));
	close = span_find(behind, "'");
	if (!close)
		return false;
	*text = (struct span){ behind.text, (size_t)(close - behind.text) };
	*rest = span_from(behind, text->length + 1);
	return true;
}

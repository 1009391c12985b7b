/* SPDX-License-Identifier: Apache-2.0 */
/* Where the parts of an assignment end: not within quotes, braces or brackets. */
#include "model/assignment.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"

/* Behind the quoted text that begins at FROM. */
static size_t skip_quoted(struct span text, size_t from)
{
	size_t i = from + 1;

	while (i < text.length && text.text[i] != '"')
		i += text.text[i] == '\\' ? 2 : 1;
	return i < text.length ? i + 1 : text.length;
}

/* The first of the mark's character that stands outside of everything; the length of the
 * text if there is none. */
static size_t find_outside(struct span text, char mark)
{
	unsigned depth = 0;

	for (size_t i = 0; i < text.length;) {
		const char c = text.text[i];

		/* A quotation mark within a word is part of it. */
		if (c == '"' && (!i || !isalnum((unsigned char)text.text[i - 1]))) {
			i = skip_quoted(text, i);
			continue;
		}
		if (c == mark && !depth)
			return i;
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth)
			depth--;
		i++;
	}
	return text.length;
}

/* With a blank before it: "#" may be part of a word. */
static struct span without_comment(struct span line)
{
	for (size_t i = 0; i < line.length;) {
		if (line.text[i] == '"' && (!i || !isalnum((unsigned char)line.text[i - 1]))) {
			i = skip_quoted(line, i);
			continue;
		}
		if (line.text[i] == '#' && (!i || isspace((unsigned char)line.text[i - 1])))
			line.length = i;
		i++;
	}
	return line;
}

static struct span part(struct span text, size_t length)
{
	return span_trim((struct span){ text.text, length });
}

void assignment_line(struct span line, struct assignment *out)
{
	size_t end;

	*out = (struct assignment){ .has_value = false };
	line = span_trim(without_comment(line));
	end = find_outside(line, '=');
	out->key = part(line, end);
	out->has_value = end < line.length;
	if (out->has_value)
		out->value = span_trim(span_from(line, end + 1));
}

static int malformed(const char *place, const char *what, const char **at,
		     struct skbscope_error *error)
{
	*at = place;
	return hint(error, fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s", what),
		    "write TABLE[KEY]=VALUE, or TABLE=@FILE with lines of KEY = VALUE");
}

static int split_file(struct span rest, struct assignment *out, const char **at,
		      struct skbscope_error *error)
{
	if (!span_skip(&rest, "@"))
		return malformed(rest.text,
				 "'@' and a file, or a key in brackets before '=', belong here", at,
				 error);
	if (!rest.length)
		return malformed(rest.text, "there is no file behind '@'", at, error);
	out->file = rest;
	return 0;
}

int assignment_split(struct span text, struct assignment *out, const char **at,
		     struct skbscope_error *error)
{
	struct span rest = span_trim(text);
	size_t length = 0, end;

	*out = (struct assignment){ .has_value = false };
	while (length < rest.length && !strchr("[= \t", rest.text[length]))
		length++;
	out->table = (struct span){ rest.text, length };
	rest = span_trim(span_from(rest, length));
	if (!length)
		return malformed(text.text, "the name of a table belongs here", at, error);
	if (span_skip(&rest, "="))
		return split_file(span_trim(rest), out, at, error);
	if (!span_skip(&rest, "["))
		return malformed(rest.text, "a key in brackets, or '=@' and a file, belong here",
				 at, error);
	end = find_outside(rest, ']');
	if (end == rest.length)
		return malformed(rest.text, "the bracket of the key is not closed", at, error);
	out->key = part(rest, end);
	rest = span_trim(span_from(rest, end + 1));
	out->has_value = rest.length > 0;
	if (!rest.length)
		return 0;
	if (!span_skip(&rest, "="))
		return malformed(rest.text, "'=' and a value belong here", at, error);
	out->value = span_trim(rest);
	return 0;
}

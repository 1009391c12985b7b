/* SPDX-License-Identifier: Apache-2.0 */
#include "expect/lines.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"

#define MISTAKES_MAX 20u /* more than anybody reads at a time */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* A # that begins a word, unless in quotes. */
static size_t before_comment(struct span line)
{
	bool quoted = false;

	for (size_t i = 0; i < line.length; i++) {
		if (line.text[i] == '"' && !(i && line.text[i - 1] == '\\'))
			quoted = !quoted;
		else if (line.text[i] == '#' && !quoted && (!i || is_blank(line.text[i - 1])))
			return i;
	}
	return line.length;
}

void lines_next(struct lines *lines)
{
	do {
		lines->there = span_next_line(&lines->rest, &lines->whole);
		lines->number++;
		lines->line = lines->whole;
		lines->line.length = before_comment(lines->whole);
		lines->indented = lines->line.length && is_blank(lines->line.text[0]);
		lines->line = span_trim(lines->line);
	} while (lines->there && !lines->line.length);
	if (lines->mistakes >= MISTAKES_MAX)
		lines->there = false;
}

bool lines_next_indented(struct lines *lines)
{
	lines_next(lines);
	return lines->there && lines->indented;
}

void lines_open(struct lines *lines, const char *path, const char *text, size_t length)
{
	lines->path = path;
	lines->rest = (struct span){ text, length };
	span_skip(&lines->rest,
		  "\xef\xbb\xbf"); /* some editors begin a file with a byte order mark */
	lines->number = 0;
	lines_next(lines);
}

static uint32_t column_in(struct span whole, const char *at)
{
	return at && at >= whole.text && at <= whole.text + whole.length
		       ? (uint32_t)(at - whole.text) + 1
		       : 0;
}

uint32_t lines_column(const struct lines *lines, const char *at)
{
	return column_in(lines->whole, at);
}

static void add_mistake(struct lines *lines, struct skbscope_diagnostic *mistake,
			const char *format, va_list arguments)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_vprintf(&text, format, arguments);
	mistake->severity = SKBSCOPE_SEVERITY_ERROR;
	mistake->file = lines->path;
	mistake->message = buffer_text(&text);
	if (lines->diagnostics)
		skbscope_diagnostics_add(lines->diagnostics, mistake);
	lines->mistakes++;
}

static void add_mistake_in(struct lines *lines, uint32_t number, struct span whole, const char *at,
			   const char *hint, const char *format, va_list arguments)
{
	AUTO(freep) char *source = strndup(whole.text, whole.length);
	struct skbscope_diagnostic mistake = {
		.line = number,
		.column = column_in(whole, at),
		.source = source,
		.hint = hint,
	};

	add_mistake(lines, &mistake, format, arguments);
}

void lines_mistake(struct lines *lines, const char *at, const char *hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_mistake_in(lines, lines->number, lines->whole, at, hint, format, arguments);
	va_end(arguments);
}

void lines_mistake_in(struct lines *lines, uint32_t number, struct span whole, const char *at,
		      const char *hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_mistake_in(lines, number, whole, at, hint, format, arguments);
	va_end(arguments);
}

void lines_mistake_at(struct lines *lines, uint32_t number, const char *format, ...)
{
	struct skbscope_diagnostic mistake = { .line = number };
	va_list arguments;

	va_start(arguments, format);
	add_mistake(lines, &mistake, format, arguments);
	va_end(arguments);
}

void lines_skip_blanks(struct span *rest)
{
	while (rest->length && is_blank(rest->text[0]))
		*rest = span_from(*rest, 1);
}

static const char *keep(struct lines *lines, const char *text, size_t length)
{
	const char *kept = arena_string_n(lines->arena, text, length);

	return kept ? kept : "";
}

static void take_quoted(struct lines *lines, struct span *rest, struct word *word)
{
	char *to = arena_string_n(lines->arena, rest->text + 1, rest->length - 1);
	const char *start = to;
	size_t i = 1;

	for (; i < rest->length && rest->text[i] != '"'; i++) {
		i += rest->text[i] == '\\' && i + 1 < rest->length && rest->text[i + 1] == '"';
		if (to)
			*to++ = rest->text[i];
	}
	if (to)
		*to = '\0';
	word->text = start ? start : "";
	word->quoted = true;
	if (i == rest->length)
		lines_mistake(lines, word->at, "end the text with '\"'", "a quote is not closed");
	*rest = span_from(*rest, i < rest->length ? i + 1 : i);
}

static bool begins_with_blank(struct span rest)
{
	return !rest.length || is_blank(rest.text[0]);
}

static size_t unquoted_length(struct span rest, bool brackets)
{
	size_t length = 0, depth = 0;

	for (; length < rest.length; length++) {
		char c = rest.text[length];

		if (depth ? false : is_blank(c))
			break;
		if (brackets && (c == '[' || c == '{'))
			depth++;
		else if (depth && (c == ']' || c == '}'))
			depth--;
	}
	return length;
}

static bool take_word(struct lines *lines, struct span *rest, bool brackets, struct word *word)
{
	size_t length;

	lines_skip_blanks(rest);
	*word = (struct word){ .text = "", .at = rest->text };
	if (!rest->length)
		return false;
	if (rest->text[0] == '"') {
		take_quoted(lines, rest, word);
		if (!begins_with_blank(*rest) && !(brackets && rest->text[0] == ','))
			lines_mistake(lines, rest->text, NULL,
				      "something stands right behind a quoted text");
		return true;
	}
	length = unquoted_length(*rest, brackets);
	word->text = keep(lines, rest->text, length);
	*rest = span_from(*rest, length);
	return true;
}

bool lines_word(struct lines *lines, struct span *rest, struct word *word)
{
	return take_word(lines, rest, false, word);
}

bool lines_value(struct lines *lines, struct span *rest, struct word *word)
{
	return take_word(lines, rest, true, word);
}

bool lines_number(struct lines *lines, const struct word *word, uint64_t most, uint64_t *out)
{
	if (text_number(word->text, out) && *out <= most)
		return true;
	lines_mistake(lines, word->at, NULL, "'%s' is no number up to %" PRIu64, word->text, most);
	return false;
}

void *lines_grow(struct arena *arena, void *items, size_t *count, size_t *room, size_t size)
{
	if (*count == *room) {
		size_t more = *count ? *count * 2 : 4;
		char *larger = arena_alloc(arena, more, size);

		if (!larger) {
			*count = *room = 0;
			return NULL;
		}
		if (*count)
			memcpy(larger, items, *count * size);
		items = larger;
		*room = more;
	}
	memset((char *)items + *count * size, 0, size);
	++*count;
	return items;
}

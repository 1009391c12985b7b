/* SPDX-License-Identifier: Apache-2.0 */
/* As much of C as it takes to know a function's body from a comment about one. */
#include "compile/tracepoints.h"

#include <string.h>

#include "base/span.h"
#include "base/text.h"

static const char body[] = "return 0;";

struct scanner {
	const char *text;
	size_t length, at;
};

static char peek(const struct scanner *scanner, size_t ahead)
{
	return scanner->at + ahead < scanner->length ? scanner->text[scanner->at + ahead] : '\0';
}

/* To behind MARK, where no backslash stands in front of it. */
static void skip_to(struct scanner *scanner, const char *mark)
{
	const size_t length = strlen(mark);

	for (; scanner->at < scanner->length; scanner->at++) {
		if (peek(scanner, 0) == '\\' && mark[0] != '*') {
			scanner->at++;
		} else if (scanner->length - scanner->at >= length &&
			   memcmp(scanner->text + scanner->at, mark, length) == 0) {
			scanner->at += length;
			return;
		}
	}
	scanner->at = scanner->length;
}

static bool is_directive(const struct scanner *scanner)
{
	size_t at = scanner->at;

	while (at && (scanner->text[at - 1] == ' ' || scanner->text[at - 1] == '\t'))
		at--;
	return !at || scanner->text[at - 1] == '\n';
}

/* The next character that counts, or the first of a word; '\0' at the end. */
static char next(struct scanner *scanner, struct span *word)
{
	const char c = peek(scanner, 0), after = peek(scanner, 1);
	const size_t start = scanner->at;

	*word = (struct span){ scanner->text + start, 0 };
	if (scanner->at >= scanner->length)
		return '\0';
	if (text_is_word(c)) {
		while (text_is_word(peek(scanner, 0)))
			scanner->at++;
		word->length = scanner->at - start;
		return c;
	}
	scanner->at++;
	if (c == '/' && after == '*')
		skip_to(scanner, "*/");
	else if ((c == '/' && after == '/') ||
		 (c == '#' &&
		  is_directive(&(struct scanner){ scanner->text, scanner->length, start })))
		skip_to(scanner, "\n");
	else if (c == '"' || c == '\'')
		skip_to(scanner, c == '"' ? "\"" : "'");
	else
		return c == '\0' ? ' ' : c;
	return ' ';
}

/* Past what closes the bracket that was just read. */
static bool close_bracket(struct scanner *scanner, char open, char close)
{
	struct span word;
	int depth = 1;
	char c;

	while (depth && (c = next(scanner, &word)))
		depth += word.length ? 0 : (c == open) - (c == close);
	return depth == 0;
}

static char next_solid(struct scanner *scanner)
{
	struct span word;
	char c;

	while ((c = next(scanner, &word)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		;
	return word.length ? 'w' : c;
}

/* Behind the name: (parameters) { body }. */
static bool find_body(struct scanner *scanner, size_t *start, size_t *end)
{
	if (next_solid(scanner) != '(' || !close_bracket(scanner, '(', ')') ||
	    next_solid(scanner) != '{')
		return false;
	*start = scanner->at;
	if (!close_bracket(scanner, '{', '}'))
		return false;
	*end = scanner->at - 1;
	return true;
}

static bool is_tracepoint(struct span word)
{
	return span_is(word, "TRACEPOINT_PROBE") || span_begins(word, "tracepoint__");
}

static void empty(char *text, size_t start, size_t end)
{
	for (size_t i = start; i < end; i++)
		if (text[i] != '\n' && text[i] != '\r')
			text[i] = ' ';
	for (size_t i = start; i + strlen(body) <= end; i++)
		if (!memchr(text + i, '\n', strlen(body))) {
			memcpy(text + i, body, strlen(body));
			return;
		}
}

const char *tracepoints_emptied(struct arena *arena, const char *text, size_t length)
{
	struct scanner scanner = { text, length, 0 };
	char *changed = NULL;
	struct span word;
	char c;

	if (!strstr(text, "TRACEPOINT_PROBE") && !strstr(text, "tracepoint__"))
		return text;
	while ((c = next(&scanner, &word))) {
		struct scanner ahead = scanner;
		size_t start, end;

		if (!word.length && c == '{')
			close_bracket(&scanner, '{', '}');
		if (!is_tracepoint(word) || !find_body(&ahead, &start, &end))
			continue;
		if (!changed)
			changed = arena_string_n(arena, text, length);
		if (!changed)
			return NULL;
		empty(changed, start, end);
		scanner.at = ahead.at;
	}
	return changed ? changed : text;
}

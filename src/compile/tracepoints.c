/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of tracepoints: which they are, and where their bodies begin and end. */
#include "compile/tracepoints.h"

#include <string.h>

#include "base/span.h"
#include "compile/c_scan.h"

static const char body[] = "return 0;";

/* Behind the name: (parameters) { body }. */
static bool find_body(struct c_scanner *scanner, size_t *start, size_t *end)
{
	if (c_next_solid(scanner) != '(' || !c_close_bracket(scanner, '(', ')') ||
	    c_next_solid(scanner) != '{')
		return false;
	*start = scanner->at;
	if (!c_close_bracket(scanner, '{', '}'))
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
	struct c_scanner scanner = { text, length, 0 };
	char *changed = NULL;
	struct span word;
	char c;

	if (!strstr(text, "TRACEPOINT_PROBE") && !strstr(text, "tracepoint__"))
		return text;
	while ((c = c_next(&scanner, &word))) {
		struct c_scanner ahead = scanner;
		size_t start, end;

		if (!word.length && c == '{')
			c_close_bracket(&scanner, '{', '}');
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

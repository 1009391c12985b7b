/* SPDX-License-Identifier: Apache-2.0 */
/* A walk over C text, character by character and word by word. */
#include "compile/c_scan.h"

#include <string.h>

#include "base/text.h"

char c_peek(const struct c_scanner *scanner, size_t ahead)
{
	return scanner->at + ahead < scanner->length ? scanner->text[scanner->at + ahead] : '\0';
}

/* To behind MARK, where no backslash stands in front of it. */
static void skip_to(struct c_scanner *scanner, const char *mark)
{
	const size_t length = strlen(mark);

	for (; scanner->at < scanner->length; scanner->at++) {
		if (c_peek(scanner, 0) == '\\' && mark[0] != '*') {
			scanner->at++;
		} else if (scanner->length - scanner->at >= length &&
			   memcmp(scanner->text + scanner->at, mark, length) == 0) {
			scanner->at += length;
			return;
		}
	}
	scanner->at = scanner->length;
}

static bool is_directive(const struct c_scanner *scanner)
{
	size_t at = scanner->at;

	while (at && (scanner->text[at - 1] == ' ' || scanner->text[at - 1] == '\t'))
		at--;
	return !at || scanner->text[at - 1] == '\n';
}

char c_next(struct c_scanner *scanner, struct span *word)
{
	const char c = c_peek(scanner, 0), after = c_peek(scanner, 1);
	const size_t start = scanner->at;

	*word = (struct span){ scanner->text + start, 0 };
	if (scanner->at >= scanner->length)
		return '\0';
	if (text_is_word(c)) {
		while (text_is_word(c_peek(scanner, 0)))
			scanner->at++;
		word->length = scanner->at - start;
		return c;
	}
	scanner->at++;
	if (c == '/' && after == '*')
		skip_to(scanner, "*/");
	else if ((c == '/' && after == '/') ||
		 (c == '#' &&
		  is_directive(&(struct c_scanner){ scanner->text, scanner->length, start })))
		skip_to(scanner, "\n");
	else if (c == '"' || c == '\'')
		skip_to(scanner, c == '"' ? "\"" : "'");
	else
		return c == '\0' ? ' ' : c;
	return ' ';
}

bool c_close_bracket(struct c_scanner *scanner, char open, char close)
{
	struct span word;
	int depth = 1;
	char c;

	while (depth && (c = c_next(scanner, &word)))
		depth += word.length ? 0 : (c == open) - (c == close);
	return depth == 0;
}

char c_next_solid(struct c_scanner *scanner)
{
	struct span word;
	char c;

	while ((c = c_next(scanner, &word)) == ' ' || c == '\t' || c == '\n' || c == '\r')
		;
	return word.length ? 'w' : c;
}

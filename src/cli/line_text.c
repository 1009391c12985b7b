/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/line_text.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Of the word in front of a parenthesis: a call, or the macro of one. */
static bool is_called(const char *word, size_t length)
{
	static const char *const others[] = { "if",     "while",  "for",    "switch",
					      "return", "sizeof", "typeof", NULL };

	for (size_t i = 0; others[i]; i++)
		if (strlen(others[i]) == length && strncmp(word, others[i], length) == 0)
			return false;
	return length > 0;
}

bool line_may_store(const char *source)
{
	const char *word = source;

	for (const char *at = source; *at; at++) {
		const char before = at > source ? at[-1] : ' ';

		if (at[0] == '/' && at[1] == '*') {
			const char *end = strstr(at + 2, "*/");

			if (!end)
				return false;
			at = end + 1;
			continue;
		}
		if (at[0] == '/' && at[1] == '/')
			return false;
		if (at[0] == '=' && at[1] != '=' && !strchr("=!<>", before))
			return true;
		if (at[0] == '=' && strchr("<>", before) && at - source > 1 && at[-2] == before)
			return true; /* <<= and >>= */
		if ((at[0] == '+' || at[0] == '-') && at[1] == at[0])
			return true;
		if (is_word(*at) && !is_word(before))
			word = at;
		if (*at == '(') {
			const char *end = at;

			while (end > source && isblank((unsigned char)end[-1]))
				end--;
			if (end > source && is_word(end[-1]) &&
			    is_called(word, (size_t)(end - word)))
				return true;
		}
	}
	return false;
}

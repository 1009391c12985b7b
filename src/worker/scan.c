/* SPDX-License-Identifier: Apache-2.0 */
/* A tokenizer for C that knows words, strings, punctuation, lines and nesting. */
#include "worker/scan.h"

#include <ctype.h>
#include <string.h>

struct token {
	enum { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_OTHER } kind;
	const char *text;
	size_t length;
	uint32_t line;
};

struct scanner {
	const char *next, *end;
	uint32_t line;
	bool line_start; /* nothing but blanks so far on this line */
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool looking_at(const struct scanner *scanner, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(scanner->end - scanner->next) >= length &&
	       memcmp(scanner->next, text, length) == 0;
}

static void step(struct scanner *scanner)
{
	if (*scanner->next == '\n') {
		scanner->line++;
		scanner->line_start = true;
	}
	scanner->next++;
}

/* To the end of a line that no backslash continues. */
static void skip_line(struct scanner *scanner)
{
	while (scanner->next < scanner->end && *scanner->next != '\n') {
		if (*scanner->next == '\\' && scanner->end - scanner->next > 1)
			step(scanner);
		step(scanner);
	}
}

static void skip_block_comment(struct scanner *scanner)
{
	scanner->next += 2;
	while (scanner->next < scanner->end && !looking_at(scanner, "*/"))
		step(scanner);
	scanner->next += scanner->end - scanner->next < 2 ? scanner->end - scanner->next : 2;
}

/* Blanks, comments and preprocessor lines. */
static void skip(struct scanner *scanner)
{
	while (scanner->next < scanner->end) {
		if (isspace((unsigned char)*scanner->next))
			step(scanner);
		else if (looking_at(scanner, "//") ||
			 (*scanner->next == '#' && scanner->line_start))
			skip_line(scanner);
		else if (looking_at(scanner, "/*"))
			skip_block_comment(scanner);
		else
			break;
	}
}

static void take_quoted(struct scanner *scanner, char quote)
{
	step(scanner);
	while (scanner->next < scanner->end && *scanner->next != quote && *scanner->next != '\n') {
		if (*scanner->next == '\\' && scanner->end - scanner->next > 1)
			step(scanner);
		step(scanner);
	}
	if (scanner->next < scanner->end && *scanner->next == quote)
		step(scanner);
}

static struct token take(struct scanner *scanner)
{
	struct token token = { .kind = TOKEN_END };

	skip(scanner);
	if (scanner->next >= scanner->end)
		return token;
	token.text = scanner->next;
	token.line = scanner->line;
	scanner->line_start = false;
	if (*scanner->next == '"' || *scanner->next == '\'') {
		token.kind = TOKEN_STRING;
		take_quoted(scanner, *scanner->next);
	} else if (is_word(*scanner->next)) {
		token.kind = TOKEN_WORD;
		while (scanner->next < scanner->end && is_word(*scanner->next))
			scanner->next++;
	} else {
		token.kind = TOKEN_OTHER;
		scanner->next++;
	}
	token.length = (size_t)(scanner->next - token.text);
	return token;
}

static struct scanner scan(const char *text, size_t length)
{
	return (struct scanner){
		.next = text, .end = text + length, .line = 1, .line_start = true
	};
}

static bool is(const struct token *token, const char *text)
{
	return token->kind != TOKEN_END && token->length == strlen(text) &&
	       memcmp(token->text, text, token->length) == 0;
}

/* After an opening parenthesis: past the closing one. */
static void skip_parentheses(struct scanner *scanner)
{
	for (int depth = 1; depth > 0;) {
		struct token token = take(scanner);

		if (token.kind == TOKEN_END)
			return;
		depth += is(&token, "(") ? 1 : is(&token, ")") ? -1 : 0;
	}
}

uint32_t scan_function_line(const char *text, size_t length, const char *name)
{
	struct scanner scanner = scan(text, length);
	int depth = 0;

	for (struct token token = take(&scanner); token.kind != TOKEN_END; token = take(&scanner)) {
		struct scanner ahead;
		struct token after;

		depth += is(&token, "{") ? 1 : is(&token, "}") ? -1 : 0;
		if (depth > 0 || !is(&token, name))
			continue;
		ahead = scanner;
		after = take(&ahead);
		if (!is(&after, "("))
			continue;
		skip_parentheses(&ahead);
		after = take(&ahead);
		if (is(&after, "{"))
			return token.line;
	}
	return 0;
}

uint32_t scan_first_line(const char *text, size_t length, const char *name)
{
	struct scanner scanner = scan(text, length);

	for (struct token token = take(&scanner); token.kind != TOKEN_END; token = take(&scanner))
		if (is(&token, name))
			return token.line;
	return UINT32_MAX;
}

uint32_t scan_method_line(const char *text, size_t length, const char *name, const char *method)
{
	struct scanner scanner = scan(text, length);

	for (struct token token = take(&scanner); token.kind != TOKEN_END; token = take(&scanner)) {
		struct scanner ahead = scanner;
		struct token dot, word, parenthesis;

		if (!is(&token, name))
			continue;
		dot = take(&ahead);
		word = take(&ahead);
		parenthesis = take(&ahead);
		if (is(&dot, ".") && is(&word, method) && is(&parenthesis, "("))
			return token.line;
	}
	return 0;
}

/* Whether argument NUMBER (from 0) of the call whose parenthesis comes next is
 * this one word, or this string. */
static bool argument_is(struct scanner scanner, int number, const char *text)
{
	struct token token = take(&scanner);
	int depth = 0, at = 0;

	if (!is(&token, "("))
		return false;
	for (token = take(&scanner); token.kind != TOKEN_END; token = take(&scanner)) {
		if (depth == 0 && is(&token, ")"))
			return false;
		depth += is(&token, "(") ? 1 : is(&token, ")") ? -1 : 0;
		if (depth == 0 && is(&token, ","))
			at++;
		else if (at == number)
			return is(&token, text);
	}
	return false;
}

bool scan_is_histogram(const char *text, size_t length, const char *name)
{
	struct scanner scanner = scan(text, length);

	for (struct token token = take(&scanner); token.kind != TOKEN_END; token = take(&scanner)) {
		if (is(&token, "BPF_HISTOGRAM") && argument_is(scanner, 0, name))
			return true;
		if ((is(&token, "BPF_TABLE") || is(&token, "BPF_F_TABLE") ||
		     is(&token, "BPF_TABLE_PUBLIC") || is(&token, "BPF_TABLE_SHARED")) &&
		    argument_is(scanner, 0, "\"histogram\"") && argument_is(scanner, 3, name))
			return true;
	}
	return false;
}

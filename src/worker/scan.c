/* SPDX-License-Identifier: Apache-2.0 */
/* A tokenizer for C that knows words, strings, punctuation, lines and nesting. */
#include "worker/scan.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/span.h"

struct token {
	enum { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_OTHER } kind;
	struct span text;
	uint32_t line;
};

struct scanner {
	struct span rest;
	uint32_t line;
	bool line_start; /* nothing but blanks so far on this line */
};

static void step(struct scanner *scanner)
{
	if (scanner->rest.text[0] == '\n') {
		scanner->line++;
		scanner->line_start = true;
	}
	scanner->rest = span_from(scanner->rest, 1);
}

/* A backslash takes the character after it along. */
static void step_escaped(struct scanner *scanner)
{
	if (scanner->rest.text[0] == '\\' && scanner->rest.length > 1)
		step(scanner);
	step(scanner);
}

/* To the end of a line that no backslash continues. */
static void skip_line(struct scanner *scanner)
{
	while (scanner->rest.length && scanner->rest.text[0] != '\n')
		step_escaped(scanner);
}

static void skip_block_comment(struct scanner *scanner)
{
	scanner->rest = span_from(scanner->rest, 2);
	while (scanner->rest.length && !span_skip(&scanner->rest, "*/"))
		step(scanner);
}

/* Blanks, comments and preprocessor lines. */
static void skip(struct scanner *scanner)
{
	while (scanner->rest.length) {
		const char next = scanner->rest.text[0];

		if (isspace((unsigned char)next))
			step(scanner);
		else if (span_begins(scanner->rest, "//") || (next == '#' && scanner->line_start))
			skip_line(scanner);
		else if (span_begins(scanner->rest, "/*"))
			skip_block_comment(scanner);
		else
			break;
	}
}

static void skip_quoted(struct scanner *scanner, char quote)
{
	step(scanner);
	while (scanner->rest.length && scanner->rest.text[0] != quote &&
	       scanner->rest.text[0] != '\n')
		step_escaped(scanner);
	if (scanner->rest.length && scanner->rest.text[0] == quote)
		step(scanner);
}

static struct token next_token(struct scanner *scanner)
{
	struct token token = { .kind = TOKEN_END };

	skip(scanner);
	if (!scanner->rest.length)
		return token;
	token.text = scanner->rest;
	token.line = scanner->line;
	scanner->line_start = false;
	if (token.text.text[0] == '"' || token.text.text[0] == '\'') {
		token.kind = TOKEN_STRING;
		skip_quoted(scanner, token.text.text[0]);
	} else if (span_next_word(&scanner->rest, &token.text)) {
		token.kind = TOKEN_WORD;
		return token;
	} else {
		token.kind = TOKEN_OTHER;
		scanner->rest = span_from(scanner->rest, 1);
	}
	token.text.length -= scanner->rest.length;
	return token;
}

static struct scanner scan(const char *text, size_t length)
{
	return (struct scanner){ .rest = { text, length }, .line = 1, .line_start = true };
}

static bool is(const struct token *token, const char *text)
{
	return token->kind != TOKEN_END && span_is(token->text, text);
}

/* After an opening parenthesis: past the closing one. */
static void skip_parentheses(struct scanner *scanner)
{
	for (int depth = 1; depth > 0;) {
		struct token token = next_token(scanner);

		if (token.kind == TOKEN_END)
			return;
		depth += is(&token, "(") ? 1 : is(&token, ")") ? -1 : 0;
	}
}

uint32_t scan_function_line(const char *text, size_t length, const char *name)
{
	struct scanner scanner = scan(text, length);
	int depth = 0;

	for (struct token token = next_token(&scanner); token.kind != TOKEN_END;
	     token = next_token(&scanner)) {
		struct scanner ahead;
		struct token after;

		depth += is(&token, "{") ? 1 : is(&token, "}") ? -1 : 0;
		if (depth > 0 || !is(&token, name))
			continue;
		ahead = scanner;
		after = next_token(&ahead);
		if (!is(&after, "("))
			continue;
		skip_parentheses(&ahead);
		after = next_token(&ahead);
		if (is(&after, "{"))
			return token.line;
	}
	return 0;
}

uint32_t scan_first_line(const char *text, size_t length, const char *name)
{
	struct scanner scanner = scan(text, length);

	for (struct token token = next_token(&scanner); token.kind != TOKEN_END;
	     token = next_token(&scanner))
		if (is(&token, name))
			return token.line;
	return UINT32_MAX;
}

/* Preprocessor lines begin where the tokens' scanner would skip one. */
static bool next_directive(struct scanner *scanner, struct span *directive)
{
	while (scanner->rest.length) {
		const char next = scanner->rest.text[0];

		if (next == '#' && scanner->line_start) {
			*directive = scanner->rest;
			skip_line(scanner);
			directive->length -= scanner->rest.length;
			return true;
		}
		if (isspace((unsigned char)next)) {
			step(scanner);
		} else if (span_begins(scanner->rest, "//")) {
			skip_line(scanner);
		} else if (span_begins(scanner->rest, "/*")) {
			skip_block_comment(scanner);
		} else {
			scanner->line_start = false;
			if (next == '"' || next == '\'')
				skip_quoted(scanner, next);
			else
				step(scanner);
		}
	}
	return false;
}

static bool directive_names(struct scanner inside, const char *name)
{
	for (struct token token = next_token(&inside); token.kind != TOKEN_END;
	     token = next_token(&inside))
		if (is(&token, name))
			return true;
	return false;
}

static struct span macro_of(struct scanner inside)
{
	struct token token = next_token(&inside);

	if (!is(&token, "define"))
		return (struct span){ 0 };
	token = next_token(&inside);
	return token.kind == TOKEN_WORD ? token.text : (struct span){ 0 };
}

size_t scan_directives(const char *text, size_t length, const char *name, struct span *macros,
		       size_t room)
{
	struct scanner scanner = scan(text, length);
	struct span directive;
	size_t count = 0;

	while (next_directive(&scanner, &directive)) {
		struct scanner inside = scan(directive.text + 1, directive.length - 1);

		inside.line_start = false;
		if (!directive_names(inside, name))
			continue;
		if (count < room)
			macros[count] = macro_of(inside);
		count++;
	}
	return count;
}

uint32_t scan_call_line(const char *text, size_t length, struct span name, uint32_t line)
{
	struct scanner scanner = scan(text, length);

	for (struct token token = next_token(&scanner);
	     token.kind != TOKEN_END && token.line <= line; token = next_token(&scanner)) {
		struct scanner ahead = scanner;
		struct token parenthesis;

		if (token.kind != TOKEN_WORD || !span_equal(token.text, name))
			continue;
		parenthesis = next_token(&ahead);
		if (!is(&parenthesis, "("))
			continue;
		skip_parentheses(&ahead);
		if (ahead.line >= line)
			return token.line;
	}
	return 0;
}

uint32_t scan_method_line(const char *text, size_t length, const char *name, const char *method)
{
	struct scanner scanner = scan(text, length);

	for (struct token token = next_token(&scanner); token.kind != TOKEN_END;
	     token = next_token(&scanner)) {
		struct scanner ahead = scanner;
		struct token dot, word, parenthesis;

		if (!is(&token, name))
			continue;
		dot = next_token(&ahead);
		word = next_token(&ahead);
		parenthesis = next_token(&ahead);
		if (is(&dot, ".") && is(&word, method) && is(&parenthesis, "("))
			return token.line;
	}
	return 0;
}

/* Whether argument NUMBER (from 0) of the call whose parenthesis comes next is
 * this one word, or this string. */
static bool argument_is(struct scanner scanner, int number, const char *text)
{
	struct token token = next_token(&scanner);
	int depth = 0, at = 0;

	if (!is(&token, "("))
		return false;
	for (token = next_token(&scanner); token.kind != TOKEN_END; token = next_token(&scanner)) {
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

	for (struct token token = next_token(&scanner); token.kind != TOKEN_END;
	     token = next_token(&scanner)) {
		if (is(&token, "BPF_HISTOGRAM") && argument_is(scanner, 0, name))
			return true;
		if ((is(&token, "BPF_TABLE") || is(&token, "BPF_F_TABLE") ||
		     is(&token, "BPF_TABLE_PUBLIC") || is(&token, "BPF_TABLE_SHARED")) &&
		    argument_is(scanner, 0, "\"histogram\"") && argument_is(scanner, 3, name))
			return true;
	}
	return false;
}

/* Names of what holds a logarithm. */
struct logarithms {
	struct span names[32];
	size_t count;
};

static bool says_log2(struct span word)
{
	for (; word.length >= 4; word = span_from(word, 1))
		if (strncasecmp(word.text, "log2", 4) == 0)
			return true;
	return false;
}

static bool is_logarithm(const struct logarithms *logarithms, const struct token *token)
{
	if (token->kind != TOKEN_WORD)
		return false;
	for (size_t i = 0; i < logarithms->count; i++)
		if (logarithms->names[i].length == token->text.length &&
		    memcmp(logarithms->names[i].text, token->text.text, token->text.length) == 0)
			return true;
	return says_log2(token->text);
}

static void add_logarithm(struct logarithms *logarithms, const struct token *token)
{
	if (token->kind == TOKEN_WORD && !is_logarithm(logarithms, token) &&
	    logarithms->count < sizeof(logarithms->names) / sizeof(*logarithms->names))
		logarithms->names[logarithms->count++] = token->text;
}

struct names {
	struct token tokens[4];
	size_t count;
};

static void add_logarithms(struct logarithms *logarithms, const struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		add_logarithm(logarithms, &names->tokens[i]);
}

/* Of "key.slot = bpf_log2l(x)" both names: the struct is handed on. So it is where it begins with
 * one, "key = { .slot = bpf_log2l(x) }". */
static void find_assigned(struct scanner scanner, struct logarithms *logarithms)
{
	struct token before = { .kind = TOKEN_END };
	struct names names = { .count = 0 }, begun = { .count = 0 };
	size_t depth = 0; /* of the braces that BEGUN begins with */
	bool assigned = false;

	for (struct token token = next_token(&scanner); token.kind != TOKEN_END;
	     before = token, token = next_token(&scanner)) {
		if (is(&token, "{") && (assigned || depth)) {
			if (!depth++)
				begun = names;
			names.count = 0;
			assigned = false;
		} else if (is(&token, ";") || is(&token, "{") || is(&token, "}")) {
			depth -= is(&token, "}") && depth;
			depth = is(&token, ";") ? 0 : depth;
			names.count = 0;
			assigned = false;
		} else if (is(&token, "=")) {
			assigned = true;
		} else if ((assigned || depth) && is_logarithm(logarithms, &token)) {
			if (assigned)
				add_logarithms(logarithms, &names);
			if (depth)
				add_logarithms(logarithms, &begun);
		} else if (!assigned && token.kind == TOKEN_WORD) {
			if (!is(&before, ".") && !is(&before, ">"))
				names.count = 0;
			if (names.count < sizeof(names.tokens) / sizeof(*names.tokens))
				names.tokens[names.count++] = token;
		} else if (assigned && is(&token, ",")) {
			names.count = 0;
			assigned = false;
		}
	}
}

/* Whether one of the arguments of the call whose parenthesis comes next is one. */
static bool has_logarithm(struct scanner scanner, const struct logarithms *logarithms)
{
	struct token token = next_token(&scanner);
	int depth = is(&token, "(");

	while (depth > 0) {
		token = next_token(&scanner);
		if (token.kind == TOKEN_END)
			return false;
		if (is_logarithm(logarithms, &token))
			return true;
		depth += is(&token, "(") ? 1 : is(&token, ")") ? -1 : 0;
	}
	return false;
}

bool scan_is_log2(const char *text, size_t length, const char *name)
{
	struct logarithms logarithms = { .count = 0 };
	struct scanner scanner = scan(text, length);
	size_t before;
	bool used = false, any = false;

	do { /* what is assigned from what was assigned */
		before = logarithms.count;
		find_assigned(scanner, &logarithms);
	} while (logarithms.count > before);
	for (struct token token = next_token(&scanner); token.kind != TOKEN_END;
	     token = next_token(&scanner)) {
		struct scanner ahead = scanner;
		struct token dot, method;

		any |= token.kind == TOKEN_WORD && says_log2(token.text);
		if (!is(&token, name))
			continue;
		dot = next_token(&ahead);
		method = next_token(&ahead);
		if (!is(&dot, ".") || method.kind != TOKEN_WORD)
			continue;
		used = true;
		if (has_logarithm(ahead, &logarithms))
			return true;
	}
	return any && !used; /* it is used in a macro */
}

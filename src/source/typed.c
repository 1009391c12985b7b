/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over C text that knows comments, literals, lines of the preprocessor, brackets
 * and where statements end: enough to tell a function from a loop, and a declaration from
 * the rest. What is no C at all is left for the compiler to say.
 */
#include "source/typed.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static const char lead[] = "#include <uapi/linux/bpf.h>\n"
			   "#include <uapi/linux/pkt_cls.h>\n"
			   "#include <uapi/linux/if_ether.h>\n"
			   "#include <uapi/linux/in.h>\n"
			   "#include <uapi/linux/ip.h>\n"
			   "#include <uapi/linux/ipv6.h>\n"
			   "#include <uapi/linux/tcp.h>\n"
			   "#include <uapi/linux/udp.h>\n"
			   "#include <skbscope/types.h>\n";
static const char head[] = "int f(struct __sk_buff *skb) {\n";
static const char tail[] = "return TC_ACT_UNSPEC; }\n";

enum piece {
	PIECE_BLANK,
	PIECE_COMMENT,
	PIECE_DIRECTIVE, /* a line that begins with # */
	PIECE_STATEMENT,
	PIECE_FUNCTION,
};

struct walk {
	struct span text;
	size_t at;
};

static char peek(const struct walk *walk, size_t ahead)
{
	return walk->at + ahead < walk->text.length ? walk->text.text[walk->at + ahead] : '\0';
}

static bool at_line_start(const struct walk *walk)
{
	for (size_t i = walk->at; i-- > 0;) {
		if (walk->text.text[i] == '\n')
			return true;
		if (!isspace((unsigned char)walk->text.text[i]))
			return false;
	}
	return true;
}

static void skip_line(struct walk *walk)
{
	while (walk->at < walk->text.length && peek(walk, 0) != '\n')
		walk->at += peek(walk, 0) == '\\' && peek(walk, 1) ? 2 : 1;
}

static bool skip_comment(struct walk *walk)
{
	if (peek(walk, 0) != '/' || (peek(walk, 1) != '/' && peek(walk, 1) != '*'))
		return false;
	if (peek(walk, 1) == '/') {
		skip_line(walk);
		return true;
	}
	walk->at += 2;
	while (walk->at < walk->text.length && (peek(walk, 0) != '*' || peek(walk, 1) != '/'))
		walk->at++;
	walk->at += 2;
	return true;
}

static bool skip_literal(struct walk *walk)
{
	char quote = peek(walk, 0);

	if (quote != '"' && quote != '\'')
		return false;
	for (walk->at++; walk->at < walk->text.length && peek(walk, 0) != quote; walk->at++)
		walk->at += peek(walk, 0) == '\\';
	walk->at++;
	return true;
}

static struct span take_word(struct walk *walk)
{
	size_t start = walk->at;

	while (text_is_word(peek(walk, 0)))
		walk->at++;
	return (struct span){ walk->text.text + start, walk->at - start };
}

static bool is_one_of(struct span word, const char *const *words)
{
	for (; *words; words++)
		if (span_is(word, *words))
			return true;
	return false;
}

static const char *const control[] = { "if",     "else", "for",  "while",  "do",
				       "switch", "case", "goto", "return", NULL };
static const char *const types[] = { "struct", "union", "enum", "typedef", NULL };

/* What is known of a statement while it is read. */
struct statement {
	struct span first;
	size_t words, depth; /* words: outside of brackets */
	char last;           /* but blanks and comments */
	bool assigns, moves; /* moves: it goes before the function, if it is whole */
};

static bool opens_function(const struct statement *statement)
{
	return !statement->depth && statement->last == ')' && statement->words > 1 &&
	       !statement->assigns && !is_one_of(statement->first, control) &&
	       !span_begins(statement->first, "BPF_");
}

/* A type's definition has its body behind its name; a variable of such a type has not. */
static void classify(struct statement *statement, char c)
{
	if (statement->depth || statement->moves)
		return;
	if (c == '(' && statement->words == 1)
		statement->moves = span_begins(statement->first, "BPF_");
	else if (c == '{' && statement->words <= 2)
		statement->moves = is_one_of(statement->first, types);
	else if (statement->words)
		statement->moves = span_is(statement->first, "typedef");
}

/* Past one character of it; true where it ends there. */
static bool step(struct walk *walk, struct statement *statement, bool *function)
{
	char c = peek(walk, 0);

	if (text_is_word(c)) {
		struct span word = take_word(walk);

		if (!statement->words && !statement->depth)
			statement->first = word;
		statement->words += !statement->depth;
		if (!statement->depth && !span_is(statement->first, "typedef"))
			statement->moves = false;
		statement->last = 'a';
		return false;
	}
	walk->at++;
	if (isspace((unsigned char)c))
		return false;
	classify(statement, c);
	if (c == '{' && opens_function(statement))
		*function = true;
	statement->assigns |= !statement->depth && c == '=';
	if (strchr("({[", c))
		statement->depth++;
	else if (strchr(")}]", c))
		statement->depth -= statement->depth > 0;
	statement->last = c;
	return !statement->depth && (c == ';' || (c == '}' && !statement->moves));
}

static enum piece next_statement(struct walk *walk, bool *moves)
{
	struct statement statement = { 0 };
	bool function = false;

	while (walk->at < walk->text.length) {
		if (skip_comment(walk))
			continue;
		if (peek(walk, 0) == '#' && at_line_start(walk)) {
			skip_line(walk);
			continue;
		}
		if (skip_literal(walk)) {
			statement.last = '"';
			continue;
		}
		if (step(walk, &statement, &function))
			break;
	}
	*moves = statement.moves && statement.last == ';';
	return function ? PIECE_FUNCTION : PIECE_STATEMENT;
}

/* The next piece of the text; whether it goes before the function. */
static enum piece next_piece(struct walk *walk, bool *moves)
{
	enum piece piece = PIECE_BLANK;

	*moves = true;
	if (isspace((unsigned char)peek(walk, 0)))
		walk->at++;
	else if (skip_comment(walk))
		piece = PIECE_COMMENT;
	else if (peek(walk, 0) == '#' && at_line_start(walk)) {
		skip_line(walk);
		piece = PIECE_DIRECTIVE;
	} else
		piece = next_statement(walk, moves);
	if (walk->at > walk->text.length)
		walk->at = walk->text.length;
	return piece;
}

bool typed_has_function(struct span text)
{
	struct walk walk = { .text = text };
	bool moves;

	while (walk.at < text.length)
		if (next_piece(&walk, &moves) == PIECE_FUNCTION)
			return true;
	return false;
}

/* Without blanks at the ends of lines. */
static void put_lines(struct span text, struct buffer *out)
{
	struct span line;

	while (span_next_line(&text, &line)) {
		while (line.length && isspace((unsigned char)line.text[line.length - 1]))
			line.length--;
		buffer_append(out, line.text, line.length);
		buffer_string(out, "\n");
	}
}

static void blank(char *text, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (!isspace((unsigned char)text[i]))
			text[i] = ' ';
}

static uint32_t count_lines(struct span text)
{
	struct span line;
	uint32_t count = 0;

	while (span_next_line(&text, &line))
		count++;
	return count;
}

int typed_make(struct span text, struct buffer *out, struct typed *typed)
{
	AUTO(buffer_free) struct buffer before = { 0 }, body = { 0 };
	struct walk walk = { .text = text };

	buffer_append(&before, text.text, text.length);
	buffer_append(&body, text.text, text.length);
	if (before.failed || body.failed)
		return -ENOMEM;
	while (walk.at < text.length) {
		size_t start = walk.at;
		bool moves;

		next_piece(&walk, &moves);
		blank(moves ? body.data : before.data, start, walk.at);
	}
	buffer_string(out, lead);
	put_lines((struct span){ before.data, before.length }, out);
	buffer_string(out, head);
	put_lines((struct span){ body.data, body.length }, out);
	buffer_string(out, tail);
	typed->lines = count_lines(text);
	typed->lead = count_lines(span_of(lead));
	return out->failed ? -ENOMEM : 0;
}

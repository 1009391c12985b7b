/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that submit events, found in the text, and what is put into them. */
#include "compile/event_types.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/span.h"
#include "base/text.h"

#define ARGUMENTS_MAX 4

struct scanner {
	const char *at, *end, *line_start;
	uint32_t line;
	bool directive_may_start; /* nothing but blanks so far on this line */
};

static void step(struct scanner *scanner)
{
	if (*scanner->at++ != '\n')
		return;
	scanner->line++;
	scanner->line_start = scanner->at;
	scanner->directive_may_start = true;
}

static bool begins(const struct scanner *scanner, const char *what)
{
	const size_t length = strlen(what);

	return (size_t)(scanner->end - scanner->at) >= length &&
	       memcmp(scanner->at, what, length) == 0;
}

/* To the end of a line that no backslash continues. */
static void skip_line(struct scanner *scanner)
{
	while (scanner->at < scanner->end && *scanner->at != '\n') {
		if (*scanner->at == '\\' && scanner->at + 1 < scanner->end)
			step(scanner);
		step(scanner);
	}
}

static void skip_comment(struct scanner *scanner)
{
	scanner->at += 2;
	while (scanner->at < scanner->end && !begins(scanner, "*/"))
		step(scanner);
	for (int i = 0; i < 2 && scanner->at < scanner->end; i++)
		step(scanner);
}

static void skip_quoted(struct scanner *scanner)
{
	const char quote = *scanner->at;

	step(scanner);
	while (scanner->at < scanner->end && *scanner->at != quote && *scanner->at != '\n') {
		if (*scanner->at == '\\' && scanner->at + 1 < scanner->end)
			step(scanner);
		step(scanner);
	}
	if (scanner->at < scanner->end && *scanner->at == quote)
		step(scanner);
}

/* One thing that is no code; false: here is code. */
static bool skip_no_code(struct scanner *scanner)
{
	const char c = *scanner->at;

	if (begins(scanner, "/*"))
		skip_comment(scanner);
	else if (begins(scanner, "//") || (c == '#' && scanner->directive_may_start))
		skip_line(scanner);
	else if (c == '"' || c == '\'')
		skip_quoted(scanner);
	else if (isspace((unsigned char)c))
		step(scanner);
	else
		return false;
	return true;
}

static struct span next_word(struct scanner *scanner)
{
	struct span word = { scanner->at, 0 };

	while (scanner->at < scanner->end && text_is_word(*scanner->at))
		scanner->at++;
	scanner->directive_may_start = false;
	word.length = (size_t)(scanner->at - word.text);
	return word;
}

static void skip_blanks(struct scanner *scanner)
{
	while (scanner->at < scanner->end && isspace((unsigned char)*scanner->at))
		step(scanner);
}

/* The methods that submit, and which of their arguments tells the type. */
static const struct method {
	const char *name;
	size_t arguments, tells;
} methods[] = {
	{ "perf_submit", 3, 1 },
	{ "perf_submit_skb", 4, 2 },
	{ "ringbuf_output", 3, 0 },
	{ "ringbuf_reserve", 1, 0 },
};

static const struct method *find_method(struct span name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (span_is(name, methods[i].name))
			return &methods[i];
	return NULL;
}

struct call {
	struct span arguments[ARGUMENTS_MAX];
	size_t count;
	struct scanner end; /* at its closing parenthesis */
};

/* Behind the opening parenthesis. False: it is not closed, or has other code in it than
 * expressions. */
static bool parse_arguments(struct scanner *scanner, struct call *call)
{
	const char *start = scanner->at;
	int depth = 0;

	while (scanner->at < scanner->end) {
		const char c = *scanner->at;

		if (isspace((unsigned char)c)) {
			step(scanner);
			continue;
		}
		if (strchr("\"'{};#", c) || begins(scanner, "/*") || begins(scanner, "//"))
			return false;
		if (depth == 0 && (c == ',' || c == ')')) {
			if (call->count == ARGUMENTS_MAX)
				return false;
			call->arguments[call->count++] =
				span_trim((struct span){ start, (size_t)(scanner->at - start) });
			start = scanner->at + 1;
		}
		if (depth == 0 && c == ')') {
			call->end = *scanner;
			return true;
		}
		depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
		scanner->at++;
	}
	return false;
}

/* "(void *)" and the like say less than what they are in front of. */
static struct span without_cast(struct span argument)
{
	static const char *const types[] = {
		"void", "char", "u8", "__u8", "uint8_t", "unsigned char", "const void", "const char"
	};
	struct span rest = argument, type;

	if (!span_skip(&rest, "(") || !span_cut(&rest, ")", &type))
		return argument;
	type = span_trim(type);
	while (type.length && (type.text[type.length - 1] == '*' ||
			       isspace((unsigned char)type.text[type.length - 1])))
		type.length--;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (span_is(type, types[i]) && span_trim(rest).length)
			return without_cast(span_trim(rest));
	return argument;
}

/* What is written a second time must do nothing: no calls, and no more than names, their
 * members, places in arrays, addresses and casts. */
static bool is_plain(struct span argument)
{
	bool word = false;

	if (!argument.length)
		return false;
	for (size_t i = 0; i < argument.length; i++) {
		const char c = argument.text[i];

		if (c == '(' && word)
			return false;
		if (isspace((unsigned char)c))
			continue;
		if (!text_is_word(c) && !strchr("&*.->[]()", c))
			return false;
		if (c == '-' && (i + 1 == argument.length || argument.text[i + 1] != '>'))
			return false;
		word = text_is_word(c);
	}
	return true;
}

/* On one line, whatever it stood on. */
static void append_flat(struct buffer *out, struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		buffer_append(out, isspace((unsigned char)text.text[i]) ? " " : &text.text[i], 1);
}

/* "sizeof(X)", of which X is the type or something that has it. */
static bool append_reserved(struct buffer *out, struct span argument)
{
	struct span of = argument;

	if (!span_skip(&of, "sizeof"))
		return false;
	of = span_trim(of);
	if (of.length < 3 || of.text[0] != '(' || of.text[of.length - 1] != ')' || !is_plain(of))
		return false;
	buffer_string(out, "__typeof__");
	append_flat(out, of);
	return true;
}

/* What it points to; where that is nothing, bytes. */
static bool append_submitted(struct buffer *out, struct span argument)
{
	argument = without_cast(argument);
	if (!is_plain(argument))
		return false;
	buffer_string(out, "__typeof__(*__builtin_choose_expr("
			   "__builtin_types_compatible_p(__typeof__(");
	append_flat(out, argument);
	buffer_string(out, "),void*)||__builtin_types_compatible_p(__typeof__(");
	append_flat(out, argument);
	buffer_string(out, "),const void*),(unsigned char*)0,(");
	append_flat(out, argument);
	buffer_string(out, ")))");
	return true;
}

static int add(struct insertions *out, const struct scanner *at, const char *text,
	       const struct buffer *inserted)
{
	const struct insertion insertion = { .at = (size_t)(at->at - text),
					     .line = at->line,
					     .column = (uint32_t)(at->at - at->line_start) + 1 };

	return inserted->failed ? -ENOMEM : insertions_add(out, &insertion, buffer_text(inserted));
}

static int insert(const struct call *call, const struct method *method, struct span table,
		  const char *text, struct insertions *out)
{
	AUTO(buffer_free) struct buffer inserted = { 0 };
	const struct span tells = call->arguments[method->tells];
	const int length = (int)table.length;

	buffer_printf(&inserted, "+({static struct ____skb_event_%.*s{", length, table.text);
	if (method->arguments == 1 ? !append_reserved(&inserted, tells)
				   : !append_submitted(&inserted, tells))
		return 0;
	buffer_printf(&inserted,
		      " value;}____v __attribute__((section(\".maps.skb_event_%.*s\"),used));0;})",
		      length, table.text);
	return add(out, &call->end, text, &inserted);
}

static bool is_tagged(const struct skbscope_documentation *documentation, struct span table)
{
	for (size_t i = 0; documentation && i < documentation->event_count; i++)
		if (span_is(table, documentation->events[i].table))
			return true;
	return false;
}

/* Behind the name of what may be a table. */
static int look(struct scanner *scanner, struct span table, const char *text,
		const struct skbscope_documentation *documentation, struct insertions *out)
{
	struct scanner ahead = *scanner;
	const struct method *method;
	struct call call = { .count = 0 };

	skip_blanks(&ahead);
	if (!begins(&ahead, "."))
		return 0;
	ahead.at++;
	skip_blanks(&ahead);
	method = find_method(next_word(&ahead));
	skip_blanks(&ahead);
	if (!method || !begins(&ahead, "("))
		return 0;
	ahead.at++;
	if (!parse_arguments(&ahead, &call) || call.count != method->arguments ||
	    is_tagged(documentation, table))
		return 0;
	return insert(&call, method, table, text, out);
}

/* The struct of a tag: behind the text, on a line that nobody wrote. */
static int add_tagged(const struct scanner *end, const char *text,
		      const struct skbscope_documentation *documentation, struct insertions *out)
{
	AUTO(buffer_free) struct buffer inserted = { 0 };

	for (size_t i = 0; documentation && i < documentation->event_count; i++) {
		const struct skbscope_table_tag *tag = &documentation->events[i];

		buffer_printf(&inserted,
			      "\nstruct ____skb_event_%s{struct %s value;}____skb_event_%s_v "
			      "__attribute__((section(\".maps.skb_event_%s\"),used));",
			      tag->table, tag->argument, tag->table, tag->table);
	}
	if (!inserted.length)
		return 0;
	buffer_string(&inserted, "\n");
	return add(out, end, text, &inserted);
}

int event_types_find(const char *text, size_t length,
		     const struct skbscope_documentation *documentation, struct insertions *out)
{
	struct scanner scanner = { text, text + length, text, 1, true };
	int r = 0;

	*out = (struct insertions){ 0 };
	while (r == 0 && scanner.at < scanner.end) {
		struct span word;

		if (skip_no_code(&scanner))
			continue;
		if (!text_is_word(*scanner.at)) {
			scanner.at++;
			scanner.directive_may_start = false;
			continue;
		}
		word = next_word(&scanner);
		r = look(&scanner, word, text, documentation, out);
	}
	if (r == 0)
		r = add_tagged(&scanner, text, documentation, out);
	if (r < 0)
		insertions_clear(out);
	return r;
}

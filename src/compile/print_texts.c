/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that print, found in the text, and the string constants that they choose between. */
#include "compile/print_texts.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "compile/c_scan.h"

#define WORD "bpf_trace_printk"
#define NAMES_MAX 64 /* macros; what more there are is told by the worker */
#define TEXTS_MAX 64 /* string constants of one argument */

/* String constants side by side, which are one. */
struct constant {
	size_t from, to;
	char before; /* what stands there; 'w' for a word */
};

struct macros {
	struct span names[NAMES_MAX];
	bool used[NAMES_MAX], done[NAMES_MAX];
	size_t count;
};

struct finder {
	const char *text;
	size_t length;
	struct macros printing; /* what is called to print */
	struct macros choosing; /* what may be printed */
	struct insertions *out;
	/* The place that was looked up last. */
	size_t at, line_start;
	uint32_t line;
};

struct argument {
	struct constant constants[TEXTS_MAX];
	size_t count;
	bool chooses, open; /* the last constant may go on */
	char before;
};

static struct c_scanner scan(const struct finder *finder, size_t from, size_t end)
{
	return (struct c_scanner){ finder->text, end, from };
}

static bool is_string(char c, struct span word)
{
	return !word.length && c == ' ' && *word.text == '"';
}

/* Their number if there is no such. */
static size_t find_macro(const struct macros *macros, struct span name)
{
	size_t i = 0;

	while (i < macros->count && !span_equal(macros->names[i], name))
		i++;
	return i;
}

static bool has_macro(const struct macros *macros, struct span name)
{
	return find_macro(macros, name) < macros->count;
}

static int insert(struct finder *finder, size_t at, const char *what)
{
	struct insertion insertion = { .at = at };

	if (at < finder->at) {
		finder->at = finder->line_start = 0;
		finder->line = 1;
	}
	for (; finder->at < at; finder->at++)
		if (finder->text[finder->at] == '\n') {
			finder->line++;
			finder->line_start = finder->at + 1;
		}
	insertion.line = finder->line;
	insertion.column = (uint32_t)(at - finder->line_start) + 1;
	return insertions_add(finder->out, &insertion, what);
}

/* A word beside it may be another part of the constant, or what makes it none of these. */
static void close_constant(struct argument *argument, char after)
{
	const struct constant *constant = &argument->constants[argument->count - 1];

	if (argument->open && (after == 'w' || constant->before == 'w' || constant->before == '='))
		argument->count--;
	argument->open = false;
}

static void add_constant(struct argument *argument, size_t from, size_t to)
{
	if (argument->open) {
		argument->constants[argument->count - 1].to = to;
	} else if (argument->count < TEXTS_MAX) {
		argument->constants[argument->count++] =
			(struct constant){ from, to, argument->before };
		argument->open = true;
	}
}

static int end_argument(struct finder *finder, struct argument *argument, bool wanted)
{
	int r = 0;

	if (argument->open)
		close_constant(argument, ',');
	for (size_t i = 0; wanted && argument->chooses && i < argument->count && r == 0; i++) {
		r = insert(finder, argument->constants[i].from, "(char[]){");
		if (r == 0)
			r = insert(finder, argument->constants[i].to, "}");
	}
	*argument = (struct argument){ .before = ',' };
	return r;
}

static void use(struct macros *macros, struct span word)
{
	const size_t i = word.length ? find_macro(macros, word) : macros->count;

	if (i < macros->count)
		macros->used[i] = true;
}

/* Past the parenthesis that closes what is open, or to the end, where a macro's text ends and
 * a call is not closed. The first argument of a call is its format. */
static int scan_arguments(struct finder *finder, struct c_scanner *scanner, bool first, bool macro)
{
	struct argument argument = { .before = ',' };
	int depth = 0, r = 0;
	struct span word;
	char c;

	while (r == 0 && depth >= 0 && (c = c_next(scanner, &word))) {
		if (is_string(c, word)) {
			add_constant(&argument, (size_t)(word.text - scanner->text), scanner->at);
			continue;
		}
		if (!word.length && strchr(" \t\r\n\\", c) && *word.text != '\'')
			continue;
		if (argument.open)
			close_constant(&argument, word.length ? 'w' : c);
		argument.before = word.length ? 'w' : c;
		use(&finder->choosing, word);
		argument.chooses |= !word.length && c == '?';
		depth += word.length ? 0 : (strchr("([{", c) != NULL) - (strchr(")]}", c) != NULL);
		if (!word.length && ((depth == 0 && c == ',') || depth < 0)) {
			r = end_argument(finder, &argument, first);
			first = true;
		}
	}
	return r == 0 && macro ? end_argument(finder, &argument, first) : r;
}

static bool prints(const struct finder *finder, struct span word)
{
	return span_is(word, WORD) || has_macro(&finder->printing, word);
}

/* Calls in the text of a macro, or of the program. */
static int scan_calls(struct finder *finder, struct c_scanner scanner)
{
	struct span word;
	int r = 0;

	while (r == 0 && c_next(&scanner, &word)) {
		struct c_scanner ahead = scanner;

		if (!word.length || !prints(finder, word) || c_next_solid(&ahead) != '(')
			continue;
		scanner = ahead;
		r = scan_arguments(finder, &scanner, !span_is(word, WORD), false);
	}
	return r;
}

/* The next "#define": its name, and its text. */
static bool next_define(const struct finder *finder, struct c_scanner *scanner, struct span *name,
			struct c_scanner *body)
{
	struct span word;
	char c;

	while ((c = c_next(scanner, &word))) {
		if (word.length || c != ' ' || *word.text != '#')
			continue;
		*body = scan(finder, (size_t)(word.text - finder->text) + 1, scanner->at);
		while (c_next(body, &word) && !word.length)
			;
		if (!span_is(word, "define"))
			continue;
		while (c_next(body, name) && !name->length)
			;
		if (name->length)
			return true;
	}
	return false;
}

static bool is_printing(const struct finder *finder, struct c_scanner body)
{
	struct span word;

	while (c_next(&body, &word))
		if (word.length && prints(finder, word))
			return true;
	return false;
}

static bool is_choosing(const struct finder *finder, struct c_scanner body)
{
	bool question = false, string = false;
	struct span word;
	char c;

	while ((c = c_next(&body, &word))) {
		if (word.length && has_macro(&finder->choosing, word))
			return true;
		question |= !word.length && c == '?';
		string |= is_string(c, word);
	}
	return question && string;
}

/* Macros that do it, and those made of them. */
static void find_macros(const struct finder *finder, struct macros *macros,
			bool (*does)(const struct finder *finder, struct c_scanner body))
{
	size_t before;

	do {
		struct c_scanner scanner = scan(finder, 0, finder->length), body;
		struct span name;

		before = macros->count;
		while (next_define(finder, &scanner, &name, &body))
			if (macros->count < NAMES_MAX && !has_macro(macros, name) &&
			    does(finder, body))
				macros->names[macros->count++] = name;
	} while (macros->count > before);
}

static int scan_printing(struct finder *finder)
{
	struct c_scanner scanner = scan(finder, 0, finder->length), body;
	struct span name;
	int r = 0;

	while (r == 0 && next_define(finder, &scanner, &name, &body))
		if (prints(finder, name))
			r = scan_calls(finder, body);
	return r;
}

/* Macros that stand for what is printed: DIRECTION(up). They may use others. */
static int scan_used(struct finder *finder)
{
	struct macros *macros = &finder->choosing;
	bool again;
	int r = 0;

	do {
		struct c_scanner scanner = scan(finder, 0, finder->length), body;
		struct span name;

		again = false;
		while (r == 0 && next_define(finder, &scanner, &name, &body)) {
			const size_t i = find_macro(macros, name);

			if (i == macros->count || !macros->used[i] || macros->done[i] ||
			    prints(finder, name))
				continue;
			macros->done[i] = again = true;
			r = scan_arguments(finder, &body, true, true);
		}
	} while (r == 0 && again);
	return r;
}

int print_texts_find(const char *text, size_t length, struct insertions *out)
{
	struct finder finder = { .text = text, .length = length, .out = out, .line = 1 };
	int r;

	if (!memmem(text, length, WORD, strlen(WORD)))
		return 0;
	find_macros(&finder, &finder.printing, is_printing);
	find_macros(&finder, &finder.choosing, is_choosing);
	r = scan_calls(&finder, scan(&finder, 0, length));
	if (r == 0)
		r = scan_printing(&finder);
	return r == 0 ? scan_used(&finder) : r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms that are understood, in the order in which they are tried:
 *
 *   In file included from FILE:LINE:
 *   FILE:LINE:COLUMN: error: MESSAGE                          front end
 *   error: FILE:LINE:COLUMN: in function NAME TYPE: MESSAGE   back end
 *   error: MESSAGE                                            driver and others
 *   Error at line LINE: MESSAGE                               back end, then abort()
 *   LLVM ERROR: MESSAGE                                       likewise
 */
#include "compile/clang_line.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "compile/protocol.h"

static struct span skip_blanks(struct span span)
{
	while (span_skip(&span, " "))
		;
	return span;
}

/* "123" before a colon; how many bytes with the colon, 0 if it is none. */
static size_t parse_number(struct span span, uint32_t *out)
{
	uint64_t number = 0;
	size_t i = 0;

	for (; i < span.length && i < 10 && isdigit((unsigned char)span.text[i]); i++)
		number = number * 10 + (uint64_t)(span.text[i] - '0');
	if (i == 0 || i == span.length || span.text[i] != ':' || number > UINT32_MAX)
		return 0;
	*out = (uint32_t)number;
	return i + 1;
}

/* "FILE:LINE:" or "FILE:LINE:COLUMN:"; how many bytes, 0 if it is none. */
static size_t parse_place(struct span span, struct place *out)
{
	for (size_t i = 1; i < span.length; i++) {
		uint32_t line, column = 0;
		size_t n, m;

		if (span.text[i] != ':')
			continue;
		n = parse_number(span_from(span, i + 1), &line);
		if (!n)
			continue;
		m = parse_number(span_from(span, i + 1 + n), &column);
		*out = (struct place){ { span.text, i }, line, column };
		return i + 1 + n + m;
	}
	return 0;
}

static bool parse_severity(struct span *span, enum skbscope_severity *out)
{
	static const struct {
		const char *words;
		enum skbscope_severity severity;
	} severities[] = {
		{ "error: ", SKBSCOPE_SEVERITY_ERROR },
		{ "fatal error: ", SKBSCOPE_SEVERITY_ERROR },
		{ "warning: ", SKBSCOPE_SEVERITY_WARNING },
		{ "note: ", SKBSCOPE_SEVERITY_NOTE },
	};

	for (size_t i = 0; i < sizeof(severities) / sizeof(severities[0]); i++)
		if (span_skip(span, severities[i].words)) {
			*out = severities[i].severity;
			return true;
		}
	return false;
}

/* "[-Werror,-Wx]" speaks of a choice that is ours, not the user's. */
static struct span without_flag(struct span message)
{
	struct span rest = message, words;

	if (!span_cut(&rest, " [-Werror", &words) || !rest.length ||
	    rest.text[rest.length - 1] != ']')
		return message;
	return words;
}

/* MESSAGE after "in function NAME TYPE: ", if that is there. */
static struct span after_function(struct span words)
{
	struct span function;

	if (span_begins(words, "in function "))
		span_cut(&words, "): ", &function);
	return words;
}

/* The back end does not always know where. */
static const char *const *causes_of(struct span words)
{
	static const char *const none[] = { NULL };
	static const char *const addresses[] = { "__builtin_return_address",
						 "__builtin_frame_address", NULL };

	return span_contains(words, "unimplemented opcode") ? addresses : none;
}

static struct span function_in(struct span words)
{
	struct span before, name;

	if (!span_cut(&words, "in function ", &before))
		return (struct span){ 0 };
	return span_cut(&words, " ", &name) ? name : words;
}

static bool parse_included(struct span line, struct clang_line *out)
{
	out->kind = CLANG_LINE_INCLUDED;
	return span_skip(&line, "In file included from ") && parse_place(line, &out->place);
}

static bool parse_front_end(struct span line, struct clang_line *out)
{
	size_t n = parse_place(line, &out->place);

	out->kind = CLANG_LINE_FRONT_END;
	out->words = skip_blanks(span_from(line, n));
	return n && parse_severity(&out->words, &out->severity);
}

/* What has no place in a file of the user's ("<inline asm>:1:2", "<unknown>:0")
 * keeps it in the message. */
static bool parse_back_end(struct span line, struct clang_line *out)
{
	size_t n;

	out->kind = CLANG_LINE_BACK_END;
	out->words = line;
	if (!parse_severity(&out->words, &out->severity))
		return false;
	n = parse_place(out->words, &out->place);
	if (n && out->words.text[0] != '<')
		out->words = skip_blanks(span_from(out->words, n));
	else
		memset(&out->place, 0, sizeof(out->place));
	out->causes = causes_of(out->words);
	out->function = function_in(out->words);
	out->words = after_function(out->words);
	return true;
}

static bool parse_error_at_line(struct span line, struct clang_line *out)
{
	size_t n;

	if (!span_skip(&line, "Error at line "))
		return false;
	n = parse_number(line, &out->place.line);
	out->kind = CLANG_LINE_BACK_END;
	out->severity = SKBSCOPE_SEVERITY_ERROR;
	out->place.file = span_of(WORKER_SOURCE_FILE);
	out->words = skip_blanks(span_from(line, n));
	out->causes = causes_of(out->words);
	return n != 0;
}

static bool parse_last_words(struct span line, struct clang_line *out)
{
	if (!span_skip(&line, "LLVM ERROR: "))
		return false;
	out->kind = CLANG_LINE_LAST_WORDS;
	out->severity = SKBSCOPE_SEVERITY_ERROR;
	out->words = line;
	out->causes = causes_of(out->words);
	out->function = function_in(out->words);
	return true;
}

struct clang_line clang_line_parse(struct span line)
{
	static bool (*const forms[])(struct span, struct clang_line *) = {
		parse_included,      parse_front_end,  parse_back_end,
		parse_error_at_line, parse_last_words,
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct clang_line out = { .kind = CLANG_LINE_OTHER };

		if (forms[i](line, &out)) {
			out.words = without_flag(out.words);
			return out;
		}
	}
	return (struct clang_line){ .kind = CLANG_LINE_OTHER };
}

bool clang_line_is_quotation(struct span line)
{
	struct place place;
	enum skbscope_severity severity;
	struct span copy = line;

	return line.length && !span_begins(line, "In file included from ") &&
	       !parse_severity(&copy, &severity) && !parse_place(line, &place);
}

/* From clang 16 on: "    2 | TEXT". */
struct span clang_line_quoted(struct span quotation, uint32_t line)
{
	struct span text = skip_blanks(quotation);
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "%u | ", line);
	return span_skip(&text, prefix) ? text : quotation;
}

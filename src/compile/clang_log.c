/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides what is shown of what clang_line.c parsed, at the place that clang_target.c finds.
 * Lines that are no diagnostics are quotations, carets and fix-its; only the first one
 * after a diagnostic is used, for the text of a line that is not in the user's file.
 */
#include "compile/clang_log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "compile/clang_line.h"
#include "compile/clang_target.h"
#include "compile/hints.h"
#include "compile/line_map.h"

struct parser {
	struct clang_log_texts texts;
	struct skbscope_diagnostics *diagnostics;
	struct place included_from; /* the user's line that leads to the current header */
	struct span header;         /* the file that included_from leads to */
	bool chain_open;            /* "In file included from" lines are being read */
	bool hide_notes;            /* they belong to something hidden */
	size_t errors, hidden, last_error_line, last_note_line;
	const char *dialect; /* of another compiler: what to do, once; or NULL */
};

/* libbcc declares three things for a table: one complaint will do. */
static bool is_echo(const struct parser *parser, const char *message, uint32_t line)
{
	return line && parser->last_error_line == line && strstr(message, "redefinition of '");
}

/* "%08x" and "%pI4" are known to the kernel, if not to libbcc. */
static bool formats_are_known(const char *source)
{
	for (const char *at = source; (at = strchr(at, '%'));) {
		at += 1 + strspn(at + 1, "0+- ");
		at += strspn(at, "0123456789");
		if (!strchr("pcs%", *at))
			at += strspn(at, "l");
		if (!*at || !strchr("diuxXpcs%", *at))
			return false;
		at++;
	}
	return true;
}

/* Prints keep how wide a value is: whether it is as wide as its conversion says does not
 * matter. What libbcc says is of the kernel's trace. */
static bool is_noise_of_prints(const char *message)
{
	return (strstr(message, "format specifies type") && !strstr(message, " *'") &&
		!strstr(message, "double'")) ||
	       strstr(message, "cannot use more than 3 conversion specifiers") ||
	       strstr(message, "cannot use several") ||
	       strstr(message, "conversion specifiers allowed") ||
	       strstr(message, "unrecognized character") ||
	       strstr(message, "format string is not a string literal");
}

/* What is said for other compilers than this one. */
static bool is_noise(const struct parser *parser, enum skbscope_severity severity,
		     const struct clang_target *target, const char *message)
{
	const char *source = target->source ? target->source : "";
	const bool macro = strstr(source, "BPF_");

	if (parser->dialect && parser->errors)
		return true;
	switch (severity) {
	case SKBSCOPE_SEVERITY_NOTE:
		return strstr(message, "include the header <") ||
		       (macro && strstr(message, "to match this"));
	case SKBSCOPE_SEVERITY_WARNING:
		return (parser->texts.context->request->prints && is_noise_of_prints(message)) ||
		       (strstr(message, "conversion specifiers allowed") &&
			formats_are_known(source)) ||
		       (macro && (strstr(message, "type specifier missing") ||
				  strstr(message, "'used' attribute only applies")));
	default:
		/* A format that is none was told by then. */
		if (parser->texts.context->request->prints && parser->errors &&
		    strstr(message, "incomplete type 'char[]'"))
			return true;
		/* Of an array as a macro's argument; what comes next has a place. */
		return strstr(message, "brackets are not allowed here") && !target->line;
	}
}

static bool is_told(const struct parser *parser, const struct skbscope_diagnostic *diagnostic)
{
	for (size_t i = 0; i < skbscope_diagnostics_count(parser->diagnostics); i++) {
		const struct skbscope_diagnostic *told =
			skbscope_diagnostics_get(parser->diagnostics, i);

		if (told->severity == diagnostic->severity && told->line == diagnostic->line &&
		    strcmp(told->message, diagnostic->message) == 0 && told->file &&
		    diagnostic->file && strcmp(told->file, diagnostic->file) == 0)
			return true;
	}
	return false;
}

/* Of a line that libbcc rewrote. */
static uint32_t column_of_print(const struct skbscope_diagnostic *diagnostic)
{
	const char *source = diagnostic->source, *at;

	if (diagnostic->column || !source || !strstr(diagnostic->message, "bpf_trace_printk()"))
		return diagnostic->column;
	at = strstr(source, "bpf_trace_printk");
	if (!at) /* a macro of another name */
		at = source + strspn(source, " \t");
	return (uint32_t)(at - source) + 1;
}

static int add(struct parser *parser, enum skbscope_severity severity,
	       const struct clang_target *target, const char *message)
{
	AUTO(buffer_free) struct buffer plain = { 0 };
	AUTO(buffer_free) struct buffer remedy = { 0 };
	struct skbscope_diagnostic diagnostic = {
		.severity = severity,
		.file = target->file,
		.line = target->line,
		.column = target->column,
		.source = target->source,
	};
	const struct hint_question question = {
		.message = message,
		.source = target->source,
		.column = target->column,
		.program = parser->texts.context->request->text,
		.headers = parser->texts.context->request->paths[WORKER_PATH_HEADERS],
	};

	if (is_noise(parser, severity, target, message))
		return 0;
	if (severity == SKBSCOPE_SEVERITY_ERROR) {
		if (is_echo(parser, message, target->line)) {
			parser->hide_notes = true;
			return 0;
		}
		parser->last_error_line = target->line;
	}
	if (severity != SKBSCOPE_SEVERITY_NOTE && parser->dialect)
		buffer_string(&remedy, parser->dialect);
	else if (severity != SKBSCOPE_SEVERITY_NOTE)
		hints_for(&question, &plain, &remedy);
	if (plain.failed || remedy.failed)
		return -ENOMEM;
	diagnostic.message = plain.length ? plain.data : message;
	diagnostic.column = column_of_print(&diagnostic);
	diagnostic.hint = remedy.length ? remedy.data : NULL;
	/* A macro says the same many times. */
	if (severity != SKBSCOPE_SEVERITY_NOTE && is_told(parser, &diagnostic)) {
		parser->hide_notes = true;
		return 0;
	}
	parser->errors += severity == SKBSCOPE_SEVERITY_ERROR;
	return skbscope_diagnostics_add(parser->diagnostics, &diagnostic);
}

/* An error in a header that is not the user's is shown at the user's #include. */
static int add_in_header(struct parser *parser, const struct clang_target *header, struct span file,
			 const char *message)
{
	AUTO(clang_target_clear) struct clang_target target = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };
	int r;

	if (!parser->included_from.line || !span_equal(parser->header, file))
		return add(parser, SKBSCOPE_SEVERITY_ERROR, header, message);
	r = clang_target_of(&parser->texts, &parser->included_from, (struct span){ 0 }, &target);
	if (r < 0)
		return r;
	buffer_printf(&text, "%s (in %s, line %u)", message, header->file, header->line);
	return text.failed ? -ENOMEM
			   : add(parser, SKBSCOPE_SEVERITY_ERROR, &target, buffer_text(&text));
}

static int add_found(struct parser *parser, const struct clang_line *line, struct span quotation)
{
	const enum skbscope_severity severity = line->severity;
	AUTO(clang_target_clear) struct clang_target target = { 0 };
	AUTO(freep) char *message = clang_real_text(&parser->texts, line->words);
	int r;

	if (!message)
		return -ENOMEM;
	r = clang_target_of(&parser->texts, &line->place, quotation, &target);
	if (r < 0)
		return r;
	if (severity == SKBSCOPE_SEVERITY_NOTE) {
		/* Where a macro came from is clear to who wrote it. */
		if (parser->hide_notes || !target.users || strstr(message, "expanded from") ||
		    (target.line && target.line == parser->last_note_line))
			return 0;
		parser->last_note_line = target.line;
		return add(parser, severity, &target, message);
	}
	parser->hide_notes = false;
	parser->last_note_line = 0;
	if (target.users || !line->place.file.length)
		return add(parser, severity, &target, message);
	if (severity == SKBSCOPE_SEVERITY_ERROR)
		return add_in_header(parser, &target, line->place.file, message);
	parser->hide_notes = true;
	parser->hidden++;
	return 0;
}

/* The outermost line of the chain that is in the user's file leads there. */
static void follow_chain(struct parser *parser, const struct place *place)
{
	if (!parser->chain_open)
		memset(&parser->included_from, 0, sizeof(parser->included_from));
	parser->chain_open = true;
	if (!parser->included_from.line && clang_is_source(place->file))
		parser->included_from = *place;
}

static int add_front_end(struct parser *parser, const struct clang_line *line, struct span next)
{
	if (parser->chain_open)
		parser->header = line->place.file;
	parser->chain_open = false;
	return add_found(parser, line, clang_line_is_quotation(next) ? next : (struct span){ 0 });
}

static int add_back_end(struct parser *parser, struct clang_line *line)
{
	if (!line->place.line && line->severity == SKBSCOPE_SEVERITY_ERROR)
		line->place = clang_nearest_place(&parser->texts, line);
	return add_found(parser, line, (struct span){ 0 });
}

static int parse_line(struct parser *parser, struct span text, struct span next)
{
	struct clang_line line = clang_line_parse(text);

	switch (line.kind) {
	case CLANG_LINE_INCLUDED:
		follow_chain(parser, &line.place);
		return 0;
	case CLANG_LINE_FRONT_END:
		return add_front_end(parser, &line, next);
	case CLANG_LINE_BACK_END:
		return add_back_end(parser, &line);
	case CLANG_LINE_LAST_WORDS:
		return parser->errors ? 0 : add_back_end(parser, &line);
	case CLANG_LINE_OTHER:
		break;
	}
	return 0;
}

static int parse_part(struct parser *parser, struct span rest)
{
	struct span line;

	while (span_next_line(&rest, &line)) {
		struct span ahead = rest, next = { 0 };
		int r;

		span_next_line(&ahead, &next);
		r = parse_line(parser, line, next);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Without what libbcc prints for us alone: the command line. */
static void add_readable(const struct parser *parser, struct span rest, struct buffer *out)
{
	struct span line;

	for (const char *text = rest.text; span_next_line(&rest, &line); text = rest.text)
		if (!span_begins(line, "clang -cc1 ") &&
		    !span_begins(line, "Running from kernel directory"))
			request_real_names(parser->texts.context->request, text,
					   (size_t)(rest.text - text), out);
}

static int add_hidden_count(struct parser *parser)
{
	char message[96];
	struct skbscope_diagnostic diagnostic = { .severity = SKBSCOPE_SEVERITY_NOTE,
						  .message = message };

	if (!parser->hidden)
		return 0;
	snprintf(message, sizeof(message), "%zu warning%s in header files not shown",
		 parser->hidden, parser->hidden == 1 ? "" : "s");
	return skbscope_diagnostics_add(parser->diagnostics, &diagnostic);
}

int clang_log_parse(const struct clang_log *context, const char *log, size_t length,
		    struct skbscope_diagnostics *diagnostics, size_t *errors)
{
	AUTO(buffer_free) struct buffer readable = { 0 };
	struct parser parser = { .texts.context = context,
				 .diagnostics = diagnostics,
				 .dialect = hint_of_dialect(context->request->text) };
	struct rewritten_text parts;
	int r;

	if (rewritten_find((struct span){ log, length }, &parts))
		(void)line_map_new(
			parts.text,
			(struct span){ context->request->text, context->request->text_length },
			&parser.texts.map);
	/* Before the text is printed clang sees the user's own, after it this one. */
	r = parse_part(&parser, parts.before);
	parser.texts.rewritten = true;
	if (r == 0)
		r = parse_part(&parser, parts.after);
	if (r == 0)
		r = add_hidden_count(&parser);
	add_readable(&parser, parts.before, &readable);
	add_readable(&parser, parts.after, &readable);
	if (readable.failed)
		r = -ENOMEM;
	if (r == 0)
		r = skbscope_diagnostics_set_log(diagnostics, buffer_text(&readable),
						 readable.length);
	line_map_free(parser.texts.map);
	*errors = parser.errors;
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps what clang_line.c parsed to places in the user's files, and decides what is shown.
 * Lines that are no diagnostics are quotations, carets and fix-its; only the first one
 * after a diagnostic is used, for the text of a line that is not in the user's file.
 */
#include "compile/clang_log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "compile/clang_line.h"
#include "compile/hints.h"
#include "compile/line_map.h"

struct parser {
	const struct clang_log *context;
	struct skbscope_diagnostics *diagnostics;
	struct line_map *map;
	bool rewritten;             /* lines of the user's file are lines of the rewritten text */
	struct place included_from; /* the user's line that leads to the current header */
	struct span header;         /* the file that included_from leads to */
	bool chain_open;            /* "In file included from" lines are being read */
	bool hide_notes;            /* they belong to something hidden */
	size_t errors, hidden, last_error_line, last_note_line;
	const char *dialect; /* of another compiler: what to do, once; or NULL */
};

static char *real_text(const struct parser *parser, struct span span)
{
	AUTO(buffer_free) struct buffer buffer = { 0 };

	request_real_names(parser->context->request, span.text, span.length, &buffer);
	if (!buffer.failed && !buffer.data)
		return strdup("");
	return buffer.failed ? NULL : TAKE(buffer.data);
}

/* Line NUMBER of the user's text. */
static char *source_line(const struct parser *parser, uint32_t number)
{
	struct span rest = { parser->context->request->text,
			     parser->context->request->text_length };
	struct span line = { 0 };

	for (uint32_t i = 0; i < number; i++)
		if (!span_next_line(&rest, &line))
			return NULL;
	if (line.length && line.text[line.length - 1] == '\r')
		line.length--;
	return line.text ? strndup(line.text, line.length) : NULL;
}

static bool is_source(struct span file)
{
	return span_is(file, WORKER_SOURCE_FILE) || span_is(file, CLANG_LOG_WORKER);
}

/* The tree may lie below a directory of the user's; clang names what is in it
 * relative to it, which is where libbcc lets clang work. */
static const struct clang_log_directory *users_directory(const struct parser *parser,
							 const char *file)
{
	const struct worker_request *request = parser->context->request;
	size_t tree = strlen(request->paths[WORKER_PATH_HEADERS]);

	if (file[0] != '/' ||
	    (strncmp(file, request->paths[WORKER_PATH_HEADERS], tree) == 0 && file[tree] == '/'))
		return NULL;
	for (size_t i = 0; i < parser->context->directory_count; i++) {
		const struct clang_log_directory *directory = &parser->context->directories[i];
		size_t length = strlen(directory->real);

		if (strncmp(file, directory->real, length) == 0 && file[length] == '/')
			return directory;
	}
	return NULL;
}

/* As the user would write it: "x.h" for what lies beside the program. */
static char *typed_name(const char *file, const struct clang_log_directory *directory)
{
	const char *below = file + strlen(directory->real) + 1;
	char *name;

	if (strcmp(directory->typed, ".") == 0)
		return strdup(below);
	return asprintf(&name, "%s/%s", directory->typed, below) < 0 ? NULL : name;
}

/* Where the user should look. */
struct target {
	char *file, *source;
	uint32_t line, column;
	bool users;
};

static void target_clear(struct target *target)
{
	free(target->file);
	free(target->source);
}

static int target_in_source(const struct parser *parser, const struct place *place,
			    struct target *out)
{
	bool unchanged = true;

	out->users = true;
	out->line = place->line;
	if (parser->rewritten && parser->map && !span_is(place->file, CLANG_LOG_WORKER))
		out->line = line_map_original(parser->map, place->line, &unchanged);
	out->column = unchanged ? place->column : 0;
	out->file = strdup(parser->context->request->path);
	out->source = source_line(parser, out->line);
	return out->file ? 0 : -ENOMEM;
}

static int target_of(const struct parser *parser, const struct place *place, struct span quotation,
		     struct target *out)
{
	const struct clang_log_directory *directory;
	AUTO(freep) char *file = NULL;

	memset(out, 0, sizeof(*out));
	if (!place->file.length)
		return 0;
	if (is_source(place->file))
		return target_in_source(parser, place, out);
	file = real_text(parser, place->file);
	if (!file)
		return -ENOMEM;
	directory = users_directory(parser, file);
	out->users = directory != NULL;
	out->line = place->line;
	out->column = place->column;
	out->file = directory ? typed_name(file, directory) : TAKE(file);
	quotation = clang_line_quoted(quotation, place->line);
	if (quotation.length)
		out->source = strndup(quotation.text, quotation.length);
	return out->file ? 0 : -ENOMEM;
}

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

/* What is said for other compilers than this one. */
static bool is_noise(const struct parser *parser, enum skbscope_severity severity,
		     const struct target *target, const char *message)
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
		return (strstr(message, "conversion specifiers allowed") &&
			formats_are_known(source)) ||
		       (macro && (strstr(message, "type specifier missing") ||
				  strstr(message, "'used' attribute only applies")));
	default:
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

static int add(struct parser *parser, enum skbscope_severity severity, const struct target *target,
	       const char *message)
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
		.program = parser->context->request->text,
		.headers = parser->context->request->paths[WORKER_PATH_HEADERS],
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
static int add_in_header(struct parser *parser, const struct target *header, struct span file,
			 const char *message)
{
	AUTO(target_clear) struct target target = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };
	int r;

	if (!parser->included_from.line || !span_equal(parser->header, file))
		return add(parser, SKBSCOPE_SEVERITY_ERROR, header, message);
	r = target_of(parser, &parser->included_from, (struct span){ 0 }, &target);
	if (r < 0)
		return r;
	buffer_printf(&text, "%s (in %s, line %u)", message, header->file, header->line);
	return text.failed ? -ENOMEM
			   : add(parser, SKBSCOPE_SEVERITY_ERROR, &target, buffer_text(&text));
}

static int add_found(struct parser *parser, const struct clang_line *line, struct span quotation)
{
	const enum skbscope_severity severity = line->severity;
	AUTO(target_clear) struct target target = { 0 };
	AUTO(freep) char *message = real_text(parser, line->words);
	int r;

	if (!message)
		return -ENOMEM;
	r = target_of(parser, &line->place, quotation, &target);
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
	if (!parser->included_from.line && is_source(place->file))
		parser->included_from = *place;
}

static int add_front_end(struct parser *parser, const struct clang_line *line, struct span next)
{
	if (parser->chain_open)
		parser->header = line->place.file;
	parser->chain_open = false;
	return add_found(parser, line, clang_line_is_quotation(next) ? next : (struct span){ 0 });
}

/* The first line of the user's text with these words, as a whole name. */
static struct place place_of(const struct parser *parser, struct span name, const char *after)
{
	const char *text = parser->context->request->text;
	struct place place = { span_of(CLANG_LOG_WORKER), 1, 0 };

	for (const char *at = text; *at; at++) {
		place.line += *at == '\n';
		if (strncmp(at, name.text, name.length) == 0 &&
		    strncmp(at + name.length, after, strlen(after)) == 0 &&
		    (at == text || !text_is_word(at[-1])))
			return place;
	}
	return (struct place){ 0 };
}

/* A word that is known to cause this, or else the function. */
static struct place nearest_place(const struct parser *parser, const struct clang_line *line)
{
	struct place place = { 0 };

	for (size_t i = 0; line->causes[i] && !place.line; i++)
		place = place_of(parser, span_of(line->causes[i]), "");
	if (!place.line && line->function.length)
		place = place_of(parser, line->function, "(");
	return place;
}

static int add_back_end(struct parser *parser, struct clang_line *line)
{
	if (!line->place.line && line->severity == SKBSCOPE_SEVERITY_ERROR)
		line->place = nearest_place(parser, line);
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
			request_real_names(parser->context->request, text,
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
	struct parser parser = { .context = context,
				 .diagnostics = diagnostics,
				 .dialect = hint_of_dialect(context->request->text) };
	struct rewritten_text parts;
	int r;

	if (rewritten_find((struct span){ log, length }, &parts))
		(void)line_map_new(
			parts.text,
			(struct span){ context->request->text, context->request->text_length },
			&parser.map);
	/* Before the text is printed clang sees the user's own, after it this one. */
	r = parse_part(&parser, parts.before);
	parser.rewritten = true;
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
	line_map_free(parser.map);
	*errors = parser.errors;
	return r;
}

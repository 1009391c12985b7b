/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places that clang names are in the tree of headers, in the rewritten text, or in a
 * directory of the user's: those are named as the user would.
 */
#include "compile/clang_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "compile/as_typed.h"
#include "compile/insertions.h"

char *clang_real_text(const struct clang_log_texts *texts, struct span span)
{
	AUTO(buffer_free) struct buffer buffer = { 0 };

	request_real_names(texts->context->request, span.text, span.length, &buffer);
	if (!buffer.failed && !buffer.data)
		return strdup("");
	return buffer.failed ? NULL : TAKE(buffer.data);
}

static struct span line_of(const struct worker_request *request, uint32_t number)
{
	struct span rest = { request->text, request->text_length }, line = { 0 };

	for (uint32_t i = 0; i < number; i++)
		if (!span_next_line(&rest, &line))
			return (struct span){ 0 };
	return line;
}

/* Line NUMBER as the user wrote it. */
static char *source_line(const struct clang_log_texts *texts, uint32_t number)
{
	const struct worker_request *request = texts->context->request;
	struct as_typed place = as_typed_lines(request, number);
	struct span line = line_of(request, place.line);

	return line.text ? as_typed_text(line, line_of(request, place.again)) : NULL;
}

bool clang_is_source(struct span file)
{
	return span_is(file, WORKER_SOURCE_FILE) || span_is(file, CLANG_LOG_WORKER);
}

/* The tree may lie below a directory of the user's; clang names what is in it
 * relative to it, which is where libbcc lets clang work. */
static const struct clang_log_directory *users_directory(const struct clang_log_texts *texts,
							 const char *file)
{
	const struct worker_request *request = texts->context->request;
	size_t tree = strlen(request->paths[WORKER_PATH_HEADERS]);

	if (file[0] != '/' ||
	    (strncmp(file, request->paths[WORKER_PATH_HEADERS], tree) == 0 && file[tree] == '/'))
		return NULL;
	for (size_t i = 0; i < texts->context->directory_count; i++) {
		const struct clang_log_directory *directory = &texts->context->directories[i];
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

void clang_target_clear(struct clang_target *target)
{
	free(target->file);
	free(target->source);
}

static int target_in_source(const struct clang_log_texts *texts, const struct place *place,
			    struct clang_target *out)
{
	const struct insertions *insertions = texts->context->request->insertions;
	uint32_t column = place->column;
	bool unchanged = true, inside;

	if (insertions && !texts->rewritten && !span_is(place->file, CLANG_LOG_WORKER))
		column = insertions_column(insertions, place->line, column, &inside);
	out->users = true;
	out->line = place->line;
	if (texts->rewritten && texts->map && !span_is(place->file, CLANG_LOG_WORKER))
		out->line = line_map_original(texts->map, place->line, &unchanged);
	if (!span_is(place->file, CLANG_LOG_WORKER))
		out->line = as_typed_line(texts->context->request, out->line);
	out->column = unchanged ? column : 0;
	out->file = strdup(texts->context->request->path);
	out->source = source_line(texts, out->line);
	return out->file ? 0 : -ENOMEM;
}

int clang_target_of(const struct clang_log_texts *texts, const struct place *place,
		    struct span quotation, struct clang_target *out)
{
	const struct clang_log_directory *directory;
	AUTO(freep) char *file = NULL;

	memset(out, 0, sizeof(*out));
	if (!place->file.length)
		return 0;
	if (clang_is_source(place->file))
		return target_in_source(texts, place, out);
	file = clang_real_text(texts, place->file);
	if (!file)
		return -ENOMEM;
	directory = users_directory(texts, file);
	out->users = directory != NULL;
	out->line = place->line;
	out->column = place->column;
	out->file = directory ? typed_name(file, directory) : TAKE(file);
	quotation = clang_line_quoted(quotation, place->line);
	if (quotation.length)
		out->source = strndup(quotation.text, quotation.length);
	return out->file ? 0 : -ENOMEM;
}

/* The first line of the user's text with these words, as a whole name. */
static struct place place_of(const struct clang_log_texts *texts, struct span name,
			     const char *after)
{
	const char *text = texts->context->request->text;
	struct place place = { span_of(CLANG_LOG_WORKER), 1, 0 };

	for (const char *at = text; *at; at++) {
		place.line += *at == '\n';
		if (strncmp(at, name.text, name.length) == 0 &&
		    strncmp(at + name.length, after, strlen(after)) == 0 &&
		    (at == text || !text_is_word(at[-1]))) {
			place.line = as_typed_line(texts->context->request, place.line);
			return place;
		}
	}
	return (struct place){ 0 };
}

/* A word that is known to cause this, or else the function. */
struct place clang_nearest_place(const struct clang_log_texts *texts, const struct clang_line *line)
{
	struct place place = { 0 };

	for (size_t i = 0; line->causes[i] && !place.line; i++)
		place = place_of(texts, span_of(line->causes[i]), "");
	if (!place.line && line->function.length)
		place = place_of(texts, line->function, "(");
	return place;
}

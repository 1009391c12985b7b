/* SPDX-License-Identifier: Apache-2.0 */
/* Which other files there are, and reading them. */
#include "run/program_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "compile/inputs.h"
#include "source/source.h"

#define FILES_MAX 32u

/* Whether they are one file, by whatever name. */
static bool is_same(const struct skbscope_source *a, const char *path)
{
	struct stat one, two;

	if (strcmp(a->path, path) == 0)
		return true;
	return stat(a->path, &one) == 0 && stat(path, &two) == 0 && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}

static bool is_there(const struct program *program, const char *path)
{
	if (is_same(program->source, path))
		return true;
	for (size_t i = 0; i < program->with_count; i++)
		if (is_same(program->with[i], path))
			return true;
	return false;
}

static int add(struct program *program, struct skbscope_source *source,
	       struct skbscope_error *error)
{
	struct skbscope_source **with =
		reallocarray(program->with, program->with_count + 1, sizeof(*with));

	if (!with)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	program->with = with;
	if (program->with_count == FILES_MAX)
		return fail(error, E2BIG, SKBSCOPE_STAGE_READ,
			    "a program has at most %u other files", FILES_MAX);
	with[program->with_count++] = source;
	return 0;
}

static void source_freep(struct skbscope_source **source)
{
	skbscope_source_free(*source);
}

/* Absolute, as inputs are; NULL: there is not even its directory. */
static char *whole_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	AUTO(freep)
	char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	AUTO(freep) char *real = directory ? realpath(directory, NULL) : NULL;
	char *whole;

	return real && asprintf(&whole, "%s/%s", real, slash ? slash + 1 : path) >= 0 ? whole
										      : NULL;
}

/* So that whoever watches hears of it when it comes. */
static void note_unread(struct program *program)
{
	AUTO(inputs_freep) struct skbscope_inputs *inputs = NULL;
	AUTO(freep) char *path = whole_path(program->unread);
	uint64_t now_ns = clock_file_ns();
	int r = path ? inputs_new(program->source, &inputs) : -ENOENT;

	if (r < 0)
		return;
	inputs_add(inputs, INPUT_MISSED, true, path);
	inputs->complete = true;
	r = inputs_take(inputs, program->source, now_ns, NULL);
	for (size_t i = 0; i < program->with_count && r == 0; i++) {
		AUTO(inputs_freep) struct skbscope_inputs *more = NULL;

		r = inputs_new_unread(program->with[i], now_ns, &more);
		if (r == 0)
			r = inputs_join(inputs, more);
	}
	if (r == 0)
		program->inputs = TAKE(inputs);
}

static int read_file_named(const char *name, const char *search_path, struct program *program,
			   bool *there, struct skbscope_error *error)
{
	AUTO(source_freep) struct skbscope_source *source = NULL;
	int r = skbscope_source_read(name, search_path, &source, error);

	if (r < 0) {
		program->unread = strdup(name);
		if (program->unread && source_is_path(name))
			note_unread(program);
		return r;
	}
	*there = is_there(program, source->path);
	r = *there ? 0 : add(program, source, error);
	if (r == 0 && !*there)
		source = NULL; /* the program's */
	return r;
}

static int read_asked(const char *name, const char *search_path, struct program *program,
		      struct skbscope_error *error)
{
	bool there = false;
	int r;

	if (strcmp(name, "-") == 0)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "--with names a file, and '-' is stdin"),
			    "'-' may be PROGRAM itself");
	r = read_file_named(name, search_path, program, &there, error);
	if (r == 0 && there)
		return hint(error,
			    fail(error, EEXIST, SKBSCOPE_STAGE_USAGE,
				 "--with %s: this file is part of the program already", name),
			    "name each file once");
	return r;
}

/* What a tag names is beside the file that has the tag, or a bundled program. */
static int read_tagged(const struct skbscope_source *from, const char *name,
		       const char *search_path, struct program *program,
		       struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer path = { 0 };
	bool there;
	int r;

	if (source_is_path(name) && name[0] != '/')
		buffer_printf(&path, "%s/", from->directory);
	buffer_string(&path, name);
	if (path.failed)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	r = read_file_named(buffer_text(&path), search_path, program, &there, error);
	if (r < 0 && error) {
		char message[sizeof(error->message)];

		memcpy(message, error->message, sizeof(message));
		snprintf(error->message, sizeof(error->message), "%.200s: @with %.100s: %.600s",
			 from->path, name, message);
	}
	return r;
}

static int read_tags(const struct skbscope_source *from, const char *search_path,
		     struct program *program, struct skbscope_error *error)
{
	const struct skbscope_documentation *doc = &from->documentation;
	int r = 0;

	for (size_t i = 0; i < doc->with_count && r == 0; i++)
		r = read_tagged(from, doc->with[i], search_path, program, error);
	return r;
}

int program_files_read(const struct list *with, const char *search_path, struct program *program,
		       struct skbscope_error *error)
{
	int r = 0;

	for (size_t i = 0; i < with->count && r == 0; i++)
		r = read_asked(with->items[i], search_path, program, error);
	if (r == 0)
		r = read_tags(program->source, search_path, program, error);
	/* They may name others, which come behind them. */
	for (size_t i = 0; i < program->with_count && r == 0; i++)
		r = read_tags(program->with[i], search_path, program, error);
	return r;
}

void program_files_clear(struct program *program)
{
	for (size_t i = 0; i < program->with_count; i++)
		skbscope_source_free(program->with[i]);
	free(program->with);
	free(program->unread);
}

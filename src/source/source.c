/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading sources: finding the file a user meant, refusing what cannot be a C
 * program, and parsing the documentation comment. Nothing here touches the
 * kernel or the compiler.
 */
#include "source/source.h"

#include <skbscope/source.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/directory_names.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "source/documentation.h"
#include "source/typed.h"

bool source_is_path(const char *program)
{
	size_t length = strlen(program);

	return strchr(program, '/') || (length > 2 && strcmp(program + length - 2, ".c") == 0);
}

/* The file name of a C source without its ".c", or NULL for any other file. */
static char *stem(struct arena *arena, const char *file)
{
	size_t length = strlen(file);

	if (length < 3 || file[0] == '.' || strcmp(file + length - 2, ".c") != 0)
		return NULL;
	return arena_string_n(arena, file, length - 2);
}

/* The next of the colon-separated directories, or NULL after the last one. */
static const char *next_directory(struct arena *arena, const char **path)
{
	while (*path && **path) {
		size_t length = strcspn(*path, ":");
		const char *start = *path;

		*path += length;
		if (**path == ':')
			(*path)++;
		if (length)
			return arena_string_n(arena, start, length);
	}
	return NULL;
}

static int no_such_bundled(const char *program, const char *search_path, struct arena *arena,
			   struct skbscope_error *error)
{
	struct directory_names names = { .arena = arena };
	const char *rest = search_path, *directory;
	int r;

	while ((directory = next_directory(arena, &rest)))
		directory_names_add(&names, directory, ".c");
	r = fail(error, ENOENT, SKBSCOPE_STAGE_READ, "there is no bundled program '%s'", program);
	if (access(program, F_OK) == 0)
		return hint(error, r, "if you mean the file here, write './%s'", program);
	if (hint_nearest(error, program, names.list, names.count))
		return r;
	return hint(error, r, "'skbscope list' shows them; a path to your own file ends in '.c'");
}

/* The path of a bundled program, or NULL. */
static const char *find_bundled(const char *name, const char *search_path, struct arena *arena)
{
	const char *rest = search_path, *directory;

	while ((directory = next_directory(arena, &rest))) {
		const char *candidate = arena_printf(arena, "%s/%s.c", directory, name);

		if (candidate && access(candidate, F_OK) == 0)
			return candidate;
	}
	return NULL;
}

static int no_such_file(const char *path, const char *search_path, struct arena *arena,
			struct skbscope_error *error)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	const char *directory =
		slash ? arena_string_n(arena, path, (size_t)(slash - path) + 1) : ".";
	struct directory_names names = { .arena = arena };
	const char *wanted = stem(arena, base), *nearest = NULL;
	int r = fail(error, ENOENT, SKBSCOPE_STAGE_READ, "there is no file '%s'", path);

	directory_names_add(&names, directory, ".c");
	if (wanted)
		nearest = text_nearest(wanted, names.list, names.count);
	if (nearest)
		return hint(error, r, "did you mean '%s%s.c'?", slash ? directory : "", nearest);
	if (wanted && find_bundled(wanted, search_path, arena))
		return hint(error, r, "if you mean the bundled program, write '%s'", wanted);
	return r;
}

static int read_text(const char *path, const char *search_path, struct arena *arena,
		     struct buffer *text, struct skbscope_error *error)
{
	/* A pipe is what <(…) of a shell gives. */
	AUTO(closep) int fd = open_regular(path, true);
	int r;

	if (fd == -ENOENT)
		return no_such_file(path, search_path, arena, error);
	if (fd == -EISDIR) {
		r = fail(error, EISDIR, SKBSCOPE_STAGE_READ, "'%s' is a directory", path);
		return hint(error, r, "name one C file in it");
	}
	if (fd == -EINVAL)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_READ, "'%s' is not a file", path),
			    "devices, sockets, files of /proc and /sys, and pipes of other users "
			    "or behind a link are not read: copy the program to a file");
	if (fd < 0)
		return fail_errno(error, fd, SKBSCOPE_STAGE_READ, "cannot open '%s'", path);
	r = read_descriptor(fd, SKBSCOPE_SOURCE_MAX, text);
	if (r == -EFBIG) {
		r = fail(error, EFBIG, SKBSCOPE_STAGE_READ,
			 "'%s' is larger than %u KiB, the most a program may be", path,
			 SKBSCOPE_SOURCE_MAX / 1024);
		return hint(error, r, "is it really the C source of one program?");
	}
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_READ, "cannot read '%s'", path);
	return 0;
}

static bool is_blank(const char *text, size_t length)
{
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	return length == 0;
}

/* A NUL, or a sixteenth of control characters: no text looks like that. Bytes
 * over 0x7f are fine, comments are written in every encoding. */
static bool is_binary(const char *text, size_t length)
{
	size_t controls = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\0')
			return true;
		controls += iscntrl(c) && !isspace(c);
	}
	return controls > length / 16;
}

static int refuse_binary(const char *path, const char *text, size_t length,
			 struct skbscope_error *error)
{
	int r = fail(error, EINVAL, SKBSCOPE_STAGE_READ, "'%s' is binary, not C source", path);

	if (length > 4 && memcmp(text, "\177ELF", 4) == 0)
		return hint(error, r, "it is an ELF file; skbscope compiles the C source itself");
	if (length > 2 && (memcmp(text, "\377\376", 2) == 0 || memcmp(text, "\376\377", 2) == 0))
		return hint(error, r, "it looks like UTF-16; save it as UTF-8");
	return r;
}

static int fill(struct skbscope_source *source, const char *path, const char *text, size_t length,
		struct skbscope_error *error)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *comment;
	struct arena *arena = arena_of(source);
	size_t comment_length = 0;
	int r;

	source->path = arena_string(arena, path);
	source->directory = !slash          ? "."
			    : slash == path ? "/"
					    : arena_string_n(arena, path, (size_t)(slash - path));
	source->name = stem(arena, base);
	if (!source->name)
		source->name = arena_string(arena, base);
	source->text = arena_string_n(arena, text, length);
	source->length = length;
	comment = documentation_find(text, length, &comment_length);
	source->comment = arena_string_n(arena, comment, comment_length);
	if (arena_failed(arena))
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	r = documentation_parse(source->comment, arena, &source->documentation, error);
	if (r < 0 && error && !strstr(error->message, path)) {
		char message[sizeof(error->message)];

		memcpy(message, error->message, sizeof(message));
		snprintf(error->message, sizeof(error->message), "%.200s: %.800s", path, message);
	}
	return r;
}

/* Some editors sign UTF-8; clang would take it, libbcc puts its own lines in front. */
static struct span unsigned_text(const char *text, size_t length)
{
	struct span span = { text, length };

	span_skip(&span, "\357\273\277");
	return span;
}

static int check_text(const char *path, struct span text, struct skbscope_error *error)
{
	if (text.length > SKBSCOPE_SOURCE_MAX)
		return fail(error, EFBIG, SKBSCOPE_STAGE_READ,
			    "'%s' is larger than %u KiB, the most a program may be", path,
			    SKBSCOPE_SOURCE_MAX / 1024);
	if (is_blank(text.text, text.length))
		return fail(error, EINVAL, SKBSCOPE_STAGE_READ, "'%s' is empty", path);
	if (is_binary(text.text, text.length))
		return refuse_binary(path, text.text, text.length, error);
	return 0;
}

static int make(const char *path, struct span text, const struct typed *typed,
		struct skbscope_source **out, struct skbscope_error *error)
{
	AUTO(arena_object_freep) struct skbscope_source *source = NULL;
	int r;

	source = arena_object_new(sizeof(*source));
	if (!source)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	source->typed_lines = typed->lines;
	source->lead_lines = typed->lead;
	r = fill(source, path, text.text, text.length, error);
	if (r < 0)
		return r;
	*out = TAKE(source);
	return 0;
}

int skbscope_source_from_text(const char *path, const char *text, size_t length,
			      struct skbscope_source **out, struct skbscope_error *error)
{
	const struct typed as_written = { 0 };
	struct span span = unsigned_text(text, length);
	int r = check_text(path, span, error);

	return r < 0 ? r : make(path, span, &as_written, out, error);
}

int skbscope_source_from_typed(const char *path, const char *text, size_t length,
			       struct skbscope_source **out, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer program = { 0 };
	struct typed typed = { 0 };
	struct span span = unsigned_text(text, length);
	int r = check_text(path, span, error);

	if (r == 0 && !typed_has_function(span)) {
		r = typed_make(span, &program, &typed);
		if (r < 0)
			return fail_memory(error, SKBSCOPE_STAGE_READ);
		span = (struct span){ buffer_text(&program), program.length };
	}
	return r < 0 ? r : make(path, span, &typed, out, error);
}

int skbscope_source_read(const char *program, const char *search_path, struct skbscope_source **out,
			 struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path;
	int r;

	if (!arena)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	path = source_is_path(program) ? program : find_bundled(program, search_path, arena);
	if (!path)
		return no_such_bundled(program, search_path, arena, error);
	r = read_text(path, search_path, arena, &text, error);
	if (r < 0)
		return r;
	return skbscope_source_from_text(path, buffer_text(&text), text.length, out, error);
}

void skbscope_source_free(struct skbscope_source *source)
{
	arena_object_free(source);
}

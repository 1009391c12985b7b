/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's list has everything it opened, the header tree above all. Here
 * stays what a person may edit, with the directories in which to notice it. The
 * list comes from a process that ran a stranger's program: it only ever leads to
 * files being looked at, and it has an end.
 */
#include "compile/compile_files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "compile/protocol.h"

#define MAX_NAMES 4096

struct names {
	const char **items;
	size_t count, capacity;
};

struct list {
	struct skbscope_compile_files public; /* first: what callers hold */
	struct arena *arena;
	struct names files, missing, directories;
};

static void names_add(struct list *list, struct names *names, const char *name, size_t length)
{
	for (size_t i = 0; i < names->count; i++)
		if (strncmp(names->items[i], name, length) == 0 && !names->items[i][length])
			return;
	if (names->count == MAX_NAMES)
		return;
	if (names->count == names->capacity) {
		size_t capacity = names->capacity * 2 + 16;
		const char **items = ARENA_ARRAY(list->arena, const char *, capacity);

		if (!items)
			return;
		if (names->count)
			memcpy(items, names->items, names->count * sizeof(*items));
		names->items = items;
		names->capacity = capacity;
	}
	names->items[names->count] = arena_string_n(list->arena, name, length);
	if (names->items[names->count])
		names->count++;
}

/* The nearest directory above PATH that there is. */
static void add_directory_of(struct list *list, const char *path)
{
	AUTO(freep) char *directory = strdup(path);
	struct stat status;

	while (directory && *directory == '/') {
		char *slash = strrchr(directory, '/');

		*(slash == directory ? slash + 1 : slash) = '\0';
		if (slash == directory ||
		    (stat(directory, &status) == 0 && S_ISDIR(status.st_mode))) {
			names_add(list, &list->directories, directory, strlen(directory));
			return;
		}
	}
}

static void add_file(struct list *list, const char *path)
{
	AUTO(freep) char *real = realpath(path, NULL);

	names_add(list, &list->files, path, strlen(path));
	add_directory_of(list, path);
	if (!real)
		return;
	names_add(list, &list->files, real, strlen(real));
	add_directory_of(list, real);
}

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '/' || !path[length] || (length && directory[length - 1] == '/'));
}

static bool is_users_directory(const struct compile_files_origin *origin, const char *path)
{
	for (size_t i = 0; i < origin->directory_count; i++)
		if (strcmp(origin->directories[i].real, path) == 0)
			return true;
	return false;
}

/* The deepest directory searched that holds it decides: trees lie in each other.
 * What is in none was named by the program with its full path. */
static bool is_users(const struct compile_files_origin *origin, const char *path)
{
	const char *deepest = NULL;

	for (size_t i = 0; i < origin->path_count; i++)
		if (is_below(path, origin->paths[i]) &&
		    (!deepest || strlen(origin->paths[i]) > strlen(deepest)))
			deepest = origin->paths[i];
	if (deepest)
		return is_users_directory(origin, deepest);
	return strncmp(path, "/sys/", 5) != 0 && strncmp(path, "/proc/", 6) != 0 &&
	       strncmp(path, "/etc/ld.so.", 11) != 0 && strncmp(path, "/virtual", 8) != 0;
}

/* Absolute, without its links resolved: a link may be made to lead elsewhere. */
static char *program_path(const struct compile_files_origin *origin)
{
	const struct skbscope_source *source = origin->source;
	const char *base = strrchr(source->path, '/');
	char *path = NULL;
	struct stat status;

	if (stat(source->path, &status) < 0 && errno == ENOENT && strcmp(source->path, "-") == 0)
		return NULL;
	if (source->path[0] == '/')
		return strdup(source->path);
	if (asprintf(&path, "%s/%s", origin->paths[WORKER_PATH_DIRECTORY],
		     base ? base + 1 : source->path) < 0)
		return NULL;
	return path;
}

static bool add_listed(struct list *list, const struct compile_files_origin *origin,
		       const struct buffer *bytes)
{
	struct file_list names;
	struct answer answer;
	enum file_role role;
	const char *path;
	bool complete = true;

	if (answer_read(bytes->data, bytes->length, &answer) < 0)
		return false;
	names = (struct file_list){ answer.files, answer.header.files_length };
	while (file_list_next(&names, &role, &path)) {
		if (role == FILE_LOST)
			complete = false;
		if ((role != FILE_READ && role != FILE_MISSED) || !is_users(origin, path))
			continue;
		if (role == FILE_READ) {
			add_file(list, path);
			continue;
		}
		names_add(list, &list->missing, path, strlen(path));
		add_directory_of(list, path);
	}
	return complete;
}

int compile_files_new(const struct compile_files_origin *origin, const struct buffer *answer,
		      struct skbscope_compile_files **out)
{
	struct arena *arena = arena_new();
	struct list *list = arena ? ARENA_NEW(arena, struct list) : NULL;
	AUTO(freep) char *program = program_path(origin);

	if (!list) {
		arena_free(arena);
		return -ENOMEM;
	}
	list->arena = arena;
	if (program)
		add_file(list, program);
	list->public.complete = add_listed(list, origin, answer);
	if (arena_failed(arena)) {
		arena_free(arena);
		return -ENOMEM;
	}
	list->public.files = list->files.items;
	list->public.file_count = list->files.count;
	list->public.missing = list->missing.items;
	list->public.missing_count = list->missing.count;
	list->public.directories = list->directories.items;
	list->public.directory_count = list->directories.count;
	*out = &list->public;
	return 0;
}

void skbscope_compile_files_free(struct skbscope_compile_files *files)
{
	struct list *list = (struct list *)files;

	if (list)
		arena_free(list->arena);
}

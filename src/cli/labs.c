/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/labs.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/paths.h"
#include "run/written_file.h"

#define LABS_MAX 100u /* two digits */
#define FILE_MAX (1u << 20)
#define PAGE "README.md"

const char *lab_file(const struct lab *lab, struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", lab->path, name);
}

/* The text of its first line, behind "# Lab N: ". */
static const char *title_of(const struct lab *lab, struct arena *arena)
{
	const char *path = lab_file(lab, arena, PAGE), *colon;
	AUTO(buffer_free) struct buffer page = { 0 };
	size_t length;

	if (!path || read_file(path, FILE_MAX, &page) < 0)
		return lab->name;
	length = strcspn(buffer_text(&page), "\n");
	colon = memchr(buffer_text(&page), ':', length);
	if (!colon || colon[1] != ' ')
		return lab->name;
	colon += 2;
	return arena_string_n(arena, colon, length - (size_t)(colon - buffer_text(&page)));
}

static const char *source_of(const struct lab *lab, struct arena *arena)
{
	AUTO(closedirp) DIR *directory = opendir(lab->path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		const size_t length = strlen(entry->d_name);

		if (length > 2 && strcmp(entry->d_name + length - 2, ".c") == 0)
			return arena_string(arena, entry->d_name);
	}
	return NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void add(struct labs *labs, const char *name, struct arena *arena)
{
	struct lab lab = { .name = arena_string(arena, name) };

	if (!is_digit(name[0]) || !is_digit(name[1]) || name[2] != '-' || labs->count == LABS_MAX)
		return;
	lab.number = (unsigned)((name[0] - '0') * 10 + (name[1] - '0'));
	lab.path = arena_printf(arena, "%s/%s", labs->path, name);
	if (!lab.path || !(lab.source = source_of(&lab, arena)))
		return;
	lab.title = title_of(&lab, arena);
	labs->list[labs->count++] = lab;
}

static int by_number(const void *a, const void *b)
{
	const struct lab *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

int labs_read(struct arena *arena, struct labs *out, struct skbscope_error *error)
{
	AUTO(closedirp) DIR *directory = opendir(paths_get()->labs);
	struct dirent *entry;

	*out = (struct labs){ paths_get()->labs, ARENA_ARRAY(arena, struct lab, LABS_MAX), 0 };
	if (!directory)
		return hint(error,
			    fail_errno(error, errno, SKBSCOPE_STAGE_READ,
				       "cannot read the labs in '%s'", out->path),
			    "they come with skbscope, in docs/labs of its source");
	while (out->list && (entry = readdir(directory)))
		add(out, entry->d_name, arena);
	if (arena_failed(arena))
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	qsort(out->list, out->count, sizeof(*out->list), by_number);
	return 0;
}

const struct lab *labs_find(const struct labs *labs, const char *word, struct skbscope_error *error)
{
	char *end;
	const unsigned long number = strtoul(word, &end, 10);

	for (size_t i = 0; i < labs->count; i++)
		if (strcmp(labs->list[i].name, word) == 0 ||
		    (is_digit(*word) && !*end && labs->list[i].number == number))
			return &labs->list[i];
	hint(error,
	     fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "there is no lab '%s': they are 1 to %zu",
		  word, labs->count),
	     "skbscope lab list shows them");
	return NULL;
}

static int make_path(struct buffer *out, const char *folder, const char *name,
		     struct skbscope_error *error)
{
	buffer_printf(out, "%s/%s", folder, name);
	return out->failed ? fail_memory(error, SKBSCOPE_STAGE_READ) : 0;
}

static int must_be_free(const char *folder, const char *name, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer path = { 0 };
	int r = make_path(&path, folder, name, error);

	if (r < 0 || access(buffer_text(&path), F_OK) < 0)
		return r;
	return hint(
		error,
		fail(error, EEXIST, SKBSCOPE_STAGE_USAGE,
		     "'%s' is there already, and nothing was written over it", buffer_text(&path)),
		"to begin anew, remove it, or name another folder: skbscope lab start N FOLDER");
}

/* Beside its place, which it takes when all are written. */
static int copy(const struct lab *lab, const char *to, const char *name, struct written_file *file,
		struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer from = { 0 }, text = { 0 };
	int r = make_path(&from, lab->path, name, error);

	if (r < 0)
		return r;
	r = read_file(buffer_text(&from), FILE_MAX, &text);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_READ, "cannot read '%s'",
				  buffer_text(&from));
	r = written_file_open(file, to, error);
	if (r < 0)
		return r;
	r = write_all(file->fd, buffer_text(&text), text.length);
	return r < 0 ? fail_errno(error, r, SKBSCOPE_STAGE_READ, "cannot write '%s'", to) : 0;
}

static int copy_both(const struct lab *lab, const char *folder, struct skbscope_error *error)
{
	AUTO(written_file_clear) struct written_file page = WRITTEN_FILE_INIT;
	AUTO(written_file_clear) struct written_file source = WRITTEN_FILE_INIT;
	AUTO(buffer_free) struct buffer page_path = { 0 }, source_path = { 0 };
	int r = make_path(&page_path, folder, PAGE, error);

	if (r == 0)
		r = make_path(&source_path, folder, lab->source, error);
	if (r == 0)
		r = copy(lab, buffer_text(&page_path), PAGE, &page, error);
	if (r == 0)
		r = copy(lab, buffer_text(&source_path), lab->source, &source, error);
	if (r == 0)
		r = written_file_finish(&page, error);
	if (r < 0)
		return r;
	r = written_file_finish(&source, error);
	if (r < 0)
		unlink(buffer_text(&page_path));
	return r;
}

int lab_copy(const struct lab *lab, const char *folder, struct skbscope_error *error)
{
	int r = must_be_free(folder, PAGE, error);
	bool made;

	if (r == 0)
		r = must_be_free(folder, lab->source, error);
	if (r < 0)
		return r;
	made = mkdir(folder, 0755) == 0;
	if (!made && errno != EEXIST)
		return fail_errno(error, errno, SKBSCOPE_STAGE_READ, "cannot make the folder '%s'",
				  folder);
	r = copy_both(lab, folder, error);
	if (r < 0 && made)
		rmdir(folder);
	return r;
}

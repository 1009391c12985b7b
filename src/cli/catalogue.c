/* SPDX-License-Identifier: Apache-2.0 */
/* Looking through the directories of programs. */
#include "cli/catalogue.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "run/program.h"
#include "run/report.h"

/* The first directory on the path wins, as it does for 'run'. */
static bool is_known(const struct catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->count; i++)
		if (strcmp(catalogue->entries[i].name, name) == 0)
			return true;
	return false;
}

static void describe(struct catalogue_entry *entry, const struct skbscope_documentation *says,
		     struct arena *arena)
{
	entry->summary = arena_string(arena, says->summary);
	entry->group = says->group ? arena_string(arena, says->group) : NULL;
}

static void add_program(struct catalogue *catalogue, const char *path)
{
	struct skbscope_source *source = NULL;
	struct skbscope_error error = { 0 };
	struct catalogue_entry *entry = &catalogue->entries[catalogue->count];
	const char *slash = strrchr(path, '/');

	entry->name = arena_string_n(catalogue->arena, slash + 1, strlen(slash + 1) - 2);
	entry->path = path;
	if (!entry->name || is_known(catalogue, entry->name))
		return;
	if (skbscope_source_read(path, NULL, &source, &error) < 0)
		entry->summary =
			arena_printf(catalogue->arena, "(cannot be used: %s)", error.message);
	else
		describe(entry, &source->documentation, catalogue->arena);
	skbscope_source_free(source);
	catalogue->count++;
}

static void add_directory(struct catalogue *catalogue, const char *directory)
{
	AUTO(closedirp) DIR *dir = opendir(directory);
	struct dirent *entry;

	if (!dir) {
		report_say("skbscope: cannot read the directory %s: %s", directory,
			   strerror(errno));
		return;
	}
	while (catalogue->count < CATALOGUE_MAX && (entry = readdir(dir))) {
		size_t length = strlen(entry->d_name);
		const char *path;

		if (length < 3 || entry->d_name[0] == '.' ||
		    strcmp(entry->d_name + length - 2, ".c") != 0)
			continue;
		path = arena_printf(catalogue->arena, "%s/%s", directory, entry->d_name);
		if (path)
			add_program(catalogue, path);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct catalogue_entry *)a)->name,
		      ((const struct catalogue_entry *)b)->name);
}

struct catalogue *catalogue_read(struct arena *arena, const struct compile_settings *settings)
{
	struct catalogue *catalogue = ARENA_NEW(arena, struct catalogue);
	AUTO(buffer_free) struct buffer path = { 0 };
	char *rest, *directory;

	program_search_path(settings, &path);
	if (!catalogue || path.failed)
		return NULL;
	catalogue->arena = arena;
	catalogue->search_path = arena_string(arena, buffer_text(&path));
	for (rest = path.data; (directory = strsep(&rest, ":"));)
		if (*directory)
			add_directory(catalogue, directory);
	qsort(catalogue->entries, catalogue->count, sizeof(catalogue->entries[0]), by_name);
	return arena_failed(arena) ? NULL : catalogue;
}

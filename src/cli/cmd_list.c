/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope list: the programs on the search path, one line each. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "cli/answer.h"
#include "cli/command.h"
#include "run/program.h"
#include "run/report.h"

#define PROGRAMS_MAX 1024

struct list_settings {
	struct compile_settings compiling; /* only its path */
	struct output_settings output;
};

struct entry {
	const char *name, *path, *summary;
};

struct catalogue {
	struct arena *arena;
	struct entry entries[PROGRAMS_MAX];
	size_t count;
};

/* The first directory on the path wins, as it does for 'run'. */
static bool is_known(const struct catalogue *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->count; i++)
		if (strcmp(catalogue->entries[i].name, name) == 0)
			return true;
	return false;
}

static void add_program(struct catalogue *catalogue, const char *path)
{
	struct skbscope_source *source = NULL;
	struct skbscope_error error = { 0 };
	struct entry *entry = &catalogue->entries[catalogue->count];
	const char *slash = strrchr(path, '/');

	entry->name = arena_string_n(catalogue->arena, slash + 1, strlen(slash + 1) - 2);
	entry->path = path;
	if (!entry->name || is_known(catalogue, entry->name))
		return;
	if (skbscope_source_read(path, NULL, &source, &error) < 0)
		entry->summary =
			arena_printf(catalogue->arena, "(cannot be used: %s)", error.message);
	else
		entry->summary = arena_string(catalogue->arena, source->documentation.summary);
	skbscope_source_free(source);
	catalogue->count++;
}

static void add_directory(struct catalogue *catalogue, const char *directory)
{
	AUTO(closedirp) DIR *dir = opendir(directory);
	struct dirent *entry;

	if (!dir) {
		report_say("skbscope: cannot look into %s: %s", directory, strerror(errno));
		return;
	}
	while (catalogue->count < PROGRAMS_MAX && (entry = readdir(dir))) {
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
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void collect(struct catalogue *catalogue, char *path)
{
	char *rest = path, *directory;

	while ((directory = strsep(&rest, ":")))
		if (*directory)
			add_directory(catalogue, directory);
	qsort(catalogue->entries, catalogue->count, sizeof(catalogue->entries[0]), by_name);
}

static int answer(const struct output_settings *output, const struct catalogue *catalogue)
{
	struct document document = answer_start(output);

	document_begin_list(&document, NULL, "");
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct entry *entry = &catalogue->entries[i];

		document_begin_object(&document, NULL);
		document_fact(&document, "name", "", fact_text(entry->name));
		document_fact(&document, "summary", "", fact_text(entry->summary));
		document_fact(&document, "path", NULL, fact_text(entry->path));
		document_end_object(&document);
	}
	document_end_list(&document);
	return answer_end(&document);
}

static int run(const void *data)
{
	const struct list_settings *settings = data;
	AUTO(buffer_free) struct buffer path = { 0 };
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct catalogue *catalogue = arena ? ARENA_NEW(arena, struct catalogue) : NULL;

	if (!catalogue || program_search_path(&settings->compiling, &path) < 0) {
		report_say("skbscope: out of memory");
		return EXIT_FAILED;
	}
	catalogue->arena = arena;
	collect(catalogue, path.data);
	if (!catalogue->count)
		report_say("skbscope: no programs in %s", buffer_text(&path));
	return answer(&settings->output, catalogue);
}

const struct command command_list = {
	.name = "list",
	.summary = "list the bundled programs",
	.examples = { "list" },
	.options = {
		{ &search_options, offsetof(struct list_settings, compiling) },
		{ &format_options, offsetof(struct list_settings, output) },
	},
	.settings_size = sizeof(struct list_settings),
	.run = run,
};

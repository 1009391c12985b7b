/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope list: the programs on the search path, one line each, by the question they answer. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "run/report.h"

struct list_settings {
	struct compile_settings compiling; /* only its path */
	struct output_settings output;
};

/* The bundled programs' groups, in this order; another is its own heading. */
static const struct group {
	const char *word, *question;
} groups[] = {
	{ "traffic", "Who is talking, about what, and how much?" },
	{ "health", "How well does it work, and what goes wrong?" },
	{ "security", "Who tries what they should not?" },
	{ "shaping", "Which packets go first, and which way?" },
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

/* Of those that are in none, GROUPS + 1. */
static size_t place_of(const char *group)
{
	size_t place = 0;

	while (group && place < GROUPS && strcmp(groups[place].word, group) != 0)
		place++;
	return group ? place : GROUPS + 1;
}

static int compare_groups(const struct catalogue_entry *a, const struct catalogue_entry *b)
{
	const size_t i = place_of(a->group), j = place_of(b->group);

	if (i == GROUPS && j == GROUPS)
		return strcmp(a->group, b->group);
	return (i > j) - (i < j);
}

static int by_group(const void *a, const void *b)
{
	const struct catalogue_entry *x = a, *y = b;
	int r = compare_groups(x, y);

	return r ? r : strcmp(x->name, y->name);
}

static void say_group(struct document *document, const char *group, bool is_first)
{
	const size_t place = place_of(group);

	document_say(document, "%s%s\n", is_first ? "" : "\n",
		     place < GROUPS ? groups[place].question
		     : group        ? group
				    : "Others");
}

static int answer(const struct output_settings *output, struct catalogue *catalogue)
{
	struct document document = answer_start(output);
	const struct catalogue_entry *last = catalogue->entries + catalogue->count;

	qsort(catalogue->entries, catalogue->count, sizeof(*last), by_group);
	document_begin_list(&document, NULL, "");
	for (const struct catalogue_entry *entry = catalogue->entries; entry < last; entry++) {
		/* Where no program says its group, there is nothing to part them by. */
		if (catalogue->entries->group &&
		    (entry == catalogue->entries || compare_groups(entry - 1, entry) != 0))
			say_group(&document, entry->group, entry == catalogue->entries);
		document_begin_object(&document, NULL);
		document_fact(&document, "name", "", fact_text(entry->name));
		document_fact(&document, "summary", "", fact_text(entry->summary));
		document_fact(&document, "group", NULL, fact_text(entry->group));
		document_fact(&document, "path", NULL, fact_text(entry->path));
		document_end_object(&document);
	}
	document_end_list(&document);
	return answer_end(&document);
}

static int run(const void *data)
{
	const struct list_settings *settings = data;
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct catalogue *catalogue = arena ? catalogue_read(arena, &settings->compiling) : NULL;

	if (!catalogue) {
		report_say("skbscope: out of memory");
		return EXIT_FAILED;
	}
	if (!catalogue->count)
		report_say("skbscope: no programs in %s", catalogue->search_path);
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

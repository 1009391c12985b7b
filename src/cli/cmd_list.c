/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope list: the programs on the search path, one line each. */
#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/catalogue.h"
#include "cli/command.h"
#include "run/report.h"

struct list_settings {
	struct compile_settings compiling; /* only its path */
	struct output_settings output;
};

static int answer(const struct output_settings *output, const struct catalogue *catalogue)
{
	struct document document = answer_start(output);

	document_begin_list(&document, NULL, "");
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct catalogue_entry *entry = &catalogue->entries[i];

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
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct catalogue *catalogue =
		arena ? catalogue_read(arena, &settings->compiling) : NULL;

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

/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope doctor: what this machine offers and what is missing. */
#include <string.h>

#include "cli/answer.h"
#include "cli/command.h"
#include "cli/doctor.h"
#include "run/report.h"

static const char *mark(const struct item *item)
{
	switch (item->state) {
	case FEATURE_PRESENT:
		return "ok";
	case FEATURE_UNKNOWN:
		return "unknown";
	default:
		return item->essential ? "MISSING" : "missing";
	}
}

static int name_width(const struct checkup *checkup)
{
	size_t width = 0;

	for (size_t i = 0; i < checkup->count; i++)
		if (strlen(checkup->items[i].name) > width)
			width = strlen(checkup->items[i].name);
	return (int)width;
}

static void add_item(struct document *document, const struct item *item, int width)
{
	bool has_remedy = item->remedy && item->remedy[0];

	document_begin_object(document, NULL);
	document_fact(document, "section", NULL, fact_text(section_name(item->section)));
	document_fact(document, NULL, "", fact_text(mark(item)));
	document_fact(document, "name", "", fact_text(item->name));
	document_fact(document, "present", NULL,
		      fact_known(item->state != FEATURE_UNKNOWN,
				 fact_boolean(item->state == FEATURE_PRESENT)));
	document_fact(document, "essential", NULL, fact_boolean(item->essential));
	document_fact(document, "detail", NULL, fact_text(item->detail));
	document_fact(document, NULL, "", fact_text(item->detail ? item->detail : ""));
	document_fact(document, "remedy", NULL, fact_known(has_remedy, fact_text(item->remedy)));
	document_end_object(document);
	if (has_remedy)
		document_say(document, "%*s  -> %s\n", width, "", item->remedy);
}

static int answer(const struct output_settings *output, const struct checkup *checkup)
{
	struct document document = answer_start(output);
	int indent = 2 + 7 + 2 + name_width(checkup);

	document_begin_list(&document, NULL, "");
	for (enum section section = 0; section < SECTION_COUNT; section++) {
		document_say(&document, "%s%s\n", section ? "\n" : "", section_name(section));
		for (size_t i = 0; i < checkup->count; i++)
			if (checkup->items[i].section == section)
				add_item(&document, &checkup->items[i], indent);
	}
	document_end_list(&document);
	return answer_end(&document);
}

static int run(const void *data)
{
	const struct output_settings *output = data;
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct checkup checkup = { .arena = arena };
	int status;

	if (arena) {
		doctor_kernel(&checkup);
		doctor_privileges(&checkup);
		doctor_compiler(&checkup);
		doctor_leftovers(&checkup);
	}
	if (!arena || arena_failed(arena)) {
		report_say("skbscope: out of memory");
		return EXIT_FAILED;
	}
	status = answer(output, &checkup);
	for (size_t i = 0; i < checkup.count; i++)
		if (checkup.items[i].essential && checkup.items[i].state == FEATURE_MISSING)
			status = EXIT_FAILED;
	return status;
}

const struct command command_doctor = {
	.name = "doctor",
	.summary = "report what this machine has and what is missing",
	.examples = { "doctor" },
	.options = { { &format_options, 0 } },
	.settings_size = sizeof(struct output_settings),
	.run = run,
};

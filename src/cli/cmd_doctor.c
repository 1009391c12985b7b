/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope doctor: what this machine offers and what is missing. */
#include <string.h>

#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/json.h"
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

static void print_text(const struct checkup *checkup)
{
	int width = name_width(checkup);

	for (enum section section = 0; section < SECTION_COUNT; section++) {
		printf("%s%s\n", section ? "\n" : "", section_name(section));
		for (size_t i = 0; i < checkup->count; i++) {
			const struct item *item = &checkup->items[i];

			if (item->section != section)
				continue;
			printf("  %-7s  %-*s  %s\n", mark(item), width, item->name,
			       item->detail ? item->detail : "");
			if (item->remedy && item->remedy[0])
				printf("  %-7s  %-*s  -> %s\n", "", width, "", item->remedy);
		}
	}
}

static void print_json(const struct checkup *checkup)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < checkup->count; i++) {
		const struct item *item = &checkup->items[i];
		struct json_object *object = json_object_new_object();

		json_put_text(object, "section", section_name(item->section));
		json_put_text(object, "name", item->name);
		json_object_object_add(
			object, "present",
			item->state == FEATURE_UNKNOWN
				? NULL
				: json_object_new_boolean(item->state == FEATURE_PRESENT));
		json_put_bool(object, "essential", item->essential);
		json_put_text(object, "detail", item->detail);
		json_put_text(object, "remedy",
			      item->remedy && item->remedy[0] ? item->remedy : NULL);
		json_object_array_add(list, object);
	}
	json_print(list, stdout);
}

int cmd_doctor(const struct settings *settings)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct checkup checkup = { .arena = arena };
	int status = EXIT_FINE;

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
	if (settings->run.output.format == OUTPUT_JSON)
		print_json(&checkup);
	else
		print_text(&checkup);
	for (size_t i = 0; i < checkup.count; i++)
		if (checkup.items[i].essential && checkup.items[i].state == FEATURE_MISSING)
			status = EXIT_FAILED;
	return status;
}

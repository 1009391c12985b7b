/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope detach: clear up after a skbscope that could not do it itself. */
#include <errno.h>
#include <net/if.h>

#include "cli/command.h"
#include "kernel/leftovers.h"
#include "model/names.h"
#include "run/report.h"

struct detach_settings {
	struct list interfaces;
	struct talk_settings talk;
};

static void describe(const struct leftover *leftover)
{
	const struct ledger_entry *entry = &leftover->entry;

	if (leftover->present == -EXDEV)
		report_say("%s %s: %s is not touched: process %u of another PID namespace has it, "
			   "and may still run",
			   entry->interface, direction_name(entry->direction), entry->name,
			   entry->owner.pid);
	else
		report_say("%s %s: %s, left by process %u%s", entry->interface,
			   direction_name(entry->direction), entry->name, entry->owner.pid,
			   leftover->present ? "" : " (already gone)");
}

static int detach_from(const char *interface, const struct detach_settings *settings, size_t *total,
		       struct skbscope_error *error)
{
	AUTO(freep) struct leftover *leftovers = NULL;
	size_t count = 0, removed = 0;
	int r = leftovers_list(interface, &leftovers, &count, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count && !settings->talk.quiet; i++)
		if (leftovers[i].present || settings->talk.verbose)
			describe(&leftovers[i]);
	r = leftovers_remove(interface, &removed, error);
	*total += removed;
	return r;
}

static int run(const void *data)
{
	const struct detach_settings *settings = data;
	struct skbscope_error error = { 0 };
	size_t total = 0;
	int r = 0;

	if (!settings->interfaces.count)
		r = detach_from(NULL, settings, &total, &error);
	for (size_t i = 0; i < settings->interfaces.count && r == 0; i++)
		r = detach_from(settings->interfaces.items[i], settings, &total, &error);
	if (r < 0)
		return report_error(&error, NULL, settings->talk.verbose);
	if (!settings->talk.quiet && total)
		report_say("removed %zu filter%s", total, total == 1 ? "" : "s");
	else if (!settings->talk.quiet)
		report_say("nothing to remove");
	return EXIT_FINE;
}

static const struct option_row rows[] = {
	{ 'i', COMMON, "interface", "IFACE", "only from this interface; may be repeated",
	  MEMBER(struct detach_settings, interfaces) },
	{ 0 },
};
static const struct option_group own_options = { "Traffic", rows };

const struct command command_detach = {
	.name = "detach",
	.summary = "remove filters that a killed skbscope left behind",
	.examples = { "detach", "detach -i eth0" },
	.options = {
		{ &own_options, 0 },
		{ &talk_options, offsetof(struct detach_settings, talk) },
	},
	.settings_size = sizeof(struct detach_settings),
	.run = run,
};

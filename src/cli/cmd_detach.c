/* SPDX-License-Identifier: Apache-2.0 */
/* skbscope detach: clear up after a skbscope that could not do it itself. */
#include <errno.h>
#include <net/if.h>

#include "cli/command.h"
#include "kernel/leftovers.h"
#include "run/report.h"

static void describe(const struct leftover *leftover)
{
	const struct ledger_entry *entry = &leftover->entry;

	report_say("%s %s: %s, left by process %u%s", entry->interface,
		   entry->direction == SKBSCOPE_EGRESS ? "egress" : "ingress", entry->name,
		   entry->owner.pid,
		   leftover->present ? "" : " (the filter itself is gone already)");
}

static int detach_from(const char *interface, const struct settings *settings, size_t *total,
		       struct skbscope_error *error)
{
	AUTO(freep) struct leftover *leftovers = NULL;
	size_t count = 0, removed = 0;
	int r = leftovers_list(interface, &leftovers, &count, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count && !settings->run.talk.quiet; i++)
		if (leftovers[i].present || settings->run.talk.verbose)
			describe(&leftovers[i]);
	r = leftovers_remove(interface, &removed, error);
	*total += removed;
	return r;
}

int cmd_detach(const struct settings *settings)
{
	struct skbscope_error error = { 0 };
	size_t total = 0;
	int r = 0;

	if (!settings->run.traffic.interfaces.count)
		r = detach_from(NULL, settings, &total, &error);
	for (size_t i = 0; i < settings->run.traffic.interfaces.count && r == 0; i++)
		r = detach_from(settings->run.traffic.interfaces.items[i], settings, &total,
				&error);
	if (r < 0)
		return report_error(&error, NULL, settings->run.talk.verbose);
	if (!settings->run.talk.quiet && total)
		report_say("removed %zu filter%s", total, total == 1 ? "" : "s");
	else if (!settings->run.talk.quiet)
		report_say("nothing to remove");
	return EXIT_FINE;
}

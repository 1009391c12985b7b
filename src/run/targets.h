/* SPDX-License-Identifier: Apache-2.0 */
/* Which interfaces are meant, and what is peculiar about them. */
#ifndef RUN_TARGETS_H
#define RUN_TARGETS_H

#include <skbscope/error.h>

#include "kernel/interfaces.h"
#include "run/settings.h"

struct targets {
	struct interface *items; /* without an ifindex: what was asked for is not there */
	char **names;            /* as they were asked for; owned */
	size_t count;
	bool any; /* those that come later, too */
};

/* Whether there is an "any" among those that were asked for. */
bool targets_are_any(const struct traffic_settings *traffic);

/* Those that were asked for (each -i may be a list, or "any": all that are up), or the one
 * that is meant when none was, which is said unless quiet; none for a recording. */
int targets_choose(const struct traffic_settings *traffic, bool quiet, struct targets *targets,
		   struct skbscope_error *error);
void targets_clear(struct targets *targets);

void targets_drop(struct targets *targets, size_t at);

/* Whether a packet may pass both. */
bool targets_are_kin(const struct interface *a, const struct interface *b);

/* Says of interfaces what their numbers would not: packets without an Ethernet header,
 * packets that pass two of them. hooks: on how many hooks the program is. */
void targets_remark(const struct targets *targets, size_t hooks);

#endif

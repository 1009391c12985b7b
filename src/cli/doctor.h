/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor looks at: a growing list of findings, each with its remedy. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "kernel/features.h"

enum section { /* where a finding belongs, in the order they are shown */
	       SECTION_KERNEL,
	       SECTION_PRIVILEGES,
	       SECTION_COMPILER,
	       SECTION_LEFTOVERS,
	       SECTION_COUNT,
};

struct item {
	enum section section;
	enum feature_state state;
	bool essential;     /* without it nothing runs */
	const char *name;   /* "tcx" */
	const char *detail; /* what was found, or what it is good for */
	const char *remedy; /* where it is missing; NULL otherwise */
};

struct checkup {
	struct arena *arena; /* owns every string and item */
	struct item *items;
	size_t count, room;
};

/* Strings are copied. */
void doctor_add(struct checkup *checkup, const struct item *item);
const char *section_name(enum section section);

void doctor_kernel(struct checkup *checkup);
void doctor_privileges(struct checkup *checkup);
void doctor_compiler(struct checkup *checkup);
void doctor_leftovers(struct checkup *checkup);

#endif

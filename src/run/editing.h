/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edit loop as part of a run: its descriptors and deadlines are sources of the run's
 * loop, its state and its news go to the run's views.
 */
#ifndef RUN_EDITING_H
#define RUN_EDITING_H

#include "run/edit_loop.h"
#include "run/readings.h"

struct editing {
	struct edit_loop edit;
	struct readings *readings; /* the caller's */
	bool quiet;
	struct loop_source files, build;
	struct loop_timer time, compiling;

	/* The caller's: another version runs. */
	void (*swapped)(void *owner);
	void *owner;
};

/* After edit_loop_open() of its edit. What was set before stays. */
void editing_start(struct editing *editing);
void editing_stop(struct editing *editing);

void editing_reload(struct editing *editing);

#endif

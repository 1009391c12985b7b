/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child between fork() and exec: it has a copy of its parent's memory and all
 * of its rights, and must arrive at the worker with neither. Nothing here
 * allocates or takes locks, so that a host with many threads can compile too.
 */
#ifndef COMPILE_WORKER_CHILD_H
#define COMPILE_WORKER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "compile/protocol.h"

enum child_step {
	CHILD_OK,
	CHILD_DESCRIPTORS,
	CHILD_IDENTITY,
	CHILD_CAPABILITIES,
	CHILD_LIMITS,
	CHILD_EXECUTE,
};

/* What a child that failed writes to WORKER_FD_ALIVE. */
struct child_report {
	enum child_step step;
	int code; /* positive errno */
};

struct child_plan {
	int executable;
	int fds[WORKER_FD_PATHS + WORKER_MAX_PATHS]; /* the worker's numbers → ours */
	size_t fd_count;
	uid_t uid;
	gid_t gid;
	bool change_identity; /* we are root */
	bool waits;           /* --wait PARENT, and WORKER_PARENT_SIGNAL when it ends */
	pid_t parent;
	char parent_text[16];
};

/* Decides, while that is still safe, who the worker will be. fds are for the
 * caller to fill; fds[0] is ignored (/dev/null). */
void child_plan_make(struct child_plan *plan);
_Noreturn void child_become_worker(struct child_plan *plan);
const char *child_step_name(enum child_step step);

#endif

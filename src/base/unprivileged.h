/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child between fork() and exec: it has a copy of its parent's memory and all of its
 * rights, and must arrive at the program that meets strangers' bytes with neither. Nothing
 * here allocates or takes locks, so that a host with many threads can start one too.
 */
#ifndef BASE_UNPRIVILEGED_H
#define BASE_UNPRIVILEGED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_FDS_MAX 136
#define CHILD_NOBODY 65534u
/* Of its parent's end, where it is told of that; the program then looks whether more ended than
 * a thread. */
#define CHILD_PARENT_SIGNAL SIGHUP

enum child_step {
	CHILD_OK,
	CHILD_DESCRIPTORS,
	CHILD_IDENTITY,
	CHILD_CAPABILITIES,
	CHILD_LIMITS,
	CHILD_EXECUTE,
};

/* What a child that failed writes to its report_fd. */
struct child_report {
	enum child_step step;
	int code; /* positive errno */
};

struct child_limit {
	int resource; /* RLIMIT_… */
	uint64_t value;
};

/* All of it is made before the fork. */
struct child {
	int executable;
	/* The program's numbers → ours; negative: /dev/null, as fds[0] is in any case. */
	int fds[CHILD_FDS_MAX];
	size_t fd_count;
	int report_fd; /* of the program's numbers */
	uid_t uid;
	gid_t gid;
	bool change_identity; /* we are root */
	bool told;            /* CHILD_PARENT_SIGNAL, ignored until then, when its parent ends; else
			       * it is killed */
	const struct child_limit *limits;
	size_t limit_count;
	char *const *arguments, *const *environment;
	pid_t parent;
};

/* The caller's process as the parent, and nobody, if the caller is root, as who it will be. */
void child_init(struct child *child);
_Noreturn void child_execute(const struct child *child);
const char *child_step_name(enum child_step step);

#endif

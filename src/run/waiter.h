/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for whichever comes first: the next reading, a signal, a lost reader or
 * terminal, a saved file, a finished compilation.
 */
#ifndef RUN_WAITER_H
#define RUN_WAITER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <skbscope/error.h>

enum wake {
	WAKE_TIME,        /* the time waited for has come */
	WAKE_STOP,        /* SIGINT, SIGTERM, or a SIGHUP that means the end */
	WAKE_RELOAD,      /* a SIGHUP that does not */
	WAKE_RESIZED,     /* SIGWINCH */
	WAKE_OUTPUT_GONE, /* nobody can read stdout any more */
	WAKE_FILES,       /* files_fd is readable */
	WAKE_BUILT,       /* build_fd is readable */
};

struct waiter {
	int signal_fd, output_fd;
	int files_fd, build_fd; /* the caller's, to be waited for as well; -1: none */
	/* SIGHUP asks for a reload where nobody's terminal closed. */
	bool reloads;
	int terminal; /* of descriptors 0 to 2 one that was a terminal at the start; -1 */
	/* A shell may say SIGHUP to its jobs before it leaves the terminal itself. */
	bool expects_hangup;
};

#define WAITER_INIT                                                                                \
	{                                                                                          \
		.signal_fd = -1, .output_fd = -1, .files_fd = -1, .build_fd = -1, .terminal = -1   \
	}

/* From here on the signals arrive through the waiter, and only between two steps, so
 * that a step that changes the kernel is never cut: after waiter_close not at all,
 * since that is the process's end, and detaching is part of it. SIGHUP means the
 * end unless reloads is set or there is a terminal that is still open;
 * whoever ignores it (nohup) is left alone. */
int waiter_open(struct waiter *waiter, int output_fd, bool reloads, struct skbscope_error *error);
enum wake waiter_wait(struct waiter *waiter, uint64_t until_monotonic_ns);
/* The signal that made signal_fd readable; WAKE_TIME if there is none. */
enum wake waiter_take(struct waiter *waiter);
void waiter_close(struct waiter *waiter); /* also for AUTO() */

#endif

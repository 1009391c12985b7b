/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for whichever comes first: the next reading, a signal, a lost reader. */
#ifndef CLI_WAITER_H
#define CLI_WAITER_H

#include <signal.h>
#include <stdint.h>

#include <skbscope/error.h>

enum wake {
	WAKE_TIME,        /* the time waited for has come */
	WAKE_STOP,        /* SIGINT, SIGTERM or SIGHUP */
	WAKE_RESIZED,     /* SIGWINCH */
	WAKE_OUTPUT_GONE, /* nobody can read stdout any more */
};

struct waiter {
	int signal_fd, output_fd;
	sigset_t before;
};

#define WAITER_INIT                                                                                \
	{                                                                                          \
		.signal_fd = -1, .output_fd = -1                                                   \
	}

/* From here to waiter_close the signals arrive through the waiter, and only
 * between two steps, so that a step that changes the kernel is never cut. */
int waiter_open(struct waiter *waiter, int output_fd, struct skbscope_error *error);
enum wake waiter_wait(struct waiter *waiter, uint64_t until_monotonic_ns);
/* The signal that made signal_fd readable: WAKE_STOP, WAKE_RESIZED; WAKE_TIME if
 * there is none. */
enum wake waiter_take(struct waiter *waiter);
void waiter_close(struct waiter *waiter); /* also for AUTO() */

#endif

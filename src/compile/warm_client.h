/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of a waiting worker: one process, one socket. Knows how to
 * start it, to have it compile and to be rid of it; what to do without it is for
 * prewarmed.c.
 */
#ifndef COMPILE_WARM_CLIENT_H
#define COMPILE_WARM_CLIENT_H

#include <sys/types.h>

#include "compile/worker_client.h"

struct warm {
	pid_t pid;   /* 0: none */
	int process; /* a pidfd, or -1 where the kernel has none */
	int socket;
	bool ready;
	uint32_t number;     /* of the latest compilation */
	uint64_t started_ns; /* CLOCK_MONOTONIC */
};
#define WARM_NONE                                                                                  \
	{                                                                                          \
		.process = -1, .socket = -1                                                        \
	}

/* Starts the worker and has it warm up with that request; waits for neither. */
int warm_start(struct warm *warm, const struct worker_request *request, const int *path_fds,
	       struct skbscope_error *error);

/* Whether it is warm by then (CLOCK_MONOTONIC). */
bool warm_ready(struct warm *warm, uint64_t deadline_ns, int cancel_fd);

/* worker_run() by a child of the waiting worker. -EPIPE: the worker is gone, and
 * nothing is known of the program; *warm is WARM_NONE then. */
int warm_run(struct warm *warm, const struct worker_request *request, const int *path_fds,
	     const struct worker_limits *limits, struct worker_result *result,
	     struct skbscope_error *error);

void warm_stop(struct warm *warm); /* and whatever it compiles */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that serves a run's page (src/outside): started without privilege, as nobody,
 * with the socket that listens. We keep no end of that, and hear of the process by the other
 * socket, which closes with it.
 */
#ifndef RUN_SERVING_H
#define RUN_SERVING_H

#include <sys/types.h>

#include <skbscope/error.h>

struct serving {
	pid_t pid; /* 0: none */
	int socket;
};
#define SERVING_INIT                                                                               \
	{                                                                                          \
		.socket = -1                                                                       \
	}

/* Once it serves. */
int serving_start(int listening, struct serving *out, struct skbscope_error *error);
/* Says how it ended: it has, or is killed. The socket is the caller's to close before. */
void serving_end(struct serving *serving, char *out, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process of a run that meets what strangers wrote (src/outside): started without privilege, as
 * nobody. We hear of it by one socket, which closes with it. One serves the page, and is given the
 * socket that listens, of which we keep no end; one reads HTTP calls.
 */
#ifndef RUN_SERVING_H
#define RUN_SERVING_H

#include <sys/types.h>

#include <skbscope/error.h>

enum serving_what { SERVING_PAGE, SERVING_CALLS };

struct serving {
	enum serving_what what;
	pid_t pid; /* 0: none */
	int socket;
};
#define SERVING_INIT                                                                               \
	{                                                                                          \
		.socket = -1                                                                       \
	}

/* Once it works. listening: of a page; else -1. */
int serving_start(enum serving_what what, int listening, struct serving *out,
		  struct skbscope_error *error);
/* Says how it ended: it has, or is killed. The socket is the caller's to close before. */
void serving_end(struct serving *serving, char *out, size_t size);
const char *serving_name(enum serving_what what); /* "the page's process" */

#endif

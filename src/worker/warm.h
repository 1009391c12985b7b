/* SPDX-License-Identifier: Apache-2.0 */
/* The waiting worker: compiles once to be warm, then forks for each order. */
#ifndef WORKER_WARM_H
#define WORKER_WARM_H

#include <stdint.h>

#include "compile/protocol.h"

/* Ends with the socket's other end, or the parent. Only the children return, each
 * with a request's descriptors in their places and the filter of a worker that
 * compiles once: CLOCK_MONOTONIC of their start. */
uint64_t warm_wait(void);

/* In such a child: all is written, and it ends with that status. */
void warm_tell(enum worker_status status);

#endif

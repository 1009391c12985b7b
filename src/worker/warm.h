/* SPDX-License-Identifier: Apache-2.0 */
/* Being warm before there is anything to compile. */
#ifndef WORKER_WARM_H
#define WORKER_WARM_H

#include <stdint.h>
#include <sys/types.h>

/* Serves the request it was started with, says so, and sleeps until the real one comes;
 * ends with its owner, who would send it. When that came: CLOCK_MONOTONIC, with its
 * descriptors in their places and its limit on processor time. */
uint64_t warm_wait(pid_t owner);

#endif

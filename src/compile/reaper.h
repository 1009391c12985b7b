/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collecting a worker that has given its answer and is killed: the kernel takes some
 * milliseconds to tear its memory down, and nobody need wait for that.
 */
#ifndef COMPILE_REAPER_H
#define COMPILE_REAPER_H

#include <sys/types.h>

/* Returns at once; the child is collected as soon as it is gone, by a thread that ends
 * with it, and before this process or library ends in any case. */
void reap_later(pid_t pid);

/* waitpid(), as long as it takes; the status, or 0 where none is to be had. */
int reap_now(pid_t pid);

#endif

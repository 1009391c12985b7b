/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes that have a socket, from what /proc/PID/fd points to. Looking through all of
 * them takes long where there are many: it is done for sockets that are new, and else once in
 * a while.
 */
#ifndef KERNEL_PROCESSES_H
#define KERNEL_PROCESSES_H

#include <stddef.h>
#include <stdint.h>

#define PROCESS_NAME 16 /* comm, with its NUL */

struct socket_process {
	uint32_t inode, pid; /* pid 0: that it was looked for, and no process */
	char name[PROCESS_NAME];
};

struct processes;

int processes_new(struct processes **out);
void processes_freep(struct processes **processes);

/* Finds those of these sockets, whose inode numbers are sorted, and forgets others. 0 or
 * -ENOMEM. */
int processes_look(struct processes *processes, const uint32_t *inodes, size_t count,
		   uint64_t now_ns);
/* Those of one socket, side by side. */
const struct socket_process *processes_of(const struct processes *processes, uint32_t inode,
					  size_t *count);

#endif

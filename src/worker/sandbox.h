/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker gives up before it looks at a stranger's program. */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

/* Uid, capabilities and limits are gone already: the client dropped them before
 * this program was executed. Here the system calls go: only reading files,
 * memory, and writing to descriptors already open stay. 0 or a negative errno. */
int sandbox_enter(void);

#endif

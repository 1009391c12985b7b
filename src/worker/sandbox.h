/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker gives up before it looks at a stranger's program. */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

enum sandbox {
	SANDBOX_ONCE,  /* for one compilation */
	SANDBOX_WAITS, /* may fork as well, and put on the one above in the child */
};

/* Uid, capabilities and limits are gone already: the client dropped them before
 * this program was executed. Here the system calls go: only reading files,
 * memory, and writing to descriptors already open stay. 0 or a negative errno. */
int sandbox_enter(enum sandbox sandbox);

/* SANDBOX_ONCE in two steps, the second short: before forking, and in the child. */
int sandbox_prepare(void);
int sandbox_enter_prepared(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker is given when it is executed (base/unprivileged.h), and who it is. */
#ifndef COMPILE_WORKER_CHILD_H
#define COMPILE_WORKER_CHILD_H

#include "base/unprivileged.h"
#include "compile/protocol.h"

_Static_assert(WORKER_FD_PATHS + WORKER_MAX_PATHS <= CHILD_FDS_MAX, "descriptors of the worker");

struct worker_child {
	struct child child;
	char parent[16];
	char *arguments[4];
};

/* waits: --wait PARENT, and CHILD_PARENT_SIGNAL when that ends. Its executable and its
 * descriptors are for the caller to fill. */
void worker_child_make(struct worker_child *worker, bool waits);

/* Of a worker: the user who called, or nobody. */
void worker_child_identity(struct child *child);

#endif

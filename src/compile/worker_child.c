/* SPDX-License-Identifier: Apache-2.0 */
#include "compile/worker_child.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/text.h"

#define MEMORY_MAX (UINT64_C(2) << 30) /* full kernel headers need 0.2 */
#define DESCRIPTORS_MAX 4096           /* every map takes one */

static const struct child_limit limits[] = {
	{ RLIMIT_CORE, 0 },
#ifndef __SANITIZE_ADDRESS__ /* its shadow memory alone is 16 TB of addresses */
	{ RLIMIT_AS, MEMORY_MAX },
#endif
	{ RLIMIT_CPU, WORKER_MAX_SECONDS },
	{ RLIMIT_FSIZE, WORKER_MAX_OUTPUT },
	{ RLIMIT_NOFILE, DESCRIPTORS_MAX },
};

static bool environment_id(const char *variable, uid_t *out)
{
	const char *value = getenv(variable);
	uint64_t number;

	/* Root through sudo is root: then nobody will do. */
	if (!value || !text_number(value, &number) || number == 0 || number >= UINT32_MAX)
		return false;
	*out = (uid_t)number;
	return true;
}

void worker_child_identity(struct child *child)
{
	child_init(child);
	if (!environment_id("SUDO_UID", &child->uid) || !environment_id("SUDO_GID", &child->gid))
		child->uid = child->gid = CHILD_NOBODY;
}

void worker_child_make(struct worker_child *worker, bool waits)
{
	static char name[] = "skbscope-compile", wait[] = WORKER_WAIT_ARGUMENT;
	static char headers[] = "BCC_KERNEL_SOURCE=" WORKER_TREE;
#ifdef __SANITIZE_ADDRESS__
	static char runtime[] = "ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_abort=0";
#else
	/* The heap in few, large pages: LLVM touches some 30 MB of it. */
	static char runtime[] =
		"GLIBC_TUNABLES=glibc.malloc.top_pad=33554432:glibc.malloc.hugetlb=1";
#endif
	/* Nothing of the caller's: LANG, TMPDIR, CPATH and their like change what a compiler
	 * does, LD_* what a process is. */
	static char *const environment[] = { headers, runtime, NULL };

	worker_child_identity(&worker->child);
	snprintf(worker->parent, sizeof(worker->parent), "%d", worker->child.parent);
	worker->arguments[0] = name;
	worker->arguments[1] = waits ? wait : NULL;
	worker->arguments[2] = worker->parent;
	worker->arguments[3] = NULL;
	worker->child.arguments = worker->arguments;
	worker->child.environment = environment;
	worker->child.limits = limits;
	worker->child.limit_count = sizeof(limits) / sizeof(limits[0]);
	worker->child.report_fd = WORKER_FD_ALIVE;
	worker->child.told = waits;
}

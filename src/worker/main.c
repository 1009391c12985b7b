/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope-compile, the worker: the only program here that links libbcc, and so
 * LLVM. It is started without privilege, by compile/worker_client.c, for one
 * compilation; a worker that waits is started before there is anything to compile.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/io.h"
#include "worker/request.h"
#include "worker/sandbox.h"
#include "worker/versions.h"
#include "worker/warm.h"

/* For people; everything else this program does is for skbscope. */
static int print_versions(void)
{
	char libbcc[32], llvm[32];

	library_version("libbcc.so", libbcc, sizeof(libbcc));
	library_version("libLLVM", llvm, sizeof(llvm));
	printf("skbscope-compile " SKBSCOPE_VERSION ", libbcc %s, LLVM %s\n", libbcc, llvm);
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int count, char **arguments)
{
	const bool waits = count > 2 && strcmp(arguments[1], WORKER_WAIT_ARGUMENT) == 0;
	uint64_t started_ns = clock_monotonic_ns();
	char tree[64];

	/* Executed by a descriptor it would be called by that one's number, in ps and top,
	 * on kernels that lack bprm->comm_from_dentry (fs/exec.c). */
	prctl(PR_SET_NAME, program_invocation_short_name);
	if (count > 1 && strcmp(arguments[1], "--version") == 0)
		return print_versions();
	snprintf(tree, sizeof(tree), WORKER_PATH_PREFIX "%d",
		 WORKER_FD_PATHS + WORKER_PATH_HEADERS);
	if (setenv("BCC_KERNEL_SOURCE", tree, 1) < 0)
		worker_give_up(WORKER_NO_SANDBOX, "out of memory");
	if (sandbox_enter() < 0)
		worker_give_up(WORKER_NO_SANDBOX, "the kernel refuses the system call filter");
	if (waits)
		started_ns = warm_wait((pid_t)strtol(arguments[2], NULL, 10));
	worker_leave(request_serve(started_ns));
}

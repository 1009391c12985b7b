/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope-compile, the worker: the only program here that links libbcc, and so
 * LLVM. It is started without privilege, by compile/worker_client.c, for one
 * compilation. The first of a process maps and initialises LLVM: a worker that waits
 * does that with a program of skbscope's own, before there is anything to compile.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/unprivileged.h"
#include "worker/request.h"
#include "worker/sandbox.h"
#include "worker/versions.h"

static pid_t parent;

static void look_for_parent(int signal)
{
	(void)signal;
	if (getppid() != parent)
		_exit(WORKER_GAVE_UP);
}

static void end_with_parent(pid_t starter)
{
	struct sigaction action = { .sa_handler = look_for_parent, .sa_flags = SA_RESTART };

	parent = starter;
	sigaction(CHILD_PARENT_SIGNAL, &action, NULL);
	look_for_parent(0); /* until now the signal was ignored */
}

static void warm_up(void)
{
	const char warm = WORKER_WARM;

	if (!request_warm_up())
		worker_leave(WORKER_GAVE_UP);
	request_forget();
	fflush(NULL);
	for (int fd = getdtablesize(); fd-- > STDERR_FILENO + 1;)
		if (fd != WORKER_FD_ALIVE)
			close(fd);
	if (write(WORKER_FD_ALIVE, &warm, sizeof(warm)) != sizeof(warm))
		worker_leave(WORKER_GAVE_UP);
}

/* Request, answer and paths are given the lowest numbers, and so come to where they
 * belong; the log is the last. False: they are more than there may be. */
static bool receive_request(void)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE((WORKER_MAX_PATHS + WORKER_FILES) * sizeof(int))];
	} control;
	char word;
	struct iovec data = { &word, sizeof(word) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	const struct cmsghdr *rights;
	int log;

	if (recvmsg(WORKER_FD_ALIVE, &message, MSG_CMSG_CLOEXEC) != sizeof(word))
		worker_leave(WORKER_GAVE_UP); /* the other end is gone */
	rights = CMSG_FIRSTHDR(&message);
	if (!rights || (message.msg_flags & MSG_CTRUNC))
		return false;
	memcpy(&log, (const char *)rights + rights->cmsg_len - sizeof(log), sizeof(log));
	return dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0 && close(log) == 0;
}

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

	/* Executed by a descriptor it would be called by that one's number, in ps and top,
	 * on kernels that lack bprm->comm_from_dentry (fs/exec.c). */
	prctl(PR_SET_NAME, program_invocation_short_name);
	if (count > 1 && strcmp(arguments[1], "--version") == 0)
		return print_versions();
	if (sandbox_enter() < 0)
		worker_give_up("the kernel refuses the system call filter");
	if (waits) {
		end_with_parent((pid_t)strtol(arguments[2], NULL, 10));
		warm_up();
		/* A worker that was killed is replaced, by one that can say what is wrong. */
		if (!receive_request())
			raise(SIGKILL);
		started_ns = clock_monotonic_ns();
	}
	worker_leave(request_serve(started_ns));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope-serve: what meets strangers' bytes. It is started without privilege, by
 * run/serving.c, with a socket that listens already and one to the run; here the system calls
 * go. It can open nothing, connect to nothing and start nothing, and ends with the run.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "outside/serve.h"
#include "sandbox/sandbox.h"

static const int allowed[] = {
	/* what is open, or was accepted */
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(shutdown),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), /* of a descriptor: nothing can be opened */
	SCMP_SYS(listen),
	SCMP_SYS(epoll_create),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(pipe2),
	SCMP_SYS(eventfd2),
	/* memory and the process itself */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(uname),
	SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(restart_syscall),
};

static int enter_sandbox(void)
{
	const struct sandbox_rule rules[] = {
		{ SCMP_SYS(mmap), SANDBOX_WHERE(2, MASKED_EQ, PROT_EXEC, 0) },
		{ SCMP_SYS(mprotect), SANDBOX_WHERE(2, MASKED_EQ, PROT_EXEC, 0) },
		{ SCMP_SYS(fcntl), SANDBOX_WHERE(1, EQ, F_GETFD, 0) },
		{ SCMP_SYS(fcntl), SANDBOX_WHERE(1, EQ, F_SETFD, 0) },
		{ SCMP_SYS(fcntl), SANDBOX_WHERE(1, EQ, F_GETFL, 0) },
		{ SCMP_SYS(fcntl), SANDBOX_WHERE(1, EQ, F_SETFL, 0) },
		{ SCMP_SYS(tgkill), SANDBOX_WHERE(0, EQ, (uint64_t)getpid(), 0) }, /* abort() */
	};
	const struct sandbox_calls calls = {
		allowed,
		sizeof(allowed) / sizeof(allowed[0]),
		rules,
		sizeof(rules) / sizeof(rules[0]),
	};

	return sandbox_load(&calls);
}

/* For people; everything else this program does is for skbscope. */
static int print_version(void)
{
	printf("skbscope-serve " SKBSCOPE_VERSION ", libmicrohttpd %s\n", MHD_get_version());
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int count, char **arguments)
{
	static struct serve state;

	prctl(PR_SET_NAME, "skbscope-serve"); /* see worker/main.c */
	if (count > 1 && strcmp(arguments[1], "--version") == 0)
		return print_version();
	/* Others of the same user may not look into it. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (enter_sandbox() < 0)
		_exit(SERVE_NO_SANDBOX);
	_exit(serve(&state));
}

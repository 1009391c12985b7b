/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope-http: reads HTTP, which strangers wrote. It is started without privilege, by
 * run/serving.c, with a socket to the run, and here the system calls go: what is left can read
 * and write that socket, and ask for memory.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "outside/reader.h"
#include "sandbox/sandbox.h"

static const int allowed[] = {
	SCMP_SYS(read),           SCMP_SYS(write),         SCMP_SYS(brk),
	SCMP_SYS(munmap),         SCMP_SYS(mremap),        SCMP_SYS(madvise),
	SCMP_SYS(exit),           SCMP_SYS(exit_group),    SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),  SCMP_SYS(sigaltstack),
	SCMP_SYS(futex),          SCMP_SYS(getpid),        SCMP_SYS(gettid),
	SCMP_SYS(getrandom),      SCMP_SYS(clock_gettime), SCMP_SYS(restart_syscall),
};

static int enter_sandbox(void)
{
	const struct sandbox_rule rules[] = {
		{ SCMP_SYS(mmap), SANDBOX_WHERE(2, MASKED_EQ, PROT_EXEC, 0) },
		{ SCMP_SYS(mprotect), SANDBOX_WHERE(2, MASKED_EQ, PROT_EXEC, 0) },
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

int main(int count, char **arguments)
{
	static struct reader reader;

	prctl(PR_SET_NAME, "skbscope-http");
	if (count > 1 && strcmp(arguments[1], "--version") == 0) {
		printf("skbscope-http " SKBSCOPE_VERSION "\n");
		return fflush(stdout) == 0 ? 0 : 1;
	}
	/* Others of the same user may not look into it. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (enter_sandbox() < 0)
		_exit(WIRE_NO_SANDBOX);
	_exit(reader_run(&reader));
}

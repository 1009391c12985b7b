/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp filter: a list of what clang and libbcc need to turn text into
 * instructions. Everything else fails with EPERM rather than killing, because
 * libbcc tries a few things (mkdir, mounts' statfs) that it can live without.
 */
#include "worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static const int allowed[] = {
	/* files: looking and reading; opening is restricted below */
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(fstatfs),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(chdir),
	SCMP_SYS(fchdir),
	SCMP_SYS(fadvise64),
	/* answering, on what was open before */
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pwrite64),
	SCMP_SYS(ftruncate),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	/* the process itself */
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getrlimit),
	SCMP_SYS(getrusage),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getrandom),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(restart_syscall),
	/* receiving a request, where one waits for it; no socket can be made */
	SCMP_SYS(recvmsg),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
};

static int allow_all(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);

		if (r < 0)
			return r;
	}
	return 0;
}

#define WHERE(argument, comparison, a, b)                                                          \
	{                                                                                          \
		.arg = (argument), .op = SCMP_CMP_##comparison, .datum_a = (a), .datum_b = (b)     \
	}

struct rule {
	int call;
	struct scmp_arg_cmp arg;
};

/* Calls that are harmless with some arguments only. */
static int allow_some(scmp_filter_ctx filter)
{
	const uint64_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
	const struct rule rules[] = {
		{ SCMP_SYS(open), WHERE(1, MASKED_EQ, writing, 0) },
		{ SCMP_SYS(openat), WHERE(2, MASKED_EQ, writing, 0) },
		/* LLVM's JIT asks for memory that is written first and executable
		 * never: BPF does not run here. */
		{ SCMP_SYS(mmap), WHERE(2, MASKED_EQ, PROT_EXEC, 0) },
		{ SCMP_SYS(mprotect), WHERE(2, MASKED_EQ, PROT_EXEC, 0) },
		{ SCMP_SYS(ioctl), WHERE(1, EQ, TCGETS, 0) },
		{ SCMP_SYS(fcntl), WHERE(1, EQ, F_GETFD, 0) },
		{ SCMP_SYS(fcntl), WHERE(1, EQ, F_SETFD, 0) },
		{ SCMP_SYS(fcntl), WHERE(1, EQ, F_GETFL, 0) },
		{ SCMP_SYS(fcntl), WHERE(1, EQ, F_DUPFD_CLOEXEC, 0) },
		{ SCMP_SYS(prlimit64), WHERE(2, EQ, 0, 0) },
		/* abort() */
		{ SCMP_SYS(tgkill), WHERE(0, EQ, (uint64_t)getpid(), 0) },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, rules[i].call, 1, rules[i].arg);

		if (r < 0)
			return r;
	}
	return 0;
}

static int fill(scmp_filter_ctx filter)
{
	int r = allow_all(filter);

	return r < 0 ? r : allow_some(filter);
}

int sandbox_enter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!filter)
		return -ENOMEM;
	r = fill(filter);
	/* A binary tree of comparisons: thousands of file calls pass through it. */
	if (r == 0)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

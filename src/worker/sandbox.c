/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp filter: a list of what clang and libbcc need to turn text into
 * instructions. (libbcc tries a few things more that it can live without: mkdir, mounts' statfs.)
 */
#include "worker/sandbox.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

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

int sandbox_enter(void)
{
	const uint64_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
	const struct sandbox_rule rules[] = {
		{ SCMP_SYS(open), SANDBOX_WHERE(1, MASKED_EQ, writing, 0) },
		{ SCMP_SYS(openat), SANDBOX_WHERE(2, MASKED_EQ, writing, 0) },
		/* LLVM's JIT asks for memory that is written first and executable
		 * never: BPF does not run here. */
		{ SCMP_SYS(mmap), SANDBOX_WHERE(2, MASKED_EQ, PROT_EXEC, 0) },
		{ SCMP_SYS(mprotect), SANDBOX_WHERE(2, MASKED_EQ, PROT_EXEC, 0) },
		{ SCMP_SYS(ioctl), SANDBOX_WHERE(1, EQ, TCGETS, 0) },
		{ SCMP_SYS(fcntl), SANDBOX_WHERE(1, EQ, F_GETFD, 0) },
		{ SCMP_SYS(fcntl), SANDBOX_WHERE(1, EQ, F_SETFD, 0) },
		{ SCMP_SYS(fcntl), SANDBOX_WHERE(1, EQ, F_GETFL, 0) },
		{ SCMP_SYS(fcntl), SANDBOX_WHERE(1, EQ, F_DUPFD_CLOEXEC, 0) },
		{ SCMP_SYS(prlimit64), SANDBOX_WHERE(2, EQ, 0, 0) },
		/* abort() */
		{ SCMP_SYS(tgkill), SANDBOX_WHERE(0, EQ, (uint64_t)getpid(), 0) },
	};
	const struct sandbox_calls calls = {
		allowed,
		sizeof(allowed) / sizeof(allowed[0]),
		rules,
		sizeof(rules) / sizeof(rules[0]),
	};

	return sandbox_load(&calls);
}

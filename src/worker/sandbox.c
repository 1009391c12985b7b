/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp filter: a list of what clang and libbcc need to turn text into
 * instructions. Everything else fails with EPERM rather than killing, because
 * libbcc tries a few things (mkdir, mounts' statfs) that it can live without.
 */
#include "worker/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/io.h"

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
};

/* What waiting takes more. The socket is there already: none can be made. */
static const int allowed_waiting[] = {
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto), /* with an address it would need another socket */
	SCMP_SYS(ppoll),
	SCMP_SYS(fork),
	SCMP_SYS(wait4),
	SCMP_SYS(getppid),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(close_range),
	SCMP_SYS(set_robust_list),
	/* the child, before it is one that compiles once: only ever towards less */
	SCMP_SYS(setrlimit),
};

static int allow_all(scmp_filter_ctx filter, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);

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

static int allow_rules(scmp_filter_ctx filter, const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, rules[i].call, 1, rules[i].arg);

		if (r < 0)
			return r;
	}
	return 0;
}

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
	};

	return allow_rules(filter, rules, sizeof(rules) / sizeof(rules[0]));
}

static int allow_for(scmp_filter_ctx filter, enum sandbox sandbox, uint32_t self)
{
	const struct rule once[] = {
		/* abort() */
		{ SCMP_SYS(tgkill), WHERE(0, EQ, self, 0) },
	};
	const struct rule waits[] = {
		/* fork() of glibc, and nothing else: no threads, no namespaces */
		{ SCMP_SYS(clone),
		  WHERE(0, EQ, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, 0) },
		{ SCMP_SYS(clone), WHERE(0, EQ, SIGCHLD, 0) },
		/* its own child; without privilege it reaches little else */
		{ SCMP_SYS(kill), WHERE(1, EQ, SIGKILL, 0) },
		/* abort() in the child, whose number nobody knows yet */
		{ SCMP_SYS(tgkill), WHERE(2, EQ, SIGABRT, 0) },
		{ SCMP_SYS(prlimit64), WHERE(0, EQ, 0, 0) },
		{ SCMP_SYS(prctl), WHERE(0, EQ, PR_SET_PDEATHSIG, 0) },
		{ SCMP_SYS(prctl), WHERE(0, EQ, PR_SET_NO_NEW_PRIVS, 0) },
		{ SCMP_SYS(prctl), WHERE(0, EQ, PR_SET_SECCOMP, 0) },
	};
	int r;

	if (sandbox == SANDBOX_ONCE)
		return allow_rules(filter, once, sizeof(once) / sizeof(once[0]));
	r = allow_all(filter, allowed_waiting,
		      sizeof(allowed_waiting) / sizeof(allowed_waiting[0]));
	return r < 0 ? r : allow_rules(filter, waits, sizeof(waits) / sizeof(waits[0]));
}

static int make_filter(enum sandbox sandbox, uint32_t self, scmp_filter_ctx *out)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!filter)
		return -ENOMEM;
	r = allow_all(filter, allowed, sizeof(allowed) / sizeof(allowed[0]));
	if (r == 0)
		r = allow_some(filter);
	if (r == 0)
		r = allow_for(filter, sandbox, self);
	/* A binary tree of comparisons: thousands of file calls pass through it. */
	if (r == 0)
		(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		*out = filter;
	else
		seccomp_release(filter);
	return r;
}

int sandbox_enter(enum sandbox sandbox)
{
	scmp_filter_ctx filter;
	int r = make_filter(sandbox, (uint32_t)getpid(), &filter);

	if (r < 0)
		return r;
	r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

/* The one number in the filter that is not known before the fork; larger than any
 * process number, and like nothing else in it. */
#define SELF_UNKNOWN UINT32_C(0x5e1f5e1f)

static struct {
	struct sock_filter *code;
	size_t count;
} prepared;

int sandbox_prepare(void)
{
	AUTO(buffer_free) struct buffer code = { 0 };
	AUTO(closep) int file = memfd_create("filter", MFD_CLOEXEC);
	scmp_filter_ctx filter;
	int r = file < 0 ? -errno : make_filter(SANDBOX_ONCE, SELF_UNKNOWN, &filter);

	if (r < 0)
		return r;
	r = seccomp_export_bpf(filter, file);
	seccomp_release(filter);
	if (r == 0 && lseek(file, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		r = read_descriptor(file, BPF_MAXINSNS * sizeof(*prepared.code), &code);
	if (r < 0)
		return r;
	prepared.count = code.length / sizeof(*prepared.code);
	prepared.code = (struct sock_filter *)(void *)TAKE(code.data);
	return 0;
}

int sandbox_enter_prepared(void)
{
	const struct sock_fprog program = { .len = (unsigned short)prepared.count,
					    .filter = prepared.code };
	unsigned int found = 0;

	for (size_t i = 0; i < prepared.count; i++) {
		if (prepared.code[i].k != SELF_UNKNOWN)
			continue;
		prepared.code[i].k = (uint32_t)getpid();
		found++;
	}
	if (!found)
		return -EINVAL;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -errno : 0;
}

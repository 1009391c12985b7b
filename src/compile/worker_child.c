/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order matters: descriptors while /proc can be read, the bounding set while
 * we may, groups before the user, capabilities after it, and the death signal
 * last, because changing the user clears it.
 */
#include "compile/worker_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

#define NOBODY 65534u
#define MEMORY_MAX (UINT64_C(2) << 30) /* full kernel headers need 0.2 */
#define DESCRIPTORS_MAX 4096           /* every map takes one */

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

void child_plan_make(struct child_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	plan->uid = plan->gid = NOBODY;
	plan->change_identity = geteuid() == 0 || getuid() == 0;
	if (!environment_id("SUDO_UID", &plan->uid) || !environment_id("SUDO_GID", &plan->gid))
		plan->uid = plan->gid = NOBODY;
	plan->parent = getpid();
	snprintf(plan->parent_text, sizeof(plan->parent_text), "%d", plan->parent);
}

const char *child_step_name(enum child_step step)
{
	static const char *const names[] = {
		[CHILD_OK] = "",
		[CHILD_DESCRIPTORS] = "passing descriptors",
		[CHILD_IDENTITY] = "changing to an unprivileged user",
		[CHILD_CAPABILITIES] = "dropping capabilities",
		[CHILD_LIMITS] = "setting limits",
		[CHILD_EXECUTE] = "executing it",
	};

	return (size_t)step < sizeof(names) / sizeof(names[0]) && names[step] ? names[step] : "?";
}

/* A host may live with few; the worker's own limit follows. */
static void raise_descriptor_limit(void)
{
	struct rlimit descriptors;

	if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
		descriptors.rlim_cur = descriptors.rlim_max;
		setrlimit(RLIMIT_NOFILE, &descriptors);
	}
}

/* The worker's descriptors, in two moves so that none is overwritten before it
 * was copied; everything else closes when the worker is executed. */
static int place_descriptors(const struct child_plan *plan, int *executable)
{
	const int above = WORKER_FD_PATHS + WORKER_MAX_PATHS;
	int moved[WORKER_FD_PATHS + WORKER_MAX_PATHS];
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0)
		return -errno;
	for (size_t i = 0; i < plan->fd_count; i++) {
		moved[i] = fcntl(i ? plan->fds[i] : null, F_DUPFD_CLOEXEC, above);
		if (moved[i] < 0)
			return errno == EINVAL ? -EMFILE : -errno; /* beyond the limit */
	}
	*executable = fcntl(plan->executable, F_DUPFD_CLOEXEC, above);
	if (*executable < 0)
		return -errno;
	for (size_t i = 0; i < plan->fd_count; i++)
		if (dup2(moved[i], (int)i) < 0)
			return -errno;
	return 0;
}

static void close_the_rest(const struct child_plan *plan)
{
	const unsigned int close_on_exec = 1u << 2; /* CLOSE_RANGE_CLOEXEC */
	struct rlimit limit;

	if (syscall(SYS_close_range, (unsigned int)plan->fd_count, ~0u, close_on_exec) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 1u << 20)
		limit.rlim_cur = 1u << 20;
	for (int fd = (int)plan->fd_count; fd < (int)limit.rlim_cur; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void drop_bounding_set(void)
{
	/* Needs CAP_SETPCAP; who has no such right has nothing to bound either,
	 * and no_new_privs holds in any case. */
	for (int capability = 0; capability < 64; capability++)
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

/* In a user namespace the id may not exist (EINVAL); in a container root may lack
 * CAP_SETUID and its like (EPERM). Either way what is left of root is no more than
 * the invoking user's own rights, once the capabilities are gone. */
static bool is_bound_to_stay(int r)
{
	return r < 0 && (errno == EINVAL || errno == EPERM);
}

static int change_identity(const struct child_plan *plan)
{
	int r;

	if (!plan->change_identity)
		return 0;
	r = setgroups(0, NULL);
	if (r < 0 && !is_bound_to_stay(r))
		return -errno;
	r = setresgid(plan->gid, plan->gid, plan->gid);
	if (r < 0 && !is_bound_to_stay(r))
		return -errno;
	r = setresuid(plan->uid, plan->uid, plan->uid);
	return r < 0 && !is_bound_to_stay(r) ? -errno : 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capset, &header, data) < 0)
		return -errno;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static int limit(int resource, uint64_t value)
{
	struct rlimit old, new = { (rlim_t)value, (rlim_t)value };

	if (getrlimit((__rlimit_resource_t)resource, &old) == 0 && old.rlim_max < new.rlim_max)
		new.rlim_cur = new.rlim_max = old.rlim_max;
	return setrlimit((__rlimit_resource_t)resource, &new) < 0 ? -errno : 0;
}

static int set_limits(void)
{
	int r = limit(RLIMIT_CORE, 0);

#ifndef __SANITIZE_ADDRESS__ /* its shadow memory alone is 16 TB of addresses */
	if (r == 0)
		r = limit(RLIMIT_AS, MEMORY_MAX);
#endif
	if (r == 0)
		r = limit(RLIMIT_CPU, WORKER_MAX_SECONDS);
	if (r == 0)
		r = limit(RLIMIT_FSIZE, WORKER_MAX_OUTPUT);
	if (r == 0)
		r = limit(RLIMIT_NOFILE, DESCRIPTORS_MAX);
	return r;
}

/* Nothing of the caller's environment: LANG, TMPDIR, CPATH and their like change
 * what a compiler does, LD_* what a process is. */
static int execute(struct child_plan *plan, int executable)
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
	char *const arguments[] = { name, plan->waits ? wait : NULL, plan->parent_text, NULL };
	char *const environment[] = { headers, runtime, NULL };

	syscall(SYS_execveat, executable, "", arguments, environment, AT_EMPTY_PATH);
	return -errno;
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	/* A log beyond its limit is an error of write(), not the end. */
	signal(SIGXFSZ, SIG_IGN);
}

_Noreturn static void report_and_leave(int fd, enum child_step step, int r)
{
	const struct child_report report = { step, -r };

	(void)!write(fd, &report, sizeof(report));
	_exit(127);
}

void child_become_worker(struct child_plan *plan)
{
	int executable = -1, r;

	setpgid(0, 0); /* Ctrl-C is for the parent, who then ends us */
	reset_signals();
	umask(077);
	raise_descriptor_limit();
	r = place_descriptors(plan, &executable);
	if (r < 0)
		report_and_leave(plan->fds[WORKER_FD_ALIVE], CHILD_DESCRIPTORS, r);
	close_the_rest(plan);
	drop_bounding_set();
	r = change_identity(plan);
	if (r < 0)
		report_and_leave(WORKER_FD_ALIVE, CHILD_IDENTITY, r);
	r = drop_capabilities();
	if (r < 0)
		report_and_leave(WORKER_FD_ALIVE, CHILD_CAPABILITIES, r);
	r = set_limits();
	if (r < 0 || chdir("/") < 0)
		report_and_leave(WORKER_FD_ALIVE, CHILD_LIMITS, r < 0 ? r : -errno);
	/* The signal also comes when only the thread that forked ends: a worker that
	 * outlives a call looks whether it was more than that, as soon as it can. */
	if (plan->waits)
		signal(WORKER_PARENT_SIGNAL, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, plan->waits ? WORKER_PARENT_SIGNAL : SIGKILL, 0, 0, 0);
	if (getppid() != plan->parent)
		_exit(127);
	report_and_leave(WORKER_FD_ALIVE, CHILD_EXECUTE, execute(plan, executable));
}

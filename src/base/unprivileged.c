/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order matters: descriptors while /proc can be read, the bounding set while
 * we may, groups before the user, capabilities after it, and the death signal
 * last, because changing the user clears it.
 */
#include "base/unprivileged.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void child_init(struct child *child)
{
	memset(child, 0, sizeof(*child));
	child->uid = child->gid = CHILD_NOBODY;
	child->change_identity = geteuid() == 0 || getuid() == 0;
	child->parent = getpid();
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

/* A host may live with few; the program's own limit follows. */
static void raise_descriptor_limit(void)
{
	struct rlimit descriptors;

	if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
		descriptors.rlim_cur = descriptors.rlim_max;
		setrlimit(RLIMIT_NOFILE, &descriptors);
	}
}

/* The program's descriptors, in two moves so that none is overwritten before it was
 * copied; everything else closes when it is executed. */
static int place_descriptors(const struct child *child, int *executable)
{
	const int above = CHILD_FDS_MAX;
	int moved[CHILD_FDS_MAX];
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0)
		return -errno;
	for (size_t i = 0; i < child->fd_count; i++) {
		moved[i] = fcntl(i && child->fds[i] >= 0 ? child->fds[i] : null, F_DUPFD_CLOEXEC,
				 above);
		if (moved[i] < 0)
			return errno == EINVAL ? -EMFILE : -errno; /* beyond the limit */
	}
	*executable = fcntl(child->executable, F_DUPFD_CLOEXEC, above);
	if (*executable < 0)
		return -errno;
	for (size_t i = 0; i < child->fd_count; i++)
		if (dup2(moved[i], (int)i) < 0)
			return -errno;
	return 0;
}

static void close_the_rest(const struct child *child)
{
	const unsigned int close_on_exec = 1u << 2; /* CLOSE_RANGE_CLOEXEC */
	struct rlimit limit;

	if (syscall(SYS_close_range, (unsigned int)child->fd_count, ~0u, close_on_exec) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 1u << 20)
		limit.rlim_cur = 1u << 20;
	for (int fd = (int)child->fd_count; fd < (int)limit.rlim_cur; fd++)
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

static int change_identity(const struct child *child)
{
	int r;

	if (!child->change_identity)
		return 0;
	r = setgroups(0, NULL);
	if (r < 0 && !is_bound_to_stay(r))
		return -errno;
	r = setresgid(child->gid, child->gid, child->gid);
	if (r < 0 && !is_bound_to_stay(r))
		return -errno;
	r = setresuid(child->uid, child->uid, child->uid);
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

static int set_limits(const struct child *child)
{
	int r = 0;

	for (size_t i = 0; i < child->limit_count && r == 0; i++)
		r = limit(child->limits[i].resource, child->limits[i].value);
	return r;
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

void child_execute(const struct child *child)
{
	const int report = child->report_fd;
	int executable = -1, r;

	setpgid(0, 0); /* Ctrl-C is for the parent, who then ends us */
	reset_signals();
	umask(077);
	raise_descriptor_limit();
	r = place_descriptors(child, &executable);
	if (r < 0)
		report_and_leave(child->fds[report], CHILD_DESCRIPTORS, r);
	close_the_rest(child);
	drop_bounding_set();
	r = change_identity(child);
	if (r < 0)
		report_and_leave(report, CHILD_IDENTITY, r);
	r = drop_capabilities();
	if (r < 0)
		report_and_leave(report, CHILD_CAPABILITIES, r);
	r = set_limits(child);
	if (r < 0 || chdir("/") < 0)
		report_and_leave(report, CHILD_LIMITS, r < 0 ? r : -errno);
	/* The signal also comes when only the thread that forked ends: a program that
	 * outlives a call looks whether it was more than that, as soon as it can. */
	if (child->told)
		signal(CHILD_PARENT_SIGNAL, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, child->told ? CHILD_PARENT_SIGNAL : SIGKILL, 0, 0, 0);
	if (getppid() != child->parent)
		_exit(127);
	syscall(SYS_execveat, executable, "", child->arguments, child->environment, AT_EMPTY_PATH);
	report_and_leave(report, CHILD_EXECUTE, -errno);
}

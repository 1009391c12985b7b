/* SPDX-License-Identifier: Apache-2.0 */
#include "run/serving.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/paths.h"
#include "base/unprivileged.h"
#include "outside/protocol.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define START_MS 30000 /* a machine that has other things to do */
#define END_MS 1000

static const struct child_limit limits[] = {
	{ RLIMIT_CORE, 0 },
#ifndef __SANITIZE_ADDRESS__ /* its shadow memory alone is 16 TB of addresses */
	{ RLIMIT_AS, UINT64_C(1) << 30 },
#endif
	{ RLIMIT_FSIZE, 0 },
	{ RLIMIT_NOFILE, 512 },
};

static void fill_child(struct child *child)
{
	static char name[] = "skbscope-serve";
	static char *const arguments[] = { name, NULL };
#ifdef __SANITIZE_ADDRESS__
	static char runtime[] = "ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_abort=0";
	static char *const environment[] = { runtime, NULL };
#else
	static char *const environment[] = { NULL };
#endif

	child_init(child);
	child->arguments = arguments;
	child->environment = environment;
	child->limits = limits;
	child->limit_count = sizeof(limits) / sizeof(limits[0]);
	child->report_fd = SERVE_FD_RUN;
	child->fd_count = SERVE_FDS;
}

static int open_program(struct skbscope_error *error)
{
	const char *path = paths_get()->serve;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return hint(error, fail_errno(error, errno, STAGE, "cannot open '%s'", path),
			    "install all of skbscope: the page is served by a separate executable");
	return fd;
}

static int report(const struct child_report *said, struct skbscope_error *error)
{
	const char *path = paths_get()->serve;

	if (said->step == CHILD_EXECUTE && said->code == EACCES)
		return hint(error,
			    fail(error, EACCES, STAGE,
				 "the page's process, which has no privilege, may not execute '%s'",
				 path),
			    "make it executable for everyone: chmod 755 %s", path);
	return fail_errno(error, said->code, STAGE, "cannot start the page's process (%s)",
			  child_step_name(said->step));
}

/* Until it says that it serves, or why not. */
static int await(struct serving *serving, struct skbscope_error *error)
{
	struct pollfd polled = { .fd = serving->socket, .events = POLLIN };
	union {
		struct child_report report;
		char word;
	} said = { 0 };
	char how[96];
	ssize_t n;

	while ((n = poll(&polled, 1, START_MS)) < 0 && errno == EINTR)
		;
	n = n > 0 ? recv(serving->socket, &said, sizeof(said), MSG_DONTWAIT) : -1;
	if (n == sizeof(said.report))
		return report(&said.report, error);
	if (n == sizeof(said.word) && said.word == SERVE_READY)
		return 0;
	serving_end(serving, how, sizeof(how));
	return fail(error, EPROTO, STAGE, "the page's process does not work here: it %s", how);
}

static void stop(struct serving *serving)
{
	char how[96];

	closep(&serving->socket);
	serving_end(serving, how, sizeof(how));
}

int serving_start(int listening, struct serving *out, struct skbscope_error *error)
{
	AUTO(stop) struct serving serving = SERVING_INIT;
	AUTO(closep) int program = open_program(error), theirs = -1;
	struct child child;
	int pair[2], r;

	if (program < 0)
		return program;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(error, errno, STAGE,
				  "cannot create a socket to the page's process");
	serving.socket = pair[0];
	theirs = pair[1];
	fill_child(&child);
	child.executable = program;
	child.fds[SERVE_FD_RUN] = theirs;
	child.fds[SERVE_FD_LISTENING] = listening;
	child.fds[1] = child.fds[2] = -1;
	serving.pid = fork();
	if (serving.pid == 0)
		child_execute(&child);
	if (serving.pid < 0) {
		serving.pid = 0;
		return fail_errno(error, errno, STAGE, "cannot start the page's process");
	}
	closep(&theirs);
	r = await(&serving, error);
	if (r < 0)
		return r;
	*out = serving;
	serving = (struct serving)SERVING_INIT;
	return 0;
}

static void describe(int status, char *out, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(out, size, "was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == SERVE_NO_SANDBOX)
		snprintf(out, size, "was refused the system call filter by the kernel");
	else
		snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
}

/* It has so long to say goodbye to its readers. */
static void wait_a_moment(pid_t pid)
{
	AUTO(closep) int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	if (fd >= 0)
		poll(&polled, 1, END_MS);
}

void serving_end(struct serving *serving, char *out, size_t size)
{
	int status = 0;

	snprintf(out, size, "is gone");
	if (!serving->pid)
		return;
	wait_a_moment(serving->pid);
	kill(serving->pid, SIGKILL);
	while (waitpid(serving->pid, &status, 0) < 0 && errno == EINTR)
		;
	serving->pid = 0;
	describe(status, out, size);
}

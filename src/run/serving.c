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
#include "calls/wire.h"
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

static char serve_name[] = "skbscope-serve", http_name[] = "skbscope-calls";
static const struct kind {
	char *const arguments[2];
	const char *who, *hint;
	size_t path; /* in struct paths */
	int run, fds;
	char ready;
	int no_sandbox; /* its status where the kernel refuses that */
	int buffer;     /* bytes of the socket, either way; 0: as many as sockets have */
} kinds[] = {
	[SERVING_PAGE] = { { serve_name, NULL },
			   "the page's process",
			   "the page is served by a separate executable",
			   offsetof(struct paths, serve),
			   SERVE_FD_RUN,
			   SERVE_FDS,
			   SERVE_READY,
			   SERVE_NO_SANDBOX,
			   0 },
	[SERVING_CALLS] = { { http_name, NULL },
			    "the process that reads HTTP",
			    "HTTP is read by a separate executable",
			    offsetof(struct paths, http),
			    WIRE_FD_RUN,
			    WIRE_FDS,
			    WIRE_READY,
			    WIRE_NO_SANDBOX,
			    4 << 20 },
};

const char *serving_name(enum serving_what what)
{
	return kinds[what].who;
}

static const char *path_of(enum serving_what what)
{
	return (const char *)paths_get() + kinds[what].path;
}

static void fill_child(const struct kind *kind, struct child *child)
{
#ifdef __SANITIZE_ADDRESS__
	static char runtime[] = "ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_abort=0";
	static char *const environment[] = { runtime, NULL };
#else
	static char *const environment[] = { NULL };
#endif

	child_init(child);
	child->arguments = kind->arguments;
	child->environment = environment;
	child->limits = limits;
	child->limit_count = sizeof(limits) / sizeof(limits[0]);
	child->report_fd = kind->run;
	child->fd_count = (size_t)kind->fds;
}

static int open_program(enum serving_what what, struct skbscope_error *error)
{
	const char *path = path_of(what);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return hint(error, fail_errno(error, errno, STAGE, "cannot open '%s'", path),
			    "install all of skbscope: %s", kinds[what].hint);
	return fd;
}

static int report(enum serving_what what, const struct child_report *said,
		  struct skbscope_error *error)
{
	const char *path = path_of(what);

	if (said->step == CHILD_EXECUTE && said->code == EACCES)
		return hint(error,
			    fail(error, EACCES, STAGE,
				 "%s, which has no privilege, may not execute '%s'",
				 kinds[what].who, path),
			    "make it executable for everyone: chmod 755 %s", path);
	return fail_errno(error, said->code, STAGE, "cannot start %s (%s)", kinds[what].who,
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
		return report(serving->what, &said.report, error);
	if (n == sizeof(said.word) && said.word == kinds[serving->what].ready)
		return 0;
	serving_end(serving, how, sizeof(how));
	return fail(error, EPROTO, STAGE, "%s does not work here: it %s", kinds[serving->what].who,
		    how);
}

static void stop(struct serving *serving)
{
	char how[96];

	closep(&serving->socket);
	serving_end(serving, how, sizeof(how));
}

/* On a busy machine either end waits long for its turn, and has much to do then. */
static void widen(int fd, int bytes)
{
	if (bytes && setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

int serving_start(enum serving_what what, int listening, struct serving *out,
		  struct skbscope_error *error)
{
	AUTO(stop) struct serving serving = { .what = what, .socket = -1 };
	AUTO(closep) int program = open_program(what, error), theirs = -1;
	struct child child;
	int pair[2], r;

	if (program < 0)
		return program;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(error, errno, STAGE, "cannot create a socket to %s",
				  kinds[what].who);
	serving.socket = pair[0];
	theirs = pair[1];
	widen(pair[0], kinds[what].buffer);
	widen(pair[1], kinds[what].buffer);
	fill_child(&kinds[what], &child);
	child.executable = program;
	child.fds[kinds[what].run] = theirs;
	if (what == SERVING_PAGE)
		child.fds[SERVE_FD_LISTENING] = listening;
	child.fds[1] = child.fds[2] = -1;
	serving.pid = fork();
	if (serving.pid == 0)
		child_execute(&child);
	if (serving.pid < 0) {
		serving.pid = 0;
		return fail_errno(error, errno, STAGE, "cannot start %s", kinds[what].who);
	}
	closep(&theirs);
	r = await(&serving, error);
	if (r < 0)
		return r;
	*out = serving;
	serving = (struct serving)SERVING_INIT;
	return 0;
}

static void describe(const struct kind *kind, int status, char *out, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(out, size, "was killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == kind->no_sandbox)
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
	describe(&kinds[serving->what], status, out, size);
}

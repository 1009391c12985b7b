/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Orders go out and reports come back through a socket of packets; its end is the
 * worker's end, and the other way round. The worker's process is named by a
 * pidfd: it lives long enough for its number to be given to somebody else.
 */
#include "compile/warm_client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "compile/worker_child.h"

#define STAGE SKBSCOPE_STAGE_WORKER
#define MAX_FDS (WARM_ORDER_FDS + WORKER_MAX_PATHS)

/* For the worker to kill its child and say so; it has nothing else to do. */
#define CANCEL_NS UINT64_C(1000000000)

static int send_order(int socket, const struct warm_order *order, const int *fds, size_t fd_count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
	} control;
	struct iovec data = { .iov_base = (void *)(uintptr_t)order, .iov_len = sizeof(*order) };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };
	ssize_t n;

	if (fd_count) {
		memset(&control, 0, sizeof(control));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, fd_count * sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
	}
	/* Never waits: at most three orders are under way, however stuck the worker. */
	do {
		n = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int send_request(int socket, const struct warm_order *order,
			const struct worker_files *files, int alive,
			const struct worker_request *request, const int *path_fds)
{
	int fds[MAX_FDS] = { files->request, files->answer, files->log, alive };

	memcpy(fds + WARM_ORDER_FDS, path_fds, request->path_count * sizeof(*fds));
	return send_order(socket, order, fds, WARM_ORDER_FDS + request->path_count);
}

static void forget(struct warm *warm)
{
	closep(&warm->socket);
	closep(&warm->process);
	*warm = (struct warm)WARM_NONE;
}

void warm_stop(struct warm *warm)
{
	pid_t reaped;

	if (!warm->pid)
		return;
	/* Its child has a death signal of its own. */
	if (warm->process >= 0)
		syscall(SYS_pidfd_send_signal, warm->process, SIGKILL, NULL, 0);
	else
		kill(warm->pid, SIGKILL);
	do {
		reaped = waitpid(warm->pid, NULL, 0);
	} while (reaped < 0 && errno == EINTR);
	forget(warm);
}

static int start_process(struct warm *warm, int program, int log, int socket)
{
	struct child_plan plan;

	child_plan_make(&plan, 0);
	plan.executable = program;
	plan.waits = true;
	plan.fds[WORKER_FD_REQUEST] = plan.fds[WORKER_FD_ANSWER] = plan.fds[WORKER_FD_ALIVE] =
		socket;
	plan.fds[1] = plan.fds[2] = log;
	plan.fd_count = WORKER_FD_PATHS;
	warm->pid = fork();
	if (warm->pid == 0)
		child_become_worker(&plan);
	if (warm->pid < 0) {
		warm->pid = 0;
		return -errno;
	}
	warm->process = (int)syscall(SYS_pidfd_open, warm->pid, 0);
	return 0;
}

int warm_start(struct warm *warm, const struct worker_request *request, const int *path_fds,
	       struct skbscope_error *error)
{
	AUTO(worker_files_close) struct worker_files files = WORKER_FILES_NONE;
	AUTO(closep) int program = -1, theirs = -1;
	const struct warm_order order = { .kind = WARM_ORDER_WARM_UP };
	int pair[2], r;

	*warm = (struct warm)WARM_NONE;
	program = r = worker_program(error);
	if (r >= 0)
		r = worker_files_make(request, &files, error);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(error, errno, STAGE, "cannot create a socket to the compiler");
	warm->socket = pair[0];
	theirs = pair[1];
	warm->started_ns = clock_monotonic_ns();
	r = send_request(warm->socket, &order, &files, files.log, request, path_fds);
	if (r == 0)
		r = start_process(warm, program, files.log, theirs);
	if (r < 0) {
		forget(warm);
		return fail_errno(error, r, STAGE, "cannot start the compiler process");
	}
	return 0;
}

/* A report on that order by then; older ones are passed over. */
static enum worker_wait wait_report(const struct warm *warm, uint32_t number, int cancel_fd,
				    uint64_t deadline_ns, struct warm_report *report)
{
	for (;;) {
		enum worker_wait why = worker_wait(warm->socket, cancel_fd, deadline_ns);
		ssize_t n;

		memset(report, 0, sizeof(*report));
		if (why != WORKER_WAIT_READY)
			return why;
		n = recv(warm->socket, report, sizeof(*report), MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n != sizeof(*report)) {
			report->number = ~number; /* it is gone, or not the worker */
			return WORKER_WAIT_READY;
		}
		if (report->number == number)
			return WORKER_WAIT_READY;
	}
}

bool warm_ready(struct warm *warm, uint64_t deadline_ns, int cancel_fd)
{
	struct warm_report report;

	if (!warm->pid || warm->ready)
		return warm->ready;
	if (wait_report(warm, 0, cancel_fd, deadline_ns, &report) != WORKER_WAIT_READY)
		return false;
	if (report.number == 0)
		warm->ready = true;
	else
		warm_stop(warm);
	return warm->ready;
}

static int send_cancel(const struct warm *warm)
{
	const struct warm_order order = { .kind = WARM_ORDER_CANCEL, .number = warm->number };

	return send_order(warm->socket, &order, NULL, 0);
}

/* Ends what is being compiled; false if the worker has to go too. */
static bool cancel(const struct warm *warm)
{
	struct warm_report report;

	return send_cancel(warm) == 0 &&
	       wait_report(warm, warm->number, 0, clock_monotonic_ns() + CANCEL_NS, &report) ==
		       WORKER_WAIT_READY &&
	       report.number == warm->number;
}

/* Until the child says that it is through, or is gone without a word; then the one
 * that waits says how. -EPIPE: that one is gone too. */
static int wait_for_end(const struct warm *warm, int alive, const struct worker_limits *limits,
			struct worker_result *result)
{
	const uint64_t deadline_ns = result->started_ns + limits->timeout_ms * UINT64_C(1000000);
	enum worker_wait why = worker_wait(alive, limits->cancel_fd, deadline_ns);
	struct warm_report report;
	int status;

	if (why == WORKER_WAIT_READY && read(alive, &status, sizeof(status)) == sizeof(status)) {
		result->end = WORKER_EXITED;
		result->status = status;
		/* It has nothing more to do, whatever it thinks. */
		(void)send_cancel(warm);
		return 0;
	}
	if (why == WORKER_WAIT_READY)
		why = wait_report(warm, warm->number, limits->cancel_fd, deadline_ns, &report);
	if (why != WORKER_WAIT_READY) {
		result->end = why == WORKER_WAIT_TIME ? WORKER_TIMED_OUT : WORKER_CANCELLED;
		return 0;
	}
	if (report.number != warm->number)
		return -EPIPE;
	worker_result_status(result, report.status);
	return 0;
}

int warm_run(struct warm *warm, const struct worker_request *request, const int *path_fds,
	     const struct worker_limits *limits, struct worker_result *result,
	     struct skbscope_error *error)
{
	AUTO(worker_files_close) struct worker_files files = WORKER_FILES_NONE;
	AUTO(closep) int alive = -1, theirs = -1;
	struct worker_result so_far = { .warm = true, .started_ns = clock_monotonic_ns() };
	struct warm_order order = { .kind = WARM_ORDER_COMPILE, .seconds = request->seconds };
	int pipe_fds[2];
	int r = worker_files_make(request, &files, error);

	if (r < 0)
		return r;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return fail_errno(error, errno, STAGE, "cannot create a pipe to the compiler");
	alive = pipe_fds[0];
	theirs = pipe_fds[1];
	if (++warm->number == 0)
		warm->number = 1;
	order.number = warm->number;
	r = send_request(warm->socket, &order, &files, theirs, request, path_fds);
	closep(&theirs);
	if (r == 0)
		r = wait_for_end(warm, alive, limits, &so_far);
	if (r < 0) {
		warm_stop(warm);
		return -EPIPE;
	}
	if ((so_far.end == WORKER_TIMED_OUT || so_far.end == WORKER_CANCELLED) && !cancel(warm))
		warm_stop(warm);
	so_far.ended_ns = clock_monotonic_ns();
	*result = so_far;
	return worker_files_read(&files, result, error);
}

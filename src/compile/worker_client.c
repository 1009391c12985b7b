/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting the worker: memory files for request, answer and log, a child that
 * gives everything up before it executes, and a wait with an end.
 */
#include "compile/worker_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/paths.h"
#include "compile/reaper.h"
#include "compile/request_build.h"
#include "compile/worker_child.h"

#define STAGE SKBSCOPE_STAGE_WORKER

int worker_memory_file(const char *name)
{
	const unsigned int never_executable = 0x8; /* MFD_NOEXEC_SEAL, since Linux 6.3 */
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | never_executable);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

static int request_file(const struct worker_request *request, int *fd)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	int r = request_write(request, &bytes);

	if (r < 0)
		return r;
	if (bytes.length > WORKER_MAX_REQUEST)
		return -EFBIG;
	*fd = worker_memory_file("skbscope-request");
	return *fd < 0 ? *fd : write_all(*fd, bytes.data, bytes.length);
}

static int read_back(int fd, struct buffer *out)
{
	if (lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	return read_descriptor(fd, WORKER_MAX_OUTPUT + 1, out);
}

enum wait_end {
	WAIT_READY, /* the descriptor has something, or its other end is gone */
	WAIT_TIME,
	WAIT_CANCEL,
};

static enum wait_end wait_for(const struct worker *worker, const struct worker_limits *limits)
{
	const uint64_t deadline_ns = worker->started_ns + limits->timeout_ms * UINT64_C(1000000);
	struct pollfd polled[] = {
		{ .fd = worker->alive, .events = POLLIN },
		{ .fd = limits->cancel_fd > 0 ? limits->cancel_fd : -1, .events = POLLIN },
	};

	for (;;) {
		uint64_t now = clock_monotonic_ns();
		bool late = now >= deadline_ns;
		int n = poll(polled, 2, late ? 0 : (int)((deadline_ns - now) / 1000000u) + 1);

		if (n > 0)
			return polled[0].revents ? WAIT_READY : WAIT_CANCEL;
		if (late || (n < 0 && errno != EINTR))
			return WAIT_TIME;
	}
}

/* What a worker says at its end, told apart by length; or nothing. */
struct worker_word {
	ssize_t length;
	union {
		struct child_report report; /* it could not become the worker */
		uint32_t status;            /* enum worker_status */
	};
};

static struct worker_word hear(const struct worker *worker)
{
	struct worker_word word;

	word.length = recv(worker->alive, &word.report, sizeof(word.report), MSG_DONTWAIT);
	return word;
}

static void end(const struct worker *worker)
{
	kill(-worker->pid, SIGKILL);
	kill(worker->pid, SIGKILL);
}

/* The other end closes when the process is past the point where a signal could still
 * change its exit status, or when it closed it itself, which no honest worker does:
 * either way it need not live longer. */
static int reap(struct worker *worker)
{
	int status;

	end(worker);
	/* A host that ignores SIGCHLD leaves no status: the answer decides. */
	status = reap_now(worker->pid);
	worker->pid = 0;
	return status;
}

static bool could_not_start(const struct worker_word *word)
{
	return word->length == sizeof(word->report);
}

/* What it said itself is as good as its exit status, and told sooner. */
static int take_status(struct worker *worker, const struct worker_word *word)
{
	if (word->length != sizeof(word->status))
		return reap(worker);
	end(worker);
	reap_later(worker->pid);
	worker->pid = 0;
	return (int)(word->status & 0xff) << 8; /* as wait(2) has it */
}

static void judge(struct worker_result *result, int status, enum wait_end why)
{
	bool killed = WIFSIGNALED(status);

	result->end = killed ? WORKER_KILLED : WORKER_EXITED;
	result->status = killed ? WTERMSIG(status) : WEXITSTATUS(status);
	if (why != WAIT_READY)
		result->end = why == WAIT_TIME ? WORKER_TIMED_OUT : WORKER_CANCELLED;
}

static int report_start(const struct child_report *report, struct skbscope_error *error)
{
	const char *worker = paths_get()->worker;

	if (report->step == CHILD_EXECUTE && report->code == EACCES)
		return hint(
			error,
			fail(error, EACCES, STAGE,
			     "the compiler process, which has no privilege, may not execute '%s'",
			     worker),
			"make it executable for everyone: chmod 755 %s", worker);
	return fail_errno(error, report->code, STAGE, "cannot start the compiler process (%s)",
			  child_step_name(report->step));
}

static int open_program(struct skbscope_error *error)
{
	const char *worker = paths_get()->worker;
	int fd = open(worker, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		int r = fail_errno(error, errno, STAGE, "cannot open the compiler '%s'", worker);

		return r == -EMFILE || r == -ENFILE
			       ? r
			       : hint(error, r,
				      "install it: the compiler is a separate executable, and on "
				      "Debian a package of its own, skbscope-compiler");
	}
	return fd;
}

static void files_close(struct worker_files *files)
{
	closep(&files->request);
	closep(&files->answer);
	closep(&files->log);
}

static int files_make(const struct worker_request *request, struct worker_files *files,
		      struct skbscope_error *error)
{
	int r = request_file(request, &files->request);

	if (r == 0)
		r = files->answer = worker_memory_file("skbscope-answer");
	if (r >= 0)
		r = files->log = worker_memory_file("skbscope-log");
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot prepare the request to the compiler");
	return 0;
}

static int files_read(const struct worker_files *files, struct worker_result *result,
		      struct skbscope_error *error)
{
	int r = read_back(files->answer, &result->answer);

	if (r == 0)
		r = read_back(files->log, &result->log);
	if (r < 0) {
		worker_result_clear(result);
		return fail_errno(error, r, STAGE, "cannot read the compiler's answer");
	}
	return 0;
}

int worker_start(struct worker *worker, const struct worker_request *request, bool waits,
		 struct skbscope_error *error)
{
	AUTO(worker_stop) struct worker new = WORKER_INIT;
	AUTO(closep) int program = -1, theirs = -1;
	struct worker_child plan;
	int pair[2], r;

	new.started_ns = clock_monotonic_ns();
	program = r = open_program(error);
	if (r >= 0)
		r = files_make(request, &new.files, error);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(error, errno, STAGE, "cannot create a socket to the compiler");
	new.alive = pair[0];
	theirs = pair[1];
	worker_child_make(&plan, waits);
	plan.child.executable = program;
	plan.child.fds[WORKER_FD_REQUEST] = new.files.request;
	plan.child.fds[WORKER_FD_ANSWER] = new.files.answer;
	plan.child.fds[WORKER_FD_ALIVE] = theirs;
	plan.child.fds[1] = plan.child.fds[2] = new.files.log;
	memcpy(plan.child.fds + WORKER_FD_PATHS, request->path_fds,
	       request->path_count * sizeof(*request->path_fds));
	plan.child.fd_count = WORKER_FD_PATHS + request->path_count;
	new.pid = fork();
	if (new.pid == 0)
		child_execute(&plan.child);
	if (new.pid < 0) {
		new.pid = 0;
		return fail_errno(error, errno, STAGE, "cannot start the compiler process");
	}
	*worker = new;
	new = (struct worker)WORKER_INIT;
	return 0;
}

static bool is_gone(const struct worker *worker)
{
	struct pollfd polled = { .fd = worker->alive };

	return poll(&polled, 1, 0) > 0;
}

/* One that ended by itself is not killed: its number may be another's, in a host that
 * ignores SIGCHLD. */
void worker_stop(struct worker *worker)
{
	if (worker->pid && is_gone(worker))
		reap_now(worker->pid);
	else if (worker->pid)
		reap(worker);
	closep(&worker->alive);
	files_close(&worker->files);
	*worker = (struct worker)WORKER_INIT;
}

/* -EAGAIN: it warms up. -EPIPE: it is gone, or could not even start. */
static int hear_warm(const struct worker *worker)
{
	char word;
	ssize_t n = recv(worker->alive, &word, sizeof(word), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return -EAGAIN;
	return n == sizeof(word) && word == WORKER_WARM ? 0 : -EPIPE;
}

bool worker_is_warm(const struct worker *worker)
{
	char word;
	ssize_t n = recv(worker->alive, &word, sizeof(word), MSG_DONTWAIT | MSG_PEEK);

	return n == sizeof(word) && word == WORKER_WARM;
}

int worker_read_answer(const struct worker *worker, struct buffer *answer)
{
	return read_back(worker->files.answer, answer);
}

static int send_descriptors(int socket, const int *fds, size_t fd_count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE((WORKER_MAX_PATHS + WORKER_FILES) * sizeof(int))];
	} control = { 0 };
	char word = WORKER_WARM;
	struct iovec data = { &word, sizeof(word) };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = CMSG_SPACE(fd_count * sizeof(int)) };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(fd_count * sizeof(int));
	memcpy(CMSG_DATA(&control.header), fds, fd_count * sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -EPIPE : 0;
}

int worker_send(struct worker *worker, const struct worker_request *request,
		struct skbscope_error *error)
{
	int fds[WORKER_MAX_PATHS + WORKER_FILES];
	int r = hear_warm(worker);

	if (r < 0)
		return r;
	files_close(&worker->files);
	worker->started_ns = clock_monotonic_ns();
	r = files_make(request, &worker->files, error);
	if (r < 0)
		return r;
	fds[0] = worker->files.request;
	fds[1] = worker->files.answer;
	memcpy(fds + 2, request->path_fds, request->path_count * sizeof(*fds));
	fds[2 + request->path_count] = worker->files.log;
	return send_descriptors(worker->alive, fds, request->path_count + WORKER_FILES);
}

int worker_finish(struct worker *worker, const struct worker_limits *limits,
		  struct worker_result *result, struct skbscope_error *error)
{
	AUTO(worker_stop) struct worker ending = *worker;
	const enum wait_end why = wait_for(&ending, limits);
	struct worker_word word = { 0 };

	*worker = (struct worker)WORKER_INIT;
	memset(result, 0, sizeof(*result));
	if (why == WAIT_READY)
		word = hear(&ending);
	judge(result, take_status(&ending, &word), why);
	if (could_not_start(&word))
		return report_start(&word.report, error);
	result->started_ns = ending.started_ns;
	result->ended_ns = clock_monotonic_ns();
	return files_read(&ending.files, result, error);
}

int worker_run(const struct worker_request *request, const struct worker_limits *limits,
	       struct worker_result *result, struct skbscope_error *error)
{
	struct worker worker = WORKER_INIT;
	int r = worker_start(&worker, request, false, error);

	return r < 0 ? r : worker_finish(&worker, limits, result, error);
}

int worker_versions(struct worker_versions *versions, struct skbscope_error *error)
{
	AUTO(request_build_clear) struct request_build build = { 0 };
	AUTO(worker_result_clear) struct worker_result result = { 0 };
	struct worker_answer_header header;
	int r = request_build_own(&build, "", error);

	if (r == 0)
		r = worker_run(&build.request,
			       &(struct worker_limits){ .timeout_ms = WORKER_TIMEOUT_MS }, &result,
			       error);
	if (r < 0)
		return r;
	if (result.end == WORKER_TIMED_OUT)
		return fail(error, ETIMEDOUT, STAGE, "the compiler process took more than %u s",
			    WORKER_TIMEOUT_MS / 1000);
	if (result.end != WORKER_EXITED || result.status != WORKER_NO_FUNCTION ||
	    result.answer.length < sizeof(header))
		return fail(error, EPROTO, STAGE, "the compiler process does not work here");
	memcpy(&header, result.answer.data, sizeof(header));
	snprintf(versions->libbcc, sizeof(versions->libbcc), "%.*s", (int)sizeof(header.libbcc),
		 header.libbcc);
	snprintf(versions->llvm, sizeof(versions->llvm), "%.*s", (int)sizeof(header.llvm),
		 header.llvm);
	versions->kallsyms_shortcut = header.kallsyms_shortcut != 0;
	return 0;
}

void worker_result_clear(struct worker_result *result)
{
	buffer_free(&result->answer);
	buffer_free(&result->log);
}

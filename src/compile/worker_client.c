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
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/paths.h"
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

enum worker_wait worker_wait(int fd, int cancel_fd, uint64_t deadline_ns)
{
	struct pollfd polled[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = cancel_fd > 0 ? cancel_fd : -1, .events = POLLIN },
	};

	for (;;) {
		uint64_t now = clock_monotonic_ns();
		bool late = now >= deadline_ns;
		int n = poll(polled, 2, late ? 0 : (int)((deadline_ns - now) / 1000000u) + 1);

		if (n > 0)
			return polled[0].revents ? WORKER_WAIT_READY : WORKER_WAIT_CANCEL;
		if (late || (n < 0 && errno != EINTR))
			return WORKER_WAIT_TIME;
	}
}

void worker_result_status(struct worker_result *result, int status)
{
	bool killed = WIFSIGNALED(status);

	result->end = killed ? WORKER_KILLED : WORKER_EXITED;
	result->status = killed ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* The pipe's end closes when the process is past the point where a signal could
 * still change its exit status, or when it closed it itself, which no honest
 * worker does: either way it need not live longer. */
static void reap(pid_t pid, enum worker_wait why, struct worker_result *result)
{
	int status = 0;
	pid_t reaped;

	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	do {
		reaped = waitpid(pid, &status, 0);
	} while (reaped < 0 && errno == EINTR);
	/* A host that ignores SIGCHLD leaves no status: the answer decides. */
	worker_result_status(result, reaped == pid ? status : WORKER_DONE);
	if (why != WORKER_WAIT_READY)
		result->end = why == WORKER_WAIT_TIME ? WORKER_TIMED_OUT : WORKER_CANCELLED;
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

int worker_program(struct skbscope_error *error)
{
	const char *worker = paths_get()->worker;
	int fd = open(worker, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		int r = fail_errno(error, errno, STAGE, "cannot open the compiler '%s'", worker);

		return r == -EMFILE || r == -ENFILE
			       ? r
			       : hint(error, r,
				      "install all of skbscope: the compiler is a separate "
				      "executable");
	}
	return fd;
}

void worker_files_close(struct worker_files *files)
{
	closep(&files->request);
	closep(&files->answer);
	closep(&files->log);
}

int worker_files_make(const struct worker_request *request, struct worker_files *files,
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

int worker_files_read(const struct worker_files *files, struct worker_result *result,
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

struct spawn {
	struct worker_files files;
	int worker, alive_read, alive_write;
};

static void spawn_close(struct spawn *spawn)
{
	worker_files_close(&spawn->files);
	closep(&spawn->worker);
	closep(&spawn->alive_read);
	closep(&spawn->alive_write);
}

static int prepare(const struct worker_request *request, struct spawn *spawn,
		   struct skbscope_error *error)
{
	int pipe_fds[2], r;

	spawn->worker = r = worker_program(error);
	if (r >= 0)
		r = worker_files_make(request, &spawn->files, error);
	if (r < 0)
		return r;
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return fail_errno(error, errno, STAGE, "cannot create a pipe to the compiler");
	spawn->alive_read = pipe_fds[0];
	spawn->alive_write = pipe_fds[1];
	return 0;
}

int worker_run(const struct worker_request *request, const int *path_fds,
	       const struct worker_limits *limits, struct worker_result *result,
	       struct skbscope_error *error)
{
	AUTO(spawn_close) struct spawn spawn = { WORKER_FILES_NONE, -1, -1, -1 };
	struct child_report report = { 0 };
	struct child_plan plan;
	uint64_t started_ns = clock_monotonic_ns();
	enum worker_wait why;
	pid_t pid;
	int r = prepare(request, &spawn, error);

	if (r < 0)
		return r;
	child_plan_make(&plan, request->seconds);
	plan.executable = spawn.worker;
	plan.fds[WORKER_FD_REQUEST] = spawn.files.request;
	plan.fds[WORKER_FD_ANSWER] = spawn.files.answer;
	plan.fds[WORKER_FD_ALIVE] = spawn.alive_write;
	plan.fds[1] = plan.fds[2] = spawn.files.log;
	for (size_t i = 0; i < request->path_count; i++)
		plan.fds[WORKER_FD_PATHS + i] = path_fds[i];
	plan.fd_count = WORKER_FD_PATHS + request->path_count;

	pid = fork();
	if (pid == 0)
		child_become_worker(&plan);
	if (pid < 0)
		return fail_errno(error, errno, STAGE, "cannot start the compiler process");
	closep(&spawn.alive_write);
	why = worker_wait(spawn.alive_read, limits->cancel_fd,
			  started_ns + limits->timeout_ms * UINT64_C(1000000));
	/* A child that could not become the worker says why on the pipe. */
	fcntl(spawn.alive_read, F_SETFL, O_NONBLOCK);
	memset(result, 0, sizeof(*result));
	if (why == WORKER_WAIT_READY &&
	    read(spawn.alive_read, &report, sizeof(report)) == sizeof(report)) {
		reap(pid, why, result);
		return report_start(&report, error);
	}
	reap(pid, why, result);
	result->started_ns = started_ns;
	result->ended_ns = clock_monotonic_ns();
	return worker_files_read(&spawn.files, result, error);
}

/* "-resource-dir lib/clang/14.0.6": where clang looks for its own headers. */
static void find_llvm_version(const char *log, char *out, size_t size)
{
	const char words[] = "-resource-dir ";
	const char *directory = strstr(log, words), *version;
	size_t length;

	out[0] = '\0';
	if (!directory)
		return;
	directory += sizeof(words) - 1;
	length = strcspn(directory, " \n");
	version = memrchr(directory, '/', length);
	if (version)
		snprintf(out, size, "%.*s", (int)(length - (size_t)(version + 1 - directory)),
			 version + 1);
}

int worker_versions(struct worker_versions *versions, struct skbscope_error *error)
{
	AUTO(request_build_clear) struct request_build build = { 0 };
	AUTO(worker_result_clear) struct worker_result result = { 0 };
	struct worker_answer_header header;
	int r = request_build_own(&build, "", error);

	build.request.seconds = WORKER_TIMEOUT_MS / 1000;
	if (r == 0)
		r = worker_run(&build.request, build.path_fds,
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
	memset(versions, 0, sizeof(*versions));
	snprintf(versions->libbcc, sizeof(versions->libbcc), "%.*s", (int)sizeof(header.libbcc),
		 header.libbcc);
	find_llvm_version(buffer_text(&result.log), versions->llvm, sizeof(versions->llvm));
	versions->kallsyms_shortcut = header.kallsyms_shortcut != 0;
	return 0;
}

void worker_result_clear(struct worker_result *result)
{
	buffer_free(&result->answer);
	buffer_free(&result->log);
}

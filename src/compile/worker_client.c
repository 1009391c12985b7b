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
#include "compile/headers.h"
#include "compile/worker_child.h"

#define STAGE SKBSCOPE_STAGE_WORKER

int worker_memory_file(const char *name)
{
	const unsigned int never_executable = 0x8; /* MFD_NOEXEC_SEAL, since Linux 6.3 */
	int fd = memfd_create(name, MFD_CLOEXEC | never_executable);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC);
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

/* Until the pipe's other end is gone or the time is up. True: gone. */
static bool wait_until_gone(int alive, uint64_t deadline_ns)
{
	for (;;) {
		struct pollfd poll_fd = { .fd = alive, .events = POLLIN };
		uint64_t now = clock_monotonic_ns();
		int n;

		if (now >= deadline_ns)
			return false;
		n = poll(&poll_fd, 1, (int)((deadline_ns - now) / 1000000u) + 1);
		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
}

/* The pipe's end closes when the process is past the point where a signal could
 * still change its exit status, or when it closed it itself, which no honest
 * worker does: either way it need not live longer. */
static void reap(pid_t pid, bool gone, struct worker_result *result)
{
	int status = 0;
	pid_t reaped;

	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	do {
		reaped = waitpid(pid, &status, 0);
	} while (reaped < 0 && errno == EINTR);
	if (!gone) {
		result->end = WORKER_TIMED_OUT;
	} else if (reaped == pid && WIFSIGNALED(status)) {
		result->end = WORKER_KILLED;
		result->status = WTERMSIG(status);
	} else {
		/* A host that ignores SIGCHLD leaves no status: the answer decides. */
		result->end = WORKER_EXITED;
		result->status = reaped == pid ? WEXITSTATUS(status) : WORKER_DONE;
	}
}

static int report_start(const struct child_report *report, struct skbscope_error *error)
{
	const char *worker = paths_get()->worker;

	if (report->step == CHILD_EXECUTE && report->code == EACCES)
		return hint(error,
			    fail(error, EACCES, STAGE,
				 "the compiler process may not execute '%s' without privilege",
				 worker),
			    "make it executable for everyone: chmod 755 %s", worker);
	return fail_errno(error, report->code, STAGE, "cannot start the compiler process (%s)",
			  child_step_name(report->step));
}

struct spawn {
	int worker, request, answer, log, alive_read, alive_write;
};

static void spawn_close(struct spawn *spawn)
{
	closep(&spawn->worker);
	closep(&spawn->request);
	closep(&spawn->answer);
	closep(&spawn->log);
	closep(&spawn->alive_read);
	closep(&spawn->alive_write);
}

static int prepare(const struct worker_request *request, struct spawn *spawn,
		   struct skbscope_error *error)
{
	const char *worker = paths_get()->worker;
	int pipe_fds[2], r;

	spawn->worker = open(worker, O_RDONLY | O_CLOEXEC);
	if (spawn->worker < 0)
		return hint(
			error,
			fail_errno(error, errno, STAGE, "cannot open the compiler '%s'", worker),
			"build or install skbscope as a whole: the compiler is a program of its "
			"own");
	r = request_file(request, &spawn->request);
	if (r == 0)
		r = spawn->answer = worker_memory_file("skbscope-answer");
	if (r >= 0)
		r = spawn->log = worker_memory_file("skbscope-log");
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot make the request for the compiler");
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return fail_errno(error, errno, STAGE, "cannot make a pipe to the compiler");
	spawn->alive_read = pipe_fds[0];
	spawn->alive_write = pipe_fds[1];
	return 0;
}

int worker_run(const struct worker_request *request, const int *path_fds, uint32_t timeout_ms,
	       struct worker_result *result, struct skbscope_error *error)
{
	AUTO(spawn_close) struct spawn spawn = { -1, -1, -1, -1, -1, -1 };
	struct child_report report = { 0 };
	struct child_plan plan;
	uint64_t started_ns = clock_monotonic_ns();
	bool gone;
	pid_t pid;
	int r = prepare(request, &spawn, error);

	if (r < 0)
		return r;
	child_plan_make(&plan, request->seconds);
	plan.executable = spawn.worker;
	plan.fds[WORKER_FD_REQUEST] = spawn.request;
	plan.fds[WORKER_FD_ANSWER] = spawn.answer;
	plan.fds[WORKER_FD_ALIVE] = spawn.alive_write;
	plan.fds[1] = plan.fds[2] = spawn.log;
	for (size_t i = 0; i < request->path_count; i++)
		plan.fds[WORKER_FD_PATHS + i] = path_fds[i];
	plan.fd_count = WORKER_FD_PATHS + request->path_count;

	pid = fork();
	if (pid == 0)
		child_become_worker(&plan);
	if (pid < 0)
		return fail_errno(error, errno, STAGE, "cannot start the compiler process");
	closep(&spawn.alive_write);
	gone = wait_until_gone(spawn.alive_read, started_ns + timeout_ms * UINT64_C(1000000));
	/* A child that could not become the worker says why on the pipe. */
	fcntl(spawn.alive_read, F_SETFL, O_NONBLOCK);
	memset(result, 0, sizeof(*result));
	if (gone && read(spawn.alive_read, &report, sizeof(report)) == sizeof(report)) {
		reap(pid, gone, result);
		return report_start(&report, error);
	}
	reap(pid, gone, result);
	result->started_ns = started_ns;
	result->ended_ns = clock_monotonic_ns();
	r = read_back(spawn.answer, &result->answer);
	if (r == 0)
		r = read_back(spawn.log, &result->log);
	if (r < 0) {
		worker_result_clear(result);
		return fail_errno(error, r, STAGE, "cannot read what the compiler answered");
	}
	return 0;
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
	AUTO(header_tree_clear) struct header_tree tree = { 0 };
	AUTO(worker_result_clear) struct worker_result result = { 0 };
	AUTO(closep) int fd = -1;
	struct worker_answer_header header;
	const char *paths[WORKER_PATH_MORE];
	int fds[WORKER_PATH_MORE];
	struct worker_request request = { .path = "nothing.c",
					  .name = "nothing",
					  .comment = "",
					  .text = "",
					  .headers = SKBSCOPE_HEADERS_UAPI,
					  .seconds = 10,
					  .paths = paths,
					  .path_count = WORKER_PATH_MORE };
	int r = headers_uapi(&tree, error);

	if (r < 0)
		return r;
	fd = open(tree.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(error, errno, STAGE, "cannot use the headers in '%s'", tree.path);
	paths[WORKER_PATH_HEADERS] = paths[WORKER_PATH_DIRECTORY] = tree.path;
	fds[WORKER_PATH_HEADERS] = fds[WORKER_PATH_DIRECTORY] = fd;
	request.flags = (const char *const *)tree.flags;
	request.flag_count = tree.flag_count;
	r = worker_run(&request, fds, 10000, &result, error);
	if (r < 0)
		return r;
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

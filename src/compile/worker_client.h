/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running skbscope-compile: one process a request, without any privilege, with
 * limits on time, memory and output. Knows processes, not programs: what the
 * answer means is for outcome.c.
 */
#ifndef COMPILE_WORKER_CLIENT_H
#define COMPILE_WORKER_CLIENT_H

#include <skbscope/error.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "compile/protocol.h"

enum worker_end {
	WORKER_EXITED,    /* with status */
	WORKER_KILLED,    /* by the signal in status */
	WORKER_TIMED_OUT, /* killed here */
	WORKER_CANCELLED, /* so too */
};

struct worker_result {
	enum worker_end end;
	int status;
	uint64_t started_ns; /* CLOCK_MONOTONIC before the process was made */
	uint64_t ended_ns;
	struct buffer answer; /* header and image, unchecked */
	struct buffer log;    /* raw */
	bool warm;            /* a waiting worker's child did it */
	bool begun_again;     /* one that waited was lost over it before */
};

#define WORKER_TIMEOUT_MS 30000u /* unless somebody asks for another */

struct worker_limits {
	uint32_t timeout_ms;
	int cancel_fd; /* readable: end it; 0 and -1: none */
};

/* path_fds are the descriptors of request->paths, in the same order. Fails only
 * if no worker could be run; then *result is untouched. */
int worker_run(const struct worker_request *request, const int *path_fds,
	       const struct worker_limits *limits, struct worker_result *result,
	       struct skbscope_error *error);
void worker_result_clear(struct worker_result *result); /* for AUTO() too */

/* What one request travels in. */
struct worker_files {
	int request, answer, log;
};
#define WORKER_FILES_NONE                                                                          \
	{                                                                                          \
		-1, -1, -1                                                                         \
	}
int worker_files_make(const struct worker_request *request, struct worker_files *files,
		      struct skbscope_error *error);
int worker_files_read(const struct worker_files *files, struct worker_result *result,
		      struct skbscope_error *error);
void worker_files_close(struct worker_files *files); /* for AUTO() too */

/* The worker's program, to be executed; its descriptor or a negative errno. */
int worker_program(struct skbscope_error *error);

/* How a wait status of waitpid(2) ended it. */
void worker_result_status(struct worker_result *result, int status);

enum worker_wait {
	WORKER_WAIT_READY, /* the descriptor has something, or its other end is gone */
	WORKER_WAIT_TIME,
	WORKER_WAIT_CANCEL,
};
enum worker_wait worker_wait(int fd, int cancel_fd, uint64_t deadline_ns);

/* An anonymous file; its descriptor or a negative errno. */
int worker_memory_file(const char *name);

struct worker_versions {
	char libbcc[64], llvm[64]; /* "0.26.0", "14.0.6"; empty if unknown */
	bool kallsyms_shortcut;    /* libbcc asks us, not /proc/kallsyms */
};

/* Runs the worker once on an empty program; for skbscope doctor. */
int worker_versions(struct worker_versions *versions, struct skbscope_error *error);

#endif

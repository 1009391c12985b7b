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
#include <sys/types.h>

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
	bool warm;            /* a worker that waited did it */
};

#define WORKER_TIMEOUT_MS 30000u /* unless somebody asks for another */

struct worker_limits {
	uint32_t timeout_ms;
	int cancel_fd; /* readable: end it; 0 and -1: none */
};

/* Fails only if no worker could be run; then *result is untouched. */
int worker_run(const struct worker_request *request, const struct worker_limits *limits,
	       struct worker_result *result, struct skbscope_error *error);
void worker_result_clear(struct worker_result *result); /* for AUTO() too */

/* What one request travels in. */
struct worker_files {
	int request, answer, log;
};

/* One process, from its start to its end. */
struct worker {
	pid_t pid; /* 0: none */
	int alive; /* readable when it is gone, or says something */
	uint64_t started_ns;
	struct worker_files files;
};
#define WORKER_INIT                                                                                \
	{                                                                                          \
		.alive = -1, .files = { -1, -1, -1 }                                               \
	}

/* The two halves of worker_run(). One that waits warms up with that request, and then
 * takes another. What worker_finish() leaves of the process is collected by itself. */
int worker_start(struct worker *worker, const struct worker_request *request, bool waits,
		 struct skbscope_error *error);
int worker_finish(struct worker *worker, const struct worker_limits *limits,
		  struct worker_result *result, struct skbscope_error *error);

/* The request for one that waits. -EAGAIN: it is not warm yet. -EPIPE: it is gone. */
int worker_send(struct worker *worker, const struct worker_request *request,
		struct skbscope_error *error);
/* Whether it is warm: what it was to warm up with has an answer. */
bool worker_is_warm(const struct worker *worker);
int worker_read_answer(const struct worker *worker, struct buffer *answer);
void worker_stop(struct worker *worker); /* wherever it is; for AUTO() too */

/* An anonymous file; its descriptor or a negative errno. */
int worker_memory_file(const char *name);

struct worker_versions {
	char libbcc[32], llvm[32]; /* "0.26.0", "19.1"; empty if unknown */
	bool kallsyms_shortcut;    /* libbcc asks us, not /proc/kallsyms */
};

/* Runs the worker once on an empty program; for skbscope doctor. */
int worker_versions(struct worker_versions *versions, struct skbscope_error *error);

#endif

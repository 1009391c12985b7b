/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running skbscope-compile: one process a request, without any privilege, with
 * limits on time, memory and output. Knows processes, not programs: what the
 * answer means is for compile.c.
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
};

struct worker_result {
	enum worker_end end;
	int status;
	uint64_t started_ns; /* CLOCK_MONOTONIC before the process was made */
	uint64_t ended_ns;
	struct buffer answer; /* header and image, unchecked */
	struct buffer log;    /* raw */
};

/* path_fds are the descriptors of request->paths, in the same order. Fails only
 * if no worker could be run; then *result is untouched. */
int worker_run(const struct worker_request *request, const int *path_fds, uint32_t timeout_ms,
	       struct worker_result *result, struct skbscope_error *error);
void worker_result_clear(struct worker_result *result); /* for AUTO() too */

/* An anonymous file; its descriptor or a negative errno. */
int worker_memory_file(const char *name);

struct worker_versions {
	char libbcc[64], llvm[64]; /* "0.26.0", "14.0.6"; empty if unknown */
	bool kallsyms_shortcut;    /* libbcc asks us, not /proc/kallsyms */
};

/* Runs the worker once on an empty program; for skbscope doctor. */
int worker_versions(struct worker_versions *versions, struct skbscope_error *error);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what clang, LLVM, libbcc and the worker print to diagnostics: the user's
 * places are kept, other people's warnings are counted, line numbers that speak
 * of the rewritten text are brought back to the user's.
 */
#ifndef COMPILE_CLANG_LOG_H
#define COMPILE_CLANG_LOG_H

#include <skbscope/diagnostics.h>

#include "compile/protocol.h"

/* A directory whose headers are the user's own. */
struct clang_log_directory {
	const char *real;  /* absolute, as clang names it */
	const char *typed; /* as the user wrote it */
};

struct clang_log {
	const struct worker_request *request;
	const struct clang_log_directory *directories;
	size_t directory_count;
};

/* How the worker starts what it has to say about the user's program itself:
 * "skbscope-compile:LINE: warning: …", LINE in the user's text. */
#define CLANG_LOG_WORKER "skbscope-compile"

/* Adds to diagnostics and sets their log to the readable part. *errors counts
 * the errors added. */
int clang_log_parse(const struct clang_log *context, const char *log, size_t length,
		    struct skbscope_diagnostics *diagnostics, size_t *errors);

#endif

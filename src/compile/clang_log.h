/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what clang, LLVM and libbcc print to diagnostics: the user's places are
 * kept, other people's warnings are counted, back-end line numbers are aligned.
 */
#ifndef COMPILE_CLANG_LOG_H
#define COMPILE_CLANG_LOG_H

#include <skbscope/diagnostics.h>
#include <skbscope/source.h>

#include "compile/protocol.h"

struct clang_log {
	const struct worker_request *request;
	const char *const *user_directories; /* real names; with the program's own */
	size_t user_directory_count;
};

/* Adds to diagnostics and sets their log to the readable part. *errors counts
 * the errors added. */
int clang_log_parse(const struct clang_log *context, const char *log, size_t length,
		    struct skbscope_diagnostics *diagnostics, size_t *errors);

#endif

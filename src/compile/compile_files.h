/* SPDX-License-Identifier: Apache-2.0 */
/* What a compilation depends on, out of the list that the worker made. */
#ifndef COMPILE_COMPILE_FILES_H
#define COMPILE_COMPILE_FILES_H

#include <skbscope/compile.h>

#include "base/buffer.h"
#include "compile/clang_log.h"

struct compile_files_origin {
	const struct skbscope_source *source;
	const char *const *paths; /* all directories that were searched, real names */
	size_t path_count;
	const struct clang_log_directory *directories; /* those with the user's own headers */
	size_t directory_count;
};

/* -ENOMEM. An answer that is none (the compiler crashed) gives the program alone. */
int compile_files_new(const struct compile_files_origin *origin, const struct buffer *answer,
		      struct skbscope_compile_files **out);

#endif

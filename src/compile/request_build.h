/* SPDX-License-Identifier: Apache-2.0 */
/* What one attempt asks of the worker: the text, the flags, and the directories that
 * headers are looked for in. */
#ifndef COMPILE_REQUEST_BUILD_H
#define COMPILE_REQUEST_BUILD_H

#include <skbscope/compile.h>

#include "base/arena.h"
#include "compile/clang_log.h"
#include "compile/event_types.h"
#include "compile/headers.h"
#include "compile/protocol.h"

struct request_build {
	struct worker_request request;
	int path_fds[WORKER_MAX_PATHS]; /* of the request's paths, in the same order */
	struct clang_log_directory directories[WORKER_MAX_PATHS]; /* with the user's headers */
	size_t directory_count;
	const char *as_written; /* the text as the user knows it; as long as the request's */

	/* The rest is for request_build.c alone. */
	struct arena *arena;
	struct insertions insertions;
	struct buffer compiled;
	const char *paths[WORKER_MAX_PATHS];
	const char **flags;
};

/* Whether every -D may be one; before anything is done with it. */
int request_check_defines(const struct skbscope_compile_options *options,
			  struct skbscope_error *error);

/* Clear *build whatever the result, and do not move it. The source is borrowed. */
int request_build(struct request_build *build, const struct skbscope_source *source,
		  const struct skbscope_compile_options *options, const struct header_tree *tree,
		  struct skbscope_error *error);
/* The same for a text of our own, with the small tree. The text is borrowed. */
int request_build_own(struct request_build *build, const char *text, struct skbscope_error *error);
/* Kernel types in a file in memory, whose descriptor is taken over in any case. */
int request_build_types(struct request_build *build, int types, struct skbscope_error *error);
/* A precompiled header, or files to make one in; descriptors are duplicated. */
int request_build_precompiled(struct request_build *build, const int files[PRECOMPILED_FILES]);
void request_build_clear(struct request_build *build); /* for AUTO() too */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that reads and compiles the program, so that the one which holds the
 * session, shows readings and hears signals never waits for a compiler.
 */
#ifndef RUN_BUILDER_H
#define RUN_BUILDER_H

#include "run/program.h"

struct builder;

/* What came of reading and compiling once. */
struct build {
	struct program program;
	int r; /* 0, or negative with error; -ECANCELED */
	struct skbscope_error error;
};
void build_clear(struct build *build); /* also for AUTO() */

/* settings and the program's name are borrowed. The compiler it keeps warm ends with it. */
int builder_open(const struct compile_settings *settings, const char *program, struct builder **out,
		 struct skbscope_error *error);
void builder_close(struct builder *builder); /* cancels; accepts NULL */

/* Readable once a build has ended: call builder_take(). */
int builder_fd(const struct builder *builder);
/* Must not be busy. */
void builder_start(struct builder *builder);
/* The one under way ends soon, as any does: through builder_fd(). */
void builder_cancel(struct builder *builder);
/* After builder_fd() became readable; *build is the caller's to clear. */
void builder_take(struct builder *builder, struct build *build);
/* What the build left undone, now that it is in use: keeping it in the cache, getting ready
 * for the next. */
void builder_rest(struct builder *builder);

#endif

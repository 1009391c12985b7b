/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs are compiled in, for other tools than the compiler: its arguments, and the
 * headers that libbcc has in memory. Both are asked of the worker, so that they are what a
 * program really meets.
 */
#ifndef COMPILE_SURROUNDINGS_H
#define COMPILE_SURROUNDINGS_H

#include <skbscope/compile.h>

#include "base/arena.h"

#define SURROUNDINGS_NAMES "/virtual/" /* what the headers' names begin with */
#define SURROUNDINGS_TYPES SURROUNDINGS_NAMES "kernel_types.h"

struct surroundings_file {
	const char *name; /* below SURROUNDINGS_NAMES, and nowhere else */
	const char *text;
};

struct surroundings {
	struct arena *arena;
	/* For clang's driver, as far as they say what a program means: macros, headers, and what is
	 * an error. Names of files are absolute. */
	const char **flags;
	size_t flag_count;
	struct surroundings_file *headers;
	size_t header_count;
};

/* Of programs in that directory. kernel_types: with the running kernel's. */
int surroundings_ask(const char *directory, const struct skbscope_compile_options *options,
		     bool kernel_types, struct surroundings *out, struct skbscope_error *error);
/* From a worker's entries (compile/protocol.h), which are a stranger's bytes. */
int surroundings_read(const char *entries, size_t length, const char *tree,
		      struct surroundings *out, struct skbscope_error *error);
void surroundings_clear(struct surroundings *surroundings); /* for AUTO() too */

#endif

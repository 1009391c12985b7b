/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start that all programs share, as a precompiled header: two files in memory that a
 * worker filled and nobody can change any more, and what they were made from. They are
 * handed to workers, and kept in the cache beside the images.
 *
 * Nothing here fails a compilation: without one it takes longer.
 */
#ifndef COMPILE_PRECOMPILED_H
#define COMPILE_PRECOMPILED_H

#include <stdbool.h>

#include <skbscope/error.h>

#include "base/buffer.h"
#include "compile/inputs.h"
#include "compile/request_build.h"

struct precompiled {
	int files[PRECOMPILED_FILES]; /* -1: none; sealed once there are inputs */
	struct skbscope_inputs *inputs;
	uint64_t since_ns; /* by the clock of file systems: when a worker was asked for it */
};
#define PRECOMPILED_INIT                                                                           \
	{                                                                                          \
		.files = { -1, -1 }                                                                \
	}

/* A request that makes it: with the small tree, nothing of a program's in it. */
int precompiled_ask(struct precompiled *precompiled, struct request_build *build);
/* After that worker has answered: false if there is none, or none that can be told to be
 * the same later. */
bool precompiled_take(struct precompiled *precompiled, const struct buffer *answer);
void precompiled_clear(struct precompiled *precompiled); /* for AUTO() too */

/* Has a worker make it and waits for that. On failure the error says what is missing. */
int precompiled_make(struct precompiled *precompiled, struct skbscope_error *error);

/* Whether it was taken, and all it was made from is as it was, to the file. */
bool precompiled_holds(const struct precompiled *precompiled);
/* Has a request use it, if it can: one for the small tree, without kernel types. */
void precompiled_add(const struct precompiled *precompiled, struct request_build *build);

/* In the directory of a cache (cache.h), owned and checked as images there are. */
bool precompiled_load(const char *directory, struct precompiled *out);
int precompiled_store(const char *directory, const struct precompiled *precompiled);
bool precompiled_is_stored(const char *directory); /* without a look into it */

#endif

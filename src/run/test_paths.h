/* SPDX-License-Identifier: Apache-2.0 */
/* From what was named on the command line to files of tests. */
#ifndef RUN_TEST_PATHS_H
#define RUN_TEST_PATHS_H

#include <skbscope/error.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "run/settings.h"

/* A file is itself, a directory all that ends in ".test" in it and below, in order. What they
 * are called is in the arena; the list is the caller's. */
int test_paths_find(const struct list *named, struct arena *arena, struct list *out,
		    struct skbscope_error *error);

/* A name in a file of tests as it is to be opened. */
void test_beside(const char *file, const char *name, struct buffer *out);

#endif

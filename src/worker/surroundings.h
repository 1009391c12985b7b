/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program is compiled in, for tools that are no compiler of ours: the arguments that
 * libbcc gives clang, and the headers that it has in memory.
 */
#ifndef WORKER_SURROUNDINGS_H
#define WORKER_SURROUNDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "compile/protocol.h"

/* Until then nothing is noted; then the arguments of the next call of clang are. */
void surroundings_watch(void);
void surroundings_note(const char *const *arguments, size_t count);

/* As compile/surroundings.h reads them. False: this libbcc does not show one of the two, after
 * a word on which. */
bool surroundings_write(const struct worker_request *request, struct buffer *out);

#endif

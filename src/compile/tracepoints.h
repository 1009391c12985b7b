/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions for tracepoints beside those for packets. Their arguments are described in
 * tracefs, which is root's to read, and nothing here runs them: they only have to compile.
 */
#ifndef COMPILE_TRACEPOINTS_H
#define COMPILE_TRACEPOINTS_H

#include <stddef.h>

#include "base/arena.h"

/* The same text, or one of the same length and lines in which their bodies are empty; NULL:
 * no memory. */
const char *tracepoints_emptied(struct arena *arena, const char *text, size_t length);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every program begins with, libbcc's two headers and what they include, as a
 * precompiled header: making one, and compiling with one. docs/worker.md says when.
 */
#ifndef WORKER_PRECOMPILE_H
#define WORKER_PRECOMPILE_H

#include <stdbool.h>
#include <stddef.h>

#include "compile/protocol.h"

/* From here on libbcc compiles nothing: its first pass makes the precompiled header, in
 * the request's file. Afterwards precompile_made() says whether it did, and writes the
 * second file: what the header is good for. */
void precompile_make(const struct worker_request *request);
bool precompile_made(const struct worker_request *request);

/* Until precompile_stop() libbcc's passes begin with the request's precompiled header.
 * False: it has none, or one that is not good for this program. */
bool precompile_use(const struct worker_request *request);
void precompile_stop(void);

/* What to execute instead of one of libbcc's own passes; NULL: that. */
void *precompile_action(void);
void precompile_executed(bool well);

#endif

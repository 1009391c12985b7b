/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions that libbcc and LLVM find here before they find their own: the
 * executable's definition wins over a shared library's. Each is named again in
 * CMakeLists.txt, where the linker is told to export it.
 */
#ifndef WORKER_INTERPOSE_H
#define WORKER_INTERPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "compile/protocol.h"

#define INTERPOSE __attribute__((visibility("default"), used))

/* Whether libbcc asked our symbol cache; it does not where it was linked with
 * -Bsymbolic. */
bool symbols_shortcut_used(void);

/* The text that libbcc is about to be given needs no pass for tracepoints if it has
 * none. Borrowed until libbcc is done. */
void tracepoints_skip(const char *text, size_t length);

/* Files opened while the switch is on, in order, each once; borrowed. */
void files_watch(bool on);
void files_forget(void);
const char *const *files_opened(size_t *count);
bool files_is_header(const char *path); /* libbcc also looks into /proc and /sys */

/* Appends the name by which others know the file. */
int files_real_name(const struct worker_request *request, const char *path, struct buffer *out);

/* Appends all that the compilation depends on, as protocol.h has it. */
int files_write(const struct worker_request *request, struct buffer *out);

#endif

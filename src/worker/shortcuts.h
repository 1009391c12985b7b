/* SPDX-License-Identifier: Apache-2.0 */
/* Work of libbcc's that is done here instead, sooner or not at all. */
#ifndef WORKER_SHORTCUTS_H
#define WORKER_SHORTCUTS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether libbcc asked our symbol cache; it does not where it was linked with
 * -Bsymbolic. */
bool symbols_shortcut_used(void);

/* The text that libbcc is about to be given needs no pass for tracepoints if it has
 * none. Borrowed until libbcc is done. */
bool tracepoints_are_absent(const char *text);
void tracepoints_skip(const char *text, size_t length);

#endif

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

#define INTERPOSE __attribute__((visibility("default"), used))

/* Whether libbcc asked our symbol cache; it does not where it was linked with
 * -Bsymbolic. */
bool symbols_shortcut_used(void);

/* Files opened while the switch is on, in order, each once; borrowed. */
void files_watch(bool on);
const char *const *files_opened(size_t *count);

#endif

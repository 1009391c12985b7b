/* SPDX-License-Identifier: Apache-2.0 */
/* A run: a program attached, its readings shown until something ends it, and its edits
 * swapped in meanwhile. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "run/program.h"

/* program was compiled, and is the caller's to clear: it is always the version that runs.
 * Gives an exit status. */
int run(const struct run_settings *settings, struct program *program);

#endif

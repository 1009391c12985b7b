/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands run and diff do, once it is known what was asked. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "run/program.h"

/* A program attached, its readings shown until something ends it, and its edits swapped in
 * meanwhile. It was compiled, and is the caller's to clear: it is always the version that
 * runs. Gives an exit status. */
int run(const struct run_settings *settings, struct program *program);

/* Two versions of a program on the same packets, and where they differ; gives an exit
 * status. */
int compare(const struct diff_settings *settings);

#endif

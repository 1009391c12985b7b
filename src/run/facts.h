/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of this machine's kernel that a program asks for by a macro. */
#ifndef RUN_FACTS_H
#define RUN_FACTS_H

#include "run/program.h"

/* "HZ, NR_CPUS"; nothing where none is asked for. */
void facts_find(const struct program *program, struct buffer *out);

#endif

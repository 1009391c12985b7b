/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the author of a program should write instead of what the verifier refuses: one
 * table of rules over its words and over the path that led there. The same words mean
 * different mistakes; where the path does not tell which, nothing is advised.
 */
#ifndef KERNEL_ADVICE_H
#define KERNEL_ADVICE_H

#include "kernel/verifier_path.h"

struct complaint {
	const char *reason;
	struct path path; /* to the instruction; empty: the log has none */
	bool loops;       /* the instruction is in a loop, or nobody knows where it is */
};

/* Static; NULL where nothing can be said. */
const char *advice_find(const struct complaint *complaint);

#endif

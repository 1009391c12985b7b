/* SPDX-License-Identifier: Apache-2.0 */
/* What functions cost: the verifier's walk, and measured time per packet. */
#ifndef KERNEL_COSTS_H
#define KERNEL_COSTS_H

#include <skbscope/swap.h>

#include "base/arena.h"

/* Keeps the kernel's run-time statistics on until the descriptor is closed; -1
 * where it has none or does not let us. */
int costs_measure(void);

/* One entry for each loaded function. */
int costs_list(const struct skbscope_session *session, struct arena *arena,
	       const struct skbscope_function_cost **out, size_t *count);

/* What BEFORE's functions cost becomes the past of AFTER. */
int costs_remember(const struct skbscope_session *before, struct skbscope_session *after);
void costs_forget(struct skbscope_session *session);

#endif

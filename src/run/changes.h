/* SPDX-License-Identifier: Apache-2.0 */
/* What is reported about an edited program: what was migrated, what it costs, or why it
 * does not run. Pure: results in, text out. */
#ifndef RUN_CHANGES_H
#define RUN_CHANGES_H

#include <stdbool.h>

#include <skbscope/diagnostics.h>
#include <skbscope/swap.h>

#include "base/buffer.h"

/* ": flows kept; ports migrated, 23 rows (drops added); verified 40→44 instructions" */
void changes_swap(const struct skbscope_swap *swap, struct buffer *out);

/* "52→57 ns a packet, 1.1× slower than before" */
void changes_measured(const struct skbscope_function_cost *cost, bool with_name,
		      struct buffer *out);

/* "does not compile (line 17)", "the verifier refuses it (flows.h:3)", … */
void changes_refusal(const struct skbscope_error *error,
		     const struct skbscope_diagnostics *diagnostics, const char *path,
		     struct buffer *out);

#endif

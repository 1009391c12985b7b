/* SPDX-License-Identifier: Apache-2.0 */
/* What changed from one reading to the next. */
#ifndef MODEL_RATES_H
#define MODEL_RATES_H

#include "model/snapshot.h"

/* The interval since an earlier snapshot, and the rate of every counter; rows are
 * matched by key. A row that is new has the rate of its whole count; one whose counter
 * fell has none, nor has a table that did not go on. */
int snapshot_set_rates(struct snapshot *snapshot, const struct skbscope_snapshot *before);

#endif

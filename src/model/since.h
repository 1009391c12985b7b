/* SPDX-License-Identifier: Apache-2.0 */
/* What was counted since an earlier reading. */
#ifndef MODEL_SINCE_H
#define MODEL_SINCE_H

#include "model/snapshot.h"

/* As NOW, with every counter, verdict and loss less what it was; a row that is new, or whose
 * counter fell, is as it is, and so is a table that did not go on. All else is NOW's, which
 * must outlive it. To be freed with arena_object_free(). NULL: no memory. */
struct skbscope_snapshot *snapshot_since(const struct skbscope_snapshot *now,
					 const struct skbscope_snapshot *before);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Which entries differ between two readings of one session. */
#ifndef MODEL_CHANGES_H
#define MODEL_CHANGES_H

#include <stdbool.h>

#include <skbscope/snapshot.h>

/* One entry; of one that is new or gone, one side is NULL. In an array none is. */
struct change {
	const struct skbscope_record *before, *after;
};

typedef int change_callback(void *context, const struct skbscope_table *table,
			    const struct change *change);

/* In the order of tables and rows; those that are gone behind those of their table that are not.
 * 0, -ENOMEM, -E2BIG, or what the callback gave that is negative. */
int changes_walk(const struct skbscope_snapshot *before, const struct skbscope_snapshot *after,
		 change_callback *callback, void *context);

/* Whether a column is another, or the entry is not on both sides. */
bool change_is_of(const struct change *change, const struct skbscope_column *column);

/* How much more was not counted: of this kind, of this table. */
uint64_t changes_lost(const struct skbscope_snapshot *before, const struct skbscope_loss *loss);

#endif

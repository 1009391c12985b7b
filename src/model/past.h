/* SPDX-License-Identifier: Apache-2.0 */
/* A table, or a row of it, in an earlier reading. */
#ifndef MODEL_PAST_H
#define MODEL_PAST_H

#include <skbscope/snapshot.h>

#include "model/key_index.h"

/* The table that this one goes on from; NULL: none. */
const struct skbscope_table *past_table(const struct skbscope_snapshot *before,
					const struct skbscope_table *table);

/* The row with that key, which often is at the same place (*row, on entry); NO_ROW: there was
 * none. The index, zeroed at first, is made when it is needed. 0, or as key_index_build(). */
int past_row(const struct skbscope_table *before, const uint8_t *key, size_t *row,
	     struct key_index *index);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* What stands around the rows of a snapshot's tables, in text for people. */
#ifndef RENDER_TABLE_H
#define RENDER_TABLE_H

#include "render/order.h"
#include "render/paint.h"

/* Prints were seen as they came, but for those that were lost. */
bool table_is_shown(const struct skbscope_table *table);
/* Whether rows of zeros are left out: long arrays do not show the slots that nobody used. */
bool table_skips_zeros(const struct skbscope_table *table);

/* "flows: 3 of 1024 entries"; what there is besides rows: one line each. */
void table_write_title(struct painter *painter, const struct skbscope_table *table);
void table_write_notes(struct painter *painter, const struct skbscope_snapshot *snapshot,
		       const struct skbscope_table *table, const struct order *order);

/* "flows at 12:03:11 on eth0 ingress (tcx), enforced" */
void table_write_head(struct painter *painter, const struct skbscope_snapshot *snapshot);
/* Of the packets that were not passed on, an empty line and one a verdict. */
void table_write_verdicts(struct painter *painter, const struct skbscope_snapshot *snapshot);

#endif

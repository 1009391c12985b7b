/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of one table under their headings, with rates and CPUs beside their
 * column.
 */
#ifndef RENDER_GRID_H
#define RENDER_GRID_H

#include "render/order.h"
#include "render/paint.h"

/* Of a table of the snapshot. 0, -EIO or -ENOMEM. */
int grid_write(struct painter *painter, const struct skbscope_snapshot *snapshot,
	       const struct skbscope_table *table, const struct order *order);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of one table under their headings, with rates and CPUs beside their
 * column.
 */
#ifndef RENDER_GRID_H
#define RENDER_GRID_H

#include "render/layout.h"
#include "render/order.h"
#include "render/paint.h"

/* Of a table of the snapshot. 0, -EIO or -ENOMEM. */
int grid_write(struct painter *painter, const struct skbscope_snapshot *snapshot,
	       const struct skbscope_table *table, const struct order *order);

/* The same cells, of some rows, for whoever places them himself. */
enum grid_numbers {
	GRID_BOTH,
	GRID_TOTALS,
	GRID_RATES, /* where there is one, it stands for its counter */
};
bool grid_has_rate(const struct skbscope_table *table, const struct skbscope_column *column,
		   enum grid_numbers numbers);
bool grid_has_total(const struct skbscope_table *table, const struct skbscope_column *column,
		    enum grid_numbers numbers);

struct grid_part {
	enum grid_numbers numbers;
	size_t first, rows; /* of the order */
};
/* As layout_collect(). */
int grid_collect(struct painter *painter, const struct skbscope_snapshot *snapshot,
		 const struct skbscope_table *table, const struct order *order,
		 const struct grid_part *part, struct layout_cells *out);

#endif

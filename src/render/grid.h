/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of one table under their headings, with rates and CPUs beside their
 * column.
 */
#ifndef RENDER_GRID_H
#define RENDER_GRID_H

#include <stdio.h>

#include "render/cell.h"
#include "render/order.h"

/* 0, -EIO or -ENOMEM. */
int grid_write(const struct skbscope_table *table, const struct order *order,
	       const struct cell_names *names, const struct skbscope_render_options *options,
	       FILE *stream);

#endif

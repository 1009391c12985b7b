/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows of a table are shown, and in which order: the same for every renderer. */
#ifndef RENDER_ORDER_H
#define RENDER_ORDER_H

#include <skbscope/render.h>

struct order {
	uint32_t *rows; /* row numbers in order of showing; owned */
	size_t count;
	size_t rest;  /* rows that top cut off */
	size_t zeros; /* rows left out because there is nothing in them */
};

void order_clear(struct order *order); /* for AUTO() too */

/* All rows, or the first options->top of them. Sorted by options->sort if that is
 * a column of this table, else as the schema says; ties by key. With skip_zeros,
 * rows whose value is all zeros are left out. */
int order_rows(const struct skbscope_table *table, const struct skbscope_render_options *options,
	       bool skip_zeros, struct order *out, struct skbscope_error *error);

/* The column that is: by that wish, "TABLE.COLUMN", "COLUMN" or NULL, else as the schema says.
 * NULL: by key alone. */
const struct skbscope_column *order_column(const struct skbscope_schema *schema, const char *wish);

/* Fails unless options->sort is a column of at least one table. */
int order_check(const struct skbscope_snapshot *snapshot,
		const struct skbscope_render_options *options, struct skbscope_error *error);

#endif

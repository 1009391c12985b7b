/* SPDX-License-Identifier: Apache-2.0 */
/* Rows by a column, and where that is the same by their keys: values from the largest,
 * because that is what one looks for, keys from the smallest, because that is how one
 * looks something up. */
#ifndef RENDER_SORT_H
#define RENDER_SORT_H

#include <skbscope/snapshot.h>

struct sorting {
	const struct skbscope_table *table;
	const struct skbscope_column *column; /* NULL: by key alone */
	bool by_rate;                         /* the column's; rates that are not known come last */
	bool reverse;                         /* the column; those that are the same stay by key */
};

int sort_rows(const struct sorting *sorting, uint32_t *rows, size_t count); /* 0 or -ENOMEM */

/* Moves the first COUNT of all to the front, in any order: the twenty largest of a million
 * are found without sorting the million. */
void sort_select(const struct sorting *sorting, uint32_t *rows, size_t all, size_t count);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows of a table the screen could show, and the first of them in order: as many as
 * are seen, however many there are.
 */
#ifndef SCREEN_ROWS_H
#define SCREEN_ROWS_H

#include "render/order.h"
#include "render/paint.h"
#include "render/sort.h"

struct rows {
	struct order order; /* all that match */
	size_t sorted;      /* of them, from the start, are in order */
	bool known;         /* else the rest is of another reading */
};

void rows_clear(struct rows *rows);

/* All whose cells, as they are shown, hold that text in any case ("": all); of a long array
 * none of zeros. 0 or -ENOMEM. */
int rows_match(struct rows *rows, struct painter *painter, const struct skbscope_snapshot *snapshot,
	       const struct skbscope_table *table, const char *text);

/* The first COUNT of them in order. 0 or -ENOMEM. */
int rows_sort(struct rows *rows, const struct sorting *sorting, size_t count);

#endif

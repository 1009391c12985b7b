/* SPDX-License-Identifier: Apache-2.0 */
/* How every renderer begins and ends, and where it finds a cell. */
#ifndef RENDER_COMMON_H
#define RENDER_COMMON_H

#include <skbscope/difference.h>
#include <skbscope/render.h>

#include "model/record.h"

/* The bytes that the column's offset counts from; NULL for SKBSCOPE_NO_ROW. */
static inline const uint8_t *cell_data(const struct skbscope_table *table, size_t row,
				       const struct skbscope_column *column)
{
	struct skbscope_record record;

	if (row == SKBSCOPE_NO_ROW)
		return NULL;
	record = record_of_row(table, row);
	return record_data(&record, column);
}

/* Copies the caller's options (NULL: all defaults) into a full struct; what a newer
 * caller set and this library does not have is refused. */
int render_options_take(const struct skbscope_render_options *options,
			struct skbscope_render_options *full, struct skbscope_error *error);

/* The same for differences, which have an order of their own: another is refused. */
int render_difference_options_take(const struct skbscope_render_options *options,
				   struct skbscope_render_options *full,
				   struct skbscope_error *error);

/* Flushes, and turns a stream that failed (disk full, closed) or a code of -ENOMEM into
 * an error. */
int render_finish(int r, FILE *stream, struct skbscope_error *error);

#endif

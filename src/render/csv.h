/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comma-separated values: one table, a line a row, and one line of names above them all. Fields
 * are quoted as RFC 4180 says; lines end with a newline alone, as tools of this system expect.
 * Numbers are exact and without units, addresses and names as people see them.
 */
#ifndef RENDER_CSV_H
#define RENDER_CSV_H

#include <skbscope/difference.h>
#include <skbscope/render.h>

#include "base/buffer.h"

/* One field, after a comma unless it is the first of the line. */
void csv_text(struct buffer *out, const void *text, size_t length);
void csv_string(struct buffer *out, const char *text); /* NULL: nothing is known */
void csv_number(struct buffer *out, uint64_t number);
void csv_time(struct buffer *out, uint64_t wall_ns); /* RFC 3339 */
void csv_end_line(struct buffer *out);

/* Of a column of that reading. */
void csv_column(struct buffer *out, const struct skbscope_snapshot *snapshot,
		const struct skbscope_column *column, const uint8_t *data);

/* The only one of these, or the one of that name (which may be hidden). */
int csv_choose(const struct skbscope_schema *const *schemas, size_t count, const char *name,
	       const struct skbscope_schema **out, struct skbscope_error *error);

#endif

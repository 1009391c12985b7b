/* SPDX-License-Identifier: Apache-2.0 */
/* What pictures of histograms share. */
#ifndef RENDER_BARS_H
#define RENDER_BARS_H

#include "render/order.h"
#include "render/paint.h"

#define BAR_WIDTH 40u

/* Two blanks and stars behind a count, and a newline. The least of counts still has a star: it
 * is not nothing. */
void bar_write(uint64_t count, uint64_t largest, uint32_t width, FILE *stream);

/* "saddr 10.0.0.2, dport 443 ": so many of the key's columns, into the painter's cell. */
void bar_append_keys(struct painter *painter, const struct skbscope_record *record, size_t columns);

/* Of the rows that are shown, every histogram that has something. 0, -EIO or -ENOMEM. */
int bars_write(struct painter *painter, const struct skbscope_table *table,
	       const struct order *order);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram with bars, for tables whose schema says so. */
#ifndef RENDER_HISTOGRAM_H
#define RENDER_HISTOGRAM_H

#include "render/paint.h"

/* Writes the buckets from the first to the last that is not empty; 0, -EIO or
 * -ENOMEM. */
int histogram_write(const struct skbscope_table *table, struct painter *painter);

#endif

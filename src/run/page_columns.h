/* SPDX-License-Identifier: Apache-2.0 */
/* What a reading in JSON does not say, and who draws it wants to know: which columns are keys,
 * which have rates, what they count, and which tables are histograms. */
#ifndef RUN_PAGE_COLUMNS_H
#define RUN_PAGE_COLUMNS_H

#include <skbscope/snapshot.h>

#include "base/buffer.h"

/* Appends an object and a newline; out->failed where there was no memory. */
void page_columns_write(const struct skbscope_snapshot *snapshot, struct buffer *out);

#endif

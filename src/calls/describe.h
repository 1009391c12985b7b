/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of calls and of their tables. */
#ifndef CALLS_DESCRIBE_H
#define CALLS_DESCRIBE_H

#include "base/arena.h"
#include "calls/tables.h"
#include "model/schema.h"

/* Types are the arena's, which must outlive the set. COLUMNS are as in struct book_rules. 0 or
 * -ENOMEM. */
int describe_table(enum call_table table, const struct book_rules *rules, struct arena *arena,
		   struct schema_set **out);

/* How many bytes of a row of that table have columns; of an event all. */
size_t describe_size(enum call_table table);

#endif

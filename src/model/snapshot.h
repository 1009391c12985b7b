/* SPDX-License-Identifier: Apache-2.0 */
/* Making snapshots: what is called while tables are read. */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include <skbscope/snapshot.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "model/schema.h"
#include "model/table_rows.h"

struct table_source;

/* Counted, because the next reading's rates need the one before, and rows are many.
 * Whoever has been handed one changes nothing in it. */
struct snapshot {
	struct skbscope_snapshot public; /* must be first; its tables own their rows */
	atomic_uint references;
	struct arena *arena;         /* its own */
	struct schema_set **schemas; /* one a table */
};

/* A table for every source, without rows, at no time yet. */
int snapshot_new(const struct table_source *sources, size_t count, struct snapshot **out);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* as skbscope_snapshot_free() */
void snapshot_unrefp(struct snapshot **snapshot);

/* Makes the rows the table's, or frees them on failure. Of a per-CPU map it sums the
 * counters over the CPUs; other leaves keep the first CPU's that is not zero. */
int snapshot_take_rows(struct snapshot *snapshot, size_t table, struct table_rows *rows,
		       bool keep_per_cpu);

/* Of a table of events. Those that were lost are a loss as well. */
struct event_counts {
	uint64_t received, lost, unseen; /* as in struct skbscope_table */
};
int snapshot_set_events(struct snapshot *snapshot, size_t table, const struct event_counts *counts);

int snapshot_add_loss(struct snapshot *snapshot, const char *table, const char *what,
		      uint64_t count, bool known);

/* The key has the bytes that the table's schema says. */
bool table_has_row(const struct skbscope_table *table, const uint8_t *key);

#endif

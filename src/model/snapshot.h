/* SPDX-License-Identifier: Apache-2.0 */
/* Making snapshots: what a session calls while it reads. */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include <skbscope/snapshot.h>

#include "base/arena.h"
#include "model/schema.h"

struct snapshot {
	struct skbscope_snapshot public; /* must be first */
	struct arena *arena;
	struct schema_set *schemas;
};

/* Empty, with a table for every schema (rows to be filled), holding a reference
 * on the set, at no time yet. */
int snapshot_new(struct schema_set *schemas, struct snapshot **out);
void snapshot_free(struct snapshot *snapshot); /* skbscope_snapshot_free is the same */
void snapshot_freep(struct snapshot **snapshot);

/* What was read from a map, as the kernel gives it: keys packed, values packed
 * with value_stride bytes a row. On a per-CPU map a row holds cpu_count values,
 * each at a multiple of 8. Copies. Sums the counters over the CPUs; other leaves
 * keep the first CPU's that is not zero. */
struct raw_rows {
	size_t count;
	const void *keys;
	const void *values;
	size_t value_stride;
	uint32_t cpu_count; /* 1 unless per-CPU */
	bool complete;
};
int snapshot_set_rows(struct snapshot *snapshot, size_t table, const struct raw_rows *rows,
		      bool keep_per_cpu);

/* Rates of every counter since an earlier snapshot of the same schemas; rows are
 * matched by key. A row that is new has the rate of its whole count; one whose
 * counter fell has none. */
int snapshot_set_rates(struct snapshot *snapshot, const struct skbscope_snapshot *previous);

int snapshot_add_loss(struct snapshot *snapshot, const char *table, const char *what,
		      uint64_t count, bool known);

#endif

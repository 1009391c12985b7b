/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a hot swap: two sessions, the one that runs and the one that takes
 * its place. What can fail is done before the hooks change, or undone.
 */
#ifndef KERNEL_SWAP_H
#define KERNEL_SWAP_H

#include <skbscope/swap.h>

#include "base/arena.h"
#include "kernel/atomic_add.h"
#include "kernel/session.h"
#include "model/migrate.h"

/* BEFORE's hooks run AFTER's functions, which may go other directions. On failure
 * they are as they were; on success AFTER owns the hooks. */
int swap_hooks(struct skbscope_session *before, struct skbscope_session *after,
	       struct skbscope_error *error);

/* A table whose rows come from one of another shape. */
struct table_move {
	size_t from, to; /* of the images' maps */
	struct migrate_plan *plan;
	struct migrated copied; /* what was put into the new one before the swap */
	struct atomic_add add;  /* without a program if none could be had */
};

struct swap_tables {
	struct skbscope_table_swap *outcomes; /* the new image's, then those gone */
	size_t count;
	struct table_move *moves;
	size_t move_count;
	int *reuse; /* for struct map_reuse; borrowed descriptors */
};

/* Decides what becomes of each table. Strings are the arena's. */
int swap_tables_plan(const struct skbscope_session *before, const struct skbscope_session *after,
		     bool reset, struct arena *arena, struct swap_tables *out);
/* Copies rows into the new maps, while the old program still counts. */
int swap_tables_fill(struct skbscope_session *before, const struct skbscope_session *after,
		     struct arena *arena, struct swap_tables *tables, struct skbscope_error *error);
/* Adds what the old program counted since, once it has come to rest. */
void swap_tables_finish(struct skbscope_session *before, const struct skbscope_session *after,
			struct arena *arena, struct swap_tables *tables);
void swap_tables_clear(struct swap_tables *tables); /* for AUTO() too */

/* Until no CPU runs a program that was taken off its hook: an RCU grace period of the
 * kernel; 0 when it has passed. */
int rcu_wait(void);

#endif

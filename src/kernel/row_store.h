/* SPDX-License-Identifier: Apache-2.0 */
/* Setting some members of a row while a program counts in the others. */
#ifndef KERNEL_ROW_STORE_H
#define KERNEL_ROW_STORE_H

#include "kernel/row_program.h"

struct row_store {
	struct row_program row;
	const uint8_t *mask; /* ones where it stores; the caller's */
};
#define ROW_STORE_INIT                                                                             \
	{                                                                                          \
		.row = ROW_PROGRAM_INIT                                                            \
	}

/* Nothing is done where it is open for an equal mask already. */
int row_store_open(int map, const struct skbscope_schema *schema, const uint8_t *mask,
		   struct row_store *store);
void row_store_close(struct row_store *store); /* for AUTO() too */

/* 1: there is no such row. cpu: of a per-CPU map. */
int row_store_run(const struct row_store *store, const void *key, const uint8_t *value,
		  uint32_t cpu);

#endif

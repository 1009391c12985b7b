/* SPDX-License-Identifier: Apache-2.0 */
/* Adding to a row of a map that a program counts in at the same time, with the atomic
 * instructions that packet programs use. */
#ifndef KERNEL_ATOMIC_ADD_H
#define KERNEL_ATOMIC_ADD_H

#include <stdbool.h>
#include <stdint.h>

#include <skbscope/snapshot.h>

#include "kernel/row_program.h"
#include "model/sum.h"

struct atomic_add {
	struct row_program row;
	bool whole; /* false: numbers of some members' kind cannot be added */
};
#define ATOMIC_ADD_INIT                                                                            \
	{                                                                                          \
		.row = ROW_PROGRAM_INIT                                                            \
	}

/* sum tells which members of a value add up. */
int atomic_add_open(int map, const struct skbscope_schema *schema, const struct sum_plan *sum,
		    struct atomic_add *out);
void atomic_add_close(struct atomic_add *add);

/* amounts is laid out as one CPU's value; on a per-CPU map they are added to some
 * CPU's. 1: there is no such row. */
int atomic_add_run(const struct atomic_add *add, const void *key, const uint8_t *amounts);

/* after - before, member by member, in a value's layout: of all CPUs together. Each
 * has cpus values, stride bytes apart; NULL is zeros. */
void atomic_add_difference(const struct sum_plan *sum, const uint8_t *before, const uint8_t *after,
			   uint32_t cpus, size_t stride, uint8_t *out);

#endif

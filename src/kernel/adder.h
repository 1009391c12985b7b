/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding to a row of a map that a program counts in at the same time. From user
 * space that is a lookup and an update, and what is counted between the two is
 * lost; so a small program adds for us, with the atomic instructions that packet
 * programs use.
 */
#ifndef KERNEL_ADDER_H
#define KERNEL_ADDER_H

#include <stdbool.h>
#include <stdint.h>

#include <skbscope/snapshot.h>

#include "model/sum.h"

struct adder {
	int program, parcel; /* the parcel is a map: a key, and what to add to its row */
	uint32_t key_size, value_size;
	uint32_t values_at; /* in the parcel */
	bool whole;         /* false: numbers of some members' kind cannot be added */
};
#define ADDER_INIT                                                                                 \
	{                                                                                          \
		.program = -1, .parcel = -1                                                        \
	}

/* sum tells which members of a value add up. */
int adder_open(int map, const struct skbscope_schema *schema, const struct sum_plan *sum,
	       struct adder *out);
void adder_close(struct adder *adder);

/* amounts is laid out as one CPU's value; on a per-CPU map they are added to some
 * CPU's. 1: there is no such row. */
int adder_add(const struct adder *adder, const void *key, const uint8_t *amounts);

/* after - before, member by member, in a value's layout: of all CPUs together. Each
 * has cpus values, stride bytes apart; NULL is zeros. */
void adder_difference(const struct sum_plan *sum, const uint8_t *before, const uint8_t *after,
		      uint32_t cpus, size_t stride, uint8_t *out);

#endif

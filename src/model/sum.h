/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding up the values that the CPUs of a per-CPU map hold, leaf by leaf. A value
 * type becomes a list of steps once, because a million rows may follow.
 */
#ifndef MODEL_SUM_H
#define MODEL_SUM_H

#include <skbscope/snapshot.h>

#include "base/arena.h"

#define SUM_MAX_STEPS 65536u

enum sum_how { SUM_ADD, SUM_ADD_FLOAT, SUM_FIRST, SUM_LARGEST, SUM_SMALLEST, SUM_BITS };

struct sum_step {
	enum sum_how how;
	uint32_t bit_offset, bit_size, count; /* COUNT of them, side by side */
	bool is_signed;
	bool is_guess; /* SKBSCOPE_OF_CPUS_SET */
};

struct sum_plan {
	const struct sum_step *steps;
	size_t count;
	bool has_guesses;
};

/* A NULL type, or one with too many leaves, is one step over all the bytes. */
struct sum_plan sum_plan_make(const struct skbscope_type *type, uint32_t value_size,
			      struct arena *arena);

/* Adds one CPU's value to a total that started as zeros. Amounts add up, in the
 * arithmetic of their own width; of extremes the largest or the smallest is kept, of
 * sets of bits all that are set, of other leaves, and of unions, the first that is not zero. False:
 * an amount wrapped round. */
bool sum_add(const struct sum_plan *plan, uint8_t *total, const uint8_t *value);

/* Whether a CPU that has something has something else than the total, where that is a guess. */
bool sum_differs(const struct sum_plan *plan, const uint8_t *total, const uint8_t *value);

#endif

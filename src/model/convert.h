/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A leaf of one C type from a leaf of another, as an assignment in C would make
 * it, except that a number which does not fit is refused instead of changed, and
 * an enumerator that got another number stays the same enumerator. Arrays go
 * element by element, structs in arrays member by member.
 */
#ifndef MODEL_CONVERT_H
#define MODEL_CONVERT_H

#include <skbscope/snapshot.h>

#include "base/arena.h"

#define CONVERT_MAX_STEPS 65536u /* of one column, arrays of structs taken apart */

struct convert_renumber {
	int64_t from, to;
};

/* Of number to number; other leaves are copied as they lie in memory. */
struct convert_step {
	struct skbscope_column from, to; /* the first of them; the next lies bit_size on */
	uint32_t count;
	const struct convert_renumber *renumbers; /* enumerators that moved */
	size_t renumber_count;
};

struct conversion {
	struct convert_step *steps;
	size_t count;
};

/* The same bits mean the same: kinds, sizes, signs, elements, members and the
 * numbers of enumerators, whatever the display or the type's own name. */
bool convert_is_same(const struct skbscope_type *a, const struct skbscope_type *b);

/* 0, -ENOMEM, or -EOPNOTSUPP if one cannot become the other. */
int convert_plan(const struct skbscope_column *from, const struct skbscope_column *to,
		 struct arena *arena, struct conversion *out);

/* Into zeroed bytes; 0 or -ERANGE. */
int convert_run(const struct conversion *conversion, const uint8_t *from, uint8_t *to);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing cells of two tables whose types need not be the same. */
#ifndef MODEL_DIFFERENCE_H
#define MODEL_DIFFERENCE_H

#include <skbscope/difference.h>

#include "base/buffer.h"
#include "model/value.h"

/* The second less the first, of a pair that is_number; either may be NULL: zero. An
 * integer where both are (clamped where no 128 bits hold it), else a float. */
struct value difference_value(const struct skbscope_column_pair *pair, const uint8_t *first,
			      const uint8_t *second);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* One instruction in the verifier's log. */
#ifndef KERNEL_VERIFIER_STEP_H
#define KERNEL_VERIFIER_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

struct step {
	int32_t index;
	uint8_t code;
	int8_t left, right; /* registers in the order in which they are printed; -1: none */
	int64_t number;     /* an offset, or the constant */
	struct span text;
};

/* The number that a line starts with; *line goes on behind it. */
bool step_index(struct span *line, int32_t *index);
/* Whether the line is an instruction. */
bool step_read(struct span line, struct step *out);

bool step_is_call(const struct step *step, struct span *helper); /* empty: no helper's */
bool step_is_arithmetic(const struct step *step);
bool step_reads_packet(const struct step *step);  /* LD_ABS or LD_IND */
bool step_is_comparison(const struct step *step); /* of two registers; so the next */
bool step_is_subtraction(const struct step *step);

#endif

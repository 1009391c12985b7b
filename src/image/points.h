/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which instructions ran, and which way conditions went: where a function as it was compiled
 * has points, each of which notes that it was passed (image/points_pass.c). One is at the
 * beginning of each run of instructions that cannot be left or entered between. Where such a
 * run can be reached from elsewhere, too, a conditional jump that leads there has a point of
 * its own: so of each it is known which ways it went.
 */
#ifndef IMAGE_POINTS_H
#define IMAGE_POINTS_H

#include <skbscope/image.h>

#define POINTS_NONE UINT32_MAX

/* A conditional jump. */
struct points_branch {
	uint32_t at;                /* the instruction */
	uint32_t target;            /* where it leads; else it goes on behind itself */
	uint32_t taken, passed;     /* which point tells */
	bool own_taken, own_passed; /* it is the jump's, not that of the block it leads to */
};

struct points {
	uint32_t *of_block; /* by the instruction that begins it; else POINTS_NONE */
	uint32_t instruction_count;
	struct points_branch *branches; /* in the order of instructions */
	uint32_t branch_count;
	uint32_t count; /* of points */
};

/* The function's jumps must be in bounds. 0 or -ENOMEM. */
int points_find(const struct skbscope_image_program *program, struct points *out);
void points_clear(struct points *points); /* also for AUTO() */

/* The point of the block that an instruction is in. */
uint32_t points_at(const struct points *points, uint32_t instruction);

#endif

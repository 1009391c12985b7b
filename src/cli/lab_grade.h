/* SPDX-License-Identifier: Apache-2.0 */
/* What students hand in, case by case in words, or a line for each of a class. */
#ifndef CLI_LAB_GRADE_H
#define CLI_LAB_GRADE_H

#include "cli/labs.h"
#include "run/settings.h"

struct lab_grading {
	const struct lab *lab;
	struct list folders; /* none: the one that lab start makes, or the one we are in */
	const struct output_settings *output;
	const struct talk_settings *talk;
	struct arena *arena;
};

int lab_grade(const struct lab_grading *grading); /* gives an exit status */

#endif

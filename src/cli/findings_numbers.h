/* SPDX-License-Identifier: Apache-2.0 */
/* Where a program's tables will show other numbers than its author thinks. */
#ifndef CLI_FINDINGS_NUMBERS_H
#define CLI_FINDINGS_NUMBERS_H

#include <skbscope/diagnostics.h>

#include "image/audit.h"
#include "model/schema.h"

struct numbers {
	const struct skbscope_image *image;
	struct skbscope_diagnostics *out;
	struct schema_set *set; /* NULL: its tags are wrong, which is said elsewhere */
	unsigned char *told;    /* by map: what was said of it */
};

/* All of these: 0 or -ENOMEM. */
int numbers_open(struct numbers *numbers, struct skbscope_diagnostics *out);
int numbers_add(struct numbers *numbers, const struct skbscope_image_program *program,
		const struct audit_finding *findings, size_t count);
int numbers_end(struct numbers *numbers); /* what only all functions together say */
void numbers_clear(struct numbers *numbers);

#endif

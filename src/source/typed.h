/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody typed in place of a file, made into a program. */
#ifndef SOURCE_TYPED_H
#define SOURCE_TYPED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/span.h"

struct typed {
	uint32_t lines; /* of the text; 0: it is a program as it is */
	uint32_t lead;  /* lines put before it */
};

bool typed_has_function(struct span text);

/* Appends the program: lead lines; the text with blanks for the body; a line; the text with
 * blanks for what is not the body; a line. Columns stay. -ENOMEM. */
int typed_make(struct span text, struct buffer *out, struct typed *typed);

#endif

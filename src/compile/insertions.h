/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that are compiled inside the user's own, and the places of all that stands behind
 * them. */
#ifndef COMPILE_INSERTIONS_H
#define COMPILE_INSERTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Text that is compiled and that nobody wrote. */
struct insertion {
	size_t at;             /* in the text as it was written */
	uint32_t line, column; /* from 1 */
	char *text;
};

struct insertions {
	struct insertion *list; /* ascending, once it is sorted */
	size_t count;
};

/* Behind those there are; its text is a copy. -ENOMEM. What comes next wants them sorted. */
int insertions_add(struct insertions *insertions, const struct insertion *insertion,
		   const char *text);
void insertions_sort(struct insertions *insertions);
void insertions_clear(struct insertions *insertions); /* for AUTO() too */
void insertions_apply(const struct insertions *insertions, const char *text, size_t length,
		      struct buffer *out);

/* The column as it was written of one that the compiler names. *inside: it is in a text
 * that nobody wrote, and the column is where that was put. */
uint32_t insertions_column(const struct insertions *insertions, uint32_t line, uint32_t column,
			   bool *inside);

#endif

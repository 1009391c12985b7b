/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbcc names the fields of what is submitted to a table of events, and neither widths of
 * bit-fields nor nested structs nor packing. The compiler knows all of it, and writes it
 * down where a variable of that type stands in a section: so one is put into the calls that
 * submit, on the same line, in the last argument. What is compiled is the same.
 */
#ifndef COMPILE_EVENT_TYPES_H
#define COMPILE_EVENT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <skbscope/source.h>

#include "base/buffer.h"

/* Text that is compiled and that nobody wrote. */
struct insertion {
	size_t at;             /* in the text as it was written */
	uint32_t line, column; /* from 1 */
	char *text;
};

struct insertions {
	struct insertion *list; /* ascending */
	size_t count;
};

/* Tables that an @event tag speaks of have their struct at the end of the text. -ENOMEM. */
int event_types_find(const char *text, size_t length,
		     const struct skbscope_documentation *documentation, struct insertions *out);
void insertions_clear(struct insertions *insertions); /* for AUTO() too */
void insertions_apply(const struct insertions *insertions, const char *text, size_t length,
		      struct buffer *out);

/* The column as it was written of one that the compiler names. *inside: it is in a text
 * that nobody wrote, and the column is where that was put. */
uint32_t insertions_column(const struct insertions *insertions, uint32_t line, uint32_t column,
			   bool *inside);

#endif

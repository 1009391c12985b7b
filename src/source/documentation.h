/* SPDX-License-Identifier: Apache-2.0 */
/* The documentation comment: help text and wiring tags (docs/writing-programs.md). */
#ifndef SOURCE_DOCUMENTATION_H
#define SOURCE_DOCUMENTATION_H

#include <skbscope/source.h>

#include "base/arena.h"

/* The first block comment of a C text that is not inside a string and not the
 * SPDX or licence line; "" if none. Length 0 then. */
const char *documentation_find(const char *text, size_t text_length, size_t *length);

/* Parses a comment (with or without its delimiters) into *out, whose strings
 * live in the arena. A tag that cannot be understood is an error that names the
 * line; an unknown tag with a near neighbour says which was meant. */
int documentation_parse(const char *comment, struct arena *arena,
			struct skbscope_documentation *out, struct skbscope_error *error);

#endif

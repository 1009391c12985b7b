/* SPDX-License-Identifier: Apache-2.0 */
/* As much of C as it takes to know code from comments, literals and directives. */
#ifndef COMPILE_C_SCAN_H
#define COMPILE_C_SCAN_H

#include "base/span.h"

struct c_scanner {
	const char *text;
	size_t length, at;
};

/* The character AHEAD of where it is; '\0' beyond the end. */
char c_peek(const struct c_scanner *scanner, size_t ahead);
/* The next character that counts (comments, literals and directives are one blank), or the
 * first of a word, which *word is then; '\0' at the end. */
char c_next(struct c_scanner *scanner, struct span *word);
/* The next that is no white space, 'w' for a word. */
char c_next_solid(struct c_scanner *scanner);
/* Past what closes the bracket that was just read; false at the end. */
bool c_close_bracket(struct c_scanner *scanner, char open, char close);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part of somebody else's text: what parsers of lines and words hand around
 * instead of copies. Borrowed, and mostly without a NUL at its end.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *text;
	size_t length;
};

struct span span_of(const char *string);
struct span span_from(struct span span, size_t from); /* without the first FROM bytes */
struct span span_trim(struct span span);              /* without white space at both ends */

bool span_equal(struct span a, struct span b);
bool span_is(struct span span, const char *string);
bool span_begins(struct span span, const char *prefix);
bool span_contains(struct span span, const char *part);
const char *span_find(struct span span, const char *part); /* NULL if it is not there */

/* Each takes something from the front of *rest, or returns false and takes nothing. */
bool span_skip(struct span *rest, const char *prefix);
/* What stands before MARK, and MARK with it. */
bool span_cut(struct span *rest, const char *mark, struct span *before);
bool span_next_line(struct span *rest, struct span *line);   /* without its newline */
bool span_next_word(struct span *rest, struct span *word);   /* a name or number of C */
bool span_next_quoted(struct span *rest, struct span *text); /* between the next two of ' */

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A comment as lines without decoration, and as paragraphs. */
#ifndef SOURCE_COMMENT_H
#define SOURCE_COMMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct comment_lines {
	char **items; /* without delimiters, stars, common indentation, trailing blanks */
	size_t count; /* as many as the comment has, so that they can be numbered */
};

/* False when out of memory. */
bool comment_split(const char *comment, struct arena *arena, struct comment_lines *out);

/* Stars and slashes are no text. */
bool comment_line_is_blank(const char *line, size_t length);

/* Bytes up to the next blank line, and whether the paragraph that starts here
 * speaks of copyright or licence. */
size_t paragraph_measure(const char *text, size_t length, bool *licence);

#endif

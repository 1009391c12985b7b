/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From libbcc's rewritten text back to the user's. libbcc replaces map calls,
 * inserts lines before and into functions and may join lines of a call, so what
 * the back end and the kernel say about line N is about another line of the file.
 */
#ifndef COMPILE_LINE_MAP_H
#define COMPILE_LINE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct line_map;

/* Both texts are compared line by line; either may be of any size and content. */
int line_map_new(struct span rewritten, struct span original, struct line_map **out);
void line_map_free(struct line_map *map); /* accepts NULL */
void line_map_freep(struct line_map **map);

/* The original line (from 1) for a rewritten one (from 1); 0 for a line beyond
 * the text. *unchanged says whether columns still hold. */
uint32_t line_map_original(const struct line_map *map, uint32_t line, bool *unchanged);

/* libbcc's log in three: the rewritten text of the user's file, line 1 first, and what was
 * said before and after all that was printed for it. False if the compiler never came so
 * far: then before is all of it. */
struct rewritten_text {
	struct span before, text, after;
};
bool rewritten_find(struct span log, struct rewritten_text *out);

#endif

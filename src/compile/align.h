/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From libbcc's rewritten text back to the user's. libbcc replaces map calls,
 * inserts lines before and into functions and may join lines of a call, so what
 * the back end and the kernel say about line N is about another line of the file.
 */
#ifndef COMPILE_ALIGN_H
#define COMPILE_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line_map;

/* Both texts are compared line by line; either may be of any size and content. */
int line_map_new(const char *rewritten, size_t rewritten_length, const char *original,
		 size_t original_length, struct line_map **out);
void line_map_free(struct line_map *map); /* accepts NULL */
void line_map_freep(struct line_map **map);

/* The original line (from 1) for a rewritten one (from 1); 0 for a line beyond
 * the text. *unchanged says whether columns still hold. */
uint32_t line_map_original(const struct line_map *map, uint32_t line, bool *unchanged);

/* The part of libbcc's log that is the rewritten text of the user's file, line 1
 * first; false if the compiler never came so far. *block_start and *block_end
 * bound all that was printed for it. */
struct rewritten_text {
	const char *text;
	size_t length;
	size_t block_start, block_end;
};
bool rewritten_find(const char *log, size_t length, struct rewritten_text *out);

#endif

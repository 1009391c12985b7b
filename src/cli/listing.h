/* SPDX-License-Identifier: Apache-2.0 */
/* Aligned columns of text for the commands that are not readings. */
#ifndef CLI_LISTING_H
#define CLI_LISTING_H

#include <stdbool.h>
#include <stdio.h>

struct listing;

/* heads: NULL-terminated; a head that starts with '>' is right-aligned. Without
 * show_heads only the rows are printed. Memory failures show up at the end. */
struct listing *listing_new(const char *const *heads, bool show_heads);
/* As many strings as there are heads; copied; NULL prints as nothing. */
void listing_row(struct listing *listing, const char *const *cells);
bool listing_is_empty(const struct listing *listing);
/* Prints every row, indented by two, and frees; 0 or negative errno. */
int listing_end(struct listing *listing, FILE *stream);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Small questions about strings. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole string as an unsigned number, base by its prefix; false for
 * anything else (signs, blanks, overflow, nothing at all). */
bool text_number(const char *string, uint64_t *out);

/* "500ms", "2s", "1m", "1h", "0.5"; a bare number means seconds. From 1 ms to ten years. */
bool text_duration(const char *string, uint64_t *out_ns);
bool text_time(const char *string, uint64_t *out_ns); /* the same from 1 ns */

/* "4096", "64k", "16M", "1G": bytes, with units of 1024. */
bool text_size(const char *string, uint64_t *out);

/* Optimal string alignment distance: insert, delete, replace, swap neighbours. */
size_t text_distance(const char *a, const char *b);

/* The candidate a typist most likely meant, or NULL if none is near. */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);

bool text_ends_with(const char *string, const char *end); /* and is longer */

/* Of C. */
bool text_is_word(char c); /* may be part of a name or a number */
bool text_is_identifier(const char *string);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a row by its key, among a million. */
#ifndef MODEL_KEY_INDEX_H
#define MODEL_KEY_INDEX_H

#include <stddef.h>
#include <stdint.h>

#define NO_ROW SIZE_MAX

struct key_index {
	const uint8_t *keys; /* packed; borrowed: set it anew where they have moved */
	size_t key_size;
	uint64_t seed[2];
	uint32_t *slots; /* row + 1; 0: free; NULL until key_index_open */
	size_t mask, rows;
};

/* Empty, with room for that many rows; it grows. 0, -ENOMEM or -E2BIG. */
int key_index_open(struct key_index *index, const uint8_t *keys, size_t key_size, size_t rows);
/* The same with all the rows in it. */
int key_index_build(struct key_index *index, const uint8_t *keys, size_t key_size, size_t rows);
void key_index_clear(struct key_index *index); /* for AUTO() too */

/* A row whose key must not be in it yet. 0, -ENOMEM or -E2BIG. */
int key_index_add(struct key_index *index, size_t row);
size_t key_index_find(const struct key_index *index, const uint8_t *key); /* or NO_ROW */

#endif

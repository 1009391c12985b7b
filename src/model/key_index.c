/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, half empty. */
#include "model/key_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Keys are what strangers send in packets, so the seed must not be guessable or
 * they could choose keys that collide; the address space layout is enough. */
static uint64_t hash_key(const struct key_index *index, const uint8_t *key)
{
	uint64_t hash = index->seed, word;
	size_t left = index->key_size;

	for (; left >= sizeof(word); left -= sizeof(word), key += sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 32;
	}
	word = 0;
	memcpy(&word, key, left);
	hash = (hash ^ word ^ left) * 0xd6e8feb86659fd93u;
	return hash ^ hash >> 32;
}

static const uint8_t *key_at(const struct key_index *index, size_t row)
{
	return index->keys + row * index->key_size;
}

int key_index_open(struct key_index *index, const uint8_t *keys, size_t key_size, size_t rows)
{
	size_t slots = 16;

	if (rows >= UINT32_MAX)
		return -E2BIG;
	while (slots < rows * 2)
		slots *= 2;
	index->slots = calloc(slots, sizeof(*index->slots));
	if (!index->slots)
		return -ENOMEM;
	index->keys = keys;
	index->key_size = key_size;
	index->mask = slots - 1;
	index->seed = (uint64_t)(uintptr_t)index->slots * 0x9e3779b97f4a7c15u ^
		      (uint64_t)(uintptr_t)&slots;
	return 0;
}

int key_index_build(struct key_index *index, const uint8_t *keys, size_t key_size, size_t rows)
{
	int r = key_index_open(index, keys, key_size, rows);

	for (size_t row = 0; row < rows && r == 0; row++)
		key_index_add(index, row);
	return r;
}

void key_index_clear(struct key_index *index)
{
	free(index->slots);
	index->slots = NULL;
}

void key_index_add(struct key_index *index, size_t row)
{
	size_t at = hash_key(index, key_at(index, row)) & index->mask;

	while (index->slots[at])
		at = (at + 1) & index->mask;
	index->slots[at] = (uint32_t)row + 1;
}

size_t key_index_find(const struct key_index *index, const uint8_t *key)
{
	size_t at = hash_key(index, key) & index->mask;

	for (; index->slots[at]; at = (at + 1) & index->mask) {
		size_t row = index->slots[at] - 1;

		if (memcmp(key_at(index, row), key, index->key_size) == 0)
			return row;
	}
	return NO_ROW;
}

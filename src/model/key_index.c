/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, at least half empty. */
#include "model/key_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Depends on both seeds in every bit. */
static uint64_t mix(const struct key_index *index, uint64_t hash, uint64_t word)
{
	unsigned __int128 product = (unsigned __int128)(hash ^ word) * index->seed[1];

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Keys are what strangers send in packets: whoever could choose keys that collide
 * could make a reading last for ever. */
static uint64_t hash_key(const struct key_index *index, const uint8_t *key)
{
	uint64_t hash = index->seed[0], word;
	size_t left = index->key_size;

	for (; left >= sizeof(word); left -= sizeof(word), key += sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		hash = mix(index, hash, word);
	}
	word = 0;
	memcpy(&word, key, left);
	return mix(index, hash, word);
}

static void choose_seed(struct key_index *index)
{
	/* Without entropy yet, where memory lies is not easily guessed either. */
	if (getrandom(index->seed, sizeof(index->seed), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(index->seed)) {
		index->seed[0] = (uintptr_t)index->slots * UINT64_C(0x9e3779b97f4a7c15);
		index->seed[1] = (uintptr_t)&index * UINT64_C(0xd6e8feb86659fd93);
	}
	index->seed[1] |= 1;
}

static const uint8_t *key_at(const struct key_index *index, size_t row)
{
	return index->keys + row * index->key_size;
}

static void place(struct key_index *index, size_t row)
{
	size_t at = hash_key(index, key_at(index, row)) & index->mask;

	while (index->slots[at])
		at = (at + 1) & index->mask;
	index->slots[at] = (uint32_t)row + 1;
}

/* Old slots are put into the new ones. */
static int resize(struct key_index *index, size_t rows)
{
	size_t count = 16, old_count = index->slots ? index->mask + 1 : 0;
	uint32_t *old = index->slots, *slots;

	if (rows >= UINT32_MAX)
		return -E2BIG;
	while (count < rows * 2)
		count *= 2;
	slots = calloc(count, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	index->slots = slots;
	index->mask = count - 1;
	for (size_t i = 0; i < old_count; i++)
		if (old[i])
			place(index, old[i] - 1);
	free(old);
	return 0;
}

int key_index_open(struct key_index *index, const uint8_t *keys, size_t key_size, size_t rows)
{
	int r;

	*index = (struct key_index){ .keys = keys, .key_size = key_size };
	r = resize(index, rows);
	if (r == 0)
		choose_seed(index);
	return r;
}

int key_index_build(struct key_index *index, const uint8_t *keys, size_t key_size, size_t rows)
{
	int r = key_index_open(index, keys, key_size, rows);

	for (size_t row = 0; row < rows && r == 0; row++)
		r = key_index_add(index, row);
	return r;
}

void key_index_clear(struct key_index *index)
{
	free(index->slots);
	index->slots = NULL;
}

int key_index_add(struct key_index *index, size_t row)
{
	if ((index->rows + 1) * 2 > index->mask + 1) {
		int r = resize(index, (index->rows + 1) * 2);

		if (r < 0)
			return r;
	}
	place(index, row);
	index->rows++;
	return 0;
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

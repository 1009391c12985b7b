/* SPDX-License-Identifier: Apache-2.0 */
/* model/key_index, its hash included. */
#include "model/key_index.c"

#include "harness.h"

#define ROWS 1009u

static size_t slot_of(const struct key_index *index, uint64_t key)
{
	return hash_key(index, (const uint8_t *)&key) & index->mask;
}

TEST(an_index_grows_and_finds_every_row_though_the_keys_move)
{
	uint64_t *keys = NULL;
	struct key_index index = { 0 };
	size_t wrong = 0;

	REQUIRE(key_index_open(&index, NULL, sizeof(*keys), 0) == 0);
	for (uint64_t row = 0; row < ROWS; row++) {
		uint64_t *moved = calloc(row + 1, sizeof(*moved));

		REQUIRE(moved);
		if (row)
			memcpy(moved, keys, row * sizeof(*moved));
		free(keys);
		keys = moved;
		keys[row] = row * 7;
		index.keys = (const uint8_t *)keys;
		REQUIRE(key_index_add(&index, row) == 0);
	}
	for (uint64_t row = 0; row < ROWS; row++) {
		uint64_t other = row * 7 + 1;

		wrong += key_index_find(&index, (const uint8_t *)&keys[row]) != row;
		wrong += key_index_find(&index, (const uint8_t *)&other) != NO_ROW;
	}
	CHECK_NUMBER(wrong, 0);
	CHECK(index.mask + 1 >= 2 * ROWS);
	key_index_clear(&index);
	free(keys);
}

TEST(keys_that_collide_are_all_found)
{
	uint64_t keys[64] = { 0 };
	struct key_index index = { 0 };
	size_t found = 0;

	REQUIRE(key_index_open(&index, (const uint8_t *)keys, sizeof(*keys), 64) == 0);
	for (uint64_t key = 0; found < 64; key++)
		if (slot_of(&index, key) == index.mask) /* so that they go round the end too */
			keys[found++] = key;
	for (size_t row = 0; row < 64; row++)
		CHECK_NUMBER(key_index_add(&index, row), 0);
	for (size_t row = 0; row < 64; row++)
		CHECK_NUMBER(key_index_find(&index, (const uint8_t *)&keys[row]), row);
	key_index_clear(&index);
}

/* Or else strangers could choose keys that make every search a long one. */
TEST(keys_that_collide_in_one_index_do_not_in_the_next)
{
	struct key_index first = { 0 }, second = { 0 };
	size_t found = 0, together = 0, slot = 0;

	REQUIRE(key_index_open(&first, NULL, sizeof(uint64_t), 128) == 0);
	REQUIRE(key_index_open(&second, NULL, sizeof(uint64_t), 128) == 0);
	for (uint64_t key = 0; found < 256; key++) {
		if (slot_of(&first, key) != 0)
			continue;
		if (!found++)
			slot = slot_of(&second, key);
		else
			together += slot_of(&second, key) == slot;
	}
	CHECK(together < 32); /* one expected */
	key_index_clear(&first);
	key_index_clear(&second);
}

/* As they would in a hash that only adds and shifts. */
TEST(differences_between_words_do_not_cancel)
{
	const uint64_t one[2] = { 1, 2 };
	struct key_index index = { 0 };
	size_t same = 0;

	REQUIRE(key_index_open(&index, NULL, sizeof(one), 1) == 0);
	for (unsigned first = 0; first < 64; first++)
		for (unsigned second = 32; second < 64; second++) {
			uint64_t folded = UINT64_C(1) << second | UINT64_C(1) << (second - 32);
			uint64_t other[2] = { one[0] ^ UINT64_C(1) << first, one[1] ^ folded };

			same += hash_key(&index, (const uint8_t *)one) ==
				hash_key(&index, (const uint8_t *)other);
		}
	CHECK_NUMBER(same, 0);
	key_index_clear(&index);
}

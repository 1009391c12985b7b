/* SPDX-License-Identifier: Apache-2.0 */
/* model/difference: two readings, row by row. */
#include "model/difference.h"

#include <errno.h>

#include "declare.h"
#include "harness.h"

struct pair {
	struct declared first, second;
	struct snapshot *old, *new;
	struct skbscope_difference *difference;
	const struct skbscope_table_difference *table;
};

static struct snapshot *reading(const struct declared *declared, size_t count, const void *keys,
				const void *values)
{
	struct table_rows rows =
		rows_of(count, keys, values, declared->maps[0].value_size, 1, true);
	struct snapshot *snapshot = NULL;

	CHECK_NUMBER(snapshot_by_hand(declared->set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, false), 0);
	return snapshot;
}

/* After both were declared. */
static void pair_read(struct pair *pair, size_t old_count, const void *old_keys,
		      const void *old_values, size_t new_count, const void *new_keys,
		      const void *new_values)
{
	struct skbscope_error error;

	pair->difference = NULL;
	pair->old = reading(&pair->first, old_count, old_keys, old_values);
	pair->new = reading(&pair->second, new_count, new_keys, new_values);
	CHECK_NUMBER(skbscope_difference_new(&pair->old->public, &pair->new->public,
					     &pair->difference, &error),
		     0);
	pair->table = &pair->difference->tables[0];
}

static void pair_clear(struct pair *pair)
{
	skbscope_difference_free(pair->difference);
	snapshot_unref(pair->old);
	snapshot_unref(pair->new);
	declare_clear(&pair->first);
	declare_clear(&pair->second);
}

static double difference_of(const struct pair *pair, size_t row, size_t column)
{
	const struct skbscope_table_difference *table = pair->table;
	size_t first = table->rows[row].first, second = table->rows[row].second;
	struct value value = difference_value(
		&table->values[column],
		first == SKBSCOPE_NO_ROW
			? NULL
			: table->first->values + first * table->first->schema->value_size,
		second == SKBSCOPE_NO_ROW
			? NULL
			: table->second->values + second * table->second->schema->value_size);

	return value_double(&value);
}

#define HASH BPF_MAP_TYPE_HASH

TEST(the_same_rows_in_another_order_are_no_difference)
{
	uint32_t old_keys[3] = { 1, 2, 3 }, new_keys[3] = { 3, 1, 2 };
	uint64_t old[3] = { 10, 20, 30 }, new[3] = { 30, 10, 20 };
	struct pair pair;

	declare(&pair.first, HASH, "u32", "u64");
	declare(&pair.second, HASH, "u32", "u64");
	pair_read(&pair, 3, old_keys, old, 3, new_keys, new);
	CHECK(pair.difference->same);
	CHECK_NUMBER(pair.table->same_rows, 3);
	CHECK_NUMBER(pair.table->row_count, 0);
	pair_clear(&pair);
}

TEST(the_largest_difference_comes_first)
{
	uint32_t old_keys[4] = { 1, 2, 3, 4 }, new_keys[4] = { 4, 5, 2, 3 };
	uint64_t old[4] = { 46, 20, 30, 1 }, new[4] = { 1, 7, 43, 27 };
	struct pair pair;

	declare(&pair.first, HASH, "u32", "u64");
	declare(&pair.second, HASH, "u32", "u64");
	pair_read(&pair, 4, old_keys, old, 4, new_keys, new);
	CHECK(!pair.difference->same);
	CHECK_NUMBER(pair.table->same_rows, 1);
	CHECK_NUMBER(pair.table->differing_rows, 2);
	CHECK_NUMBER(pair.table->first_rows, 1);
	CHECK_NUMBER(pair.table->second_rows, 1);
	CHECK_NUMBER(pair.table->values[0].differing, 2);
	REQUIRE(pair.table->row_count == 4);
	CHECK_NEAR(difference_of(&pair, 0, 0), -46.0);
	CHECK(pair.table->rows[0].second == SKBSCOPE_NO_ROW);
	CHECK_NEAR(difference_of(&pair, 1, 0), 23.0);
	CHECK_NEAR(difference_of(&pair, 2, 0), 7.0);
	CHECK(pair.table->rows[2].first == SKBSCOPE_NO_ROW);
	CHECK_NEAR(difference_of(&pair, 3, 0), -3.0);
	pair_clear(&pair);
}

TEST(columns_go_by_name_whatever_their_types)
{
	struct {
		uint16_t port;
		uint32_t saddr;
	} old_keys[2] = { { 80, 1 }, { 443, 2 } };
	struct {
		uint32_t saddr, port;
	} new_keys[2] = { { 2, 443 }, { 1, 80 } };
	struct {
		uint32_t packets, flags;
	} old[2] = { { 23, 1 }, { 46, 2 } };
	struct {
		uint64_t drops, packets;
	} new[2] = { { 5, 46 }, { 6, 24 } };
	struct pair pair;

	memset(old_keys, 0, sizeof(old_keys));
	old_keys[0].port = 80;
	old_keys[0].saddr = 1;
	old_keys[1].port = 443;
	old_keys[1].saddr = 2;
	declare(&pair.first, HASH, "port u16; saddr u32", "packets u32; flags u32");
	declare(&pair.second, BPF_MAP_TYPE_LRU_HASH, "saddr u32; port u32",
		"drops u64; packets u64");
	pair_read(&pair, 2, old_keys, old, 2, new_keys, new);
	CHECK(!pair.table->not_compared);
	CHECK_NUMBER(pair.table->key_count, 2);
	CHECK_NUMBER(pair.table->same_rows, 1);
	REQUIRE(pair.table->row_count == 1 && pair.table->value_count == 1);
	CHECK_NEAR(difference_of(&pair, 0, 0), 1.0);
	REQUIRE(pair.table->only_first_count == 1 && pair.table->only_second_count == 1);
	CHECK_TEXT(pair.table->only_first[0], "flags");
	CHECK_TEXT(pair.table->only_second[0], "drops");
	pair_clear(&pair);
}

TEST(what_lies_between_the_members_of_a_key_is_no_difference)
{
	uint8_t old_key[8], new_key[8];
	uint64_t value = 23;
	uint32_t a = 7;
	struct pair pair;

	memset(old_key, 0xaa, sizeof(old_key));
	memset(new_key, 0x55, sizeof(new_key));
	memcpy(old_key, &a, 4);
	memcpy(new_key, &a, 4);
	old_key[4] = new_key[4] = 1;
	declare(&pair.first, HASH, "a u32; b u8", "u64");
	declare(&pair.second, HASH, "a u32; b u8", "u64");
	pair_read(&pair, 1, old_key, &value, 1, new_key, &value);
	CHECK(pair.difference->same);
	CHECK_NUMBER(pair.table->same_rows, 1);
	pair_clear(&pair);
}

TEST(other_keys_cannot_be_compared)
{
	uint32_t key[2] = { 1, 2 };
	uint64_t value = 23;
	struct pair pair;

	declare(&pair.first, HASH, "a u32; b u32", "u64");
	declare(&pair.second, HASH, "a u32; c u32", "u64");
	pair_read(&pair, 1, key, &value, 1, key, &value);
	CHECK_TEXT(pair.table->not_compared, "the keys have different members");
	CHECK(!pair.difference->same);
	CHECK_NUMBER(pair.table->row_count, 0);
	pair_clear(&pair);
}

TEST(values_without_a_common_member_cannot_be_compared)
{
	uint64_t value[2] = { 23, 46 };
	uint32_t key = 1;
	struct pair pair;

	declare(&pair.first, HASH, "u32", "u64");
	declare(&pair.second, HASH, "u32", "packets u64; bytes u64");
	pair_read(&pair, 1, &key, value, 1, &key, value);
	CHECK_TEXT(pair.table->not_compared, "the values have no member in common");
	CHECK(!pair.difference->same);
	pair_clear(&pair);
}

TEST(slots_that_nobody_used_are_no_rows)
{
	uint32_t keys[5] = { 0, 1, 2, 3, 4 };
	uint64_t old[3] = { 0, 23, 5 }, new[5] = { 0, 23, 0, 0, 9 };
	struct pair pair;

	declare(&pair.first, BPF_MAP_TYPE_ARRAY, "u32", "u64");
	declare(&pair.second, BPF_MAP_TYPE_ARRAY, "u32", "u64");
	pair_read(&pair, 3, keys, old, 5, keys, new);
	CHECK_NUMBER(pair.table->differing_rows, 1); /* slot 2 fell to 0 */
	CHECK_NUMBER(pair.table->second_rows, 1);    /* slot 4, not slot 3 */
	CHECK_NUMBER(pair.table->first_rows, 0);
	pair_clear(&pair);
}

TEST(numbers_differ_by_value_and_not_by_width_or_sign)
{
	struct {
		int32_t a;
		uint32_t b;
		int32_t c;
	} old = { -1, 4000000000u, 5 };
	struct {
		uint32_t a;
		uint64_t b;
		uint8_t c;
	} new = { 0xffffffffu, 4000000000u, 5 };
	uint32_t key = 1;
	struct pair pair;

	declare(&pair.first, HASH, "u32", "a s32; b u32; c s32");
	declare(&pair.second, HASH, "u32", "a u32; b u64; c u8");
	pair_read(&pair, 1, &key, &old, 1, &key, &new);
	REQUIRE(pair.table->row_count == 1);
	CHECK_NUMBER(pair.table->values[0].differing, 1);
	CHECK_NUMBER(pair.table->values[1].differing, 0);
	CHECK_NUMBER(pair.table->values[2].differing, 0);
	CHECK_NEAR(difference_of(&pair, 0, 0), 4294967296.0);
	pair_clear(&pair);
}

TEST(huge_numbers_differ_by_their_last_digit)
{
	uint64_t old = UINT64_MAX - 1, new = UINT64_MAX;
	uint32_t key = 1;
	struct pair pair;

	declare(&pair.first, HASH, "u32", "u64");
	declare(&pair.second, HASH, "u32", "u64");
	pair_read(&pair, 1, &key, &old, 1, &key, &new);
	REQUIRE(pair.table->row_count == 1);
	CHECK_NEAR(difference_of(&pair, 0, 0), 1.0);
	pair_clear(&pair);
}

TEST(text_and_arrays_are_compared_too)
{
	struct {
		char comm[8];
		uint16_t sizes[2];
	} old[2] = { { "ping", { 1, 2 } }, { "curl", { 3, 4 } } };
	struct {
		char comm[16];
		uint32_t sizes[2];
	} new[2] = { { "ping", { 1, 2 } }, { "curl", { 3, 5 } } };
	uint32_t keys[2] = { 1, 2 };
	struct pair pair;

	declare(&pair.first, HASH, "u32", "comm char[8]; sizes u16[2]");
	declare(&pair.second, HASH, "u32", "comm char[16]; sizes u32[2]");
	pair_read(&pair, 2, keys, old, 2, keys, new);
	CHECK_NUMBER(pair.table->same_rows, 1);
	REQUIRE(pair.table->row_count == 1 && pair.table->value_count == 2);
	CHECK_NUMBER(pair.table->values[0].differing, 0);
	CHECK_NUMBER(pair.table->values[1].differing, 1);
	CHECK(!pair.table->values[0].is_number && !pair.table->values[1].is_number);
	pair_clear(&pair);
}

TEST(a_table_that_only_one_has_is_a_difference)
{
	struct declared first, second;
	struct skbscope_difference *difference = NULL;
	struct snapshot *old = NULL, *new = NULL;

	declare_open(&first);
	declare_map(&first, HASH, "u32", "u64");
	first.maps[0].name = "gone";
	declare_close(&first);
	declare(&second, HASH, "u32", "u64");
	old = reading(&first, 0, NULL, NULL);
	new = reading(&second, 0, NULL, NULL);
	CHECK_NUMBER(skbscope_difference_new(&old->public, &new->public, &difference, NULL), 0);
	CHECK(!difference->same);
	REQUIRE(difference->table_count == 2);
	CHECK_TEXT(difference->tables[0].table, "gone");
	CHECK(difference->tables[0].first && !difference->tables[0].second);
	CHECK_TEXT(difference->tables[1].table, "t");
	CHECK(!difference->tables[1].first && difference->tables[1].second);
	skbscope_difference_free(difference);
	snapshot_unref(old);
	snapshot_unref(new);
	declare_clear(&first);
	declare_clear(&second);
}

TEST(verdicts_are_compared_by_function)
{
	static const struct skbscope_verdict_count before[] = { { "count", 0, 100 },
								{ "count", 2, 23 },
								{ "old_only", 0, 1 } };
	static const struct skbscope_verdict_count after[] = { { "count", 2, 46 },
							       { "count", 0, 100 },
							       { "count", INT32_MIN, 3 } };
	struct pair pair;

	declare(&pair.first, HASH, "u32", "u64");
	declare(&pair.second, HASH, "u32", "u64");
	pair.old = reading(&pair.first, 0, NULL, NULL);
	pair.new = reading(&pair.second, 0, NULL, NULL);
	pair.old->public.verdicts = before;
	pair.old->public.verdict_count = 3;
	pair.new->public.verdicts = after;
	pair.new->public.verdict_count = 3;
	CHECK_NUMBER(skbscope_difference_new(&pair.old->public, &pair.new->public, &pair.difference,
					     NULL),
		     0);
	CHECK(!pair.difference->same);
	REQUIRE(pair.difference->verdict_count == 3);
	CHECK_NUMBER(pair.difference->verdicts[0].verdict, 2);
	CHECK_NUMBER(pair.difference->verdicts[0].first, 23);
	CHECK_NUMBER(pair.difference->verdicts[0].second, 46);
	CHECK_TEXT(pair.difference->verdicts[1].function, "old_only");
	CHECK_NUMBER(pair.difference->verdicts[1].second, 0);
	CHECK_NUMBER(pair.difference->verdicts[2].verdict, INT32_MIN);
	pair_clear(&pair);
}

TEST(a_hundred_thousand_rows_find_each_other)
{
	enum { ROWS = 100003 };
	uint32_t *old_keys = calloc(ROWS, sizeof(*old_keys));
	uint32_t *new_keys = calloc(ROWS, sizeof(*new_keys));
	uint64_t *old = calloc(ROWS, sizeof(*old)), *new = calloc(ROWS, sizeof(*new));
	struct pair pair;

	for (uint32_t i = 0; i < ROWS; i++) {
		old_keys[i] = i;
		new_keys[i] = ROWS - 1 - i;
		old[i] = i;
		new[i] = ROWS - 1 - i + (i == 23 ? 46 : 0);
	}
	declare(&pair.first, HASH, "u32", "u64");
	declare(&pair.second, HASH, "u32", "u64");
	pair_read(&pair, ROWS, old_keys, old, ROWS, new_keys, new);
	CHECK_NUMBER(pair.table->same_rows, ROWS - 1);
	REQUIRE(pair.table->row_count == 1);
	CHECK_NUMBER(pair.table->rows[0].second, 23);
	CHECK_NEAR(difference_of(&pair, 0, 0), 46.0);
	pair_clear(&pair);
	free(old_keys);
	free(new_keys);
	free(old);
	free(new);
}

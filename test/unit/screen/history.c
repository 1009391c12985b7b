/* SPDX-License-Identifier: Apache-2.0 */
/* The last minute of rows. */
#include "screen/history.h"

#include <math.h>

#include "harness.h"

/* One counter of a table whose keys are single bytes; nothing else of them is looked at. */
static const struct skbscope_schema schema = { .table = "t", .key_size = 1, .counter_count = 1 };
static uint8_t keys[256];
static double rates[256];

static struct skbscope_table table_of_all(void)
{
	for (int i = 0; i < 256; i++)
		keys[i] = (uint8_t)i;
	return (struct skbscope_table){
		.schema = &schema, .row_count = 256, .keys = keys, .values = keys, .rates = rates
	};
}

static void read_at(struct history *history, struct skbscope_snapshot *snapshot, uint64_t seconds,
		    uint64_t interval)
{
	snapshot->monotonic_ns = seconds * 1000000000u;
	snapshot->interval_ns = interval * 1000000000u;
	CHECK_NUMBER(history_begin(history, &schema), 0);
}

TEST(a_rate_is_spread_over_its_interval_and_what_was_not_read_is_unknown)
{
	struct skbscope_table table = table_of_all();
	struct skbscope_snapshot snapshot = { 0 };
	struct history history = { 0 };
	double slots[HISTORY_SLOTS];

	read_at(&history, &snapshot, 100, 4);
	rates[7] = 23;
	history_add(&history, &snapshot, &table, 7);
	read_at(&history, &snapshot, 108, 2);
	rates[7] = 46;
	history_add(&history, &snapshot, &table, 7);
	CHECK(history_of(&history, &snapshot, &table, 7, 0, slots));
	CHECK_NEAR(slots[HISTORY_SLOTS - 1], 46.0);
	CHECK(isnan(slots[HISTORY_SLOTS - 2]));
	CHECK(isnan(slots[HISTORY_SLOTS - 4]));
	CHECK_NEAR(slots[HISTORY_SLOTS - 5], 23.0);
	CHECK_NEAR(slots[HISTORY_SLOTS - 6], 23.0);
	CHECK(isnan(slots[HISTORY_SLOTS - 7]));
	CHECK(!history_of(&history, &snapshot, &table, 8, 0, slots));
	history_clear(&history);
}

TEST(readings_within_a_slot_are_its_average)
{
	struct skbscope_table table = table_of_all();
	struct skbscope_snapshot snapshot = { 0 };
	struct history history = { 0 };
	double slots[HISTORY_SLOTS];

	for (uint64_t second = 101; second <= 102; second++) {
		read_at(&history, &snapshot, second, 1);
		rates[0] = second == 101 ? 10 : 20;
		history_add(&history, &snapshot, &table, 0);
	}
	CHECK(history_of(&history, &snapshot, &table, 0, 0, slots));
	CHECK_NEAR(slots[HISTORY_SLOTS - 1], 15.0);
	history_clear(&history);
}

TEST(an_hour_later_nothing_is_left_of_the_minute)
{
	struct skbscope_table table = table_of_all();
	struct skbscope_snapshot snapshot = { 0 };
	struct history history = { 0 };
	double slots[HISTORY_SLOTS];

	read_at(&history, &snapshot, 100, 60);
	rates[0] = 23;
	history_add(&history, &snapshot, &table, 0);
	snapshot.monotonic_ns = 3700 * UINT64_C(1000000000);
	CHECK(history_of(&history, &snapshot, &table, 0, 0, slots));
	for (size_t i = 0; i < HISTORY_SLOTS; i++)
		CHECK(isnan(slots[i]));
	history_clear(&history);
}

TEST(rows_that_nobody_looks_at_make_room)
{
	struct skbscope_table table = table_of_all();
	struct skbscope_snapshot snapshot = { 0 };
	struct history history = { 0 };
	double slots[HISTORY_SLOTS];

	read_at(&history, &snapshot, 100, 1);
	for (size_t row = 0; row < 256; row++) /* the first ones matter most */
		history_add(&history, &snapshot, &table, row);
	CHECK(history_of(&history, &snapshot, &table, HISTORY_ROWS - 1, 0, slots));
	CHECK(!history_of(&history, &snapshot, &table, HISTORY_ROWS, 0, slots));
	read_at(&history, &snapshot, 101, 1);
	history_add(&history, &snapshot, &table, 200);
	CHECK(history_of(&history, &snapshot, &table, 200, 0, slots));
	history_clear(&history);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* model/changes: what became of each entry between two readings. */
#include "model/changes.h"

#include "declare.h"
#include "harness.h"
#include "model/record.h"

#define SEEN_MAX 8

struct seen {
	uint32_t key[SEEN_MAX];
	int64_t before[SEEN_MAX], after[SEEN_MAX]; /* -1: not there */
	size_t count;
};

static int see(void *context, const struct skbscope_table *table, const struct change *change)
{
	struct seen *seen = context;
	const struct skbscope_record *any = change->after ? change->after : change->before;
	uint64_t value;

	CHECK_TEXT(table->schema->table, any->schema->table);
	memcpy(&seen->key[seen->count], any->key, sizeof(seen->key[0]));
	seen->before[seen->count] = seen->after[seen->count] = -1;
	if (change->before) {
		memcpy(&value, change->before->value, sizeof(value));
		seen->before[seen->count] = (int64_t)value;
	}
	if (change->after) {
		memcpy(&value, change->after->value, sizeof(value));
		seen->after[seen->count] = (int64_t)value;
	}
	return ++seen->count == SEEN_MAX ? -1 : 0;
}

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

static void check_change(const struct seen *seen, size_t place, uint32_t key, int64_t before,
			 int64_t after)
{
	CHECK_NUMBER(seen->key[place], key);
	CHECK_NUMBER(seen->before[place], before);
	CHECK_NUMBER(seen->after[place], after);
}

static struct seen changes_of(uint32_t type, size_t old_count, const uint32_t *old_keys,
			      const uint64_t *old_values, size_t new_count,
			      const uint32_t *new_keys, const uint64_t *new_values)
{
	struct declared declared;
	struct snapshot *before, *after;
	struct seen seen = { .count = 0 };

	declare(&declared, type, "u32", "u64");
	before = reading(&declared, old_count, old_keys, old_values);
	after = reading(&declared, new_count, new_keys, new_values);
	CHECK_NUMBER(changes_walk(&before->public, &after->public, see, &seen), 0);
	snapshot_unref(before);
	snapshot_unref(after);
	declare_clear(&declared);
	return seen;
}

TEST(entries_are_changed_new_and_gone_and_those_that_stay_are_not_told)
{
	const uint32_t old_keys[] = { 1, 2, 3 }, new_keys[] = { 4, 3, 1 };
	const uint64_t old[] = { 10, 20, 30 }, new[] = { 40, 31, 10 };
	const struct seen seen = changes_of(BPF_MAP_TYPE_HASH, 3, old_keys, old, 3, new_keys, new);

	REQUIRE(seen.count == 3);
	check_change(&seen, 0, 4, -1, 40);
	check_change(&seen, 1, 3, 30, 31);
	check_change(&seen, 2, 2, 20, -1);
}

TEST(a_number_that_went_back_is_a_change_too)
{
	const uint32_t key = 7;
	const uint64_t old = 5, new = 0;
	const struct seen seen = changes_of(BPF_MAP_TYPE_HASH, 1, &key, &old, 1, &key, &new);

	REQUIRE(seen.count == 1);
	check_change(&seen, 0, 7, 5, 0);
}

TEST(a_slot_of_zeros_that_is_not_there_is_no_change)
{
	const uint32_t keys[] = { 0, 1 };
	const uint64_t old = 9, new[] = { 9, 0 };
	const struct seen seen = changes_of(BPF_MAP_TYPE_ARRAY, 1, keys, &old, 2, keys, new);

	CHECK_NUMBER(seen.count, 0);
}

TEST(what_was_lost_before_is_not_lost_again)
{
	struct skbscope_loss old[] = { { "flows", "no room", 3, true },
				       { NULL, "no room", 5, true } };
	const struct skbscope_snapshot before = { .losses = old, .loss_count = 2 };
	const struct skbscope_loss more = { "flows", "no room", 4, true },
				   other = { "flows", "walk incomplete", 2, true },
				   all = { NULL, "no room", 5, true };

	CHECK_NUMBER(changes_lost(&before, &more), 1);
	CHECK_NUMBER(changes_lost(&before, &other), 2);
	CHECK_NUMBER(changes_lost(&before, &all), 0);
}

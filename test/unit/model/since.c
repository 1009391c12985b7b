/* SPDX-License-Identifier: Apache-2.0 */
/* What was counted since an earlier reading. */
#include "model/since.h"

#include "fixture.h"
#include "harness.h"

static struct schema_set *set_of(struct btf **btf)
{
	struct basics basics;
	struct skbscope_image_map map;
	struct skbscope_image image;
	struct schema_set *set = NULL;

	*btf = btf_with_basics(&basics);
	map = map_of("flows", BPF_MAP_TYPE_HASH, 4, 8, basics.u32, basics.u64);
	image = image_of(&map, 1, *btf);
	CHECK_NUMBER(schema_set_new(&image, &set, NULL), 0);
	return set;
}

static struct snapshot *read_rows(const struct schema_set *set, size_t count, const uint32_t *keys,
				  const uint64_t *values)
{
	struct table_rows rows = rows_of(count, keys, values, 8, 1, true);
	struct snapshot *snapshot = NULL;

	CHECK_NUMBER(snapshot_by_hand(set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, false), 0);
	return snapshot;
}

TEST(counters_are_less_what_they_were_and_new_rows_are_as_they_are)
{
	const uint32_t before_keys[] = { 1, 2, 3 }, now_keys[] = { 4, 3, 2 };
	const uint64_t before_values[] = { 10, 20, 30 }, now_values[] = { 5, 53, 7 };
	struct btf *btf;
	struct schema_set *set = set_of(&btf);
	struct snapshot *before = read_rows(set, 3, before_keys, before_values);
	struct snapshot *now = read_rows(set, 3, now_keys, now_values);
	struct skbscope_snapshot *since;
	uint64_t values[3];

	CHECK_NUMBER(snapshot_add_loss(before, "flows", "map full", 5, true), 0);
	CHECK_NUMBER(snapshot_add_loss(now, "flows", "map full", 5, true), 0);
	CHECK_NUMBER(snapshot_add_loss(now, NULL, "events", 2, true), 0);
	since = snapshot_since(&now->public, &before->public);
	REQUIRE(since);
	memcpy(values, since->tables[0].values, sizeof(values));
	CHECK_NUMBER(values[0], 5);
	CHECK_NUMBER(values[1], 23);
	CHECK_NUMBER(values[2], 7); /* it fell: it began anew */
	CHECK_NUMBER(since->loss_count, 1);
	CHECK_TEXT(since->losses[0].what, "events");
	memcpy(values, now->public.tables[0].values, sizeof(values));
	CHECK_NUMBER(values[1], 53);
	arena_object_free(since);
	snapshot_unref(now);
	snapshot_unref(before);
	schema_set_unref(set);
	btf__free(btf);
}

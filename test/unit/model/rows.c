/* SPDX-License-Identifier: Apache-2.0 */
/* model/snapshot: rows, sums over CPUs, rates. */
#include <errno.h>

#include "fixture.h"
#include "harness.h"
#include "model/record.h"

#define SECOND_NS 1000000000u

static struct snapshot *read_at(struct schema_set *set, uint64_t monotonic_ns,
				const struct table_rows *rows)
{
	struct snapshot *snapshot = NULL;

	CHECK_NUMBER(snapshot_by_hand(set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, rows, false), 0);
	snapshot->public.monotonic_ns = monotonic_ns;
	return snapshot;
}

struct plain { /* one table, u32 → u64 */
	struct btf *btf;
	struct skbscope_image_map map;
	struct schema_set *set;
};

static void plain_open(struct plain *plain, uint32_t type)
{
	struct basics basics;
	struct skbscope_image image;

	plain->btf = btf_with_basics(&basics);
	plain->map = map_of("t", type, 4, 8, basics.u32, basics.u64);
	plain->map.max_entries = 3;
	image = image_of(&plain->map, 1, plain->btf);
	plain->set = NULL;
	CHECK_NUMBER(schema_set_new(&image, &plain->set, NULL), 0);
}

static void plain_close(struct plain *plain)
{
	schema_set_unref(plain->set);
	btf__free(plain->btf);
}

TEST(a_snapshot_outlives_its_session)
{
	struct plain plain;
	uint32_t key = 1;
	uint64_t value = 23;
	struct table_rows rows = rows_of(1, &key, &value, 8, 1, true);
	struct snapshot *snapshot;

	plain_open(&plain, BPF_MAP_TYPE_HASH);
	snapshot = read_at(plain.set, SECOND_NS, &rows);
	plain_close(&plain);
	CHECK_TEXT(snapshot->public.tables[0].schema->table, "t");
	CHECK_NUMBER(snapshot->public.tables[0].keys[0], 1);
	CHECK_NUMBER(snapshot->public.tables[0].values[0], 23);
	CHECK(!snapshot->public.tables[0].rates);
	skbscope_snapshot_free(&snapshot->public);
}

TEST(a_hash_with_no_room_is_full_and_an_lru_never_is)
{
	struct plain plain;
	uint32_t keys[3] = { 1, 2, 3 };
	uint64_t values[3] = { 1, 1, 1 };
	struct table_rows rows = rows_of(3, keys, values, 8, 1, true);
	static const struct {
		uint32_t type;
		bool full;
	} kinds[] = { { BPF_MAP_TYPE_HASH, true },
		      { BPF_MAP_TYPE_LRU_HASH, false },
		      { BPF_MAP_TYPE_ARRAY, false } };

	for (size_t i = 0; i < 3; i++) {
		struct snapshot *snapshot;

		plain_open(&plain, kinds[i].type);
		snapshot = read_at(plain.set, SECOND_NS, &rows);
		CHECK_NUMBER(snapshot->public.tables[0].full, kinds[i].full);
		snapshot_unref(snapshot);
		plain_close(&plain);
	}
}

TEST(an_lru_that_may_have_thrown_rows_away_says_so)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	struct skbscope_image_map maps[2];
	struct skbscope_image image;
	uint32_t key = 1;
	uint64_t value = 1;
	struct table_rows rows = rows_of(1, &key, &value, 8, 1, true);
	struct snapshot *snapshot = NULL;
	struct schema_set *set = NULL;

	maps[0] = map_of("small", BPF_MAP_TYPE_LRU_HASH, 4, 8, basics.u32, basics.u64);
	maps[0].max_entries = 64;
	maps[1] = map_of("large", BPF_MAP_TYPE_LRU_HASH, 4, 8, basics.u32, basics.u64);
	maps[1].max_entries = 1u << 30;
	image = image_of(maps, 2, btf);
	CHECK_NUMBER(schema_set_new(&image, &set, NULL), 0);
	CHECK_NUMBER(snapshot_by_hand(set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, false), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 1, &rows, false), 0);
	CHECK(snapshot->public.tables[0].may_evict);
	CHECK(!snapshot->public.tables[1].may_evict);
	snapshot_unref(snapshot);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(rates_are_matched_by_key_wherever_the_row_is)
{
	struct plain plain;
	uint32_t before_keys[2] = { 10, 20 }, keys[3] = { 20, 30, 10 };
	uint64_t before_values[2] = { 100, 1000 }, values[3] = { 1046, 46, 90 };
	struct table_rows before = rows_of(2, before_keys, before_values, 8, 1, true);
	struct table_rows rows = rows_of(3, keys, values, 8, 1, true);
	struct snapshot *first, *second;
	const double *rates;

	plain_open(&plain, BPF_MAP_TYPE_HASH);
	first = read_at(plain.set, 1 * SECOND_NS, &before);
	second = read_at(plain.set, 3ull * SECOND_NS, &rows);
	CHECK_NUMBER(snapshot_set_rates(second, &first->public), 0);
	CHECK_NUMBER(second->public.interval_ns, 2ull * SECOND_NS);
	rates = second->public.tables[0].rates;
	REQUIRE(rates);
	CHECK_NEAR(rates[0], 23.0);
	CHECK_NEAR(rates[1], 23.0); /* new: its whole count */
	CHECK(record_of_row(&second->public.tables[0], 1).rates == rates + 1);
	CHECK(isnan(rates[2])); /* fell */
	snapshot_unref(first);
	snapshot_unref(second);
	plain_close(&plain);
}

TEST(a_table_that_did_not_go_on_has_unknown_rates)
{
	struct plain plain;
	uint32_t key = 10;
	uint64_t value = 23;
	struct table_rows rows = rows_of(1, &key, &value, 8, 1, true);
	struct snapshot *first, *second;

	plain_open(&plain, BPF_MAP_TYPE_HASH);
	first = read_at(plain.set, 1 * SECOND_NS, &rows);
	second = read_at(plain.set, 3ull * SECOND_NS, &rows);
	((struct skbscope_table *)second->public.tables)->since = 2;
	CHECK_NUMBER(snapshot_set_rates(second, &first->public), 0);
	REQUIRE(second->public.tables[0].rates);
	CHECK(isnan(second->public.tables[0].rates[0]));
	snapshot_unref(first);
	snapshot_unref(second);
	plain_close(&plain);
}

TEST(a_reading_that_is_not_later_has_no_rates)
{
	struct plain plain;
	struct table_rows none = rows_of(0, NULL, NULL, 8, 1, true);
	struct snapshot *first, *second;

	plain_open(&plain, BPF_MAP_TYPE_HASH);
	first = read_at(plain.set, 3ull * SECOND_NS, &none);
	second = read_at(plain.set, 1 * SECOND_NS, &none);
	CHECK_NUMBER(snapshot_set_rates(second, &first->public), 0);
	CHECK_NUMBER(second->public.interval_ns, 0);
	CHECK(!second->public.tables[0].rates);
	snapshot_unref(first);
	snapshot_unref(second);
	plain_close(&plain);
}

TEST(a_row_missing_from_an_incomplete_reading_has_no_rate)
{
	struct plain plain;
	uint32_t key = 30;
	uint64_t value = 46;
	struct table_rows none = rows_of(0, NULL, NULL, 8, 1, false);
	struct table_rows rows = rows_of(1, &key, &value, 8, 1, true);
	struct snapshot *first, *second;

	plain_open(&plain, BPF_MAP_TYPE_HASH);
	first = read_at(plain.set, 1 * SECOND_NS, &none);
	second = read_at(plain.set, 3ull * SECOND_NS, &rows);
	CHECK_NUMBER(snapshot_set_rates(second, &first->public), 0);
	CHECK(isnan(second->public.tables[0].rates[0]));
	CHECK(!first->public.tables[0].complete);
	snapshot_unref(first);
	snapshot_unref(second);
	plain_close(&plain);
}

TEST(a_hundred_thousand_rows_in_another_order_find_their_rates)
{
	enum { ROWS = 100003 };
	struct plain plain;
	uint32_t *keys = calloc(ROWS, sizeof(*keys));
	uint64_t *values = calloc(ROWS, sizeof(*values));
	struct table_rows rows = rows_of(ROWS, keys, values, 8, 1, true);
	struct snapshot *first, *second;
	size_t wrong = 0;

	plain_open(&plain, BPF_MAP_TYPE_HASH);
	for (uint32_t i = 0; i < ROWS; i++) {
		keys[i] = i;
		values[i] = i;
	}
	first = read_at(plain.set, 1 * SECOND_NS, &rows);
	for (uint32_t i = 0; i < ROWS; i++) {
		keys[i] = ROWS - 1 - i;
		values[i] = keys[i] + 23;
	}
	second = read_at(plain.set, 2ull * SECOND_NS, &rows);
	CHECK_NUMBER(snapshot_set_rates(second, &first->public), 0);
	for (size_t i = 0; i < ROWS; i++)
		wrong += fabs(second->public.tables[0].rates[i] - 23) > 1e-9;
	CHECK_NUMBER(wrong, 0);
	snapshot_unref(first);
	snapshot_unref(second);
	plain_close(&plain);
	free(keys);
	free(values);
}

/* What a value of everything sums to, over three CPUs. */
struct packed_value {
	uint64_t packets;
	uint32_t low : 4, high : 28;
	int32_t balance;
	unsigned __int128 big;
	double weight;
	uint32_t slots[2];
	char name[8];
	uint8_t mac[6];
	uint16_t small;
};

static int add_packed_value(struct btf *btf, const struct basics *basics)
{
	int weight = btf__add_float(btf, "double", 8);
	int slots = btf__add_array(btf, basics->u32, basics->u32, 2);
	int name = btf__add_array(btf, basics->u32, basics->character, 8);
	int mac = btf__add_array(btf, basics->u32, basics->u8, 6);
	int id = btf__add_struct(btf, "packed_value", sizeof(struct packed_value));

	btf__add_field(btf, "packets", basics->u64, 0, 0);
	btf__add_field(btf, "low", basics->u32, 64, 4);
	btf__add_field(btf, "high", basics->u32, 68, 28);
	btf__add_field(btf, "balance", basics->s32, 96, 0);
	btf__add_field(btf, "big", basics->u128, 128, 0);
	btf__add_field(btf, "weight", weight, 256, 0);
	btf__add_field(btf, "slots", slots, 320, 0);
	btf__add_field(btf, "name", name, 384, 0);
	btf__add_field(btf, "mac", mac, 448, 0);
	btf__add_field(btf, "small", basics->u16, 496, 0);
	return id;
}

TEST(amounts_add_up_over_cpus_and_the_rest_is_kept)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	int id = add_packed_value(btf, &basics);
	struct skbscope_image_map map = map_of("t", BPF_MAP_TYPE_PERCPU_ARRAY, 4,
					       sizeof(struct packed_value), basics.u32, id);
	struct skbscope_image image = image_of(&map, 1, btf);
	struct packed_value cpus[3] = {
		{ 5, 3, 100, -7, 0, 0.5, { 1, 2 }, "", { 0 }, 1 },
		{ 7, 4, 200, 3, 0, 0.25, { 10, 20 }, "eth0", { 2, 0, 0, 0, 0, 1 }, 2 },
		{ 11, 5, 300, 1, 0, 0, { 100, 200 }, "eth1", { 2, 0, 0, 0, 0, 2 }, 4 },
	};
	uint32_t key = 0;
	struct table_rows rows = rows_of(1, &key, cpus, sizeof(cpus), 3, true);
	struct schema_set *set = NULL;
	struct snapshot *snapshot = NULL;
	const struct packed_value *sum;

	cpus[0].big = (unsigned __int128)UINT64_MAX;
	cpus[1].big = 1;
	CHECK_NUMBER(schema_set_new(&image, &set, NULL), 0);
	CHECK_NUMBER(snapshot_by_hand(set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, true), 0);
	CHECK(schema_set_get(set, 0)->has_btf);
	sum = (const struct packed_value *)snapshot->public.tables[0].values;
	CHECK_NUMBER(sum->packets, 23);
	CHECK_NUMBER(sum->low, 12);
	CHECK_NUMBER(sum->high, 600);
	CHECK_NUMBER(sum->balance, -3);
	CHECK(sum->big == (unsigned __int128)1 << 64);
	CHECK_NEAR(sum->weight, 0.75);
	CHECK_NUMBER(sum->slots[1], 222);
	CHECK_TEXT(sum->name, "eth0");
	CHECK_NUMBER(sum->mac[5], 1);
	CHECK_NUMBER(sum->small, 7);
	CHECK_NUMBER(snapshot->public.tables[0].cpu_count, 3);
	CHECK(memcmp(snapshot->public.tables[0].cpu_values, cpus, sizeof(cpus)) == 0);
	snapshot_unref(snapshot);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(extremes_are_kept_over_cpus)
{
	struct extremes {
		uint64_t longest, shortest, last, level;
	} cpus[3] = { { 142, 142, 7, 3 }, { 1042, 60, 23, 9 }, { 0, 0, 0, 0 } };
	static const char *const types[] = { "max_t", "min_t", "when_t", "level_t" };
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	int ids[4], id;
	uint32_t key = 0;
	struct table_rows rows = rows_of(1, &key, cpus, sizeof(cpus), 3, true);
	struct schema_set *set = NULL;
	struct snapshot *snapshot = NULL;
	struct skbscope_image_map map;
	struct skbscope_image image;
	const struct extremes *whole;

	for (int i = 0; i < 4; i++)
		ids[i] = btf__add_typedef(btf, types[i], basics.u64);
	id = btf__add_struct(btf, "extremes", sizeof(struct extremes));
	for (int i = 0; i < 4; i++)
		btf__add_field(btf, types[i], ids[i], (uint32_t)i * 64, 0);
	map = map_of("t", BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct extremes), basics.u32, id);
	image = image_of(&map, 1, btf);
	CHECK_NUMBER(schema_set_new(&image, &set, NULL), 0);
	CHECK_NUMBER(schema_set_get(set, 0)->counter_count, 0);
	CHECK_NUMBER(snapshot_by_hand(set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, true), 0);
	whole = (const struct extremes *)snapshot->public.tables[0].values;
	CHECK_NUMBER(whole->longest, 1042);
	CHECK_NUMBER(whole->shortest, 60);
	CHECK_NUMBER(whole->last, 23);
	CHECK_NUMBER(whole->level, 3);
	snapshot_unref(snapshot);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(what_is_only_set_is_no_amount_and_tells_where_cpus_differ)
{
	struct talk {
		uint64_t packets, last;
		uint32_t length, code;
	} cpus[2][2] = { { { 20, 7, 60, 3 }, { 3, 9, 0, 3 } }, { { 1, 5, 8, 0 }, { 1, 5, 0, 0 } } };
	static const struct skbscope_image_write writes[] = {
		{ .offset = 0, .size = 8, .adds = true },
		{ .offset = 0, .size = 8 },
		{ .offset = 8, .size = 12 }, /* last and length */
		{ .offset = 20, .size = 2 },
	};
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	uint32_t key = 0;
	int id = btf__add_struct(btf, "talk", sizeof(struct talk));
	struct skbscope_image_map map;
	struct skbscope_image image;

	btf__add_field(btf, "packets", basics.u64, 0, 0);
	btf__add_field(btf, "last", basics.u64, 64, 0);
	btf__add_field(btf, "length", basics.u32, 128, 0);
	btf__add_field(btf, "code", basics.u32, 160, 0);
	map = map_of("t", BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct talk), basics.u32, id);
	map.writes = writes;
	map.write_count = sizeof(writes) / sizeof(*writes);
	image = image_of(&map, 1, btf);
	for (int differ = 1; differ >= 0; differ--) {
		struct table_rows rows = rows_of(1, &key, cpus[!differ], sizeof(cpus[0]), 2, true);
		struct schema_set *set = NULL;
		struct snapshot *snapshot = NULL;
		const struct skbscope_schema *schema;
		const struct talk *whole;

		CHECK_NUMBER(schema_set_new(&image, &set, NULL), 0);
		schema = schema_set_get(set, 0);
		CHECK_NUMBER(schema->counter_count, 2);
		CHECK(schema->columns[1].is_counter && !schema->columns[2].is_counter);
		CHECK(!schema->columns[3].is_counter && schema->columns[4].is_counter);
		CHECK_NUMBER(snapshot_by_hand(set, &snapshot), 0);
		CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, true), 0);
		whole = (const struct talk *)snapshot->public.tables[0].values;
		CHECK_NUMBER(whole->packets, differ ? 23 : 2);
		CHECK_NUMBER(whole->last, differ ? 9 : 5);
		CHECK_NUMBER(whole->length, differ ? 60 : 8);
		CHECK_NUMBER(whole->code, differ ? 6 : 0); /* two of its bytes are set */
		CHECK_NUMBER(snapshot->public.tables[0].cpus_differ, differ);
		snapshot_unref(snapshot);
		schema_set_unref(set);
	}
	btf__free(btf);
}

TEST(what_is_left_to_who_fills_the_table_has_no_rate)
{
	struct limit {
		uint64_t hits, rate, said;
	} cpus[2] = { { 20, 1000, 3 }, { 3, 1000, 4 } };
	static const struct skbscope_image_write hits = { .offset = 0, .size = 8, .adds = true };
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	uint32_t key = 0;
	int count_type = btf__add_typedef(btf, "count_t", basics.u64);
	int id = btf__add_struct(btf, "limit", sizeof(struct limit));
	struct skbscope_image_map map;
	struct skbscope_image image;
	struct table_rows rows = rows_of(1, &key, cpus, sizeof(cpus), 2, true);
	struct schema_set *set = NULL;
	struct snapshot *snapshot = NULL;
	const struct skbscope_schema *schema;
	const struct limit *whole;

	btf__add_field(btf, "hits", basics.u64, 0, 0);
	btf__add_field(btf, "rate", basics.u64, 64, 0);
	btf__add_field(btf, "said", count_type, 128, 0); /* by its type to be a count */
	map = map_of("t", BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct limit), basics.u32, id);
	image = image_of(&map, 1, btf);
	for (int written = 1; written >= 0; written--) {
		map.writes = &hits;
		map.write_count = (size_t)written;
		CHECK_NUMBER(schema_set_new(&image, &set, NULL), 0);
		schema = schema_set_get(set, 0);
		/* Of a table that no function of the image writes, nothing is known. */
		CHECK_NUMBER(schema->counter_count, written ? 2 : 3);
		CHECK_NUMBER(snapshot_by_hand(set, &snapshot), 0);
		CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, true), 0);
		whole = (const struct limit *)snapshot->public.tables[0].values;
		CHECK_NUMBER(whole->hits, 23);
		CHECK_NUMBER(whole->rate, written ? 1000 : 2000);
		CHECK_NUMBER(whole->said, 7);
		CHECK_NUMBER(snapshot->public.tables[0].cpus_differ, 0);
		snapshot_unref(snapshot);
		schema_set_unref(set);
	}
	btf__free(btf);
}

TEST(of_bits_that_are_set_all_are_kept)
{
	struct seen {
		uint32_t flags, both;
		uint8_t fields; /* 1 bit, 3 bits */
		uint8_t rest[7];
	} cpus[2] = { { 0x11, 0x11, 0x5, { 0 } }, { 0x82, 0x82, 0x2, { 0 } } };
	static const struct skbscope_image_write writes[] = {
		{ .offset = 0, .size = 4, .bits = true },
		{ .offset = 0, .size = 16, .whole = true }, /* what it begins with */
		{ .offset = 4, .size = 4, .bits = true },
		{ .offset = 4, .size = 4 },
		{ .offset = 8, .size = 1, .bits = true },
	};
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	uint32_t key = 0;
	int id = btf__add_struct(btf, "seen", sizeof(struct seen));
	struct skbscope_image_map map;
	struct skbscope_image image;
	struct table_rows rows = rows_of(1, &key, cpus, sizeof(cpus), 2, true);
	struct schema_set *set = NULL;
	struct snapshot *snapshot = NULL;
	const struct seen *whole;

	btf__add_field(btf, "flags", basics.u32, 0, 0);
	btf__add_field(btf, "both", basics.u32, 32, 0);
	btf__add_field(btf, "one", basics.u32, 64, 1);
	btf__add_field(btf, "three", basics.u32, 65, 3);
	map = map_of("t", BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct seen), basics.u32, id);
	map.writes = writes;
	map.write_count = sizeof(writes) / sizeof(*writes);
	image = image_of(&map, 1, btf);
	CHECK_NUMBER(schema_set_new(&image, &set, NULL), 0);
	CHECK_NUMBER(schema_set_get(set, 0)->counter_count, 0);
	CHECK_NUMBER(snapshot_by_hand(set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, true), 0);
	whole = (const struct seen *)snapshot->public.tables[0].values;
	CHECK_NUMBER(whole->flags, 0x93);
	CHECK_NUMBER(whole->both, 0x82); /* it is set, too: the largest */
	CHECK_NUMBER(whole->fields, 0x7);
	snapshot_unref(snapshot);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(small_per_cpu_values_lie_eight_bytes_apart)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	struct skbscope_image_map map =
		map_of("t", BPF_MAP_TYPE_PERCPU_HASH, 4, 4, basics.u32, basics.u32);
	struct skbscope_image image = image_of(&map, 1, btf);
	uint32_t keys[2] = { 1, 2 }, values[2][2][2] = { { { 20 }, { 3 } }, { { 40 }, { 6 } } };
	struct table_rows rows = rows_of(2, keys, values, 16, 2, true);
	struct schema_set *set = NULL;
	struct snapshot *snapshot = NULL;
	const uint32_t *sums;

	CHECK_NUMBER(schema_set_new(&image, &set, NULL), 0);
	CHECK_NUMBER(snapshot_by_hand(set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, false), 0);
	sums = (const uint32_t *)snapshot->public.tables[0].values;
	CHECK_NUMBER(sums[0], 23);
	CHECK_NUMBER(sums[1], 46);
	CHECK(!snapshot->public.tables[0].cpu_values);
	/* A stride too small for the CPUs would read past the rows. */
	rows.value_stride = 8;
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, false), -EINVAL);
	snapshot_unref(snapshot);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(a_record_has_a_rows_key_and_value_or_one_cpus)
{
	struct plain plain;
	uint32_t keys[2] = { 4, 5 };
	uint64_t values[2][2] = { { 10, 13 }, { 20, 26 } };
	struct table_rows rows = rows_of(2, keys, values, 16, 2, true);
	const struct skbscope_schema *schema;
	const struct skbscope_table *table;
	struct skbscope_record row, cpu;
	struct snapshot *snapshot = NULL;

	plain_open(&plain, BPF_MAP_TYPE_PERCPU_HASH);
	CHECK_NUMBER(snapshot_by_hand(plain.set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, true), 0);
	table = &snapshot->public.tables[0];
	schema = table->schema;
	row = record_of_row(table, 1);
	cpu = record_of_cpu(table, 1, 1);
	CHECK(row.schema == schema && cpu.schema == schema && !row.rates);
	CHECK_NUMBER(*record_data(&row, &schema->columns[0]), 5);
	CHECK_NUMBER(*record_data(&row, &schema->columns[1]), 46);
	CHECK_NUMBER(*record_data(&cpu, &schema->columns[0]), 5);
	CHECK_NUMBER(*record_data(&cpu, &schema->columns[1]), 26);
	snapshot_unref(snapshot);
	plain_close(&plain);
}

TEST(losses_are_kept_in_order)
{
	struct plain plain;
	struct table_rows none = rows_of(0, NULL, NULL, 8, 1, true);
	struct snapshot *snapshot;

	plain_open(&plain, BPF_MAP_TYPE_HASH);
	snapshot = read_at(plain.set, SECOND_NS, &none);
	CHECK_NUMBER(snapshot_add_loss(snapshot, "t", "map full", 23, true), 0);
	CHECK_NUMBER(snapshot_add_loss(snapshot, NULL, "walk incomplete", 0, false), 0);
	REQUIRE(snapshot->public.loss_count == 2);
	CHECK_TEXT(snapshot->public.losses[0].table, "t");
	CHECK_NUMBER(snapshot->public.losses[0].count, 23);
	CHECK(!snapshot->public.losses[1].table && !snapshot->public.losses[1].known);
	snapshot_unref(snapshot);
	plain_close(&plain);
}

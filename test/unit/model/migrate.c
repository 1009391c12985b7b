/* SPDX-License-Identifier: Apache-2.0 */
/* model/migrate: rows of an old table in an edited one. */
#include "model/migrate.h"

#include <errno.h>

#include "declare.h"
#include "harness.h"

#define CPUS 3u

struct edit {
	struct declared old, new;
	struct migrate_plan *plan;
	struct migrated migrated;
};

static void edit_plan(struct edit *edit)
{
	edit->plan = NULL;
	edit->migrated = (struct migrated){ 0 };
	CHECK_NUMBER(migrate_plan_new(&edit->old.table, &edit->new.table, CPUS, &edit->plan), 0);
}

static void edit_open(struct edit *edit, uint32_t old_type, const char *old_key,
		      const char *old_value, uint32_t new_type, const char *new_key,
		      const char *new_value)
{
	declare(&edit->old, old_type, old_key, old_value);
	declare(&edit->new, new_type, new_key, new_value);
	edit_plan(edit);
}

static void edit_rows(struct edit *edit, size_t count, const void *keys, const void *values,
		      size_t stride, uint32_t cpus)
{
	struct table_rows rows = rows_of(count, keys, values, stride, cpus, true);

	CHECK_NUMBER(migrate_rows(edit->plan, &rows, &edit->migrated), 0);
}

static void edit_close(struct edit *edit)
{
	migrated_clear(&edit->migrated);
	arena_object_free(edit->plan);
	declare_clear(&edit->old);
	declare_clear(&edit->new);
}

#define HASH BPF_MAP_TYPE_HASH

TEST(a_table_that_did_not_change_has_the_same_shape)
{
	struct edit edit;

	edit_open(&edit, HASH, "saddr u32; port u16", "packets u64; state u8[3]", HASH,
		  "saddr u32; port u16", "packets u64; state u8[3]");
	CHECK(migrate_same_shape(&edit.old.table, &edit.new.table));
	edit_close(&edit);
}

TEST(another_display_is_the_same_shape)
{
	struct edit edit;

	edit_open(&edit, HASH, "saddr u32", "u64", HASH, "saddr __be32", "u64");
	CHECK(migrate_same_shape(&edit.old.table, &edit.new.table));
	edit_close(&edit);
}

TEST(every_difference_is_another_shape)
{
	static const struct {
		uint32_t type;
		const char *key, *value;
	} others[] = {
		{ BPF_MAP_TYPE_LRU_HASH, "a u32; b u32", "x u32; y u32" },
		{ HASH, "a u32; c u32", "x u32; y u32" },
		{ HASH, "b u32; a u32", "x u32; y u32" },
		{ HASH, "a u32; b u32", "x u32; y s32" },
		{ HASH, "a u32; b u32", "x u32; y u16[2]" },
		{ HASH, "a u32; b u32", "x u64" },
		{ HASH, "a u32; b u32", "x u32; y u32; z u32" },
		{ HASH, "a u32; b u32", "x u32; y u32:7" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct edit edit;

		edit_open(&edit, HASH, "a u32; b u32", "x u32; y u32", others[i].type,
			  others[i].key, others[i].value);
		if (migrate_same_shape(&edit.old.table, &edit.new.table)) {
			test_failures++;
			fprintf(stderr, "the same: %zu\n", i);
		}
		edit_close(&edit);
	}
}

TEST(other_entries_flags_and_pins_are_another_shape)
{
	for (int i = 0; i < 4; i++) {
		struct edit edit;
		struct skbscope_image_map *map = &edit.new.maps[0];

		edit_open(&edit, HASH, "u32", "u64", HASH, "u32", "u64");
		if (i == 0)
			map->max_entries++;
		else if (i == 1)
			map->flags = BPF_F_NO_PREALLOC;
		else if (i == 2)
			map->pin_path = "/sys/fs/bpf/t";
		CHECK_NUMBER(migrate_same_shape(&edit.old.table, &edit.new.table), i == 3);
		edit_close(&edit);
	}
}

TEST(a_map_of_maps_has_the_shape_of_its_inner_one_too)
{
	for (int same = 0; same < 2; same++) {
		struct edit edit;
		struct declared *sides[2] = { &edit.old, &edit.new };

		for (int i = 0; i < 2; i++) {
			declare_open(sides[i]);
			declare_map(sides[i], HASH, "u32", i && !same ? "u16" : "u32");
			sides[i]->maps[1] = sides[i]->maps[0];
			declare_map(sides[i], BPF_MAP_TYPE_HASH_OF_MAPS, "u32", "u32");
			sides[i]->maps[0].inner_map = 1;
			declare_close(sides[i]);
		}
		CHECK_NUMBER(migrate_same_shape(&edit.old.table, &edit.new.table), same);
		edit_plan(&edit);
		CHECK(!edit.plan->possible);
		edit_close(&edit);
	}
}

TEST(members_go_by_name_and_grow)
{
	struct edit edit;
	struct {
		uint32_t bytes;
		uint16_t flags, packets;
	} old = { 4000000000u, 7, 23 };
	struct {
		uint16_t packets;
		uint64_t drops, bytes;
	} new;
	uint32_t key = 5;

	edit_open(&edit, HASH, "u32", "bytes u32; flags u16; packets u16", HASH, "u32",
		  "packets u16; drops u64; bytes u64");
	CHECK(!migrate_same_shape(&edit.old.table, &edit.new.table));
	REQUIRE(edit.plan->possible);
	CHECK_TEXT(edit.plan->text, "drops added (0), bytes unsigned int→unsigned long long, "
				    "flags dropped");
	edit_rows(&edit, 1, &key, &old, sizeof(old), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	CHECK_NUMBER(edit.migrated.rows.value_stride, sizeof(new));
	memcpy(&new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new.packets, 23);
	CHECK_NUMBER(new.drops, 0);
	CHECK_NUMBER(new.bytes, 4000000000u);
	CHECK(memcmp(edit.migrated.rows.keys, &key, sizeof(key)) == 0);
	CHECK_TEXT(edit.migrated.text, edit.plan->text);
	edit_close(&edit);
}

TEST(a_number_that_does_not_fit_leaves_its_row_behind_and_says_so)
{
	struct edit edit;
	uint32_t keys[3] = { 1, 2, 3 };
	struct {
		uint64_t n;
		int32_t i;
	} values[3] = { { 65535, 0 }, { 65536, 0 }, { 1, -1 } };

	edit_open(&edit, HASH, "u32", "n u64; i s32", HASH, "u32", "n u16; i u8");
	edit_rows(&edit, 3, keys, values, sizeof(*values), 1);
	CHECK_NUMBER(edit.migrated.rows.count, 1);
	CHECK_NUMBER(edit.migrated.dropped, 2);
	CHECK_NUMBER(table_rows_value(&edit.migrated.rows, 0)[0], 0xff);
	CHECK_NUMBER(table_rows_value(&edit.migrated.rows, 0)[1], 0xff);
	CHECK_CONTAINS(edit.migrated.text, "; 2 rows left behind: n does not fit");
	edit_close(&edit);
}

TEST(a_signed_number_keeps_its_sign)
{
	struct edit edit;
	uint32_t keys[2] = { 1, 2 };
	int32_t values[2] = { -23, 23 };
	int8_t got;

	edit_open(&edit, HASH, "u32", "n s32", HASH, "u32", "n char");
	edit_rows(&edit, 2, keys, values, sizeof(*values), 1);
	REQUIRE(edit.migrated.rows.count == 2);
	memcpy(&got, edit.migrated.rows.values, 1);
	CHECK_NUMBER(got, -23);
	memcpy(&got, table_rows_value(&edit.migrated.rows, 0) + 1, 1);
	CHECK_NUMBER(got, 23);
	edit_close(&edit);
}

TEST(bit_fields_become_numbers_and_back)
{
	struct edit edit;
	struct {
		uint32_t low : 3, high : 5;
	} old[2] = { { 5, 23 }, { 1, 3 } };
	struct {
		uint8_t high;
		uint32_t low : 2;
	} new;
	uint32_t keys[2] = { 1, 2 };

	edit_open(&edit, HASH, "u32", "low u32:3; high u32:5", HASH, "u32", "high u8; low u32:2");
	edit_rows(&edit, 2, keys, old, sizeof(*old), 1);
	REQUIRE(edit.migrated.rows.count == 1); /* a 5 has no place in two bits */
	CHECK_NUMBER(edit.migrated.dropped, 1);
	CHECK_NUMBER(table_rows_key(&edit.migrated.rows, 0)[0], 2);
	memcpy(&new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new.high, 3);
	CHECK_NUMBER(new.low, 1);
	edit_close(&edit);
}

TEST(arrays_go_element_by_element)
{
	struct edit edit;
	struct {
		uint32_t shorter[4], longer[2];
		char comm[8];
	} old = { { 1, 2, 3, 4 }, { 5, 6 }, "ping" };
	struct {
		uint64_t shorter[2];
		uint32_t longer[3];
		char comm[16];
	} new;
	uint32_t key = 1;

	edit_open(&edit, HASH, "u32", "shorter u32[4]; longer u32[2]; comm char[8]", HASH, "u32",
		  "shorter u64[2]; longer u32[3]; comm char[16]");
	edit_rows(&edit, 1, &key, &old, sizeof(old), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	memcpy(&new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new.shorter[0], 1);
	CHECK_NUMBER(new.shorter[1], 2);
	CHECK_NUMBER(new.longer[1], 6);
	CHECK_NUMBER(new.longer[2], 0);
	CHECK_TEXT(new.comm, "ping");
	edit_close(&edit);
}

static void declare_nested(struct declared *declared, const char *inner, const char *value)
{
	size_t size;

	declare_open(declared);
	declare_struct(declared->btf, "inner", inner, &size);
	declare_map(declared, HASH, "u32", value);
	declare_close(declared);
}

TEST(members_of_structs_go_by_their_full_name)
{
	struct edit edit;
	uint32_t old[3] = { 1, 2, 3 }, key = 1; /* head, inner.a, inner.b */
	struct {
		uint64_t b;
		uint32_t a, head;
	} new;

	declare_nested(&edit.old, "a u32; b u32", "head u32; in inner");
	declare_nested(&edit.new, "b u64; a u32", "in inner; head u32");
	edit_plan(&edit);
	CHECK_TEXT(edit.plan->text, "in.b unsigned int→unsigned long long");
	edit_rows(&edit, 1, &key, old, sizeof(old), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	/* "head" follows the padded inner struct */
	memcpy(&new.b, edit.migrated.rows.values, 8);
	memcpy(&new.a, table_rows_value(&edit.migrated.rows, 0) + 8, 4);
	memcpy(&new.head, table_rows_value(&edit.migrated.rows, 0) + 16, 4);
	CHECK_NUMBER(new.b, 3);
	CHECK_NUMBER(new.a, 2);
	CHECK_NUMBER(new.head, 1);
	edit_close(&edit);
}

TEST(structs_in_arrays_go_by_their_members)
{
	struct edit edit;
	uint32_t old[4] = { 1, 2, 3, 4 }, new[6], key = 1;

	declare_nested(&edit.old, "a u32; b u32", "n inner[2]; pad u8");
	declare_nested(&edit.new, "b u32; c u32; a u32", "n inner[2]; pad u8");
	edit_plan(&edit);
	CHECK(!migrate_same_shape(&edit.old.table, &edit.new.table));
	edit_rows(&edit, 1, &key, old, sizeof(old) + 4, 1);
	REQUIRE(edit.migrated.rows.count == 1);
	memcpy(new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new[0], 2);
	CHECK_NUMBER(new[1], 0);
	CHECK_NUMBER(new[2], 1);
	CHECK_NUMBER(new[3], 4);
	CHECK_NUMBER(new[5], 3);
	edit_close(&edit);
}

static void declare_enum(struct declared *declared, const char *first, const char *second,
			 const char *third)
{
	declare_open(declared);
	btf__add_enum(declared->btf, "state", 4);
	btf__add_enum_value(declared->btf, first, 0);
	btf__add_enum_value(declared->btf, second, 1);
	btf__add_enum_value(declared->btf, third, 2);
	declare_map(declared, HASH, "u32", "state state");
	declare_close(declared);
}

TEST(an_enumerator_stays_what_it_is_when_its_number_changes)
{
	struct edit edit;
	uint32_t keys[4] = { 1, 2, 3, 4 }, old[4] = { 0, 1, 2, 23 }, new[4];

	declare_enum(&edit.old, "IDLE", "OPEN", "CLOSED");
	declare_enum(&edit.new, "IDLE", "SYN", "OPEN");
	edit_plan(&edit);
	CHECK(!migrate_same_shape(&edit.old.table, &edit.new.table));
	CHECK_TEXT(edit.plan->text, "state renumbered");
	edit_rows(&edit, 4, keys, old, sizeof(*old), 1);
	REQUIRE(edit.migrated.rows.count == 4);
	memcpy(new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new[0], 0);
	CHECK_NUMBER(new[1], 2);
	CHECK_NUMBER(new[2], 2); /* no name any more: the number is all there is */
	CHECK_NUMBER(new[3], 23);
	edit_close(&edit);
}

TEST(numbers_become_enums_booleans_and_floats)
{
	struct edit edit;
	struct {
		uint32_t state, seen, mean;
	} old = { 2, 23, 1000000 };
	struct {
		uint32_t state;
		uint8_t seen;
		double mean;
	} new;
	uint32_t key = 1;

	declare(&edit.old, HASH, "u32", "state u32; seen u32; mean u32");
	declare_open(&edit.new);
	btf__add_enum(edit.new.btf, "state", 4);
	btf__add_enum_value(edit.new.btf, "IDLE", 0);
	btf__add_float(edit.new.btf, "double", 8);
	declare_map(&edit.new, HASH, "u32", "state state; seen bool; mean double");
	declare_close(&edit.new);
	edit_plan(&edit);
	edit_rows(&edit, 1, &key, &old, sizeof(old), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	memcpy(&new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new.state, 2);
	CHECK_NUMBER(new.seen, 1);
	CHECK_NEAR(new.mean, 1e6);
	edit_close(&edit);
}

TEST(floats_become_numbers_if_they_are_any)
{
	struct edit edit;
	double old[4] = { 23.9, -1, (double)NAN, 5e9 };
	uint32_t keys[4] = { 1, 2, 3, 4 }, new;

	declare_open(&edit.old);
	btf__add_float(edit.old.btf, "double", 8);
	declare_map(&edit.old, HASH, "u32", "mean double");
	declare_close(&edit.old);
	declare(&edit.new, HASH, "u32", "mean u32");
	edit_plan(&edit);
	edit_rows(&edit, 4, keys, old, sizeof(*old), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	memcpy(&new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new, 23);
	CHECK_NUMBER(edit.migrated.dropped, 3);
	edit_close(&edit);
}

TEST(rows_whose_keys_fall_together_are_added_up)
{
	struct edit edit;
	struct {
		uint32_t saddr;
		uint16_t port, pad;
	} keys[3] = { { 1, 80, 0 }, { 2, 80, 0 }, { 1, 443, 0 } };
	struct {
		uint64_t packets;
		char comm[8];
	} old[3] = { { 20, "ping" }, { 46, "curl" }, { 3, "nc" } }, new[2];
	uint32_t new_keys[2];

	edit_open(&edit, HASH, "saddr u32; port u16", "packets u64; comm char[8]", HASH,
		  "saddr u32", "packets u64; comm char[8]");
	CHECK_TEXT(edit.plan->text, "port dropped from the key");
	edit_rows(&edit, 3, keys, old, sizeof(*old), 1);
	REQUIRE(edit.migrated.rows.count == 2);
	memcpy(new_keys, edit.migrated.rows.keys, sizeof(new_keys));
	memcpy(new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new_keys[0], 1);
	CHECK_NUMBER(new_keys[1], 2);
	CHECK_NUMBER(new[0].packets, 23);
	CHECK_TEXT(new[0].comm, "ping");
	CHECK_NUMBER(new[1].packets, 46);
	CHECK_NUMBER(edit.migrated.merged, 1);
	CHECK_TEXT(edit.migrated.text, "port dropped from the key; 1 row merged with others");
	edit_close(&edit);
}

TEST(a_sum_that_wraps_round_leaves_the_row_behind)
{
	struct edit edit;
	uint32_t keys[3][2] = { { 1, 1 }, { 1, 2 }, { 1, 3 } };
	uint32_t old[3] = { 4000000000u, 4000000000u, 23 }, new;

	edit_open(&edit, HASH, "a u32; b u32", "n u32", HASH, "a u32", "n u32");
	edit_rows(&edit, 3, keys, old, sizeof(*old), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	memcpy(&new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new, 4000000023u);
	CHECK_NUMBER(edit.migrated.dropped, 1);
	CHECK_CONTAINS(edit.migrated.text, "1 row left behind: the sum does not fit");
	edit_close(&edit);
}

TEST(a_member_added_to_the_key_is_zero)
{
	struct edit edit;
	uint32_t key = 23, new[2];
	uint64_t value = 46;

	edit_open(&edit, HASH, "saddr u32", "u64", HASH, "port u32; saddr u32", "u64");
	CHECK_TEXT(edit.plan->text, "port added to the key (0)");
	edit_rows(&edit, 1, &key, &value, sizeof(value), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	memcpy(new, edit.migrated.rows.keys, sizeof(new));
	CHECK_NUMBER(new[0], 0);
	CHECK_NUMBER(new[1], 23);
	edit_close(&edit);
}

TEST(a_number_without_a_name_goes_with_the_only_member)
{
	struct edit edit;
	uint32_t key = 1, value = 23;
	uint64_t new;

	edit_open(&edit, HASH, "u32", "u32", HASH, "saddr u32", "packets u64");
	CHECK_CONTAINS(edit.plan->text, "key is now saddr");
	CHECK_CONTAINS(edit.plan->text, "value is now packets");
	edit_rows(&edit, 1, &key, &value, sizeof(value), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	memcpy(&new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new, 23);
	edit_close(&edit);
}

TEST(which_of_several_members_is_never_guessed)
{
	struct edit edit;

	edit_open(&edit, HASH, "u32", "u64", HASH, "u32", "packets u64; bytes u64");
	CHECK(!edit.plan->possible);
	CHECK_CONTAINS(edit.plan->text, "has no name to match a member of the new one");
	edit_close(&edit);
	edit_open(&edit, HASH, "a u32; b u32", "u64", HASH, "c u32; d u32", "u64");
	CHECK(!edit.plan->possible);
	CHECK_TEXT(edit.plan->text, "no member of the old key remains");
	edit_close(&edit);
}

TEST(a_name_that_key_and_value_came_to_share_is_still_the_name)
{
	struct edit edit;
	uint32_t key[2] = { 1, 2 }, value[2] = { 3, 4 }, new[3];

	edit_open(&edit, HASH, "a u32; b u32", "n u32; m u32", HASH, "a u32; b u32",
		  "m u32; n u32; b u32");
	CHECK_TEXT(edit.plan->text, "value.b added (0)");
	edit_rows(&edit, 1, key, value, sizeof(value), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	CHECK(memcmp(edit.migrated.rows.keys, key, sizeof(key)) == 0);
	memcpy(new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new[0], 4);
	CHECK_NUMBER(new[1], 3);
	CHECK_NUMBER(new[2], 0);
	edit_close(&edit);
}

TEST(tables_without_numeric_rows_say_why)
{
	static const struct {
		uint32_t from, to;
		const char *why;
	} cases[] = {
		{ BPF_MAP_TYPE_QUEUE, HASH, "reading a queue would empty it" },
		{ BPF_MAP_TYPE_PROG_ARRAY, HASH, "a table of type prog_array has no numeric rows" },
		{ BPF_MAP_TYPE_PROG_ARRAY, BPF_MAP_TYPE_PROG_ARRAY,
		  "a prog_array is filled as the @tail tags say" },
		{ BPF_MAP_TYPE_RINGBUF, BPF_MAP_TYPE_RINGBUF,
		  "a table of type ringbuf has no numeric rows" },
		{ HASH, BPF_MAP_TYPE_STACK, "a table of type stack takes no numeric rows" },
		{ HASH, BPF_MAP_TYPE_LPM_TRIE, "the keys of an lpm_trie are prefixes" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct edit edit;
		struct table_rows rows = rows_of(0, NULL, NULL, 4, 1, true);

		edit_open(&edit, cases[i].from, "u32", "u32", cases[i].to, "u32", "u32");
		CHECK(!edit.plan->possible);
		CHECK_CONTAINS(edit.plan->text, cases[i].why);
		CHECK_NUMBER(migrate_rows(edit.plan, &rows, &edit.migrated), -EINVAL);
		edit_close(&edit);
	}
}

TEST(a_table_that_may_not_be_written_says_so)
{
	struct edit edit;

	declare(&edit.old, HASH, "u32", "u32");
	declare_open(&edit.new);
	declare_map(&edit.new, HASH, "u32", "u64");
	edit.new.maps[0].flags = BPF_F_RDONLY;
	declare_close(&edit.new);
	edit_plan(&edit);
	CHECK_TEXT(edit.plan->text, "the new table is declared read-only");
	edit_close(&edit);
}

TEST(cpus_are_added_up_where_the_new_table_has_one_value)
{
	struct edit edit;
	uint32_t keys[2] = { 1, 2 };
	uint64_t values[2][CPUS] = { { 20, 0, 3 }, { 4000000000u, 4000000000u, 0 } }, new;

	edit_open(&edit, BPF_MAP_TYPE_PERCPU_HASH, "u32", "u32", HASH, "u32", "u64");
	CHECK_CONTAINS(edit.plan->text, "percpu_hash→hash, CPUs summed");
	edit_rows(&edit, 2, keys, values, sizeof(*values), CPUS);
	REQUIRE(edit.migrated.rows.count == 2);
	memcpy(&new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new, 23);
	memcpy(&new, table_rows_value(&edit.migrated.rows, 0) + 8, sizeof(new));
	CHECK_NUMBER(new, 8000000000);
	edit_close(&edit);
}

TEST(one_value_becomes_that_of_the_first_cpu)
{
	struct edit edit;
	uint32_t key = 1, value = 23;
	uint64_t new[CPUS];

	edit_open(&edit, HASH, "u32", "u32", BPF_MAP_TYPE_LRU_PERCPU_HASH, "u32", "u32");
	CHECK_CONTAINS(edit.plan->text, "all on CPU 0");
	edit_rows(&edit, 1, &key, &value, sizeof(value), 1);
	REQUIRE(edit.migrated.rows.count == 1 && edit.migrated.rows.value_stride == sizeof(new));
	memcpy(new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new[0], 23);
	CHECK_NUMBER(new[1], 0);
	CHECK_NUMBER(new[2], 0);
	edit_close(&edit);
}

TEST(each_cpu_keeps_what_it_counted)
{
	struct edit edit;
	uint32_t keys[2][2] = { { 1, 1 }, { 1, 2 } };
	uint64_t values[2][CPUS] = { { 1, 2, 3 }, { 10, 20, 30 } }, new[CPUS];

	edit_open(&edit, BPF_MAP_TYPE_PERCPU_HASH, "a u32; b u32", "n u32",
		  BPF_MAP_TYPE_PERCPU_HASH, "a u32", "n u64");
	edit_rows(&edit, 2, keys, values, sizeof(*values), CPUS);
	REQUIRE(edit.migrated.rows.count == 1);
	memcpy(new, edit.migrated.rows.values, sizeof(new));
	CHECK_NUMBER(new[0], 11);
	CHECK_NUMBER(new[1], 22);
	CHECK_NUMBER(new[2], 33);
	/* What the new program counted before the old rows came. */
	CHECK(migrate_add(edit.plan, (uint8_t *)new, edit.migrated.rows.values));
	CHECK_NUMBER(new[2], 66);
	edit_close(&edit);
}

TEST(a_smaller_table_takes_what_it_has_room_for)
{
	struct edit edit;
	uint32_t keys[23];
	uint64_t values[23];

	for (uint32_t i = 0; i < 23; i++) {
		keys[i] = i;
		values[i] = i;
	}
	declare(&edit.old, HASH, "u32", "u64");
	declare_open(&edit.new);
	declare_map(&edit.new, HASH, "u32", "u64");
	edit.new.maps[0].max_entries = 20;
	declare_close(&edit.new);
	edit_plan(&edit);
	CHECK_TEXT(edit.plan->text, "1024→20 entries");
	edit_rows(&edit, 23, keys, values, sizeof(*values), 1);
	CHECK_NUMBER(edit.migrated.rows.count, 20);
	CHECK_NUMBER(edit.migrated.dropped, 3);
	CHECK_TEXT(edit.migrated.text,
		   "1024→20 entries; 3 rows left behind: no room in 20 entries");
	edit_close(&edit);
}

TEST(slots_that_nobody_used_are_not_migrated)
{
	struct edit edit;
	uint32_t keys[3] = { 0, 1, 2 }, key;
	uint64_t values[3] = { 0, 23, 0 };

	edit_open(&edit, BPF_MAP_TYPE_ARRAY, "u32", "u64", HASH, "u32", "u64");
	edit_rows(&edit, 3, keys, values, sizeof(*values), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	memcpy(&key, edit.migrated.rows.keys, sizeof(key));
	CHECK_NUMBER(key, 1);
	edit_close(&edit);
}

TEST(a_key_that_is_no_slot_stays_behind)
{
	struct edit edit;
	uint64_t keys[3] = { 1023, 1024, 1ull << 40 }, values[3] = { 1, 2, 3 };

	edit_open(&edit, HASH, "u64", "u64", BPF_MAP_TYPE_ARRAY, "u32", "u64");
	edit_rows(&edit, 3, keys, values, sizeof(*values), 1);
	CHECK_NUMBER(edit.migrated.rows.count, 1);
	CHECK_NUMBER(edit.migrated.dropped, 2);
	edit_close(&edit);
}

TEST(bytes_between_members_are_zero)
{
	struct edit edit;
	uint8_t key[8], value[16];
	static const uint8_t zeros[7];

	memset(key, 0xff, sizeof(key));
	memset(value, 0xff, sizeof(value));
	edit_open(&edit, HASH, "a u32; b u8", "n u64; f u8", HASH, "b u8; a u32", "f u8; n u64");
	CHECK_TEXT(edit.plan->text, "members reordered");
	edit_rows(&edit, 1, key, value, sizeof(value), 1);
	REQUIRE(edit.migrated.rows.count == 1);
	CHECK(memcmp(table_rows_key(&edit.migrated.rows, 0) + 1, zeros, 3) == 0);
	CHECK(memcmp(table_rows_value(&edit.migrated.rows, 0) + 1, zeros, 7) == 0);
	edit_close(&edit);
}

TEST(the_text_stays_one_line)
{
	struct edit edit;

	edit_open(&edit, HASH, "u32", "x u32; a u8; b u8; c u8; d u8; e u8; f u8; g u8; h u8; i u8",
		  HASH, "u32", "x u32");
	CHECK_TEXT(edit.plan->text, "a dropped, b dropped, c dropped, d dropped, e dropped, "
				    "f dropped, g dropped, h dropped, and 1 more change");
	edit_close(&edit);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* model/histogram: buckets, percentiles, and what becomes of them elsewhere. */
#include "model/histogram.h"

#include <errno.h>
#include <math.h>

#include "base/cleanup.h"
#include "declare.h"
#include "harness.h"
#include "model/difference.h"
#include "model/format.h"
#include "model/parse.h"
#include "model/record.h"
#include "model/value.h"

#define HASH BPF_MAP_TYPE_HASH
#define PERCPU BPF_MAP_TYPE_PERCPU_HASH

static void open_table(struct declared *table, uint32_t type, const char *value)
{
	static const char *const names[] = { "ns_bucket_t", "bytes_bucket_t", "bucket_t" };

	declare_open(table);
	for (size_t i = 0; i < 3; i++)
		btf__add_typedef(table->btf, names[i],
				 btf__find_by_name(table->btf, "unsigned long long"));
	declare_map(table, type, "u32", value);
	declare_close(table);
}

static const char *shown(const struct declared *table, const char *name, const uint64_t *value,
			 bool exact)
{
	static struct buffer out;
	const struct skbscope_column *column = shown_find(schema_set_get(table->set, 0), name);

	buffer_clear(&out);
	if (column)
		value_format(column, (const uint8_t *)value, exact, &out);
	return column ? buffer_text(&out) : NULL;
}

static const struct skbscope_column *column_named(const struct declared *table, const char *name)
{
	return shown_find(schema_set_get(table->set, 0), name);
}

TEST(an_array_of_buckets_is_shown_as_its_figures)
{
	static const char *const names[] = { "key",      "count",    "took.n", "took.p50",
					     "took.p90", "took.p99", "last" };
	const struct skbscope_column *column;
	struct declared table;
	struct shown_columns at = { 0 };
	size_t count = 0;

	open_table(&table, HASH, "count u64; took ns_bucket_t[36]; last u64");
	while ((column = shown_next(schema_set_get(table.set, 0), &at)) && count < 7)
		CHECK_TEXT(column->name, names[count++]);
	CHECK_NUMBER(count, 7);
	CHECK(!column);
	CHECK(column_is_histogram(column_named(&table, "took")));
	declare_clear(&table);
}

TEST(other_arrays_are_arrays)
{
	static const char *const values[] = {
		"took u64[36]",
		"took ns_bucket_t[1]",
		"took ns_bucket_t[66]",
		"took ns_bucket_t",
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct declared table;

		open_table(&table, HASH, values[i]);
		CHECK_NUMBER(schema_set_get(table.set, 0)->figure_count, 0);
		declare_clear(&table);
	}
}

TEST(a_percentile_is_the_end_of_the_bucket_that_it_is_in)
{
	/* 100 values: 50 up to 1023, 40 up to 2047, 9 up to 4095, one up to 8191. */
	uint64_t value[36] = { [10] = 50, [11] = 40, [12] = 9, [13] = 1 };
	struct declared table;

	open_table(&table, HASH, "took ns_bucket_t[36]");
	CHECK_TEXT(shown(&table, "took.n", value, false), "100");
	CHECK_TEXT(shown(&table, "took.p50", value, true), "<1024");
	CHECK_TEXT(shown(&table, "took.p90", value, true), "<2048");
	CHECK_TEXT(shown(&table, "took.p99", value, true), "<4096");
	CHECK_TEXT(shown(&table, "took.p99", value, false), "<4.1 us");
	CHECK_NUMBER(value_read(column_named(&table, "took.p99"), (uint8_t *)value).u, 4095);
	value[13] = 2; /* of 101, the 100th */
	CHECK_TEXT(shown(&table, "took.p99", value, true), "<8192");
	CHECK_TEXT(shown(&table, "took.p50", value, true), "<2048");
	declare_clear(&table);
}

TEST(every_bucket_says_what_it_counts)
{
	struct declared table;
	const struct skbscope_type *type;

	open_table(&table, HASH, "took bucket_t[65]");
	type = column_named(&table, "took")->type;
	CHECK_NUMBER(histogram_low(0), 0);
	CHECK_NUMBER(histogram_high(type, 0), 0);
	for (size_t i = 1; i < 65; i++) {
		CHECK(histogram_low(i) == histogram_high(type, i - 1) + 1);
		CHECK(histogram_high(type, i) - histogram_low(i) == histogram_low(i) - 1);
	}
	declare_clear(&table);
}

TEST(the_last_bucket_has_no_end)
{
	uint64_t value[4] = { 0, 0, 0, 23 };
	struct declared table;

	open_table(&table, HASH, "took bytes_bucket_t[4]");
	CHECK_TEXT(shown(&table, "took.p50", value, false), ">=4 B");
	CHECK(value_read(column_named(&table, "took.p50"), (uint8_t *)value).u == UINT64_MAX);
	declare_clear(&table);
}

TEST(of_nothing_no_percentile_is_known)
{
	uint64_t value[4] = { 0 };
	struct declared table;

	open_table(&table, HASH, "took bucket_t[4]");
	CHECK_TEXT(shown(&table, "took.n", value, false), "0");
	CHECK_TEXT(shown(&table, "took.p50", value, false), "-");
	CHECK_TEXT(shown(&table, "took", value, false), "n=0");
	value[0] = 7;
	CHECK_TEXT(shown(&table, "took", value, false), "n=7 p50<1 p90<1 p99<1");
	declare_clear(&table);
}

/* Percentiles against a sorted list of the values themselves. */
TEST(so_many_of_a_hundred_are_no_larger)
{
	static const unsigned int percents[] = { 50, 90, 99 };
	static const char *const names[] = { "took.p50", "took.p90", "took.p99" };
	uint64_t seed = 23, value[40] = { 0 }, all[1009];
	struct declared table;

	open_table(&table, HASH, "took bucket_t[40]");
	for (size_t i = 0; i < 1009; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		all[i] = seed >> 40 >> (seed >> 30 & 15);
		value[all[i] ? 64 - __builtin_clzll(all[i]) : 0]++;
	}
	for (size_t p = 0; p < 3; p++) {
		uint64_t end =
			(uint64_t)value_read(column_named(&table, names[p]), (uint8_t *)value).u;
		size_t to_end = 0, to_half = 0;

		for (size_t i = 0; i < 1009; i++) {
			to_end += all[i] <= end;
			to_half += all[i] <= end / 2;
		}
		CHECK(to_end * 100 >= 1009 * percents[p]);
		CHECK(to_half * 100 < 1009 * percents[p]);
	}
	declare_clear(&table);
}

TEST(cpus_add_up)
{
	struct {
		uint32_t pad[0];
		uint64_t took[2][4];
	} row = { .took = { { 1, 2, 0, 0 }, { 0, 3, 0, 5 } } };
	struct declared table;
	struct snapshot *snapshot = NULL;
	uint32_t key = 1;
	struct table_rows rows = rows_of(1, &key, row.took, sizeof(row.took), 2, true);

	open_table(&table, PERCPU, "took ns_bucket_t[4]");
	CHECK_NUMBER(snapshot_by_hand(table.set, &snapshot), 0);
	CHECK_NUMBER(rows_by_hand(snapshot, 0, &rows, false), 0);
	CHECK_TEXT(shown(&table, "took.n",
			 (const uint64_t *)(const void *)snapshot->public.tables[0].values, true),
		   "11");
	snapshot_unref(snapshot);
	declare_clear(&table);
}

TEST(a_program_that_only_writes_buckets_counts_all_the_same)
{
	const struct skbscope_image_write writes[] = { { .offset = 0, .size = 32 } };
	struct declared table;

	declare_open(&table);
	btf__add_typedef(table.btf, "bucket_t", btf__find_by_name(table.btf, "unsigned long long"));
	declare_map(&table, PERCPU, "u32", "took bucket_t[4]");
	table.maps[0].writes = writes;
	table.maps[0].write_count = 1;
	declare_close(&table);
	CHECK_NUMBER(schema_set_get(table.set, 0)->figure_count, HISTOGRAM_FIGURES);
	CHECK_NUMBER(schema_set_table(table.set, 0)->sum.has_guesses, false);
	declare_clear(&table);
}

TEST(how_many_has_a_rate)
{
	uint64_t before[4] = { 1, 1, 0, 0 }, after[4] = { 1, 2, 10, 0 };
	struct declared table;
	struct snapshot *first = NULL, *second = NULL;
	uint32_t key = 1;
	struct table_rows rows = rows_of(1, &key, before, 32, 1, true);

	open_table(&table, HASH, "took bucket_t[4]");
	CHECK_NUMBER(schema_set_get(table.set, 0)->counter_count, 1);
	CHECK_NUMBER(snapshot_by_hand(table.set, &first), 0);
	CHECK_NUMBER(snapshot_by_hand(table.set, &second), 0);
	CHECK_NUMBER(rows_by_hand(first, 0, &rows, false), 0);
	rows = rows_of(1, &key, after, 32, 1, true);
	CHECK_NUMBER(rows_by_hand(second, 0, &rows, false), 0);
	first->public.monotonic_ns = 1000000000;
	second->public.monotonic_ns = 3000000000;
	CHECK_NUMBER(snapshot_set_rates(second, &first->public), 0);
	CHECK_NEAR(second->public.tables[0].rates[0], 5.5);
	snapshot_unref(first);
	snapshot_unref(second);
	declare_clear(&table);
}

static void migrate(const char *from, const char *to, const uint64_t *value, size_t size,
		    struct migrated *migrated, uint32_t type)
{
	struct declared old, new;
	struct migrate_plan *plan = NULL;
	uint32_t key = 1;
	struct table_rows rows = rows_of(1, &key, value, size, 1, true);

	open_table(&old, HASH, from);
	open_table(&new, type, to);
	CHECK_NUMBER(migrate_plan_new(&old.table, &new.table, 1, &plan), 0);
	CHECK_NUMBER(migrate_rows(plan, &rows, migrated), 0);
	arena_object_free(plan);
	declare_clear(&old);
	declare_clear(&new);
}

TEST(a_swap_keeps_a_histogram_of_as_many_buckets)
{
	struct {
		uint64_t took[4];
	} value = { { 1, 2, 3, 4 } };
	struct migrated migrated;

	migrate("took bucket_t[4]", "packets u64; took bucket_t[4]", value.took, 32, &migrated,
		PERCPU);
	CHECK_NUMBER(((uint64_t *)(void *)migrated.rows.values)[4], 4);
	CHECK_TEXT(migrated.text, "hash→percpu_hash, all on CPU 0, packets added (0)");
	migrated_clear(&migrated);
}

/* Where the last bucket's values belong in one with more, nobody knows. */
TEST(a_histogram_of_more_or_fewer_buckets_starts_empty)
{
	struct {
		uint64_t packets, took[4];
	} value = { 7, { 1, 2, 3, 4 } };
	struct migrated migrated;

	migrate("packets u64; took bucket_t[4]", "packets u64; took bucket_t[5]", &value.packets,
		40, &migrated, HASH);
	CHECK_NUMBER(((uint64_t *)(void *)migrated.rows.values)[0], 7);
	CHECK_NUMBER(((uint64_t *)(void *)migrated.rows.values)[4], 0);
	CHECK_TEXT(migrated.text,
		   "took starts at 0 (bucket_t[4] cannot be converted to bucket_t[5])");
	migrated_clear(&migrated);
}

TEST(sorting_by_a_histogram_takes_its_figures)
{
	struct skbscope_documentation documentation = { 0 };
	const struct skbscope_table_tag good = { "t", "took.p99" }, bad = { "t", "took" };
	struct declared table;
	struct skbscope_error error;
	struct schema_set *set = NULL;

	open_table(&table, HASH, "took bucket_t[4]");
	documentation.sorts = &good;
	documentation.sort_count = 1;
	table.image.documentation = &documentation;
	CHECK_NUMBER(schema_set_new(&table.image, &set, &error), 0);
	CHECK_TEXT(schema_set_get(set, 0)->sort_column, "took.p99");
	schema_set_unref(set);
	documentation.sorts = &bad;
	set = NULL;
	CHECK_NUMBER(schema_set_new(&table.image, &set, &error), -ENOENT);
	CHECK_TEXT(error.hint, "did you mean 'took.n'?");
	schema_set_unref(set);
	declare_clear(&table);
}

TEST(a_histogram_can_be_set_to_nothing)
{
	struct {
		uint64_t packets, took[4];
	} value, written;
	const char *at;
	struct declared table;
	struct skbscope_error error;

	open_table(&table, HASH, "packets u64; took bucket_t[4]");
	memset(&value, 0xff, sizeof(value));
	CHECK_NUMBER(parse_value(schema_set_get(table.set, 0), NULL, span_of("{took=[]}"),
				 (uint8_t *)&value, (uint8_t *)&written, &at, &error),
		     0);
	CHECK(!written.packets && !~written.took[0] && !~written.took[3]);
	CHECK(!value.took[0] && !value.took[3]);
	CHECK_NUMBER(parse_value(schema_set_get(table.set, 0), NULL, span_of("{took=7}"),
				 (uint8_t *)&value, (uint8_t *)&written, &at, &error),
		     -EINVAL);
	declare_clear(&table);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Tables whose rows are made in user space: no map, no image, no kernel. */
#include "model/table_source.h"

#include <errno.h>
#include <stdlib.h>

#include "harness.h"
#include "model/record.h"

#define SECOND_NS UINT64_C(1000000000)

/* Calls by their path, as somebody who puts packets together would count them. */
struct call_key {
	char path[16];
};

struct call_value {
	uint64_t calls, bytes;
};

static const struct skbscope_type character = { .kind = SKBSCOPE_KIND_INTEGER,
						.name = "char",
						.bits = 8 };
static const struct skbscope_type path = { .kind = SKBSCOPE_KIND_ARRAY,
					   .display = SKBSCOPE_DISPLAY_TEXT,
					   .name = "char[16]",
					   .bits = 128,
					   .element = &character,
					   .count = 16 };
static const struct skbscope_type u64 = {
	.kind = SKBSCOPE_KIND_INTEGER, .name = "u64", .bits = 64, .adds_up = true
};
static const struct skbscope_member key_members[] = { { "path", 0, 128, &path } };
static const struct skbscope_member value_members[] = { { "calls", 0, 64, &u64 },
							{ "bytes", 64, 64, &u64 } };
static const struct skbscope_type key_type = { .kind = SKBSCOPE_KIND_STRUCT,
					       .name = "struct call_key",
					       .bits = 128,
					       .members = key_members,
					       .member_count = 1 };
static const struct skbscope_type value_type = { .kind = SKBSCOPE_KIND_STRUCT,
						 .name = "struct call_value",
						 .bits = 128,
						 .members = value_members,
						 .member_count = 2 };
static const struct table_description calls_table = {
	.table = "calls",
	.kind = "calls",
	.key = &key_type,
	.value = &value_type,
	.max_entries = 100,
};

struct calls {
	struct schema_set *set;
	size_t count;
	struct call_key keys[8];
	struct call_value values[8];
	int result;
	bool closed;
};

static int read_calls(void *context, const struct skbscope_read_options *options,
		      struct table_rows *out)
{
	struct calls *calls = context;
	int r = calls->result;

	(void)options;
	for (size_t i = 0; i < calls->count && r == 0; i++)
		r = table_rows_append(out, &calls->keys[i], &calls->values[i]);
	return r;
}

static void close_calls(void *context)
{
	struct calls *calls = context;

	schema_set_unref(calls->set);
	calls->closed = true;
}

static struct table_source open_calls(struct calls *calls)
{
	*calls = (struct calls){ 0 };
	CHECK_NUMBER(schema_set_new_table(&calls_table, &calls->set), 0);
	return (struct table_source){ .schema = schema_set_table(calls->set, 0),
				      .since = 1,
				      .read = read_calls,
				      .close = close_calls,
				      .context = calls };
}

static void count_call(struct calls *calls, const char *of, uint64_t times, uint64_t bytes)
{
	struct call_value *value;
	size_t i = 0;

	while (i < calls->count && strcmp(calls->keys[i].path, of) != 0)
		i++;
	if (i == calls->count)
		strcpy(calls->keys[calls->count++].path, of);
	value = &calls->values[i];
	value->calls += times;
	value->bytes += bytes;
}

static struct snapshot *read_at(const struct table_source *sources, size_t count, uint64_t seconds,
				const struct snapshot *before)
{
	const struct skbscope_read_options options = { .monotonic_ns = seconds * SECOND_NS,
						       .wall_ns = 23 };
	struct snapshot *snapshot = NULL;
	struct skbscope_error error = { 0 };

	if (table_sources_read(sources, count, &options, before, &snapshot, &error) < 0)
		fprintf(stderr, "%s\n", error.message);
	return snapshot;
}

TEST(rows_made_in_user_space_are_a_table_with_columns)
{
	struct calls calls;
	struct table_source source = open_calls(&calls);
	struct snapshot *snapshot;
	const struct skbscope_schema *schema;
	struct skbscope_record record;

	count_call(&calls, "/v1/chat", 2, 300);
	count_call(&calls, "/health", 1, 40);
	snapshot = read_at(&source, 1, 7, NULL);
	table_source_close(&source);
	CHECK(calls.closed);
	REQUIRE(snapshot && snapshot->public.table_count == 1); /* which needs no source any more */
	CHECK_NUMBER(snapshot->public.monotonic_ns, 7 * SECOND_NS);
	CHECK_NUMBER(snapshot->public.wall_ns, 23);
	CHECK_NUMBER(snapshot->public.loss_count, 0);
	CHECK_NUMBER(snapshot->public.tables[0].row_count, 2);
	CHECK(!snapshot->public.tables[0].rates);
	schema = snapshot->public.tables[0].schema;
	CHECK_TEXT(schema->table, "calls");
	REQUIRE(schema->column_count == 3);
	CHECK_TEXT(schema->columns[0].name, "path");
	CHECK_TEXT(schema->columns[2].name, "bytes");
	CHECK_NUMBER(schema->counter_count, 2);
	record = record_of_row(&snapshot->public.tables[0], 0);
	CHECK_TEXT((const char *)record_data(&record, &schema->columns[0]), "/v1/chat");
	CHECK_NUMBER(((const struct call_value *)record.value)->bytes, 300);
	snapshot_unref(snapshot);
}

TEST(their_rates_are_known_from_the_second_reading_on)
{
	struct calls calls;
	struct table_source source = open_calls(&calls);
	struct snapshot *first, *second;
	struct skbscope_record record;

	count_call(&calls, "/v1/chat", 2, 300);
	first = read_at(&source, 1, 7, NULL);
	count_call(&calls, "/v1/chat", 46, 4600);
	count_call(&calls, "/health", 4, 40);
	second = read_at(&source, 1, 9, first);
	REQUIRE(first && second);
	CHECK_NUMBER(second->public.interval_ns, 2 * SECOND_NS);
	record = record_of_row(&second->public.tables[0], 0);
	CHECK_NEAR(record.rates[0], 23);
	CHECK_NEAR(record.rates[1], 2300);
	record = record_of_row(&second->public.tables[0], 1);
	CHECK_NEAR(record.rates[0], 2);
	CHECK_NEAR(record.rates[1], 20);
	snapshot_unref(first);
	snapshot_unref(second);
	table_source_close(&source);
}

TEST(tables_are_found_again_in_any_order)
{
	struct calls calls, others;
	struct table_source sources[2] = { open_calls(&calls), open_calls(&others) }, turned[2];
	struct snapshot *first, *second;

	((struct table_schema *)sources[1].schema)->public.table = "others";
	count_call(&calls, "/a", 10, 0);
	count_call(&others, "/a", 100, 0);
	first = read_at(sources, 2, 1, NULL);
	count_call(&calls, "/a", 1, 0);
	count_call(&others, "/a", 2, 0);
	turned[0] = sources[1];
	turned[1] = sources[0];
	second = read_at(turned, 2, 2, first);
	REQUIRE(first && second);
	CHECK_NEAR(second->public.tables[0].rates[0], 2);
	CHECK_NEAR(second->public.tables[1].rates[0], 1);
	snapshot_unref(first);
	snapshot_unref(second);
	table_source_close(&sources[0]);
	table_source_close(&sources[1]);
}

TEST(a_source_that_cannot_be_read_is_a_loss_and_one_that_fails_an_error)
{
	const struct skbscope_read_options options = { .monotonic_ns = 1 };
	struct calls calls;
	struct table_source source = open_calls(&calls);
	struct snapshot *snapshot;
	struct skbscope_error error = { 0 };

	count_call(&calls, "/a", 1, 0);
	calls.result = -EOPNOTSUPP;
	snapshot = read_at(&source, 1, 1, NULL);
	REQUIRE(snapshot && snapshot->public.loss_count == 1);
	CHECK_TEXT(snapshot->public.losses[0].table, "calls");
	CHECK_TEXT(snapshot->public.losses[0].what, "cannot be read");
	CHECK_NUMBER(snapshot->public.tables[0].row_count, 0);
	snapshot_unref(snapshot);
	snapshot = NULL;
	calls.result = -EIO;
	CHECK_NUMBER(table_sources_read(&source, 1, &options, NULL, &snapshot, &error), -EIO);
	CHECK(!snapshot);
	CHECK_CONTAINS(error.message, "cannot read the table 'calls'");
	calls.result = -EINTR;
	CHECK_NUMBER(table_sources_read(&source, 1, &options, NULL, &snapshot, &error), -EINTR);
	table_source_close(&source);
}

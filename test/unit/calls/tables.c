/* SPDX-License-Identifier: Apache-2.0 */
/* A book of calls: no packets, no kernel. */
#include "calls/tables.h"

#include "base/cleanup.h"
#include "harness.h"
#include "model/record.h"

#define SECOND_NS UINT64_C(1000000000)

static struct offender offenders[64];
static size_t offender_count;
static struct anomaly anomalies[64];
static size_t anomaly_count;

static void on_news(void *context, enum call_table table, const void *value, uint64_t now_ns)
{
	(void)context;
	(void)now_ns;
	if (table == TABLE_OFFENDERS && offender_count < 64)
		offenders[offender_count++] = *(const struct offender *)value;
	if (table == TABLE_ANOMALIES && anomaly_count < 64)
		anomalies[anomaly_count++] = *(const struct anomaly *)value;
}

static struct book *open_book(struct book_rules rules)
{
	struct book *book = NULL;

	offender_count = anomaly_count = 0;
	CHECK_NUMBER(book_open(&rules, &book), 0);
	return book;
}

static struct call_record call_of(const char *client, const char *route, uint16_t status)
{
	struct call_record call;

	record_init(&call);
	call.start_ns = SECOND_NS;
	call.status = status;
	call.complete = 1;
	strcpy(call.client, client);
	strcpy(call.route, route);
	return call;
}

static void take(struct book *book, const struct call_record *call)
{
	book_take(book, call, on_news, NULL);
}

static struct snapshot *read_book(struct book *book)
{
	const struct skbscope_read_options options = { .monotonic_ns = 9 * SECOND_NS,
						       .wall_ns = 9 };
	struct table_source sources[BOOK_TABLES];
	struct snapshot *snapshot = NULL;
	struct skbscope_error error;

	for (enum call_table table = 0; table < BOOK_TABLES; table++)
		sources[table] = book_source(book, table);
	CHECK_NUMBER(table_sources_read(sources, BOOK_TABLES, &options, NULL, &snapshot, &error),
		     0);
	return snapshot;
}

static const struct route_value *route_at(const struct snapshot *snapshot, size_t row)
{
	const struct skbscope_table *table = &snapshot->public.tables[TABLE_ROUTES];

	return (const void *)(table->values + row * table->schema->value_size);
}

TEST(calls_are_counted_by_route_and_version_with_their_status)
{
	AUTO(book_freep) struct book *book = open_book((struct book_rules){ 0 });
	struct call_record old = call_of("192.0.2.1", "/v1/x", 200);
	struct call_record new = call_of("192.0.2.2", "/v2/x", 503);
	AUTO(snapshot_unrefp) struct snapshot *snapshot = NULL;

	strcpy(old.api_version, "v1");
	strcpy(old.deprecation, "true");
	strcpy(old.sunset, "Sat, 31 Oct 2026 00:00:00 GMT");
	old.response_bytes = 10;
	old.first_byte_ns = 1000;
	strcpy(new.api_version, "v2");
	take(book, &old);
	take(book, &old);
	take(book, &new);
	snapshot = read_book(book);
	CHECK_NUMBER(snapshot->public.tables[TABLE_ROUTES].row_count, 2);
	CHECK_NUMBER(route_at(snapshot, 0)->requests, 2);
	CHECK_NUMBER(route_at(snapshot, 0)->ok, 2);
	CHECK_NUMBER(route_at(snapshot, 0)->response_bytes, 20);
	CHECK_NUMBER(route_at(snapshot, 0)->first_byte[10], 2);
	CHECK_TEXT(route_at(snapshot, 0)->sunset, "Sat, 31 Oct 2026 00:00:00 GMT");
	CHECK_NUMBER(route_at(snapshot, 1)->server_errors, 1);
	CHECK_NUMBER(route_at(snapshot, 1)->response_bytes, 0); /* not known */
	CHECK_NUMBER(snapshot->public.tables[TABLE_CALLS].received, 3);
	CHECK_NUMBER(snapshot->public.tables[TABLE_CLIENTS].row_count, 2);
	CHECK_NUMBER(snapshot->public.tables[TABLE_MODELS].row_count, 0);
	CHECK_NUMBER(snapshot->public.loss_count, 0);
}

TEST(an_offender_is_told_of_once_for_each_reason)
{
	AUTO(book_freep) struct book *book = open_book((struct book_rules){ 0 });
	struct call_record refused = call_of("192.0.2.9", "/a", 401);

	take(book, &refused);
	take(book, &refused);
	refused.status = 429;
	take(book, &refused);
	CHECK_NUMBER(offender_count, 2);
	CHECK_TEXT(offenders[0].reason, "401");
	CHECK_TEXT(offenders[1].reason, "429");
	CHECK_TEXT(offenders[1].client, "192.0.2.9");
}

TEST(who_has_no_credentials_where_others_have_them_is_told_of)
{
	AUTO(book_freep) struct book *book = open_book((struct book_rules){ 0 });
	struct call_record open = call_of("192.0.2.1", "/open", 200);
	struct call_record with = call_of("192.0.2.1", "/closed", 200);
	struct call_record without = call_of("192.0.2.2", "/closed", 200);

	open.credentials = without.credentials = 0;
	with.credentials = 1;
	take(book, &open);
	take(book, &without); /* nobody has had any there yet */
	CHECK_NUMBER(offender_count, 0);
	take(book, &with);
	take(book, &without);
	CHECK_NUMBER(offender_count, 1);
	CHECK_TEXT(offenders[0].reason, "no credentials");
	without.credentials = RECORD_NOT_KNOWN;
	strcpy(without.client, "192.0.2.3");
	take(book, &without);
	CHECK_NUMBER(offender_count, 1);
}

TEST(a_route_that_never_was_there_is_unknown)
{
	AUTO(book_freep) struct book *book = open_book((struct book_rules){ 0 });
	struct call_record found = call_of("192.0.2.1", "/users/:id", 200);
	struct call_record missing = call_of("192.0.2.1", "/users/:id", 404);
	struct call_record scan = call_of("192.0.2.6", "/.env", 404);

	take(book, &found);
	take(book, &missing); /* of a thing that is not there */
	CHECK_NUMBER(offender_count, 0);
	take(book, &scan);
	CHECK_NUMBER(offender_count, 1);
	CHECK_TEXT(offenders[0].reason, "unknown route");
}

TEST(more_calls_than_allowed_within_a_second_are_a_burst)
{
	AUTO(book_freep) struct book *book = open_book((struct book_rules){ .burst = 5 });
	struct call_record call = call_of("192.0.2.1", "/a", 200);

	for (int i = 0; i < 20; i++) { /* four a second */
		take(book, &call);
		call.start_ns += SECOND_NS / 4;
	}
	CHECK_NUMBER(offender_count, 0);
	for (int i = 0; i < 6; i++)
		take(book, &call);
	CHECK_NUMBER(offender_count, 1);
	CHECK_TEXT(offenders[0].reason, "burst");
}

TEST(a_client_far_from_its_own_past_is_told_of_once_a_period)
{
	AUTO(book_freep)
	struct book *book =
		open_book((struct book_rules){ .burst = 10000, .anomaly_ns = SECOND_NS });
	struct call_record call = call_of("192.0.2.1", "/a", 200);
	struct call_record error = call_of("192.0.2.1", "/a", 500);

	for (uint64_t second = 1; second <= 10; second++) {
		call.start_ns = second * SECOND_NS;
		for (int i = 0; i < 10; i++)
			take(book, &call);
	}
	CHECK_NUMBER(anomaly_count, 0);
	call.start_ns = 11 * SECOND_NS;
	for (int i = 0; i < 200; i++)
		take(book, &call);
	CHECK_NUMBER(anomaly_count, 1);
	CHECK_TEXT(anomalies[0].of, "rate");
	CHECK_NUMBER(anomalies[0].value, 51);
	CHECK_NUMBER(anomalies[0].usual, 10);
	CHECK_TEXT(anomalies[0].rule, "over 5 times the mean of 10 periods of 1 s");
	error.start_ns = 11 * SECOND_NS;
	for (int i = 0; i < 5; i++)
		take(book, &error);
	CHECK_NUMBER(anomaly_count, 2);
	CHECK_TEXT(anomalies[1].of, "errors");
}

TEST(tokens_that_are_not_known_are_no_zeros)
{
	AUTO(book_freep) struct book *book = open_book((struct book_rules){ .ai = true });
	struct call_record call = call_of("192.0.2.1", "/v1/chat/completions", 200);
	AUTO(snapshot_unrefp) struct snapshot *snapshot = NULL;
	const struct model_value *model;

	strcpy(call.dialect, "openai");
	strcpy(call.model_asked, "gpt-4o");
	call.first_token_ns = SECOND_NS / 2;
	call.last_ns = SECOND_NS;
	call.streamed = 1;
	take(book, &call);
	call.tokens_in = 11;
	call.tokens_out = 9;
	take(book, &call);
	call.status = 529;
	call.tokens_in = call.tokens_out = RECORD_UNKNOWN;
	take(book, &call);
	snapshot = read_book(book);
	REQUIRE(snapshot->public.tables[TABLE_MODELS].row_count == 1);
	model = (const void *)snapshot->public.tables[TABLE_MODELS].values;
	CHECK_NUMBER(model->calls, 3);
	CHECK_NUMBER(model->failures, 1);
	CHECK_NUMBER(model->without_usage, 2);
	CHECK_NUMBER(model->tokens_out, 9);
	CHECK_NEAR(model->tokens_per_second, 18.0);
}

TEST(what_is_missing_is_a_loss_of_the_reading)
{
	AUTO(book_freep) struct book *book = open_book((struct book_rules){ 0 });
	const struct wire_statistics statistics = { .unreadable = 2, .gaps = 3, .gap_bytes = 4711 };
	AUTO(snapshot_unrefp) struct snapshot *snapshot = NULL;

	book_statistics(book, &statistics);
	snapshot = read_book(book);
	REQUIRE(snapshot->public.loss_count == 2);
	CHECK_TEXT(snapshot->public.losses[0].what, "gaps");
	CHECK_NUMBER(snapshot->public.losses[0].count, 3);
	CHECK_TEXT(snapshot->public.losses[1].what, "connections not readable");
}

TEST(records_from_elsewhere_end_their_texts)
{
	struct call_record call;

	memset(&call, 'x', sizeof(call));
	call.host[3] = '\0';
	record_mend(&call);
	CHECK_NUMBER(strlen(call.path), sizeof(call.path) - 1);
	CHECK_TEXT(call.host, "xxx");
	CHECK_NUMBER(call.host[4], 0);
}

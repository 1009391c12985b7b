/* SPDX-License-Identifier: Apache-2.0 */
#include "calls/tables.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "calls/book.h"
#include "calls/describe.h"

#define SERIES_DEFAULT 500u
#define BURST_DEFAULT 100u
#define SEEN_ROOM 64u
#define ANOMALY_NS_DEFAULT UINT64_C(60000000000)
#define ANOMALY_FACTOR_DEFAULT 5u

static const struct {
	size_t key_size, value_size;
} sizes[BOOK_TABLES] = {
	[TABLE_ROUTES] = { sizeof(struct route_key), sizeof(struct route_value) },
	[TABLE_CLIENTS] = { sizeof(struct client_key), sizeof(struct client_value) },
	[TABLE_REFUSED] = { sizeof(struct refused_key), sizeof(struct refused_value) },
	[TABLE_MODELS] = { sizeof(struct model_key), sizeof(struct model_value) },
	[TABLE_NOW] = { sizeof(struct seen_key), sizeof(struct now_value) },
	[TABLE_SEEN] = { sizeof(struct seen_key), sizeof(struct seen_value) },
};

static const char *const folded_names[BOOK_TABLES] = {
	[TABLE_ROUTES] = "calls of other routes",
	[TABLE_CLIENTS] = "calls of other clients",
	[TABLE_REFUSED] = "other refused calls",
	[TABLE_MODELS] = "calls of other models",
};

static void obey(const struct book_rules *rules, struct book_rules *out)
{
	*out = *rules;
	out->series = rules->series ? rules->series : SERIES_DEFAULT;
	out->burst = rules->burst ? rules->burst : BURST_DEFAULT;
	out->anomaly_ns = rules->anomaly_ns ? rules->anomaly_ns : ANOMALY_NS_DEFAULT;
	out->anomaly_factor =
		rules->anomaly_factor ? rules->anomaly_factor : ANOMALY_FACTOR_DEFAULT;
}

/* All text of it: the first one is "other", the rest nothing. */
static int open_places(struct book *book, enum call_table table)
{
	char other[sizeof(struct client_key) + sizeof(struct route_key)] = "other";

	return places_open(&book->places[table], sizes[table].key_size, sizes[table].value_size,
			   table == TABLE_SEEN ? SEEN_ROOM : (size_t)book->rules.series, other);
}

static int open_pasts(struct book *book)
{
	const struct past_key other = { .client = "other" };

	return places_open(&book->pasts, sizeof(struct past_key), sizeof(struct client_past),
			   (size_t)book->rules.series, &other);
}

int book_open(const struct book_rules *rules, struct book **out)
{
	AUTO(book_freep) struct book *book = calloc(1, sizeof(*book));
	int r = 0;

	if (!book)
		return -ENOMEM;
	obey(rules, &book->rules);
	book->arena = arena_new();
	if (!book->arena)
		return -ENOMEM;
	for (enum call_table table = 0; table < BOOK_TABLES && r == 0; table++) {
		book->tables[table] = (struct book_table){ book, table };
		r = describe_table(table, &book->rules, book->arena, &book->schemas[table]);
		if (r == 0 && sizes[table].key_size)
			r = open_places(book, table);
	}
	if (r == 0)
		r = open_pasts(book);
	if (r < 0)
		return r;
	*out = TAKE(book);
	return 0;
}

void book_freep(struct book **out)
{
	struct book *book = *out;

	if (!book)
		return;
	for (enum call_table table = 0; table < BOOK_TABLES; table++) {
		places_close(&book->places[table]);
		schema_set_unref(book->schemas[table]);
	}
	places_close(&book->pasts);
	arena_free(book->arena);
	free(book);
	*out = NULL;
}

static void measure(uint64_t *buckets, uint64_t ns)
{
	const unsigned int bucket = ns ? 64 - (unsigned int)__builtin_clzll(ns) : 0;

	if (ns != RECORD_UNKNOWN)
		buckets[bucket < CALLS_LOG2 ? bucket : CALLS_LOG2 - 1]++;
}

static void count_status(struct route_value *route, uint16_t status)
{
	if (status == RECORD_NO_STATUS)
		return;
	route->ok += status < 300;
	route->redirects += status >= 300 && status < 400;
	route->client_errors += status >= 400 && status < 500;
	route->server_errors += status >= 500;
}

static struct route_value *take_route(struct book *book, const struct call_record *call)
{
	struct route_key key = { 0 };
	struct route_value *route;
	bool is_new;

	memcpy(key.route, call->route, sizeof(key.route));
	memcpy(key.api_version, call->api_version, sizeof(key.api_version));
	route = places_take(&book->places[TABLE_ROUTES], &key, &is_new);
	route->requests++;
	count_status(route, call->status);
	route->incomplete += call->complete != 1;
	route->request_bytes += record_amount(call->request_bytes);
	route->response_bytes += record_amount(call->response_bytes);
	measure(route->first_byte, call->first_byte_ns);
	measure(route->last_byte, call->last_ns);
	route->last_seen = call->start_ns;
	if (*call->deprecation)
		memcpy(route->deprecation, call->deprecation, sizeof(route->deprecation));
	if (*call->sunset)
		memcpy(route->sunset, call->sunset, sizeof(route->sunset));
	return route;
}

static void take_client(struct book *book, const struct call_record *call)
{
	struct client_key key = { 0 };
	struct client_value *client;
	bool is_new;

	memcpy(key.client, call->client, sizeof(key.client));
	memcpy(key.consumer, call->consumer, sizeof(key.consumer));
	memcpy(key.api_version, call->api_version, sizeof(key.api_version));
	client = places_take(&book->places[TABLE_CLIENTS], &key, &is_new);
	client->requests++;
	client->refused += record_is_refused(call);
	client->client_errors += call->status >= 400 && call->status < 500;
	client->server_errors += call->status >= 500 && call->status != RECORD_NO_STATUS;
	client->request_bytes += record_amount(call->request_bytes);
	client->response_bytes += record_amount(call->response_bytes);
	client->tokens += record_amount(call->tokens_in) + record_amount(call->tokens_out);
	if (!client->first_seen)
		client->first_seen = call->start_ns;
	client->last_seen = call->start_ns;
}

/* While it answered: from the first token, where that is known, to the last byte. */
static void pace(struct model_value *model, const struct call_record *call)
{
	const uint64_t from = call->first_token_ns != RECORD_UNKNOWN ? call->first_token_ns
			      : call->streamed == 1                  ? call->first_byte_ns
								     : 0;

	if (call->tokens_out != RECORD_UNKNOWN && call->last_ns != RECORD_UNKNOWN &&
	    from < call->last_ns) {
		model->counted_tokens += call->tokens_out;
		model->answering_ns += call->last_ns - from;
	}
	if (model->answering_ns)
		model->tokens_per_second =
			round((double)model->counted_tokens * 1e10 / (double)model->answering_ns) /
			10;
	else
		memset(&model->tokens_per_second, 0xff, sizeof(model->tokens_per_second));
}

static void take_model(struct book *book, const struct call_record *call)
{
	struct model_key key = { 0 };
	struct model_value *model;
	bool is_new;

	RECORD_TEXT(&key, model, record_model(call), sizeof(key.model));
	memcpy(key.dialect, call->dialect, sizeof(key.dialect));
	model = places_take(&book->places[TABLE_MODELS], &key, &is_new);
	if (!model->calls++)
		model->requests_left = model->tokens_left = RECORD_UNKNOWN;
	if (call->requests_left != RECORD_UNKNOWN)
		model->requests_left = call->requests_left;
	if (call->tokens_left != RECORD_UNKNOWN)
		model->tokens_left = call->tokens_left;
	model->failures +=
		(call->status >= 400 && call->status != RECORD_NO_STATUS) || *call->error_type;
	model->streamed += call->streamed == 1;
	model->aborted += call->aborted == 1;
	model->without_usage +=
		call->tokens_in == RECORD_UNKNOWN && call->tokens_out == RECORD_UNKNOWN;
	model->tokens_in += record_amount(call->tokens_in);
	model->tokens_out += record_amount(call->tokens_out);
	model->tokens_cached += record_amount(call->tokens_cached);
	measure(model->first_token, call->first_token_ns);
	measure(model->last_byte, call->last_ns);
	pace(model, call);
}

void book_take(struct book *book, const struct call_record *call, book_news *news, void *context)
{
	const struct news to = { news, context, call->start_ns };
	struct route_value *route = take_route(book, call);

	book->received[TABLE_CALLS]++;
	book_count(book, "calls", 1, false);
	if (call->complete != 1)
		book_count(book, "incomplete calls", 1, false);
	take_client(book, call);
	if (record_is_ai(call))
		take_model(book, call);
	book_judge(book, call, route, &to);
	book_compare(book, call, &to);
	if (call->status != RECORD_NO_STATUS && call->status != 404)
		route->known++;
	if (call->credentials == 1 && !record_is_refused(call) && call->status < 400)
		route->credentials++;
}

void book_tell(struct book *book, enum call_table table, const void *value, const struct news *to)
{
	book->received[table]++;
	if (to->tell)
		to->tell(to->context, table, value, to->now_ns);
	else
		book_unseen(book, table);
}

void book_gap(struct book *book, const struct wire_gap *gap, book_news *news, void *context)
{
	const struct news to = { news, context, gap->time_ns };

	book_tell(book, TABLE_GAPS, gap, &to);
}

static void set_now(struct book *book, const char *what, uint64_t count)
{
	struct seen_key key = { 0 };
	struct now_value *value;
	bool is_new;

	RECORD_TEXT(&key, what, what, sizeof(key.what));
	value = places_take(&book->places[TABLE_NOW], &key, &is_new);
	value->under_way = count;
}

/* What is 0 has no row, so that nobody reads through what did not happen. */
static void set_sum(struct book *book, const char *what, uint64_t sum, bool is_loss)
{
	if (sum)
		book_set(book, what, sum, is_loss);
}

void book_statistics(struct book *book, const struct wire_statistics *statistics)
{
	set_now(book, "calls", statistics->in_flight);
	set_now(book, "connections", statistics->connections);
	set_sum(book, "calls lost", statistics->calls_lost, true);
	set_sum(book, "gaps", statistics->gaps, true);
	set_sum(book, "bytes in gaps", statistics->gap_bytes, false);
	set_sum(book, "connections found open", statistics->late, false);
	set_sum(book, "connections not readable", statistics->unreadable, true);
	set_sum(book, "connections evicted", statistics->evicted, true);
	set_sum(book, "connections silent too long", statistics->idle, true);
	set_sum(book, "segments seen again", statistics->retransmitted, false);
	set_sum(book, "segments out of order", statistics->reordered, false);
}

static struct seen_value *seen(struct book *book, const char *what, bool is_loss)
{
	struct seen_key key = { 0 };
	struct seen_value *value;
	bool is_new;

	RECORD_TEXT(&key, what, what, sizeof(key.what));
	value = places_take(&book->places[TABLE_SEEN], &key, &is_new);
	if (is_loss && !places_is_other(&book->places[TABLE_SEEN], value))
		book->losses |= UINT64_C(1)
				<< ((size_t)((uint8_t *)value - book->places[TABLE_SEEN].values) /
				    sizeof(*value));
	return value;
}

void book_count(struct book *book, const char *what, uint64_t count, bool is_loss)
{
	seen(book, what, is_loss)->count += count;
}

void book_set(struct book *book, const char *what, uint64_t sum, bool is_loss)
{
	seen(book, what, is_loss)->count = sum;
}

const struct table_schema *book_schema(const struct book *book, enum call_table table)
{
	return schema_set_table(book->schemas[table], 0);
}

static int read_table(void *context, const struct skbscope_read_options *options,
		      struct table_rows *out)
{
	const struct book_table *table = context;

	(void)options;
	return places_read(&table->book->places[table->table], describe_size(table->table), out);
}

static int tell_losses(const struct book *book, struct snapshot *snapshot)
{
	const struct places *places = &book->places[TABLE_SEEN];
	int r = 0;

	for (size_t row = 0; row < places->count && r == 0; row++) {
		const struct seen_key *key = places_key(places, row);
		const struct seen_value *value = places_value(places, row);

		if (book->losses >> row & 1 && value->count)
			r = snapshot_add_loss(snapshot, "calls",
					      arena_string(snapshot->arena, key->what),
					      value->count, true);
	}
	return r;
}

static int tell(void *context, struct snapshot *snapshot, size_t index)
{
	const struct book_table *table = context;
	struct book *book = table->book;
	const struct event_counts counts = { .received = book->received[table->table],
					     .unseen = book->unseen[table->table] };
	const char *folded = folded_names[table->table];

	if (table->table == TABLE_SEEN)
		return tell_losses(book, snapshot);
	if (folded && book->places[table->table].folded)
		book_set(book, folded, book->places[table->table].folded, false);
	return sizes[table->table].key_size ? 0 : snapshot_set_events(snapshot, index, &counts);
}

struct table_source book_source(struct book *book, enum call_table table)
{
	return (struct table_source){ .schema = book_schema(book, table),
				      .since = 1,
				      .read = sizes[table].key_size ? read_table : NULL,
				      .tell = tell,
				      .context = &book->tables[table] };
}

void book_unseen(struct book *book, enum call_table table)
{
	book->unseen[table]++;
}

size_t book_refused(const struct book *book)
{
	return book->places[TABLE_REFUSED].count;
}

const struct refused_key *book_refused_at(const struct book *book, size_t row,
					  const struct refused_value **value)
{
	*value = places_value(&book->places[TABLE_REFUSED], row);
	return places_key(&book->places[TABLE_REFUSED], row);
}

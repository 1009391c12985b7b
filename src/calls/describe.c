/* SPDX-License-Identifier: Apache-2.0 */
#include "calls/describe.h"

#include <errno.h>
#include <string.h>

#include "model/fields.h"

#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

/* In the order in which they are shown. */
#define F(form, member) FIELD(form, struct call_record, member)
static const struct field call_fields[] = {
	F(TEXT, client),
	F(NUMBER, client_port),
	F(TEXT, server),
	F(NUMBER, server_port),
	F(TEXT, consumer),
	F(TEXT, method),
	F(TEXT, host),
	F(TEXT, path),
	F(TEXT, route),
	F(TEXT, api_version),
	F(TEXT, version_source),
	F(NUMBER, status),
	F(TEXT, dialect),
	F(TEXT, operation),
	F(TEXT, model_asked),
	F(TEXT, model_answered),
	F(NS, first_token_ns),
	F(NUMBER, tokens_in),
	F(NUMBER, tokens_out),
	F(NUMBER, tokens_cached),
	F(NS, request_end_ns),
	F(NS, first_byte_ns),
	F(NS, last_ns),
	F(BYTES, request_bytes),
	F(BYTES, response_bytes),
	F(TRUTH, stream_asked),
	F(TRUTH, streamed),
	F(NUMBER, events),
	F(NS, token_gap_mean_ns),
	F(NS, token_gap_max_ns),
	F(TEXT, error_type),
	F(NUMBER, retry_after_s),
	F(NUMBER, limit_requests),
	F(NUMBER, requests_left),
	F(NUMBER, limit_tokens),
	F(NUMBER, tokens_left),
	F(TEXT, deprecation),
	F(TEXT, sunset),
	F(TEXT, agent),
	F(TEXT, content_type),
	F(TEXT, gateway),
	F(TEXT, provider),
	F(NS, gateway_overhead_ns),
	F(TEXT, cost),
	F(TEXT, trace_id),
	F(TEXT, upgrade),
	F(TEXT, smuggling),
	F(TRUTH, complete),
	F(TRUTH, aborted),
	F(TEXT, loss),
};
#undef F

/* What a line of a call for people has; the others are details. */
static const char *const call_shown[] = { "client",        "consumer",    "method",
					  "path",          "api_version", "status",
					  "first_byte_ns", "last_ns",     "response_bytes",
					  "loss",          NULL };
static const char *const ai_shown[] = { "client",         "consumer", "model_asked", "status",
					"first_token_ns", "last_ns",  "tokens_in",   "tokens_out",
					"error_type",     "loss",     NULL };

#define F(form, member) FIELD(form, struct offender, member)
static const struct field offender_fields[] = {
	F(TEXT, client), F(TEXT, consumer), F(TEXT, reason), F(TEXT, route), F(NUMBER, status),
};
#undef F
#define F(form, member) FIELD(form, struct anomaly, member)
static const struct field anomaly_fields[] = {
	F(TEXT, client),  F(TEXT, consumer), F(TEXT, of),
	F(NUMBER, value), F(NUMBER, usual),  F(TEXT, rule),
};
#undef F

#define F(form, member) FIELD(form, struct wire_gap, member)
static const struct field gap_fields[] = {
	F(TEXT, what),    F(TEXT, client), F(TEXT, server),
	F(NUMBER, times), F(BYTES, bytes), F(NUMBER, calls),
};
#undef F

#define F(form, member) FIELD(form, struct route_key, member)
static const struct field route_keys[] = { F(TEXT, route), F(TEXT, api_version) };
#undef F
#define F(form, member) FIELD(form, struct route_value, member)
static const struct field route_values[] = {
	F(COUNT, requests),           F(COUNT, ok),
	F(COUNT, redirects),          F(COUNT, client_errors),
	F(COUNT, server_errors),      F(COUNT, incomplete),
	F(BYTE_COUNT, request_bytes), F(BYTE_COUNT, response_bytes),
	F(NS_LOG2, first_byte),       F(NS_LOG2, last_byte),
	F(TEXT, deprecation),         F(TEXT, sunset),
	F(WHEN, last_seen),
};
#undef F

#define F(form, member) FIELD(form, struct client_key, member)
static const struct field client_keys[] = { F(TEXT, client), F(TEXT, consumer),
					    F(TEXT, api_version) };
#undef F
#define F(form, member) FIELD(form, struct client_value, member)
static const struct field client_values[] = {
	F(COUNT, requests),
	F(COUNT, refused),
	F(COUNT, client_errors),
	F(COUNT, server_errors),
	F(BYTE_COUNT, request_bytes),
	F(BYTE_COUNT, response_bytes),
	F(COUNT, tokens),
	F(WHEN, first_seen),
	F(WHEN, last_seen),
};
#undef F

#define F(form, member) FIELD(form, struct refused_key, member)
static const struct field refused_keys[] = { F(TEXT, client), F(TEXT, consumer), F(TEXT, reason) };
#undef F
#define F(form, member) FIELD(form, struct refused_value, member)
static const struct field refused_values[] = {
	F(COUNT, calls), F(NUMBER, status), F(TEXT, route), F(WHEN, first_seen), F(WHEN, last_seen),
};
#undef F

#define F(form, member) FIELD(form, struct model_key, member)
static const struct field model_keys[] = { F(TEXT, model), F(TEXT, dialect) };
#undef F
#define F(form, member) FIELD(form, struct model_value, member)
static const struct field model_values[] = {
	F(COUNT, calls),          F(COUNT, failures),
	F(COUNT, streamed),       F(COUNT, aborted),
	F(NS_LOG2, first_token),  F(NS_LOG2, last_byte),
	F(COUNT, tokens_in),      F(COUNT, tokens_out),
	F(COUNT, tokens_cached),  F(REAL, tokens_per_second),
	F(NUMBER, requests_left), F(NUMBER, tokens_left),
	F(COUNT, without_usage),
};
#undef F

static const struct field seen_keys[] = { FIELD(TEXT, struct seen_key, what) };
static const struct field now_values[] = { FIELD(NUMBER, struct now_value, under_way) };
static const struct field seen_values[] = { FIELD(COUNT, struct seen_value, count) };

/* What a table for people has. */
static const char *const route_shown[] = {
	"route",         "api_version", "requests",  "client_errors",
	"server_errors", "first_byte",  "last_byte", "deprecation",
	"sunset",        "last_seen",   NULL
};
static const char *const client_shown[] = { "client",  "consumer",      "api_version", "requests",
					    "refused", "server_errors", "last_seen",   NULL };
static const char *const model_shown[] = { "model",         "dialect",    "calls",
					   "failures",      "aborted",    "first_token",
					   "tokens_in",     "tokens_out", "tokens_per_second",
					   "without_usage", NULL };
static const char *const rated[] = { "requests", "calls", "count", NULL };

/* What each is made of. */
static const struct part {
	const char *table;
	const struct field *keys;
	size_t key_count, key_size;
	const struct field *values;
	size_t value_count, value_size;
	const char *sort, *help;
} parts[BOOK_TABLES] = {
#define EVENTS(name, fields, type, help)                                                           \
	{                                                                                          \
		name, NULL, 0, 0, fields, COUNT(fields), sizeof(type), NULL, help                  \
	}
#define ROWS(name, keys, key, values, value, size, sort, help)                                     \
	{                                                                                          \
		name, keys, COUNT(keys), sizeof(key), values, COUNT(values), size, sort, help      \
	}
	[TABLE_CALLS] = EVENTS("calls", call_fields, struct call_record, "one HTTP call each"),
	[TABLE_OFFENDERS] = EVENTS("offenders", offender_fields, struct offender,
				   "who was refused, or is to be looked at, for the first time"),
	[TABLE_ANOMALIES] = EVENTS("anomalies", anomaly_fields, struct anomaly,
				   "a client far from its own past"),
	[TABLE_GAPS] = EVENTS("gaps", gap_fields, struct wire_gap,
			      "what of connections is missing, or cannot be read"),
	[TABLE_ROUTES] = ROWS("routes", route_keys, struct route_key, route_values,
			      struct route_value, offsetof(struct route_value, known), "requests",
			      "calls by route and API version"),
	[TABLE_CLIENTS] = ROWS("clients", client_keys, struct client_key, client_values,
			       struct client_value, sizeof(struct client_value), "requests",
			       "calls by client, credential and API version"),
	[TABLE_REFUSED] = ROWS("refused", refused_keys, struct refused_key, refused_values,
			       struct refused_value, sizeof(struct refused_value), "calls",
			       "calls that were refused or are suspect, by client and reason"),
	[TABLE_MODELS] = ROWS("models", model_keys, struct model_key, model_values,
			      struct model_value, offsetof(struct model_value, answering_ns),
			      "calls", "calls of AI APIs by model"),
	[TABLE_NOW] = ROWS("now", seen_keys, struct seen_key, now_values, struct now_value,
			   sizeof(struct now_value), NULL, "what is under way"),
	[TABLE_SEEN] =
		ROWS("seen", seen_keys, struct seen_key, seen_values, struct seen_value,
		     sizeof(struct seen_value), NULL, "what was read, and what could not be"),
#undef EVENTS
#undef ROWS
};

size_t describe_size(enum call_table table)
{
	return parts[table].value_size;
}

/* Those that were asked for stand in front of what a line does without. */
static const struct skbscope_type *call_type(const struct book_rules *rules, struct arena *arena)
{
	struct field fields[COUNT(call_fields) + RECORD_COLUMNS];
	size_t count = COUNT(call_fields);

	memcpy(fields, call_fields, sizeof(call_fields));
	for (size_t i = 0; i < RECORD_COLUMNS && rules->columns[i]; i++)
		fields[count++] = (struct field){
			rules->columns[i], FIELD_TEXT,
			(uint32_t)(offsetof(struct call_record, columns) +
				   i * sizeof(((struct call_record *)0)->columns[0])),
			sizeof(((struct call_record *)0)->columns[0])
		};
	return fields_type(arena, fields, count, sizeof(struct call_record));
}

int describe_table(enum call_table table, const struct book_rules *rules, struct arena *arena,
		   struct schema_set **out)
{
	const struct part *part = &parts[table];
	struct table_description description = {
		.table = part->table,
		.kind = "calls",
		.max_entries = part->keys ? (uint32_t)rules->series : 0,
		.help = part->help,
		.sort_column = part->sort,
		.is_events = !part->keys,
		.own_columns = part->key_count + part->value_count,
		.rated = rated,
	};

	if (part->keys)
		description.key = fields_type(arena, part->keys, part->key_count, part->key_size);
	description.value = table == TABLE_CALLS ? call_type(rules, arena)
						 : fields_type(arena, part->values,
							       part->value_count, part->value_size);
	if (table == TABLE_CALLS)
		description.shown = rules->ai ? ai_shown : call_shown;
	else if (table == TABLE_ROUTES)
		description.shown = route_shown;
	else if (table == TABLE_CLIENTS)
		description.shown = client_shown;
	else if (table == TABLE_MODELS)
		description.shown = model_shown;
	if (!description.value || (part->keys && !description.key))
		return -ENOMEM;
	return schema_set_new_table(&description, out);
}

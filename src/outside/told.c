/* SPDX-License-Identifier: Apache-2.0 */
/* Calls and gaps, as the run is told of them. */
#include <arpa/inet.h>
#include <string.h>

#include "outside/reader.h"

static void put_text(char *out, size_t size, const char *text)
{
	record_text(out, size, text ? text : "", text ? strlen(text) : 0);
}

static void put_address(const struct endpoint *endpoint, char out[46])
{
	inet_ntop(endpoint->family == 4 ? AF_INET : AF_INET6, endpoint->address, out, 46);
}

static uint8_t truth(int64_t value)
{
	return value < 0 ? RECORD_NOT_KNOWN : value > 0;
}

static const struct call_member *member_of(const char *name)
{
	for (size_t i = 0; i < call_member_count; i++)
		if (strcmp(call_members[i].name, name) == 0)
			return &call_members[i];
	return NULL;
}

static void put_name(char *out, size_t size, const struct call *call, const char *name)
{
	const struct call_member *member = member_of(name);

	put_text(out, size, member ? call_text(call, member) : NULL);
}

static void put_ends(const struct call *call, struct call_record *record)
{
	put_address(&call->client, record->client);
	put_address(&call->server, record->server);
	record->client_port = call->client.port;
	record->server_port = call->server.port;
}

/* Unknown is all ones on both sides. */
static void put_numbers(const struct call *call, struct call_record *record)
{
#define NUMBER(member) record->member = (uint64_t)call->member
	NUMBER(request_end_ns);
	NUMBER(first_byte_ns);
	NUMBER(first_token_ns);
	NUMBER(last_ns);
	NUMBER(token_gap_mean_ns);
	NUMBER(token_gap_max_ns);
	NUMBER(gateway_overhead_ns);
	NUMBER(request_bytes);
	NUMBER(response_bytes);
	NUMBER(tokens_in);
	NUMBER(tokens_out);
	NUMBER(tokens_cached);
	NUMBER(events);
	NUMBER(limit_requests);
	NUMBER(requests_left);
	NUMBER(limit_tokens);
	NUMBER(tokens_left);
	NUMBER(retry_after_s);
#undef NUMBER
	record->status = call->status < 0 ? RECORD_NO_STATUS : (uint16_t)call->status;
	record->stream_asked = truth(call->stream_asked);
	record->streamed = truth(call->streamed);
	record->complete = truth(call->complete);
	record->aborted = truth(call->aborted);
	/* Of a request whose head was read it is known that it had none. */
	record->credentials = call->consumer ? 1 : call->path ? 0 : RECORD_NOT_KNOWN;
}

static void put_texts(const struct call *call, struct call_record *record)
{
#define TEXT(member) put_text(record->member, sizeof(record->member), call->member)
	TEXT(method);
	TEXT(host);
	TEXT(path);
	TEXT(route);
	TEXT(api_version);
	TEXT(dialect);
	TEXT(operation);
	TEXT(model_asked);
	TEXT(model_answered);
	TEXT(error_type);
	TEXT(consumer);
	TEXT(agent);
	TEXT(content_type);
	TEXT(gateway);
	TEXT(provider);
	TEXT(cost);
	TEXT(trace_id);
	TEXT(deprecation);
	TEXT(sunset);
	TEXT(upgrade);
#undef TEXT
#define NAME(member) put_name(record->member, sizeof(record->member), call, #member)
	NAME(version_source);
	NAME(smuggling);
	NAME(loss);
#undef NAME
}

void reader_call(void *context, const struct call *call)
{
	struct reader *reader = context;
	struct call_record record;

	record_init(&record);
	record.start_ns = call->time_ns;
	put_ends(call, &record);
	put_numbers(call, &record);
	put_texts(call, &record);
	for (size_t i = 0; i < reader->start.columns; i++)
		put_text(record.columns[i], sizeof(record.columns[i]), call->headers[i]);
	reader_send(reader, WIRE_CALL, &record, sizeof(record));
}

/* Floods are told as one. */
void reader_event(void *context, const struct stream_event *event)
{
	struct reader *reader = context;
	const char *name = stream_event_name(event->kind);
	struct wire_gap gap = {
		.time_ns = event->time_ns, .times = 1, .bytes = event->bytes, .calls = event->calls
	};
	struct wire_gap *many;

	if (!name)
		return;
	reader->seen[event->kind]++;
	put_text(gap.what, sizeof(gap.what), name);
	put_address(&event->client, gap.client);
	put_address(&event->server, gap.server);
	if (reader->told[event->kind]++ < GAPS_TOLD) {
		reader_send(reader, WIRE_GAP, &gap, sizeof(gap));
		return;
	}
	many = &reader->many[event->kind];
	if (!many->times)
		*many = gap;
	else {
		many->times++;
		many->bytes += gap.bytes;
		many->calls += gap.calls;
	}
}

void reader_gaps(struct reader *reader)
{
	for (size_t kind = 0; kind < STREAM_EVENT_KINDS; kind++) {
		if (reader->many[kind].times)
			reader_send(reader, WIRE_GAP, &reader->many[kind],
				    sizeof(reader->many[kind]));
		reader->many[kind] = (struct wire_gap){ .times = 0 };
		reader->told[kind] = 0;
	}
}

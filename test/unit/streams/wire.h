/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection written down as what each side says, cut into pieces, and what becomes of them as
 * text: a line a call with the members that are known, a line an event.
 */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include <errno.h>
#include <inttypes.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "harness.h"
#include "streams/streams.h"

#define MS UINT64_C(1000000)

struct wire_piece {
	struct piece piece;
	char *data;
};

struct wire {
	struct wire_piece *pieces;
	size_t count, capacity;
	uint64_t now_ns, step_ns; /* of a piece; between them */
	size_t cut;               /* bytes of a piece; 0: all that is said at once */
	struct endpoint client, server;
	uint32_t sequence[2];    /* of the client, of the server */
	enum piece_sender known; /* PIECE_BY_ANYONE: pieces do not tell who sends them */

	struct streams_options options;
	struct streams_statistics counts;
	struct buffer calls, events;
	const char *const *members; /* shown; NULL: all that are known but time and ends */
	size_t call_count;
};

static inline void wire_init(struct wire *wire)
{
	*wire = (struct wire){
		.now_ns = 1000 * MS,
		.step_ns = MS,
		.client = { .address = { 192, 0, 2, 1 }, .family = 4, .port = 40000 },
		.server = { .address = { 192, 0, 2, 80 }, .family = 4, .port = 80 },
		.sequence = { 0xffffff00u, 0x7fffff00u },
		.known = PIECE_BY_CLIENT,
		.options = { .consumer_key = (const uint8_t *)"key", .consumer_key_length = 3 },
	};
}

static inline void wire_clear(struct wire *wire)
{
	for (size_t i = 0; i < wire->count; i++)
		free(wire->pieces[i].data);
	free(wire->pieces);
	wire->pieces = NULL;
	wire->count = wire->capacity = 0;
	buffer_free(&wire->calls);
	buffer_free(&wire->events);
}

static inline struct piece *wire_piece(struct wire *wire, bool server, const void *data,
				       size_t length, unsigned int flags)
{
	struct wire_piece *one;

	if (wire->count == wire->capacity) {
		wire->capacity = wire->capacity ? 2 * wire->capacity : 64;
		wire->pieces = realloc(wire->pieces, wire->capacity * sizeof(*wire->pieces));
		if (!wire->pieces)
			abort();
	}
	one = &wire->pieces[wire->count++];
	one->data = malloc(length + 1);
	if (!one->data)
		abort();
	memcpy(one->data, data ? data : "", length);
	one->piece = (struct piece){
		.time_ns = wire->now_ns,
		.source = server ? wire->server : wire->client,
		.destination = server ? wire->client : wire->server,
		.sender = wire->known == PIECE_BY_ANYONE               ? PIECE_BY_ANYONE
			  : server == (wire->known == PIECE_BY_CLIENT) ? PIECE_BY_SERVER
								       : PIECE_BY_CLIENT,
		.flags = flags,
		.sequence = wire->sequence[server],
		.data = one->data,
		.length = length,
	};
	wire->sequence[server] += (uint32_t)length + !!(flags & PIECE_FIN);
	wire->now_ns += wire->step_ns;
	return &one->piece;
}

static inline void wire_open(struct wire *wire)
{
	wire_piece(wire, false, NULL, 0, PIECE_SYN);
	wire_piece(wire, true, NULL, 0, PIECE_SYN | PIECE_ACK);
}

static inline void wire_bytes(struct wire *wire, bool server, const char *data, size_t length)
{
	size_t cut = wire->cut ? wire->cut : length;

	for (size_t at = 0; at < length; at += cut)
		wire_piece(wire, server, data + at, length - at < cut ? length - at : cut,
			   PIECE_ACK);
}

static inline void wire_says(struct wire *wire, bool server, const char *text)
{
	wire_bytes(wire, server, text, strlen(text));
}

static inline void wire_asks(struct wire *wire, const char *text)
{
	wire_says(wire, false, text);
}

static inline void wire_answers(struct wire *wire, const char *text)
{
	wire_says(wire, true, text);
}

static inline void wire_close(struct wire *wire)
{
	wire_piece(wire, false, NULL, 0, PIECE_FIN | PIECE_ACK);
	wire_piece(wire, true, NULL, 0, PIECE_FIN | PIECE_ACK);
}

/* Bytes of the body that the program in the kernel leaves out. */
static inline void wire_skips(struct wire *wire, bool server, uint64_t skipped, const char *text)
{
	struct piece *piece;

	wire->sequence[server] += (uint32_t)skipped;
	piece = wire_piece(wire, server, text, strlen(text), PIECE_ACK);
	piece->skipped = skipped;
}

static inline bool wire_shows(const struct wire *wire, const char *name)
{
	if (!wire->members)
		return true;
	for (size_t i = 0; wire->members[i]; i++)
		if (strcmp(wire->members[i], name) == 0)
			return true;
	return false;
}

static inline void wire_call(void *context, const struct call *call)
{
	struct wire *wire = context;
	const char *between = "";

	wire->call_count++;
	for (size_t i = 0; i < call_member_count; i++) {
		const struct call_member *member = &call_members[i];

		if (member->kind < CALL_TEXT || !wire_shows(wire, member->name))
			continue;
		if (member->kind == CALL_TEXT || member->kind == CALL_NAME) {
			const char *text = call_text(call, member);

			if (!text)
				continue;
			buffer_printf(&wire->calls, "%s%s=%s", between, member->name, text);
		} else {
			int64_t number = call_number(call, member);

			if (number == CALL_UNKNOWN)
				continue;
			if (member->kind == CALL_DURATION)
				buffer_printf(&wire->calls, "%s%s=%gms", between, member->name,
					      (double)number / 1e6);
			else
				buffer_printf(&wire->calls, "%s%s=%" PRIi64, between, member->name,
					      number);
		}
		between = " ";
	}
	for (size_t i = 0; i < wire->options.header_count; i++)
		if (call->headers[i])
			buffer_printf(&wire->calls, " %s=%s", wire->options.headers[i],
				      call->headers[i]);
	buffer_string(&wire->calls, "\n");
}

static inline void wire_event(void *context, const struct stream_event *event)
{
	struct wire *wire = context;

	buffer_string(&wire->events, stream_event_name(event->kind));
	if (event->bytes)
		buffer_printf(&wire->events, " bytes=%" PRIu64, event->bytes);
	if (event->calls)
		buffer_printf(&wire->events, " calls=%" PRIu64, event->calls);
	if (event->sender)
		buffer_printf(&wire->events, " %s",
			      event->sender == PIECE_BY_CLIENT ? "client" : "server");
	buffer_string(&wire->events, "\n");
}

/* Feeds all the pieces; what was seen is in calls, events and counts. */
static inline void wire_run(struct wire *wire)
{
	const struct streams_callbacks callbacks = { wire_call, wire_event, wire };
	AUTO(streams_freep) struct streams *streams = NULL;

	buffer_clear(&wire->calls);
	buffer_clear(&wire->events);
	wire->call_count = 0;
	CHECK_NUMBER(streams_new(&wire->options, &callbacks, &streams), 0);
	if (!streams)
		return;
	for (size_t i = 0; i < wire->count; i++)
		CHECK_NUMBER(streams_feed(streams, &wire->pieces[i].piece), 0);
	streams_finish(streams, wire->now_ns);
	streams_statistics(streams, &wire->counts);
	CHECK_NUMBER(wire->counts.connections, 0);
	CHECK_NUMBER(wire->counts.in_flight, 0);
	CHECK_NUMBER(wire->counts.held_bytes, 0);
	CHECK_NUMBER(wire->counts.held_segments, 0);
	CHECK_NUMBER(wire->counts.calls, wire->call_count);
}

#endif

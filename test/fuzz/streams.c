/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of two connections, in any order and with any holes: calls whose texts are bounded, and
 * nothing left at the end. A piece is a byte of what it is, a byte of its length, and its bytes.
 */
#include "streams/streams.h"

#include "fuzz.h"

#define TIME UINT64_C(50000000)

enum what {
	BY_SERVER = 1,
	SECOND = 2,
	SYN = 4,
	FIN = 8,
	RST = 16,
	MOVED = 32,   /* a byte more: by how much, from -128 to 127 */
	SKIPPED = 64, /* a byte more: how much before it is left out */
	LONG = 128,   /* sixteen times as long */
};

struct seen {
	uint64_t calls, incomplete, lost;
};

static void check_text(const char *text)
{
	PROMISE(!text || (text[0] && strlen(text) <= CALL_TEXT_MAX));
}

static void check_call(void *context, const struct call *call)
{
	struct seen *seen = context;

	seen->calls++;
	PROMISE(call->complete == 0 || call->complete == 1);
	PROMISE(call->complete == (call->loss == CALL_WHOLE));
	seen->incomplete += !call->complete;
	PROMISE(call->method && call->client.port != call->server.port);
	for (size_t i = 0; i < call_member_count; i++) {
		const struct call_member *member = &call_members[i];

		if (member->kind == CALL_TEXT || member->kind == CALL_NAME)
			check_text(call_text(call, member));
		else if (member->kind >= CALL_NUMBER)
			PROMISE(call_number(call, member) >= CALL_UNKNOWN);
	}
	check_text(call->headers[0]);
	PROMISE(call->status == CALL_UNKNOWN || (call->status > 100 && call->status < 1000));
	PROMISE(call->complete == 0 || call->status != CALL_UNKNOWN);
}

static void check_event(void *context, const struct stream_event *event)
{
	struct seen *seen = context;

	PROMISE(stream_event_name(event->kind));
	PROMISE((event->kind == STREAM_LOST) == (event->calls > 0));
	seen->lost += event->calls;
}

static uint8_t take(const uint8_t **data, size_t *size)
{
	if (!*size)
		return 0;
	(*size)--;
	return *(*data)++;
}

static void feed(struct streams *streams, const uint8_t *data, size_t size)
{
	uint32_t sequence[2][2] = { { 0xfffffff0u, 0x7ffffff0u }, { 5, 5000 } };
	uint64_t now_ns = TIME;

	while (size) {
		const uint8_t what = take(&data, &size);
		size_t length = take(&data, &size);
		const int moved = what & MOVED ? (int8_t)take(&data, &size) : 0;
		const uint64_t skipped = what & SKIPPED ? take(&data, &size) : 0;
		const bool server = what & BY_SERVER, second = what & SECOND;
		uint32_t *next = &sequence[second][server];
		struct endpoint ends[2] = { { .family = 4, .port = second ? 41000 : 40000 },
					    { .family = 4, .port = 80 } };
		struct piece piece = { .time_ns = now_ns, .skipped = skipped };
		char *copy;

		length *= what & LONG ? 16 : 1;
		length = length < size ? length : size;
		copy = fuzz_string(data, length);
		*next += (uint32_t)moved + (uint32_t)skipped;
		piece.source = ends[server];
		piece.destination = ends[!server];
		piece.sequence = *next;
		piece.data = copy;
		piece.length = length;
		piece.flags = (what & SYN ? PIECE_SYN | (server ? PIECE_ACK : 0u) : 0u) |
			      (what & FIN ? PIECE_FIN : 0u) | (what & RST ? PIECE_RST : 0u);
		PROMISE(streams_feed(streams, &piece) == 0);
		free(copy);
		if (moved < 0) /* again, or an overlap */
			*next -= (uint32_t)moved;
		*next += (uint32_t)length + !!(what & FIN);
		data += length;
		size -= length;
		now_ns += TIME;
	}
	streams_finish(streams, now_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const headers[] = { "x-tenant" };
	const struct streams_options options = {
		.connections_max = 2,
		.bytes_max = 200000,
		.segments_max = 8,
		.inflate_max = 100000,
		.consumer_key = (const uint8_t *)"key",
		.consumer_key_length = 3,
		.headers = headers,
		.header_count = 1,
	};
	struct seen seen = { 0 };
	const struct streams_callbacks callbacks = { check_call, check_event, &seen };
	struct streams_statistics counts;
	struct streams *streams;

	PROMISE(streams_new(&options, &callbacks, &streams) == 0);
	feed(streams, data, size);
	streams_statistics(streams, &counts);
	PROMISE(!counts.connections && !counts.in_flight);
	PROMISE(!counts.held_bytes && !counts.held_segments);
	PROMISE(counts.calls == seen.calls && counts.calls_incomplete == seen.incomplete);
	PROMISE(counts.calls_lost == seen.lost);
	streams_free(streams);
	return 0;
}

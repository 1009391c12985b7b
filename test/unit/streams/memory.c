/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation fails once: what is lost then is a connection, and nothing is leaked. */
#include "wire.h"

static long left; /* until one fails; 0: none does */

static bool fails(void)
{
	return left && !--left;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *pointer, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *pointer, size_t size);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *pointer, size_t size)
{
	return fails() ? NULL : __real_realloc(pointer, size);
}

static void count_call(void *context, const struct call *call)
{
	(void)call;
	++*(unsigned int *)context;
}

static void write_connections(struct wire *wire)
{
	wire_open(wire);
	wire_asks(wire, "POST /v1/chat/completions?key=k HTTP/1.1\r\nHost: x\r\nX-Tenant: a\r\n"
			"Authorization: Bearer b\r\nContent-Length: 14\r\n\r\n"
			"{\"model\":\"m1\"}");
	wire_answers(wire, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n");
	wire_answers(wire, "10\r\ndata: {\"a\":1}\n\n\r\n0\r\n\r\n");
	wire_close(wire);
	wire->client.port++; /* in the wrong order */
	wire_open(wire);
	wire->sequence[0] += 19;
	wire_asks(wire, "GET /b HTTP/1.1\r\n\r\n");
	wire->sequence[0] -= 38;
	wire_asks(wire, "GET /a HTTP/1.1\r\n\r\n");
	wire_answers(wire, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST(whichever_allocation_fails_it_is_said_and_the_rest_goes_on)
{
	static const char *const headers[] = { "x-tenant" };
	AUTO(wire_clear) struct wire wire;
	bool failed = true;
	unsigned int most = 0;

	wire_init(&wire);
	wire.options.headers = headers;
	wire.options.header_count = 1;
	write_connections(&wire);
	for (long at = 1; failed; at++) {
		unsigned int calls = 0;
		const struct streams_callbacks callbacks = { count_call, NULL, &calls };
		struct streams *streams = NULL;
		struct streams_statistics counts;
		int r, bad = 0;

		left = at;
		r = streams_new(&wire.options, &callbacks, &streams);
		for (size_t i = 0; r == 0 && i < wire.count; i++)
			bad += streams_feed(streams, &wire.pieces[i].piece) == -ENOMEM;
		failed = left == 0;
		left = 0;
		CHECK(r == 0 || r == -ENOMEM);
		if (r < 0)
			continue;
		streams_finish(streams, wire.now_ns);
		streams_statistics(streams, &counts);
		CHECK_NUMBER(counts.connections, 0);
		CHECK_NUMBER(counts.in_flight, 0);
		CHECK_NUMBER(counts.held_bytes, 0);
		CHECK(calls == 3 || failed);
		CHECK(bad == 1 || !failed || calls == 3);
		most = calls > most ? calls : most;
		streams_free(streams);
	}
	CHECK_NUMBER(most, 3);
}

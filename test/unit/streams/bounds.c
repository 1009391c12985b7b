/* SPDX-License-Identifier: Apache-2.0 */
/* What is held is bounded, what is let go of is counted, and connections have ends. */
#include "wire.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static const char *const few[] = { "path", "status", "loss", NULL };

struct counted {
	uint64_t calls, whole, evicted;
};

static void count_call(void *context, const struct call *call)
{
	struct counted *counted = context;

	counted->calls++;
	counted->whole += call->complete == 1;
	counted->evicted += call->loss == CALL_EVICTED;
}

static struct piece piece(uint32_t client, bool server, uint32_t sequence, const char *text,
			  unsigned int flags)
{
	struct endpoint other = { .family = 4, .port = (uint16_t)(1024 + client % 60000) };
	const struct endpoint own = { .address = { 192, 0, 2, 80 }, .family = 4, .port = 80 };

	other.address[0] = 10;
	other.address[3] = (uint8_t)(client / 60000);
	return (struct piece){
		.time_ns = 1000 * MS + client * 1000,
		.source = server ? own : other,
		.destination = server ? other : own,
		.sender = server ? PIECE_BY_SERVER : PIECE_BY_CLIENT,
		.flags = flags,
		.sequence = sequence,
		.data = text,
		.length = strlen(text),
	};
}

static void feed(struct streams *streams, struct piece piece)
{
	CHECK_NUMBER(streams_feed(streams, &piece), 0);
}

TEST(fifty_thousand_half_open_connections_harm_no_other)
{
	struct counted counted = { 0 };
	const struct streams_callbacks callbacks = { count_call, NULL, &counted };
	const struct streams_options options = { .connections_max = 4096, .bytes_max = 8 << 20 };
	AUTO(streams_freep) struct streams *streams = NULL;
	struct streams_statistics counts;

	REQUIRE(streams_new(&options, &callbacks, &streams) == 0);
	for (uint32_t client = 0; client < 50000; client++) {
		feed(streams, piece(client, false, 1000, "", PIECE_SYN));
		if (client % 1000 == 999) { /* one that speaks all the time */
			uint32_t at = client / 1000 * 18;

			feed(streams, piece(60000, false, 1000 + at, "GET / HTTP/1.1\r\n\r\n", 0));
			feed(streams, piece(60000, true, 9000 + client / 1000 * 40, OK "  ", 0));
		}
	}
	streams_statistics(streams, &counts);
	CHECK_NUMBER(counts.connections, 4096);
	CHECK(counts.held_bytes <= options.bytes_max);
	CHECK(counts.evicted >= 50000 - 4096);
	streams_finish(streams, 10000 * MS);
	CHECK(counted.calls >= 49);
	CHECK_NUMBER(counted.evicted, 0);
}

TEST(fifty_thousand_requests_without_an_answer_are_evicted_oldest_first)
{
	struct counted counted = { 0 };
	const struct streams_callbacks callbacks = { count_call, NULL, &counted };
	const struct streams_options options = { .bytes_max = 4 << 20 };
	AUTO(streams_freep) struct streams *streams = NULL;
	struct streams_statistics counts;

	REQUIRE(streams_new(&options, &callbacks, &streams) == 0);
	for (uint32_t client = 0; client < 50000; client++) {
		feed(streams, piece(client, false, 1000, "", PIECE_SYN));
		feed(streams, piece(client, false, 1000, "GET /a/path HTTP/1.1\r\n\r\n", 0));
	}
	streams_statistics(streams, &counts);
	CHECK(counts.held_bytes <= options.bytes_max);
	CHECK(counts.in_flight > 100);
	CHECK_NUMBER(counts.evicted, 50000 - counts.connections);
	CHECK_NUMBER(counted.evicted, counts.evicted);
	streams_finish(streams, 10000 * MS);
	CHECK_NUMBER(counted.calls, 50000);
}

TEST(one_connection_alone_holds_no_more_than_allowed)
{
	static char long_text[8000];
	struct counted counted = { 0 };
	const struct streams_callbacks callbacks = { count_call, NULL, &counted };
	const struct streams_options options = { .bytes_max = 1 << 20, .segments_max = 100000 };
	AUTO(streams_freep) struct streams *streams = NULL;
	struct streams_statistics counts;

	memset(long_text, 'x', sizeof(long_text) - 1);
	REQUIRE(streams_new(&options, &callbacks, &streams) == 0);
	feed(streams, piece(1, false, 0, "", PIECE_SYN));
	for (uint32_t i = 0; i < 1000; i++) {
		feed(streams, piece(1, false, 1 + i * 8000, long_text, 0));
		streams_statistics(streams, &counts);
		CHECK(counts.held_bytes <= options.bytes_max);
	}
	CHECK(counts.evicted > 0);
}

TEST(no_more_segments_are_held_than_allowed_and_then_there_is_a_gap)
{
	AUTO(wire_clear) struct wire wire;

	wire_init(&wire);
	wire.members = few;
	wire_open(&wire);
	wire_asks(&wire, "GET /a HTTP/1.1\r\n\r\n");
	wire_answers(&wire, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	wire.sequence[1] += 100; /* never came */
	wire.cut = 1;
	for (int i = 0; i < 900; i++)
		wire_answers(&wire, "x");
	wire.options.segments_max = 256;
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls), "path=/a status=200 loss=response gap\n");
	CHECK_NUMBER(wire.counts.gap_bytes, 100);
	CHECK_NUMBER(wire.counts.reordered, 257);
}

TEST(what_is_ahead_and_comes_again_is_held_once)
{
	AUTO(wire_clear) struct wire wire;
	const char *request = "GET /a HTTP/1.1\r\n\r\n";
	const uint32_t begin = 0xffffff00u;

	wire_init(&wire);
	wire.members = few;
	wire_open(&wire);
	for (int i = 0; i < 300; i++) {
		wire.sequence[0] = begin + 5;
		wire_asks(&wire, request + 5);
	}
	wire.sequence[0] = begin;
	wire_bytes(&wire, false, request, 5);
	wire.sequence[0] = begin + (uint32_t)strlen(request);
	wire_answers(&wire, OK);
	wire_close(&wire);
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls), "path=/a status=200\n");
	CHECK_NUMBER(wire.counts.gaps, 0);
	CHECK_NUMBER(wire.counts.reordered, 1);
	CHECK_NUMBER(wire.counts.retransmitted, 299);
}

TEST(a_client_that_vanishes_is_let_go_of)
{
	AUTO(wire_clear) struct wire wire;

	wire_init(&wire);
	wire.members = few;
	wire.options.idle_ns = 5000 * MS;
	wire_open(&wire);
	wire_asks(&wire, "GET /a HTTP/1.1\r\n\r\n");
	wire.client.port++;
	wire.now_ns += 6000 * MS;
	wire_open(&wire);
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls), "path=/a loss=idle\n");
	CHECK_TEXT(buffer_text(&wire.events), "idle\n");
	CHECK_NUMBER(wire.counts.idle, 1);
}

TEST(ports_that_are_taken_again_are_another_connection)
{
	for (int turn = 0; turn < 3; turn++) {
		AUTO(wire_clear) struct wire wire;

		wire_init(&wire);
		wire.members = few;
		wire_open(&wire);
		wire_asks(&wire, "GET /a HTTP/1.1\r\n\r\n");
		if (turn == 0) {
			wire_answers(&wire, OK);
			wire_close(&wire);
		}
		wire.sequence[0] -= 0x20000000;
		wire.sequence[1] -= 0x20000000;
		if (turn < 2)
			wire_open(&wire);
		wire_asks(&wire, "GET /b HTTP/1.1\r\n\r\n");
		wire_answers(&wire, OK);
		wire_close(&wire);
		wire_run(&wire);
		CHECK_TEXT(buffer_text(&wire.calls),
			   turn == 0   ? "path=/a status=200\npath=/b status=200\n"
			   : turn == 1 ? "path=/a loss=cut\npath=/b status=200\n"
				       : "path=/a loss=cut\npath=/b status=200 loss=late\n");
	}
}

TEST(what_came_twice_is_taken_once)
{
	AUTO(wire_clear) struct wire wire;
	size_t count;

	wire_init(&wire);
	wire.members = few;
	wire.cut = 7;
	wire_open(&wire);
	wire_asks(&wire, "GET /a HTTP/1.1\r\n\r\n");
	wire_answers(&wire, OK);
	wire_close(&wire);
	count = wire.count;
	for (size_t i = 0; i < count; i++) { /* all of it, and in longer pieces */
		struct piece again = wire.pieces[i].piece;
		struct piece *copy;

		copy = wire_piece(&wire, false, again.data, again.length, again.flags);
		copy->source = again.source;
		copy->destination = again.destination;
		copy->sequence = again.sequence;
		copy->sender = again.sender;
	}
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls), "path=/a status=200\n");
	CHECK_TEXT(buffer_text(&wire.events), "");
}

TEST(a_body_that_is_left_out_is_counted_and_its_last_byte_is_the_end)
{
	static const char *const members[] = { "response_bytes", "last_ns", "loss", "complete",
					       NULL };
	AUTO(wire_clear) struct wire wire;

	for (int turn = 0; turn < 2; turn++) {
		wire_init(&wire);
		wire.members = members;
		wire_open(&wire);
		wire_asks(&wire, "GET /a HTTP/1.1\r\n\r\n");
		wire_answers(&wire, turn ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
					   "fffff\r\nabc"
					 : "HTTP/1.1 200 OK\r\nContent-Length: 1048575\r\n\r\nabc");
		wire.now_ns += 100 * MS;
		wire_skips(&wire, true, 1048571, turn ? "z\r\n0\r\n\r\n" : "z");
		wire_asks(&wire, "GET /b HTTP/1.1\r\n\r\n");
		wire_answers(&wire, OK);
		wire_close(&wire);
		wire_run(&wire);
		CHECK_TEXT(buffer_text(&wire.calls),
			   "response_bytes=1048575 last_ns=102ms complete=1\n"
			   "response_bytes=2 last_ns=1ms complete=1\n");
		CHECK_NUMBER(wire.counts.skipped_bytes, 1048571);
		CHECK_NUMBER(wire.counts.gaps, 0);
		wire_clear(&wire);
	}
	wire_init(&wire);
}

TEST(what_is_left_out_of_no_body_is_a_gap)
{
	AUTO(wire_clear) struct wire wire;

	wire_init(&wire);
	wire.members = few;
	wire_open(&wire);
	wire_asks(&wire, "GET /a HTTP/1.1\r\n\r\n");
	wire_answers(&wire, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
	wire_skips(&wire, true, 1000, "zz");
	wire_asks(&wire, "GET /b HTTP/1.1\r\n\r\n");
	wire_answers(&wire, OK);
	wire_close(&wire);
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls),
		   "path=/a status=200 loss=response gap\npath=/b status=200\n");
	CHECK_TEXT(buffer_text(&wire.events), "gap bytes=1000 server\n");
}

TEST(bytes_that_a_recording_has_not_are_a_gap)
{
	AUTO(wire_clear) struct wire wire;
	struct piece *cut;

	wire_init(&wire);
	wire.members = few;
	wire_open(&wire);
	wire_asks(&wire, "GET /a HTTP/1.1\r\n\r\n");
	cut = wire_piece(&wire, true, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab", 41, 0);
	cut->missing = 8;
	wire.sequence[1] += 8;
	wire_close(&wire);
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls), "path=/a status=200 loss=response gap\n");
	CHECK_NUMBER(wire.counts.gap_bytes, 8);
}

TEST(whoever_cuts_the_pieces_may_say_that_a_connection_is_unreadable)
{
	AUTO(wire_clear) struct wire wire;

	wire_init(&wire);
	wire_open(&wire);
	wire_piece(&wire, false, NULL, 0, PIECE_UNREADABLE);
	wire_asks(&wire, "GET /a HTTP/1.1\r\n\r\n");
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls), "");
	CHECK_TEXT(buffer_text(&wire.events), "unreadable client\n");
	CHECK_NUMBER(wire.counts.unreadable, 1);
}

TEST(a_connection_that_was_there_before_is_read_from_its_next_request_on)
{
	AUTO(wire_clear) struct wire wire;

	wire_init(&wire);
	wire.members = few;
	wire_skips(&wire, true, 5000, "the rest of an answer\r\nHTTP/1.1 200 no head\r\n");
	wire_asks(&wire, "GET /a HTTP/1.1\r\n\r\n");
	wire_answers(&wire, OK);
	wire_asks(&wire, "GET /b HTTP/1.1\r\n\r\n");
	wire_answers(&wire, OK);
	wire_close(&wire);
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls), "path=/a status=200 loss=late\npath=/b status=200\n");
	CHECK_TEXT(buffer_text(&wire.events), "late\n");
}

TEST(addresses_of_version_6_and_ports_alone_make_connections)
{
	AUTO(wire_clear) struct wire wire;

	wire_init(&wire);
	wire.members = few;
	for (uint16_t i = 0; i < 3; i++) {
		memset(wire.client.address, i + 1, 16);
		memset(wire.server.address, 2, 16);
		wire.client.family = wire.server.family = 6;
		wire.client.port = (uint16_t)(i == 1 ? 81 : 40000);
		wire_open(&wire);
		wire_asks(&wire, "GET /a HTTP/1.1\r\n\r\n");
		wire_answers(&wire, OK);
		wire_close(&wire);
	}
	wire_run(&wire);
	CHECK_NUMBER(wire.call_count, 3);
	CHECK_NUMBER(wire.counts.opened, 3);
}

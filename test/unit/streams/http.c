/* SPDX-License-Identifier: Apache-2.0 */
/* Connections as they should be, and not: which calls there were. */
#include "wire.h"

#define OK_5 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static const char *const few[] = { "method",         "path",     "status",  "request_bytes",
				   "response_bytes", "upgrade",  "aborted", "smuggling",
				   "loss",           "complete", NULL };

struct line {
	bool server;
	const char *text;
};

struct example {
	const char *what;
	struct line lines[12]; /* "": the end of what that side says */
	const char *calls, *events;
};

static const struct example examples[] = {
	{ "a plain call",
	  { { false, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" }, { true, OK_5 }, { true, "" } },
	  "method=GET path=/a status=200 request_bytes=0 response_bytes=5 aborted=0 complete=1\n",
	  "" },
	{ "one after the other on a connection",
	  { { false, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" },
	    { true, OK_5 },
	    { false, "PUT /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		     "2\r\nab\r\n1;x=y\r\nc\r\n0\r\nTrailer: t\r\n\r\n" },
	    { true, "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "a\r\n0123456789\r\n0\r\nX: y\r\n\r\n" },
	    { true, "" } },
	  "method=POST path=/a status=200 request_bytes=3 response_bytes=5 aborted=0 complete=1\n"
	  "method=PUT path=/b status=404 request_bytes=3 response_bytes=10 aborted=0 complete=1\n",
	  "" },
	{ "answers without a body, whatever they say of its length",
	  { { false, "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { true, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" },
	    { false, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { true, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\n\r\n" },
	    { false, "DELETE /c HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { true, "HTTP/1.1 204 No Content\r\n\r\n" },
	    { false, "GET /d HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { true, OK_5 },
	    { true, "" } },
	  "method=HEAD path=/a status=200 request_bytes=0 response_bytes=0 aborted=0 complete=1\n"
	  "method=GET path=/b status=304 request_bytes=0 response_bytes=0 aborted=0 complete=1\n"
	  "method=DELETE path=/c status=204 request_bytes=0 response_bytes=0 aborted=0 complete=1\n"
	  "method=GET path=/d status=200 request_bytes=0 response_bytes=5 aborted=0 complete=1\n",
	  "" },
	{ "an answer that lasts until the connection ends",
	  { { false, "GET /a HTTP/1.0\r\n\r\n" },
	    { true, "HTTP/1.0 200 OK\r\n\r\nabc" },
	    { true, "defg" },
	    { true, "" } },
	  "method=GET path=/a status=200 request_bytes=0 response_bytes=7 aborted=0 complete=1\n",
	  "" },
	{ "Expect: 100-continue: the answer is the one after",
	  { { false, "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
		     "Content-Length: 4\r\n\r\n" },
	    { true, "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" },
	    { false, "abcd" },
	    { true, "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 201 Created\r\n"
		    "Content-Length: 0\r\n\r\n" },
	    { true, "" } },
	  "method=POST path=/a status=201 request_bytes=4 response_bytes=0 aborted=0 complete=1\n",
	  "" },
	{ "an answer before the request has ended",
	  { { false, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nabcd" },
	    { true, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n" },
	    { false, "efgh" },
	    { true, "" } },
	  "method=POST path=/a status=413 request_bytes=8 response_bytes=0 aborted=0 complete=1\n",
	  "" },
	{ "an answer for a request that never ended",
	  { { false, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nabcd" },
	    { true, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n" },
	    { true, "" } },
	  "method=POST path=/a status=413 request_bytes=4 response_bytes=0 aborted=1 loss=cut "
	  "complete=0\n",
	  "" },
	{ "a WebSocket",
	  { { false, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
		     "Upgrade: websocket\r\n\r\n" },
	    { true, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
		    "Upgrade: websocket\r\n\r\n" },
	    { false, "\x81\x05GET /" },
	    { true, "HTTP/1.1 200 no answer at all" } },
	  "method=GET path=/ws status=101 request_bytes=0 response_bytes=0 aborted=0 "
	  "upgrade=websocket complete=1\n",
	  "" },
	{ "a WebSocket whose client does not wait",
	  { { false, "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
		     "Upgrade: websocket\r\n\r\n" },
	    { false, "\x81\x05GET /" },
	    { true, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
		    "Upgrade: websocket\r\n\r\n" } },
	  "method=GET path=/ws status=101 request_bytes=0 response_bytes=0 aborted=0 "
	  "upgrade=websocket complete=1\n",
	  "" },
	{ "an answer of another version",
	  { { false, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { true, "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n" },
	    { true, "" } },
	  "method=GET path=/a request_bytes=0 loss=malformed complete=0\n",
	  "not http server\n" },
	{ "an upgrade that the server does not want",
	  { { false, "GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
		     "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n" },
	    { true, OK_5 },
	    { false, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { true, OK_5 },
	    { true, "" } },
	  "method=GET path=/a status=200 request_bytes=0 response_bytes=5 aborted=0 complete=1\n"
	  "method=GET path=/b status=200 request_bytes=0 response_bytes=5 aborted=0 complete=1\n",
	  "" },
	{ "an upgrade to HTTP/2",
	  { { false, "GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" },
	    { true, "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" },
	    { false, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" } },
	  "method=GET path=/a status=101 request_bytes=0 response_bytes=0 aborted=0 upgrade=h2c "
	  "complete=1\n",
	  "http2\n" },
	{ "CONNECT",
	  { { false, "CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example\r\n\r\n" },
	    { true, "HTTP/1.1 200 Connection established\r\n\r\n" },
	    { false, "GET / HTTP/1.1\r\n\r\n" } },
	  "method=CONNECT status=200 request_bytes=0 response_bytes=0 aborted=0 upgrade=connect "
	  "complete=1\n",
	  "" },
	{ "CONNECT that is refused",
	  { { false, "CONNECT db.example:5432 HTTP/1.1\r\nHost: db.example\r\n\r\n" },
	    { true, "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno" },
	    { false, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { true, OK_5 },
	    { true, "" } },
	  "method=CONNECT status=403 request_bytes=0 response_bytes=2 aborted=0 complete=1\n"
	  "method=GET path=/b status=200 request_bytes=0 response_bytes=5 aborted=0 complete=1\n",
	  "" },
	{ "two lengths",
	  { { false,
	      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\n"
	      "abcdGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { true, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" },
	    { true, OK_5 },
	    { true, "" } },
	  "method=POST path=/a status=400 response_bytes=0 aborted=0 smuggling=two content-lengths "
	  "loss=malformed complete=0\n",
	  "lost calls=1\n" },
	{ "a list of lengths",
	  { { false, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello" },
	    { true, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" },
	    { true, "" } },
	  "method=POST path=/a status=400 response_bytes=0 aborted=0 smuggling=two content-lengths "
	  "loss=malformed complete=0\n",
	  "" },
	{ "a length with a sign",
	  { { false, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello" },
	    { true, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" },
	    { true, "" } },
	  "method=POST path=/a status=400 response_bytes=0 aborted=0 smuggling=two content-lengths "
	  "loss=malformed complete=0\n",
	  "" },
	{ "an encoding with a blank before its colon",
	  { { false, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
		     "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" },
	    { true, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" },
	    { true, "" } },
	  "method=POST path=/a status=400 response_bytes=0 aborted=0 "
	  "smuggling=content-length and transfer-encoding loss=malformed complete=0\n",
	  "" },
	{ "an answer before any request",
	  { { true, OK_5 },
	    { false, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { true, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n" },
	    { true, "" } },
	  "method=GET path=/a status=404 request_bytes=0 response_bytes=0 aborted=0 complete=1\n",
	  "lost calls=1 server\n" },
	{ "a length and an encoding",
	  { { false, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
		     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n" },
	    { false, "GET /hidden HTTP/1.1\r\n\r\n" },
	    { true, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" },
	    { true, "" } },
	  "method=POST path=/a status=400 response_bytes=0 aborted=0 "
	  "smuggling=content-length and transfer-encoding loss=malformed complete=0\n",
	  "" },
	{ "an encoding that is not chunked at its end",
	  { { false, "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n"
		     "0\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n" },
	    { true, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" },
	    { true, "" } },
	  "method=POST path=/a status=400 response_bytes=0 aborted=0 "
	  "smuggling=transfer-encoding without chunked loss=malformed complete=0\n",
	  "" },
	{ "rubbish from the client",
	  { { false, "\x01\x02 rubbish, and no end to it" },
	    { true, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" },
	    { true, "" } },
	  "",
	  "not http client\n" },
	{ "TLS",
	  { { false, "\x16\x03\x01\x02\x01\x01\xfc\x03\x03" }, { true, "\x16\x03\x03" } },
	  "",
	  "tls client\n" },
	{ "HTTP/2 from the first byte on",
	  { { false, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" }, { true, "\x03" } },
	  "",
	  "http2 client\n" },
	{ "a server that speaks first, and no HTTP",
	  { { true, "220 mail.example ESMTP\r\n" }, { false, "EHLO x\r\n" }, { true, "" } },
	  "",
	  "not http client\n" },
	{ "an answer to a request that is none of the server's business",
	  { { false, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" }, { true, "oops\r\n" }, { true, "" } },
	  "method=GET path=/a request_bytes=0 loss=cut complete=0\n",
	  "not http server\n" },
	{ "a request without an answer",
	  { { false, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" }, { true, "" } },
	  "method=GET path=/a request_bytes=0 loss=cut complete=0\n",
	  "" },
	{ "an answer that is cut off",
	  { { false, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { true, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc" },
	    { true, "" } },
	  "method=GET path=/a status=200 request_bytes=0 response_bytes=3 aborted=1 loss=cut "
	  "complete=0\n",
	  "" },
	{ "a server that ends an idle connection says so, which is no call",
	  { { true, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n" }, { true, "" } },
	  "",
	  "" },
	{ "a client that has said all and waits",
	  { { false, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n" },
	    { false, "" },
	    { true, OK_5 },
	    { true, "" } },
	  "method=GET path=/a status=200 request_bytes=0 response_bytes=5 aborted=0 complete=1\n",
	  "" },
};

static void play(struct wire *wire, const struct example *example, size_t cut)
{
	wire_init(wire);
	wire->cut = cut;
	wire->members = few;
	wire_open(wire);
	for (size_t i = 0; i < sizeof(example->lines) / sizeof(*example->lines); i++) {
		const struct line *line = &example->lines[i];

		if (!line->text)
			break;
		if (line->text[0])
			wire_says(wire, line->server, line->text);
		else
			wire_piece(wire, line->server, NULL, 0, PIECE_FIN | PIECE_ACK);
	}
	wire_run(wire);
}

TEST(connections_have_the_calls_that_were_made_on_them)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		AUTO(wire_clear) struct wire wire;
		int failures = test_failures;

		play(&wire, &examples[i], 0);
		CHECK_TEXT(buffer_text(&wire.calls), examples[i].calls);
		CHECK_TEXT(buffer_text(&wire.events), examples[i].events);
		if (test_failures != failures)
			fprintf(stderr, "in: %s\n", examples[i].what);
	}
}

TEST(how_the_network_cuts_what_is_said_changes_no_call)
{
	static const size_t cuts[] = { 1, 2, 3, 7, 19 };

	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++)
		for (size_t j = 0; j < sizeof(cuts) / sizeof(*cuts); j++) {
			AUTO(wire_clear) struct wire wire;
			int failures = test_failures;

			play(&wire, &examples[i], cuts[j]);
			CHECK_TEXT(buffer_text(&wire.calls), examples[i].calls);
			CHECK_TEXT(buffer_text(&wire.events), examples[i].events);
			if (test_failures != failures)
				fprintf(stderr, "in: %s, cut after every %zu\n", examples[i].what,
					cuts[j]);
		}
}

TEST(every_piece_in_the_wrong_order_changes_no_call)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		AUTO(wire_clear) struct wire wire;
		int failures = test_failures;

		play(&wire, &examples[i], 5);
		for (size_t j = 2; j + 1 < wire.count; j += 2) {
			struct wire_piece other = wire.pieces[j];

			if (wire.pieces[j].piece.flags & PIECE_FIN ||
			    wire.pieces[j + 1].piece.flags & PIECE_FIN)
				continue;
			wire.pieces[j] = wire.pieces[j + 1];
			wire.pieces[j + 1] = other;
		}
		wire_run(&wire);
		CHECK_TEXT(buffer_text(&wire.calls), examples[i].calls);
		if (test_failures != failures)
			fprintf(stderr, "in: %s, pieces swapped\n", examples[i].what);
	}
}

/* The program in the kernel sees the 101, carries it and says that nothing more will come. */
TEST(an_upgrade_that_ends_the_pieces_is_a_call)
{
	static const char *const protocols[] = { "websocket", "h2c" };

	for (int turn = 0; turn < 4; turn++) {
		AUTO(wire_clear) struct wire wire;
		AUTO(buffer_free) struct buffer text = { 0 };
		const char *protocol = protocols[turn % 2];
		size_t asked;

		wire_init(&wire);
		wire.members = few;
		wire_open(&wire);
		asked = wire.count;
		buffer_printf(&text,
			      "GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n",
			      protocol);
		wire_asks(&wire, buffer_text(&text));
		buffer_clear(&text);
		buffer_printf(&text,
			      "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n\x81",
			      protocol);
		wire_answers(&wire, buffer_text(&text));
		wire.pieces[asked + 1].piece.flags |= PIECE_UNREADABLE;
		if (turn >= 2) { /* the answer is there first */
			struct wire_piece first = wire.pieces[asked];

			wire.pieces[asked] = wire.pieces[asked + 1];
			wire.pieces[asked + 1] = first;
		}
		wire_close(&wire);
		wire_run(&wire);
		buffer_clear(&text);
		buffer_printf(&text,
			      "method=GET path=/a status=101 request_bytes=0 response_bytes=0 "
			      "aborted=0 upgrade=%s complete=1\n",
			      protocol);
		CHECK_TEXT(buffer_text(&wire.calls), buffer_text(&text));
		CHECK_TEXT(buffer_text(&wire.events), turn % 2 ? "http2\n" : "");
	}
}

/* A head of a 101 of which the rest will not come: nothing is made up. */
TEST(an_upgrade_that_is_not_carried_whole_is_incomplete)
{
	AUTO(wire_clear) struct wire wire;

	wire_init(&wire);
	wire.members = few;
	wire_open(&wire);
	wire_asks(&wire, "GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
	wire_answers(&wire, "HTTP/1.1 101 X\r\nConnec");
	wire.pieces[wire.count - 1].piece.flags |= PIECE_UNREADABLE;
	wire_close(&wire);
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls),
		   "method=GET path=/a request_bytes=0 loss=malformed complete=0\n");
	CHECK_TEXT(buffer_text(&wire.events), "unreadable server\n");
}

TEST(a_body_that_was_refused_before_it_was_sent_is_not_waited_for)
{
	AUTO(wire_clear) struct wire wire;

	wire_init(&wire);
	wire.members = few;
	wire_open(&wire);
	wire_asks(&wire, "PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
	wire_answers(&wire, "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
	wire_asks(&wire, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
	wire_answers(&wire, OK_5);
	wire_close(&wire);
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls),
		   "method=PUT path=/a status=417 request_bytes=0 response_bytes=0 aborted=0 "
		   "complete=1\n"
		   "method=GET path=/b status=200 request_bytes=0 response_bytes=5 aborted=0 "
		   "complete=1\n");
	CHECK_TEXT(buffer_text(&wire.events), "");
}

TEST(times_are_those_of_the_packets)
{
	static const char *const times[] = { "request_end_ns", "first_byte_ns", "last_ns", NULL };
	AUTO(wire_clear) struct wire wire;

	wire_init(&wire);
	wire.members = times;
	wire_open(&wire);
	wire_asks(&wire, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n");
	wire_answers(&wire, "HTTP/1.1 100 Continue\r\n\r\n");
	wire.now_ns += 10 * MS;
	wire_asks(&wire, "abcd");
	wire.now_ns += 100 * MS;
	wire_answers(&wire, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
	wire.now_ns += 1000 * MS;
	wire_answers(&wire, "abcd");
	wire_close(&wire);
	wire_run(&wire);
	CHECK_TEXT(buffer_text(&wire.calls),
		   "request_end_ns=12ms first_byte_ns=113ms last_ns=1114ms\n");
}

TEST(thirty_two_requests_sent_ahead_have_their_own_answers)
{
	AUTO(buffer_free) struct buffer asked = { 0 }, answered = { 0 }, expected = { 0 };

	for (int i = 0; i < 32; i++) {
		const bool head = i % 5 == 0;

		buffer_printf(&asked, "%s /%d HTTP/1.1\r\nHost: x\r\n\r\n", head ? "HEAD" : "GET",
			      i);
		buffer_printf(&answered, "HTTP/1.1 %d OK\r\nContent-Length: 3\r\n\r\n%s", 400 + i,
			      head ? "" : "abc");
		buffer_printf(&expected,
			      "method=%s path=/%d status=%d request_bytes=0 response_bytes=%d "
			      "aborted=0 complete=1\n",
			      head ? "HEAD" : "GET", i, 400 + i, head ? 0 : 3);
	}
	for (size_t cut = 0; cut < 700; cut = cut ? cut * 3 : 1) {
		AUTO(wire_clear) struct wire wire;

		wire_init(&wire);
		wire.cut = cut;
		wire.members = few;
		wire_open(&wire);
		wire_asks(&wire, buffer_text(&asked));
		wire_answers(&wire, buffer_text(&answered));
		wire_close(&wire);
		wire_run(&wire);
		CHECK_TEXT(buffer_text(&wire.calls), buffer_text(&expected));
	}
}

TEST(heads_of_sixty_four_thousand_bytes_are_read_and_endless_ones_are_not)
{
	AUTO(wire_clear) struct wire wire;
	AUTO(buffer_free) struct buffer asked = { 0 };
	static char long_path[65000];

	memset(long_path, 'a', sizeof(long_path) - 1);
	wire_init(&wire);
	wire.members = few;
	wire.cut = 1400;
	buffer_printf(&asked, "GET /%s?x HTTP/1.1\r\nHost: x\r\n\r\n", long_path);
	wire_open(&wire);
	wire_asks(&wire, buffer_text(&asked));
	wire_answers(&wire, "HTTP/1.1 414 URI Too Long\r\nContent-Length: 0\r\n\r\n");
	wire_asks(&wire, "GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
	wire_answers(&wire, OK_5);
	wire_close(&wire);
	wire_run(&wire);
	CHECK_NUMBER(wire.call_count, 2);
	CHECK_CONTAINS(buffer_text(&wire.calls), "aaa… status=414");
	CHECK_CONTAINS(buffer_text(&wire.calls), "path=/next status=200");
	CHECK(strlen(buffer_text(&wire.calls)) < 3000);
	wire_clear(&wire);

	wire_init(&wire);
	wire.cut = 1400;
	wire.members = few;
	wire_open(&wire);
	wire_asks(&wire, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
	wire_answers(&wire, OK_5);
	wire_asks(&wire, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
	for (int i = 0; i < 3; i++)
		wire_asks(&wire, long_path);
	wire_close(&wire);
	wire_run(&wire);
	CHECK_NUMBER(wire.call_count, 1);
	CHECK_TEXT(buffer_text(&wire.events), "not http client\nlost calls=1 client\n");
}

/* Nobody says; or the other port is watched, too, and the wrong one was believed. */
TEST(the_client_is_known_without_its_port)
{
	for (int turn = 0; turn < 4; turn++) {
		AUTO(wire_clear) struct wire wire;

		wire_init(&wire);
		wire.members = few;
		wire.known = turn & 1 ? PIECE_BY_SERVER : PIECE_BY_ANYONE;
		if (turn < 2)
			wire_open(&wire);
		wire_asks(&wire, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
		wire_answers(&wire, OK_5);
		wire_close(&wire);
		wire_run(&wire);
		CHECK_CONTAINS(buffer_text(&wire.calls), "method=GET path=/a status=200");
	}
}

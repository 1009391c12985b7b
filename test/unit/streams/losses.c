/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of which pieces are missing, in any place, and others come in the wrong order: what
 * is recorded is true, and what is missing is counted.
 */
#include "wire.h"

#define CONNECTIONS 20u
#define CALLS 20u /* on each */

static uint64_t random_state;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % limit);
}

struct truth {
	struct wire wire;
	uint64_t sent;                   /* calls */
	uint64_t wrong, whole, recorded; /* of records */
	uint64_t removed_bytes;          /* that something came after */
};

/* The path tells what the answer has to be: its number is in a header of that, too. */
static void check_call(void *context, const struct call *call)
{
	struct truth *truth = context;
	unsigned int number, echoed = 0;

	truth->recorded++;
	truth->whole += call->complete == 1;
	if (!call->path || sscanf(call->path, "/call/%u", &number) != 1) {
		truth->wrong++;
		return;
	}
	if (call->headers[0])
		echoed = (unsigned int)atoi(call->headers[0]);
	if ((call->headers[0] && echoed != number) ||
	    (call->status != CALL_UNKNOWN && !call->headers[0]) ||
	    (call->complete == 1 && (call->request_bytes != number % 7 * 100 ||
				     call->response_bytes != number % 11 * 150))) {
		truth->wrong++;
		fprintf(stderr, "call %u has the answer of %u, %lld and %lld bytes\n", number,
			echoed, (long long)call->request_bytes, (long long)call->response_bytes);
	}
}

static void body(struct buffer *out, uint32_t length)
{
	static char text[2000];

	if (!text[0])
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = i % 50 ? 'x' : '\n';
	buffer_append(out, text, length);
}

static void request(struct truth *truth, struct buffer *out, unsigned int number)
{
	buffer_printf(out, "POST /call/%u HTTP/1.1\r\nHost: x\r\nContent-Length: %u\r\n\r\n",
		      number, number % 7 * 100);
	body(out, number % 7 * 100);
	truth->sent++;
}

static void answer(struct buffer *out, unsigned int number)
{
	const uint32_t length = number % 11 * 150;

	buffer_printf(out, "HTTP/1.1 %u OK\r\nX-Number: %u\r\n", number % 3 ? 200u : 404u, number);
	if (number % 4) {
		buffer_printf(out, "Content-Length: %u\r\n\r\n", length);
		body(out, length);
		return;
	}
	buffer_string(out, "Transfer-Encoding: chunked\r\n\r\n");
	for (uint32_t at = 0; at < length; at += 75) {
		buffer_string(out, "4b\r\n");
		body(out, 75);
		buffer_string(out, "\r\n");
	}
	buffer_string(out, "0\r\n\r\n");
}

static void write_connection(struct truth *truth, unsigned int ahead)
{
	struct wire *wire = &truth->wire;

	wire_open(wire);
	for (unsigned int i = 0; i < CALLS; i += ahead) {
		AUTO(buffer_free) struct buffer asked = { 0 }, answered = { 0 };

		for (unsigned int j = 0; j < ahead; j++) {
			request(truth, &asked, (unsigned int)truth->sent);
			answer(&answered, (unsigned int)truth->sent - 1);
		}
		wire_asks(wire, buffer_text(&asked));
		wire_answers(wire, buffer_text(&answered));
	}
	wire_close(wire);
}

/* Some percent are gone, some come up to eight places too late. */
static void disturb(struct wire *wire, unsigned int removed, unsigned int moved)
{
	size_t kept = 0;

	for (size_t i = 0; i < wire->count; i++) {
		if (random_below(1000) < removed)
			free(wire->pieces[i].data);
		else
			wire->pieces[kept++] = wire->pieces[i];
	}
	wire->count = kept;
	for (size_t i = 0; i + 9 < kept; i++) {
		struct wire_piece piece = wire->pieces[i];
		size_t by = 1 + random_below(8);

		if (random_below(1000) >= moved)
			continue;
		memmove(&wire->pieces[i], &wire->pieces[i + 1], by * sizeof(piece));
		wire->pieces[i + by] = piece;
	}
}

static int by_sequence(const void *a, const void *b)
{
	const struct piece *one = &((const struct wire_piece *)a)->piece;
	const struct piece *two = &((const struct wire_piece *)b)->piece;

	if (one->source.port != two->source.port)
		return one->source.port < two->source.port ? -1 : 1;
	if (one->destination.port != two->destination.port)
		return one->destination.port < two->destination.port ? -1 : 1;
	if (one->sequence != two->sequence)
		return (int32_t)(one->sequence - two->sequence);
	return (one->length > two->length) - (one->length < two->length);
}

/* The bytes between what is there, by direction. */
static uint64_t missing_bytes(const struct wire *wire)
{
	struct wire_piece *sorted = calloc(wire->count, sizeof(*sorted));
	uint64_t missing = 0;

	if (!sorted)
		abort();
	memcpy(sorted, wire->pieces, wire->count * sizeof(*sorted));
	qsort(sorted, wire->count, sizeof(*sorted), by_sequence);
	for (size_t i = 1; i < wire->count; i++) {
		const struct piece *before = &sorted[i - 1].piece, *piece = &sorted[i].piece;

		if (before->source.port == piece->source.port &&
		    before->destination.port == piece->destination.port)
			missing += piece->sequence - before->sequence - (uint32_t)before->length;
	}
	free(sorted);
	return missing;
}

static void feed(struct truth *truth)
{
	static const char *const headers[] = { "x-number" };
	const struct streams_callbacks callbacks = { check_call, NULL, truth };
	struct wire *wire = &truth->wire;
	struct streams *streams;

	wire->options.headers = headers;
	wire->options.header_count = 1;
	REQUIRE(streams_new(&wire->options, &callbacks, &streams) == 0);
	for (size_t i = 0; i < wire->count; i++)
		CHECK_NUMBER(streams_feed(streams, &wire->pieces[i].piece), 0);
	streams_finish(streams, wire->now_ns);
	streams_statistics(streams, &wire->counts);
	streams_free(streams);
}

static void run(struct truth *truth, uint64_t seed, unsigned int ahead, unsigned int removed,
		unsigned int moved)
{
	struct wire *wire = &truth->wire;

	*truth = (struct truth){ 0 };
	random_state = seed;
	wire_init(wire);
	wire->step_ns = MS / 10;
	for (unsigned int i = 0; i < CONNECTIONS; i++) {
		wire->client.port = (uint16_t)(40000 + i);
		wire->client.address[3] = i % 2 ? 1 : 200;
		wire->sequence[0] = random_below(UINT32_MAX);
		wire->sequence[1] = random_below(UINT32_MAX);
		wire->cut = 100 + random_below(1300);
		write_connection(truth, ahead);
	}
	disturb(wire, removed, moved);
	feed(truth);
}

TEST(pieces_in_the_wrong_order_lose_nothing)
{
	for (uint64_t seed = 1; seed <= (uint64_t)test_repeats(100); seed++)
		for (unsigned int ahead = 1; ahead <= 4; ahead *= 4) {
			struct truth truth;

			run(&truth, seed, ahead, 0, 50);
			CHECK_NUMBER(truth.wrong, 0);
			CHECK_NUMBER(truth.recorded, truth.sent);
			CHECK_NUMBER(truth.whole, truth.sent);
			CHECK_NUMBER(truth.wire.counts.gaps, 0);
			CHECK_NUMBER(truth.wire.counts.calls_lost, 0);
			wire_clear(&truth.wire);
		}
}

TEST(what_is_missing_is_counted_and_no_record_is_wrong)
{
	for (uint64_t seed = 1; seed <= (uint64_t)test_repeats(100); seed++)
		for (unsigned int ahead = 1; ahead <= 4; ahead *= 4) {
			struct truth truth;
			int failures = test_failures;
			uint64_t counted;

			run(&truth, seed, ahead, 10, seed % 2 * 50);
			counted = truth.recorded + truth.wire.counts.calls_lost;
			CHECK_NUMBER(truth.wrong, 0);
			CHECK(truth.recorded <= truth.sent);
			/* But for one of which nothing at all is left. Of a client that sends
			 * ahead there is no telling how many are in a gap. */
			if (ahead == 1) {
				CHECK(counted <= truth.sent);
				CHECK(counted + 2 >= truth.sent);
			}
			CHECK_NUMBER(truth.wire.counts.gap_bytes, missing_bytes(&truth.wire));
			if (test_failures != failures)
				fprintf(stderr, "with seed %llu, %u ahead\n",
					(unsigned long long)seed, ahead);
			wire_clear(&truth.wire);
		}
}

/* Request 1, answer 3 and request 4 are missing: answer 4 is not that of request 3. */
TEST(where_requests_and_answers_are_missing_no_answer_is_guessed)
{
	static const size_t gone[] = { 10, 9, 4 };
	struct truth truth = { 0 };
	struct wire *wire = &truth.wire;

	wire_init(wire);
	wire_open(wire);
	for (unsigned int i = 0; i < 5; i++) {
		AUTO(buffer_free) struct buffer asked = { 0 }, answered = { 0 };

		request(&truth, &asked, i);
		answer(&answered, i);
		wire_asks(wire, buffer_text(&asked));
		wire_answers(wire, buffer_text(&answered));
	}
	wire_close(wire);
	for (size_t i = 0; i < sizeof(gone) / sizeof(*gone); i++) {
		free(wire->pieces[gone[i]].data);
		wire->count--;
		memmove(&wire->pieces[gone[i]], &wire->pieces[gone[i] + 1],
			(wire->count - gone[i]) * sizeof(*wire->pieces));
	}
	feed(&truth);
	CHECK_NUMBER(truth.wrong, 0);
	CHECK_NUMBER(truth.recorded, 3);
	CHECK_NUMBER(truth.whole, 1);
	wire_clear(wire);
}

static void without_each(unsigned int ahead, unsigned int most)
{
	for (size_t i = 0;; i++) {
		struct truth truth = { 0 };
		struct wire *wire = &truth.wire;
		bool end;

		wire_init(wire);
		wire->client.address[3] = i % 2 ? 1 : 200; /* before or behind the server's */
		wire->cut = 500;
		write_connection(&truth, ahead);
		end = i >= wire->count;
		if (!end) {
			free(wire->pieces[i].data);
			wire->count--;
			memmove(&wire->pieces[i], &wire->pieces[i + 1],
				(wire->count - i) * sizeof(*wire->pieces));
			feed(&truth);
			CHECK_NUMBER(truth.wrong, 0);
			CHECK_NUMBER(truth.recorded + truth.wire.counts.calls_lost, truth.sent);
			CHECK(truth.whole + most >= truth.sent);
		}
		wire_clear(wire);
		if (end)
			break;
	}
}

TEST(any_one_piece_that_is_missing_costs_two_calls_at_most)
{
	without_each(1, 2);
}

/* Which answer is whose is not known any more; how many there were is. */
TEST(of_a_client_that_sends_ahead_any_one_piece_costs_the_rest)
{
	without_each(4, CALLS);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces to directions, directions to messages; and what is to be done where that fails. */
#include "streams/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int take(void *context, const struct part *part, uint64_t *taken);

struct connection *connection_new(struct streams *streams, const struct endpoint ends[2])
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return NULL;
	connection->streams = streams;
	connection->client = -1;
	connection->last = &connection->first;
	for (int i = 0; i < 2; i++) {
		connection->ends[i] = ends[i];
		connection->directions[i].connection = connection;
	}
	return connection;
}

static void stop_reading(struct connection *connection)
{
	for (int i = 0; i < 2; i++) {
		side_clear(&connection->directions[i].side);
		message_free(connection->directions[i].message);
		connection->directions[i].message = NULL;
		connection->directions[i].waiting = false;
	}
}

void connection_free(struct connection *connection)
{
	struct exchange *next;

	stop_reading(connection);
	for (struct exchange *exchange = connection->first; exchange; exchange = next) {
		next = exchange->next;
		exchange_free(exchange);
	}
	connection->streams->counts.in_flight -= connection->count;
	free(connection);
}

struct direction *connection_requests(struct connection *connection)
{
	return &connection->directions[connection->client > 0];
}

struct direction *connection_answers(struct connection *connection)
{
	return &connection->directions[connection->client <= 0];
}

bool direction_asks(const struct direction *direction)
{
	return direction == connection_requests(direction->connection);
}

void connection_say(struct connection *connection, enum stream_event_kind kind,
		    const struct direction *direction, uint64_t bytes, uint64_t calls)
{
	struct streams *streams = connection->streams;
	const int client = connection->client > 0;
	struct stream_event event = {
		.kind = kind,
		.time_ns = connection->now_ns,
		.client = connection->ends[client],
		.server = connection->ends[!client],
		.sender = !direction || connection->client < 0 ? PIECE_BY_ANYONE
			  : direction_asks(direction)          ? PIECE_BY_CLIENT
							       : PIECE_BY_SERVER,
		.bytes = bytes,
		.calls = calls,
	};

	if (kind == STREAM_LOST)
		streams->counts.calls_lost += calls;
	if (streams->callbacks.event)
		streams->callbacks.event(streams->callbacks.context, &event);
}

void connection_become(struct connection *connection, enum connection_state state)
{
	connection->state = state;
}

/* Of what is under way nothing more comes. */
static void end_exchanges(struct connection *connection, enum call_loss loss)
{
	while (connection->first)
		record_call(connection, connection->first, loss);
	if (connection->never_answers > connection->never_requests)
		connection_say(connection, STREAM_LOST, NULL, 0,
			       connection->never_answers - connection->never_requests);
	connection->never_answers = connection->never_requests = 0;
}

static void unreadable(struct connection *connection, enum stream_event_kind kind,
		       const struct direction *direction)
{
	connection->streams->counts.unreadable++;
	connection_say(connection, kind, direction, 0, 0);
	end_exchanges(connection, CALL_MALFORMED);
	connection_become(connection, CONNECTION_UNREADABLE);
}

static void close_connection(struct connection *connection, enum call_loss loss)
{
	end_exchanges(connection, loss);
	connection_become(connection, CONNECTION_CLOSED);
}

static bool is_tls(const char *data, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)data;

	return length && bytes[0] >= 0x14 && bytes[0] <= 0x17 && (length < 2 || bytes[1] == 3) &&
	       (length < 3 || bytes[2] <= 4);
}

static bool is_http2(const char *data, size_t length)
{
	static const char preface[] = "PRI * HTTP/2.0";
	size_t n = length < sizeof(preface) - 1 ? length : sizeof(preface) - 1;

	return n >= 3 && memcmp(data, preface, n) == 0;
}

static enum stream_event_kind kind_of(const struct direction *direction)
{
	return is_tls(direction->first_bytes, direction->first_length)     ? STREAM_TLS
	       : is_http2(direction->first_bytes, direction->first_length) ? STREAM_HTTP2
									   : STREAM_NOT_HTTP;
}

static void keep_first(struct direction *direction, const struct part *part)
{
	for (size_t i = 0; i < part->length && direction->first_length < FIRST_BYTES; i++)
		direction->first_bytes[direction->first_length++] = part->data[i];
}

/* A place to begin at, where the bytes before are not known. */
static bool found(struct direction *direction, const struct part *part)
{
	if (!part->begins_piece)
		return false;
	return direction_asks(direction) ? message_begins_request(part->data, part->length)
					 : message_begins_answer(part->data, part->length);
}

static void say_late(struct connection *connection)
{
	if (connection->late_said)
		return;
	connection->late_said = true;
	connection->unsure = connection->late = true;
	connection_say(connection, STREAM_LATE, NULL, 0, 0);
}

/* 1: reads; 0: nothing to read in this part. */
static int begin_reading(struct direction *direction, const struct part *part)
{
	struct connection *connection = direction->connection;
	const bool asks = direction_asks(direction);

	if (direction->message)
		return 1;
	if (connection->client < 0)
		return 0;
	if (direction->seeking && !found(direction, part)) {
		if (part->begins_piece && part->length >= 5 &&
		    (is_tls(part->data, part->length) || is_http2(part->data, part->length)) &&
		    !connection->count)
			unreadable(connection,
				   is_tls(part->data, part->length) ? STREAM_TLS : STREAM_HTTP2,
				   direction);
		return 0;
	}
	direction->message =
		message_new(!asks, asks ? &request_listener : &answer_listener, connection);
	if (!direction->message)
		return -ENOMEM;
	direction->seeking = false;
	return 1;
}

/* Whether the last request wants to change the protocol: what follows may be of another one. */
static bool upgrade_is_open(const struct connection *connection)
{
	for (const struct exchange *exchange = connection->first; exchange;
	     exchange = exchange->next)
		if (!exchange->next)
			return exchange->request_done && !exchange->answer_done &&
			       (exchange->is_connect || exchange->asks_upgrade);
	return false;
}

static bool must_wait(const struct direction *direction)
{
	const struct connection *connection = direction->connection;

	if (!message_is_between(direction->message) || direction->forced)
		return false;
	if (direction_asks(direction))
		return upgrade_is_open(connection) && !connection->never;
	return !connection->never && !connection_requests((struct connection *)connection)->deaf &&
	       !pairing_unanswered(connection);
}

/* From here on this direction cannot be followed, until a message begins where it can be seen. */
static void lose(struct direction *direction, enum call_loss loss)
{
	struct connection *connection = direction->connection;
	const bool asks = direction_asks(direction);
	const bool between = !direction->message || message_is_between(direction->message);
	struct exchange *exchange = asks ? connection->asking : connection->answering;

	message_free(direction->message);
	direction->message = NULL;
	direction->seeking = true;
	if (exchange && asks) {
		record_loss(exchange, loss);
		exchange->request_done = true;
		content_gap(&exchange->request);
		connection->asking = NULL;
		if (exchange->answer_done)
			record_call(connection, exchange, loss);
	} else if (exchange) {
		exchange->answer_done = true;
		record_loss(exchange, loss);
		connection->answering = NULL;
		if (exchange->request_done)
			record_call(connection, exchange, loss);
	}
	if (asks)
		pairing_lost_requests(connection, between);
	else
		pairing_lost_answers(connection);
}

/* The only request that there was, which is none. */
static void forget_request(struct connection *connection)
{
	if (!connection->first)
		return;
	connection->streams->counts.in_flight -= connection->count;
	exchange_free(connection->first);
	connection->first = connection->asking = connection->answering = NULL;
	connection->last = &connection->first;
	connection->count = 0;
}

static void smuggled(struct direction *direction, enum call_smuggling smuggling)
{
	struct connection *connection = direction->connection;
	struct exchange *exchange = connection->asking;

	exchange->call.smuggling = smuggling;
	head_request_ends(&connection->streams->heads, exchange, message_method(direction->message),
			  message_target(direction->message));
	connection->spoke = true;
	lose(direction, CALL_MALFORMED);
	direction->deaf = true;
}

static void malformed(struct direction *direction)
{
	struct connection *connection = direction->connection;
	enum call_smuggling smuggling = message_smuggling(direction->message);

	if (direction_asks(direction) && connection->asking && smuggling != CALL_PLAIN &&
	    !message_has_head(direction->message)) {
		smuggled(direction, smuggling);
	} else if (!connection->spoke) {
		forget_request(connection);
		unreadable(connection, kind_of(direction), direction);
	} else {
		lose(direction, CALL_MALFORMED);
	}
}

static int message_over(struct direction *direction)
{
	if (direction_asks(direction))
		request_ended(direction->connection);
	else
		answer_ended(direction->connection);
	return 0;
}

/* Reads on at data[*at]. 1: no more can be read here. */
static int read_message(struct direction *direction, const struct part *part, uint64_t *at)
{
	size_t n;

	switch (message_feed(direction->message, part->data + *at, (size_t)(part->length - *at),
			     &n)) {
	case MESSAGE_MORE:
		*at += n;
		return *at < part->length ? 0 : 1;
	case MESSAGE_ENDED:
		*at += n;
		message_over(direction);
		return 0;
	case MESSAGE_BAD:
		malformed(direction);
		return 1;
	case MESSAGE_FAILED:
		break;
	}
	return -ENOMEM;
}

static int take_data(struct direction *direction, const struct part *part, uint64_t *taken)
{
	struct connection *connection = direction->connection;
	uint64_t at = 0;
	int r = begin_reading(direction, part);

	keep_first(direction, part);
	while (r == 1 && at < part->length && connection->state == CONNECTION_OPEN &&
	       direction->message) {
		if (must_wait(direction)) {
			direction->waiting = true;
			*taken = at;
			return 0;
		}
		r = read_message(direction, part, &at);
		if (r < 0)
			return r;
		if (r > 0)
			return 0;
		r = 1;
	}
	return r < 0 ? r : 0;
}

static void count_gap(struct connection *connection, const struct part *part)
{
	struct streams_statistics *counts = &connection->streams->counts;

	if (part->kind == PART_SKIPPED) {
		counts->skipped_bytes += part->length;
		return;
	}
	counts->gaps++;
	counts->gap_bytes += part->length;
}

/* Within a body whose end is known in spite of it. */
static int pass_over(struct direction *direction, const struct part *part)
{
	struct connection *connection = direction->connection;
	const bool asks = direction_asks(direction);
	struct exchange *exchange = asks ? connection->asking : connection->answering;

	if (exchange) {
		int64_t *bytes =
			asks ? &exchange->call.request_bytes : &exchange->call.response_bytes;

		*bytes += (int64_t)part->length;
		content_gap(asks ? &exchange->request : &exchange->answer);
		if (part->kind == PART_MISSING)
			record_loss(exchange, asks ? CALL_REQUEST_GAP : CALL_RESPONSE_GAP);
	}
	switch (message_skip(direction->message, part->length)) {
	case MESSAGE_ENDED:
		return message_over(direction);
	case MESSAGE_MORE:
		return 0;
	case MESSAGE_BAD:
		lose(direction, CALL_MALFORMED);
		return 0;
	case MESSAGE_FAILED:
		break;
	}
	return -ENOMEM;
}

static int take_gap(struct direction *direction, const struct part *part)
{
	struct connection *connection = direction->connection;

	count_gap(connection, part);
	if (direction->message && message_has_head(direction->message) &&
	    message_left(direction->message) >= part->length)
		return pass_over(direction, part);
	connection_say(connection, STREAM_GAP, direction, part->length, 0);
	lose(direction, direction_asks(direction) ? CALL_REQUEST_GAP : CALL_RESPONSE_GAP);
	return 0;
}

/* FIN. A client may say that and wait for its answer. */
static int take_end(struct direction *direction)
{
	struct connection *connection = direction->connection;

	if (direction_asks(direction)) {
		struct exchange *exchange = connection->asking;

		direction->deaf = true; /* and the answers wait for nothing */
		if (exchange) {
			record_loss(exchange, CALL_CUT);
			exchange->request_done = true;
			connection->asking = NULL;
			if (exchange->answer_done)
				record_call(connection, exchange, CALL_CUT);
		}
		return 0;
	}
	if (direction->message) {
		switch (message_finish(direction->message)) {
		case MESSAGE_ENDED:
			message_over(direction);
			break;
		case MESSAGE_FAILED:
			return -ENOMEM;
		default:
			break;
		}
	}
	close_connection(connection, CALL_CUT);
	return 0;
}

static int take(void *context, const struct part *part, uint64_t *taken)
{
	struct direction *direction = context;
	struct connection *connection = direction->connection;

	(void)taken;
	connection->now_ns = part->time_ns;
	direction->waiting = false;
	if (connection->state == CONNECTION_CLOSED || connection->state == CONNECTION_UNREADABLE)
		return 0;
	if (connection->state == CONNECTION_TUNNEL) {
		if (part->kind == PART_END)
			close_connection(connection, CALL_CUT);
		return 0;
	}
	if (direction->deaf && part->kind != PART_END) {
		if (part->kind != PART_DATA)
			count_gap(connection, part);
		return 0;
	}
	switch (part->kind) {
	case PART_DATA:
		return take_data(direction, part, taken);
	case PART_SKIPPED:
	case PART_MISSING:
		return take_gap(direction, part);
	case PART_END:
		return take_end(direction);
	}
	return 0;
}

static struct side_taker taker_of(struct direction *direction)
{
	return (struct side_taker){ take, direction };
}

/* What one direction said may be what the other waits for. */
static int wake(struct connection *connection)
{
	int r = 0;

	for (int again = 1; again && r == 0;) {
		again = 0;
		for (int i = 0; i < 2 && r == 0; i++) {
			struct direction *direction = &connection->directions[i];
			struct side_taker taker = taker_of(direction);
			const size_t before = direction->side.held_bytes;

			if (!direction->waiting)
				continue;
			r = side_drain(&direction->side, &taker);
			again |= direction->side.held_bytes != before;
		}
	}
	return r;
}

static int add(struct direction *direction, const struct part *part)
{
	struct side_counts counts = { 0 };
	struct side_taker taker = taker_of(direction);
	int r = side_add(&direction->side, part, &taker, &counts);

	direction->connection->streams->counts.retransmitted += counts.retransmitted;
	direction->connection->streams->counts.reordered += counts.reordered;
	return r;
}

/* Who the client is, where nothing more certain is known. */
static void choose_client(struct connection *connection, const struct piece *piece, int from)
{
	if (connection->client_certain)
		return;
	if (piece->flags & PIECE_SYN) {
		connection->client = piece->flags & PIECE_ACK ? !from : from;
		connection->client_certain = true;
		return;
	}
	if (connection->directions[0].message || connection->directions[1].message)
		return;
	if (message_begins_request(piece->data, piece->length))
		connection->client = from;
	else if (message_begins_answer(piece->data, piece->length))
		connection->client = !from;
	else if (connection->client < 0 && piece->sender != PIECE_BY_ANYONE)
		connection->client = piece->sender == PIECE_BY_CLIENT ? from : !from;
}

static void begin_direction(struct direction *direction, const struct piece *piece)
{
	struct connection *connection = direction->connection;
	const bool syn = piece->flags & PIECE_SYN;
	uint32_t first = piece->sequence - (uint32_t)piece->skipped;

	if (syn && !direction->from_start) {
		direction->from_start = true;
		if (!direction->side.known) {
			direction->side.known = true;
			direction->side.next = first;
		}
	}
	if (direction->first_length || !(piece->length || piece->skipped || piece->missing))
		return;
	if (connection->state == CONNECTION_OPENING)
		connection->state = CONNECTION_OPEN;
	if (direction->side.held_count || direction->message)
		return;
	if (!direction->from_start && !direction->seeking) {
		direction->seeking = true;
		pairing_lost_answers(connection);
		if (!connection_requests(connection)->from_start)
			say_late(connection);
	}
}

/* The parts of a piece, in the order of their numbers. */
static int add_parts(struct direction *direction, const struct piece *piece)
{
	struct part part = { .time_ns = piece->time_ns, .begins_piece = true };
	const uint32_t start = piece->sequence - (uint32_t)piece->skipped;
	int r = 0;

	if (piece->skipped && (piece->skipped < (UINT64_C(1) << 31) || !direction->side.known ||
			       start == direction->side.next)) {
		part.kind = PART_SKIPPED;
		part.sequence = start;
		part.length = piece->skipped;
		r = add(direction, &part);
	}
	part.sequence = piece->sequence;
	if (r >= 0 && r != SIDE_OTHER && piece->length) {
		part.kind = PART_DATA;
		part.data = piece->data;
		part.length = piece->length;
		r = add(direction, &part);
	}
	part.sequence += (uint32_t)piece->length;
	if (r >= 0 && r != SIDE_OTHER && piece->missing) {
		part.kind = PART_MISSING;
		part.length = piece->missing;
		r = add(direction, &part);
	}
	part.sequence += (uint32_t)piece->missing;
	if (r >= 0 && r != SIDE_OTHER && piece->flags & PIECE_FIN &&
	    (direction->side.known || piece->length)) {
		part.kind = PART_END;
		part.length = 1;
		r = add(direction, &part);
	}
	return r;
}

/* More is held than may be: what it waits for is given up. */
static int relieve(struct direction *direction)
{
	const struct streams_options *options = &direction->connection->streams->options;
	struct side_taker taker = taker_of(direction);
	int r = 0;

	while (r == 0 && direction->side.held_count > options->segments_max) {
		const size_t before = direction->side.held_count;

		if (side_has_hole(&direction->side)) {
			r = side_give_up(&direction->side, &taker);
		} else {
			direction->forced = true;
			r = side_drain(&direction->side, &taker);
			direction->forced = false;
		}
		if (direction->side.held_count >= before)
			break;
	}
	return r;
}

bool connection_is_other(const struct connection *connection, const struct piece *piece, int from)
{
	const struct direction *direction = &connection->directions[from];

	return piece->flags & PIECE_SYN && direction->side.known &&
	       piece->sequence != direction->first;
}

/* Where it begins, as far as is known. Without its SYN, what was before the first piece may come
 * after it, and then it is too late for it. */
static void note_first(struct direction *direction, const struct piece *piece)
{
	struct connection *connection = direction->connection;
	const uint32_t start = piece->sequence - (uint32_t)piece->skipped;
	const int32_t distance = (int32_t)(start - direction->first);

	if (!direction->side.known) {
		direction->first = start;
	} else if (!direction->from_start && distance < 0 && distance > -SIDE_FAR &&
		   piece->length) {
		connection->streams->counts.gaps++;
		connection->streams->counts.gap_bytes += (uint64_t) - (int64_t)distance;
		direction->first = start;
	}
}

int connection_feed(struct connection *connection, const struct piece *piece, int from)
{
	struct direction *direction = &connection->directions[from];
	int r;

	connection->last_ns = piece->time_ns;
	if (!connection->now_ns)
		connection->now_ns = piece->time_ns;
	note_first(direction, piece);
	choose_client(connection, piece, from);
	begin_direction(direction, piece);
	if (piece->flags & PIECE_UNREADABLE && connection->state < CONNECTION_TUNNEL) {
		connection->now_ns = piece->time_ns;
		unreadable(connection, STREAM_UNREADABLE, direction);
	}
	r = add_parts(direction, piece);
	if (r >= 0 && r != SIDE_OTHER) {
		int woken = wake(connection);

		r = woken < 0 ? woken : r;
	}
	if (r >= 0 && r != SIDE_OTHER)
		r = relieve(direction) < 0 ? -ENOMEM : r;
	if (r >= 0 && r != SIDE_OTHER)
		r = wake(connection) < 0 ? -ENOMEM : r;
	if (piece->flags & PIECE_RST && !connection->reset_ns)
		connection->reset_ns = piece->time_ns;
	if (connection->state >= CONNECTION_TUNNEL)
		stop_reading(connection);
	return r;
}

/* Gives up whatever is waited for, on both sides, until nothing is held. */
static int force(struct connection *connection)
{
	int r = 0;

	for (unsigned int turn = 0; r == 0 && turn < 4 * 1024; turn++) {
		struct direction *direction = NULL;
		struct side_taker taker;

		for (int i = 0; i < 2; i++)
			if (connection->directions[i].side.held &&
			    (!direction || connection->directions[i].side.held_since_ns <
						   direction->side.held_since_ns))
				direction = &connection->directions[i];
		if (!direction)
			break;
		taker = taker_of(direction);
		if (side_has_hole(&direction->side)) {
			r = side_give_up(&direction->side, &taker);
		} else {
			direction->forced = true;
			r = side_drain(&direction->side, &taker);
		}
		if (r == 0)
			r = wake(connection);
	}
	return r;
}

void connection_end(struct connection *connection, enum call_loss loss)
{
	(void)force(connection);
	end_exchanges(connection, loss);
	connection_become(connection, CONNECTION_CLOSED);
	stop_reading(connection);
}

int connection_tick(struct connection *connection, uint64_t now_ns)
{
	const uint64_t patience = connection->streams->options.reorder_ns;
	int r = 0;

	if (connection->reset_ns && now_ns > connection->reset_ns + patience) {
		connection_end(connection, CALL_CUT);
		return 0;
	}
	for (int i = 0; i < 2 && r == 0; i++) {
		struct direction *direction = &connection->directions[i];
		struct side_taker taker = taker_of(direction);

		if (!direction->side.held || now_ns < direction->side.held_since_ns + patience)
			continue;
		if (side_has_hole(&direction->side)) {
			r = side_give_up(&direction->side, &taker);
		} else if (direction->waiting) {
			direction->forced = true;
			r = side_drain(&direction->side, &taker);
			direction->forced = false;
		}
		if (r == 0)
			r = wake(connection);
	}
	return r;
}

size_t connection_bytes(const struct connection *connection)
{
	size_t bytes = sizeof(*connection);

	for (int i = 0; i < 2; i++) {
		bytes += connection->directions[i].side.held_bytes;
		if (connection->directions[i].message)
			bytes += message_bytes(connection->directions[i].message);
	}
	for (const struct exchange *exchange = connection->first; exchange;
	     exchange = exchange->next)
		bytes += exchange->bytes + content_bytes(&exchange->request) +
			 content_bytes(&exchange->answer);
	return bytes;
}

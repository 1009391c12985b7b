/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a direction, in order: messages, and what is to be done where there are none. */
#include <errno.h>
#include <string.h>

#include "streams/connection.h"

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

/* The first that is read of a direction. Without its SYN there may have been messages before. */
static void begin_direction(struct direction *direction)
{
	struct connection *connection = direction->connection;

	direction->begun = true;
	if (direction->from_start)
		return;
	direction->seeking = true;
	if (connection_requests(connection)->from_start) {
		pairing_lost_answers(connection);
	} else if (!connection->late_said) {
		connection->late_said = true;
		connection->after_gap = connection->late = true;
		connection_say(connection, STREAM_LATE, NULL, 0, 0);
	}
}

/* 1: reads; 0: nothing to read in this part. */
static int begin_reading(struct direction *direction, const struct part *part)
{
	struct connection *connection = direction->connection;
	const bool asks = direction_asks(direction);

	if (direction->message)
		return 1;
	if (direction->seeking && !found(direction, part)) {
		if (part->begins_piece && part->length >= 5 &&
		    (is_tls(part->data, part->length) || is_http2(part->data, part->length)) &&
		    !connection->count)
			connection_unreadable(connection,
					      is_tls(part->data, part->length) ? STREAM_TLS
									       : STREAM_HTTP2,
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

/* What was taken for requests is none. */
static void forget_requests(struct connection *connection)
{
	while (connection->first) {
		struct exchange *exchange = connection->first;

		connection->first = exchange->next;
		connection->streams->counts.in_flight--;
		exchange_free(exchange);
	}
	connection->asking = connection->answering = connection->probation = NULL;
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
		forget_requests(connection);
		connection_unreadable(connection, kind_of(direction), direction);
	} else {
		if (!connection->not_http_said)
			connection_say(connection, STREAM_NOT_HTTP, direction, 0, 0);
		connection->not_http_said = true;
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

/* A client that asked before it sent its body, and was refused, asks for something else. */
static int forget_body(struct direction *direction, const struct part *part)
{
	struct connection *connection = direction->connection;
	const struct exchange *exchange = connection->asking;

	if (!direction_asks(direction) || !exchange || !exchange->expects ||
	    !exchange->answer_done || exchange->call.request_bytes || !found(direction, part))
		return 0;
	message_free(direction->message);
	direction->message = message_new(false, &request_listener, connection);
	request_ended(connection);
	return direction->message ? 0 : -ENOMEM;
}

static int take_data(struct direction *direction, const struct part *part, uint64_t *taken)
{
	struct connection *connection = direction->connection;
	uint64_t at = 0;
	int r = forget_body(direction, part);

	if (r == 0)
		r = begin_reading(direction, part);
	keep_first(direction, part);
	while (r == 1 && at < part->length && connection->state == CONNECTION_OPEN &&
	       direction->message) {
		if (must_wait(direction)) {
			direction->waiting = true;
			*taken = at;
			return 0;
		}
		if (message_is_between(direction->message))
			direction->forced = false; /* for one message */
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
	if (direction->seeking && part->kind == PART_SKIPPED)
		return 0; /* of a body whose beginning was not seen */
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
	/* What of the requests is out of order may yet come. */
	if (connection->first || connection_requests(connection)->side.held)
		connection->reset_ns = connection->now_ns;
	else
		connection_close(connection, CALL_CUT);
	return 0;
}

int direction_take(void *context, const struct part *part, uint64_t *taken)
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
			connection_close(connection, CALL_CUT);
		return 0;
	}
	if (connection->client < 0)
		return 0; /* nobody has said anything of HTTP */
	if (direction->deaf && part->kind != PART_END) {
		if (part->kind != PART_DATA)
			count_gap(connection, part);
		return 0;
	}
	if (!direction->begun && part->kind != PART_END)
		begin_direction(direction);
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

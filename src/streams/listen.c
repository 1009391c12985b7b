/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser says of requests and answers becomes what is known of calls. */
#include <errno.h>
#include <strings.h>

#include "streams/connection.h"

static int64_t since(const struct connection *connection, const struct exchange *exchange)
{
	return connection->now_ns > exchange->call.time_ns
		       ? (int64_t)(connection->now_ns - exchange->call.time_ns)
		       : 0;
}

static int memory_of(const struct exchange *exchange)
{
	return exchange->no_memory ? -ENOMEM : 0;
}

static int request_begin(void *context)
{
	struct connection *connection = context;
	struct exchange *exchange;

	if (connection->count >= EXCHANGES_MAX)
		pairing_never(connection);
	exchange = exchange_new(connection->now_ns);
	if (!exchange)
		return -ENOMEM;
	exchange->late = connection->late;
	exchange->after_gap = connection->after_gap;
	exchange->after_hidden = connection->after_hidden;
	connection->late = connection->after_gap = connection->after_hidden = false;
	if (connection->never) {
		connection->never_requests++;
		exchange->answer_done = true;
		record_loss(exchange, CALL_RESPONSE_LOST);
	}
	*connection->last = exchange;
	connection->last = &exchange->next;
	connection->count++;
	connection->streams->counts.in_flight++;
	connection->asking = exchange;
	return 0;
}

static int request_header(void *context, struct span name, struct span value)
{
	struct connection *connection = context;

	if (!connection->asking)
		return 0;
	head_request_header(&connection->streams->heads, connection->asking, name, value);
	return memory_of(connection->asking);
}

static int request_head(void *context)
{
	struct connection *connection = context;
	const struct message *message = connection_requests(connection)->message;
	struct exchange *exchange = connection->asking;

	connection->spoke = true;
	if (!exchange)
		return MESSAGE_BODY_AS_SAID;
	head_request_ends(&connection->streams->heads, exchange, message_method(message),
			  message_target(message));
	exchange->call.request_bytes = 0;
	if (memory_of(exchange) < 0)
		return -ENOMEM;
	return exchange->is_connect ? MESSAGE_BODY_NONE : MESSAGE_BODY_AS_SAID;
}

static int request_body(void *context, const char *data, size_t length)
{
	struct connection *connection = context;
	struct exchange *exchange = connection->asking;

	if (!exchange)
		return 0;
	exchange->call.request_bytes += (int64_t)length;
	return content_feed(&exchange->request, data, length, connection->now_ns,
			    connection->streams->options.inflate_max);
}

void request_ended(struct connection *connection)
{
	struct exchange *exchange = connection->asking;

	connection->asking = NULL;
	if (!exchange)
		return;
	exchange->request_done = true;
	exchange->call.request_end_ns = since(connection, exchange);
	content_end(&exchange->request, connection->now_ns);
	if (exchange->answer_done && connection->probation != exchange)
		record_call(connection, exchange, CALL_WHOLE);
}

static int answer_begin(void *context)
{
	struct connection *connection = context;

	connection->answering = pairing_choose(connection);
	connection->answer_orphan = !connection->answering;
	connection->answer_ns = connection->now_ns;
	connection->answer_interim = false;
	if (connection->answering)
		connection->answering->answer_begun = true;
	return 0;
}

/* 100 Continue and its like are no answers; 101 is one. */
static bool is_interim(const struct message *message)
{
	const unsigned int status = message_status(message);

	return status / 100 == 1 && status != 101;
}

static int answer_header(void *context, struct span name, struct span value)
{
	struct connection *connection = context;

	if (!connection->answering || is_interim(connection_answers(connection)->message))
		return 0;
	head_answer_header(&connection->streams->heads, connection->answering, name, value);
	return memory_of(connection->answering);
}

static int answer_head(void *context)
{
	struct connection *connection = context;
	const unsigned int status = message_status(connection_answers(connection)->message);
	struct exchange *exchange = connection->answering;

	if (status < 100)
		return -EBADMSG;
	connection->spoke = true;
	connection->answer_interim = is_interim(connection_answers(connection)->message);
	if (connection->answer_interim)
		return MESSAGE_BODY_NONE;
	if (!exchange) {
		pairing_orphan(connection, status == 408 && !connection->doubt);
		return status == 101 ? MESSAGE_BODY_OTHER_PROTOCOL : MESSAGE_BODY_AS_SAID;
	}
	exchange->call.first_byte_ns =
		connection->answer_ns > exchange->call.time_ns
			? (int64_t)(connection->answer_ns - exchange->call.time_ns)
			: 0;
	exchange->call.response_bytes = 0;
	head_answer_ends(exchange, status);
	if (memory_of(exchange) < 0)
		return -ENOMEM;
	if (status == 101)
		exchange->call.upgrade =
			exchange->asked_upgrade ? exchange->asked_upgrade : "unknown";
	else if (exchange->is_connect && status / 100 == 2)
		exchange->call.upgrade = "connect";
	if (exchange->call.upgrade)
		return MESSAGE_BODY_OTHER_PROTOCOL;
	return exchange->is_head ? MESSAGE_BODY_NONE : MESSAGE_BODY_AS_SAID;
}

static int answer_body(void *context, const char *data, size_t length)
{
	struct connection *connection = context;
	struct exchange *exchange = connection->answering;

	if (!exchange)
		return 0;
	exchange->call.response_bytes += (int64_t)length;
	return content_feed(&exchange->answer, data, length, connection->now_ns,
			    connection->streams->options.inflate_max);
}

void answer_ended(struct connection *connection)
{
	struct exchange *exchange = connection->answering;
	bool upgraded, to_http2;

	if (connection->answer_interim) {
		connection->answer_interim = false;
		if (exchange)
			exchange->answer_begun = false;
		connection->answering = NULL;
		return;
	}
	connection->answering = NULL;
	if (!exchange)
		return;
	exchange->call.last_ns = since(connection, exchange);
	content_end(&exchange->answer, connection->now_ns);
	upgraded = exchange->call.upgrade != NULL;
	to_http2 = upgraded && strcasecmp(exchange->call.upgrade, "h2c") == 0;
	pairing_answered(connection, exchange);
	if (!upgraded)
		return;
	connection_become(connection, CONNECTION_TUNNEL);
	if (to_http2) {
		connection->streams->counts.unreadable++;
		connection_say(connection, STREAM_HTTP2, NULL, 0, 0);
	}
}

const struct message_listener request_listener = {
	.begin = request_begin,
	.header = request_header,
	.head = request_head,
	.body = request_body,
};
const struct message_listener answer_listener = {
	.begin = answer_begin,
	.header = answer_header,
	.head = answer_head,
	.body = answer_body,
};

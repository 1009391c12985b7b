/* SPDX-License-Identifier: Apache-2.0 */
/* Which answer is which request's; connection.h says by what. */
#include "streams/connection.h"

struct exchange *pairing_unanswered(const struct connection *connection)
{
	for (struct exchange *exchange = connection->first; exchange; exchange = exchange->next)
		if (!exchange->answer_done)
			return exchange;
	return NULL;
}

/* Its answer may have come or not: there is a record of the request. One that is still being sent
 * has it when it has ended. */
static void give_up(struct connection *connection, struct exchange *exchange)
{
	exchange->answer_done = true;
	record_loss(exchange, CALL_RESPONSE_LOST);
	if (exchange->request_done)
		record_call(connection, exchange, CALL_RESPONSE_LOST);
}

void pairing_never(struct connection *connection)
{
	struct exchange *next;

	connection->never = true;
	connection->answering = NULL;
	for (struct exchange *exchange = connection->first; exchange; exchange = next) {
		next = exchange->next;
		if (exchange->answer_done)
			continue;
		connection->never_requests++;
		give_up(connection, exchange);
	}
}

static void give_up_until(struct connection *connection, const struct exchange *end)
{
	struct exchange *next;

	for (struct exchange *exchange = connection->first; exchange != end; exchange = next) {
		next = exchange->next;
		if (!exchange->answer_done)
			give_up(connection, exchange);
	}
}

/* Of a call neither the request nor the answer was seen, but where the request has been. */
static void say_hidden(struct connection *connection)
{
	connection->hidden = false;
	connection_say(connection, STREAM_LOST, connection_requests(connection), 0, 1);
}

/* Of those that may be it, the last one that was sent before: if answers were lost, those to the
 * requests before that one. */
static struct exchange *choose_by_time(struct connection *connection)
{
	struct exchange *chosen = NULL;
	size_t candidates = 0;

	for (struct exchange *exchange = connection->first; exchange; exchange = exchange->next)
		if (!exchange->answer_done && exchange->call.time_ns <= connection->now_ns) {
			chosen = exchange;
			candidates++;
			connection->waits |= connection->answered_ns &&
					     exchange->call.time_ns >= connection->answered_ns;
		}
	if (!chosen)
		return NULL;
	/* Two are under way at once; or a request is hidden in the gap, and its answer has not
	 * come: the client does not wait for answers. Unless these are lost, and it is known to
	 * wait. */
	if ((!connection->answers_lost || !connection->waits) &&
	    (candidates > 1 || (connection->hidden && !connection->orphans))) {
		give_up_until(connection, chosen->next);
		connection->credit += candidates;
		return NULL;
	}
	if (connection->hidden && !connection->orphans)
		say_hidden(connection);
	give_up_until(connection, chosen);
	return chosen;
}

/* What the answer said is no longer believed to be this call's. */
static void forget_answer(struct exchange *exchange)
{
	struct call *call = &exchange->call, empty;

	call_init(&empty);
	empty.time_ns = call->time_ns;
	empty.method = call->method;
	empty.host = call->host;
	empty.path = call->path;
	empty.route = call->route;
	empty.api_version = call->api_version;
	empty.version_source = call->version_source;
	empty.request_bytes = call->request_bytes;
	empty.request_end_ns = call->request_end_ns;
	empty.dialect = call->dialect;
	empty.operation = call->operation;
	empty.consumer = call->consumer;
	empty.agent = call->agent;
	empty.smuggling = call->smuggling;
	empty.loss = call->loss;
	if (exchange->trace_rank >= 6) /* of the request */
		empty.trace_id = call->trace_id;
	*call = empty;
}

/* The answer that was believed to be its may be that of another request. */
static void reject(struct connection *connection)
{
	struct exchange *exchange = connection->probation;

	if (!exchange)
		return;
	connection->probation = NULL;
	connection->answers_lost = true;
	connection->lost_since = false;
	forget_answer(exchange);
	give_up(connection, exchange);
}

/* The answers have come to where requests may be missing. */
static void reach_gap(struct connection *connection, struct exchange *first)
{
	first->after_gap = false;
	connection->doubt = connection->doubted = true;
	connection->hidden |= first->after_hidden;
	reject(connection);
	if (connection->pipelined)
		pairing_never(connection);
}

struct exchange *pairing_choose(struct connection *connection)
{
	struct exchange *first = pairing_unanswered(connection);

	if (first && first->after_gap) {
		reach_gap(connection, first);
		first = pairing_unanswered(connection);
	}
	if (!first || connection->never)
		return NULL;
	if (connection->doubt)
		first = choose_by_time(connection);
	else if (first->call.time_ns > connection->now_ns)
		first = NULL; /* an answer before its request: one of both is not the other's */
	if (first)
		pairing_confirm(connection);
	return first;
}

static bool sent_ahead(const struct connection *connection, const struct exchange *exchange)
{
	for (const struct exchange *next = exchange->next; next; next = next->next)
		if (next->call.time_ns < connection->now_ns)
			return true;
	return false;
}

void pairing_answered(struct connection *connection, struct exchange *exchange)
{
	const bool ahead = sent_ahead(connection, exchange);

	exchange->answer_done = true;
	connection->pipelined |= ahead;
	connection->waits |=
		connection->answered_ns && exchange->call.time_ns >= connection->answered_ns;
	connection->answered_ns = connection->now_ns;
	if (connection->doubt && ahead) {
		forget_answer(exchange);
		exchange->answer_done = false;
		connection->never_answers++;
		pairing_never(connection);
		return;
	}
	if (exchange->call.smuggling > CALL_PLAIN) /* what follows it is anybody's guess */
		pairing_never(connection);
	if (connection->doubt)
		connection->probation = exchange;
	else if (exchange->request_done)
		record_call(connection, exchange, CALL_WHOLE);
}

/* From here on they are counted again, unless answers were lost since then. */
void pairing_confirm(struct connection *connection)
{
	struct exchange *exchange = connection->probation;

	if (!exchange)
		return;
	connection->probation = NULL;
	if (!connection->lost_since) {
		connection->doubt = connection->hidden = connection->answers_lost = false;
		connection->orphans = connection->credit = 0;
	}
	connection->lost_since = false;
	if (exchange->request_done)
		record_call(connection, exchange, CALL_WHOLE);
}

void pairing_orphan(struct connection *connection, bool expected)
{
	const bool lost = connection->answers_lost;

	if (connection->never) {
		connection->never_answers++;
		return;
	}
	if (connection->credit) {
		connection->credit--;
	} else {
		connection->orphans++;
		if (!expected)
			connection_say(connection, STREAM_LOST, connection_answers(connection), 0,
				       1);
	}
	connection->doubt = connection->doubted = true;
	reject(connection); /* this one may be its answer, and the other an earlier one's */
	connection->answers_lost = lost;
}

void pairing_end(struct connection *connection)
{
	/* Of requests behind the last one that was seen nothing tells but the end that follows. */
	if (connection->after_gap ||
	    (connection->answers_lost && !connection_requests(connection)->deaf))
		reject(connection);
	pairing_confirm(connection);
	if (connection->after_hidden && !connection->orphans && !connection->never)
		say_hidden(connection);
	connection->after_gap = connection->after_hidden = false;
}

/* Where requests and answers are missing, a request whose answer is lost and an answer whose
 * request is lost look like a call: neither counting nor time tells. */
static void both_lack(struct connection *connection)
{
	if (!connection->requests_lack || !connection->answers_lack || connection->never)
		return;
	reject(connection);
	pairing_never(connection);
}

void pairing_lost_requests(struct connection *connection, bool between)
{
	connection->after_gap = true;
	connection->after_hidden |= between;
	connection->requests_lack = true;
	both_lack(connection);
}

void pairing_lost_answers(struct connection *connection)
{
	connection->doubt = connection->doubted = connection->answers_lost = true;
	connection->lost_since = connection->probation != NULL;
	if (connection->pipelined)
		pairing_never(connection);
	connection->answers_lack = true;
	both_lack(connection);
}

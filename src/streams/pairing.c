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

/* Of those that may be it, the last one that was sent before; the answers to those before that
 * one were missed. */
static struct exchange *choose_by_time(struct connection *connection)
{
	struct exchange *chosen = NULL, *next;

	for (struct exchange *exchange = connection->first; exchange; exchange = exchange->next)
		if (!exchange->answer_done && exchange->call.time_ns <= connection->now_ns)
			chosen = exchange;
	if (!chosen)
		return NULL;
	/* A request is hidden in the gap, and its answer has not come: so the client does not
	 * wait for answers, and this one may be the hidden request's. */
	if (connection->hidden && !connection->orphans) {
		pairing_never(connection);
		return NULL;
	}
	for (struct exchange *exchange = connection->first; exchange != chosen; exchange = next) {
		next = exchange->next;
		if (!exchange->answer_done)
			give_up(connection, exchange);
	}
	return chosen;
}

struct exchange *pairing_choose(struct connection *connection)
{
	struct exchange *first = pairing_unanswered(connection);

	if (!first || !first->uncertain)
		return first;
	return connection->never ? NULL : choose_by_time(connection);
}

static bool sent_ahead(const struct connection *connection, const struct exchange *exchange)
{
	for (const struct exchange *next = exchange->next; next; next = next->next)
		if (next->call.time_ns < connection->now_ns)
			return true;
	return false;
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

void pairing_answered(struct connection *connection, struct exchange *exchange)
{
	const bool ahead = sent_ahead(connection, exchange);

	exchange->answer_done = true;
	connection->pipelined |= ahead;
	if (exchange->uncertain && ahead) {
		forget_answer(exchange);
		exchange->answer_done = false;
		connection->never_answers++;
		pairing_never(connection);
		return;
	}
	if (exchange->uncertain) { /* from here on they are counted again */
		connection->unsure = connection->hidden = false;
		for (struct exchange *next = exchange->next; next; next = next->next)
			next->uncertain = false;
	}
	if (exchange->call.smuggling > CALL_PLAIN) /* what follows it is anybody's guess */
		connection->never = true;
	if (exchange->request_done)
		record_call(connection, exchange, CALL_WHOLE);
}

void pairing_lost_requests(struct connection *connection, bool between)
{
	connection->unsure = true;
	connection->hidden |= between;
	connection->orphans = 0;
	if (connection->pipelined)
		connection->never = true; /* those before are still counted */
}

void pairing_lost_answers(struct connection *connection)
{
	connection->unsure = true;
	for (struct exchange *exchange = connection->first; exchange; exchange = exchange->next)
		exchange->uncertain |= !exchange->answer_done;
	if (connection->pipelined)
		pairing_never(connection);
}

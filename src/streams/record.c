/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of a call in the end. */
#include <string.h>

#include "streams/connection.h"

void record_loss(struct exchange *exchange, enum call_loss loss)
{
	if (exchange->call.loss == CALL_UNKNOWN || exchange->call.loss == CALL_WHOLE)
		exchange->call.loss = loss;
}

static bool was_stream(const struct exchange *exchange)
{
	const struct content *answer = &exchange->answer;

	return answer->kind == CONTENT_SSE || answer->kind == CONTENT_NDJSON ||
	       (answer->kind == CONTENT_JSON && exchange->ai &&
		exchange->ai->dialect == DIALECT_GEMINI && exchange->ai->stream_asked == 1);
}

static bool asks_for_text(const struct ai *ai)
{
	return ai->operation == OPERATION_CHAT || ai->operation == OPERATION_COMPLETIONS ||
	       ai->operation == OPERATION_RESPONSES;
}

static void fill_asked(struct exchange *exchange)
{
	struct call *call = &exchange->call;
	struct ai *ai = exchange->ai;
	/* All of the request was read, and it did not say. */
	const bool read = exchange->request_done && exchange->request.reader &&
			  !exchange->request.unreadable && call->loss != CALL_REQUEST_GAP;

	if (ai->dialect == DIALECT_OLLAMA && asks_for_text(ai) && read && !ai->model_asked[0]) {
		call->dialect = call->operation = NULL; /* somebody else's /api/chat */
		return;
	}
	if (ai->stream_asked < 0 && read && asks_for_text(ai))
		ai->stream_asked = ai->dialect == DIALECT_OLLAMA;
	call->stream_asked = ai->stream_asked < 0 ? CALL_UNKNOWN : ai->stream_asked;
	if (ai->model_asked[0])
		call->model_asked = ai->model_asked;
}

static void fill_texts(struct call *call, const struct ai *ai)
{
	if (!ai->texts)
		return;
	call->first_token_ns = ai->first_text_ns > call->time_ns
				       ? (int64_t)(ai->first_text_ns - call->time_ns)
				       : 0;
	if (ai->texts < 2)
		return;
	call->token_gap_max_ns = (int64_t)ai->gap_max_ns;
	if (ai->last_text_ns >= ai->first_text_ns)
		call->token_gap_mean_ns =
			(int64_t)((ai->last_text_ns - ai->first_text_ns) / (ai->texts - 1));
}

static void fill_answered(struct exchange *exchange)
{
	struct call *call = &exchange->call;
	const struct ai *ai = exchange->ai;

	if (call->status == CALL_UNKNOWN)
		return;
	if (ai->model_answered[0])
		call->model_answered = ai->model_answered;
	call->tokens_in = ai->tokens_in < 0 ? CALL_UNKNOWN : ai->tokens_in;
	call->tokens_out = ai->tokens_out < 0 ? CALL_UNKNOWN : ai->tokens_out;
	call->tokens_cached = ai->tokens_cached < 0 ? CALL_UNKNOWN : ai->tokens_cached;
	if (ai->error_rank > 1 || (ai->error_rank && call->status >= 400))
		call->error_type = ai->error_type;
	if (call->streamed == 1)
		fill_texts(call, ai);
}

static void fill_stream(struct exchange *exchange)
{
	struct call *call = &exchange->call;
	const struct content *answer = &exchange->answer;
	const bool has_end = call->last_ns != CALL_UNKNOWN;

	if (call->status == CALL_UNKNOWN)
		return;
	call->streamed = was_stream(exchange);
	if (call->streamed && answer->encoding != CONTENT_OTHER)
		call->events = (int64_t)answer->events;
	if (call->loss == CALL_CUT)
		call->aborted = 1;
	else if (!call->streamed || !exchange->ai || call->status >= 400)
		call->aborted = has_end ? 0 : CALL_UNKNOWN;
	else if (exchange->ai->ended)
		call->aborted = 0;
	else if (!dialect_ends_streams(exchange->ai->dialect))
		call->aborted = has_end ? 0 : CALL_UNKNOWN;
	else if (has_end && !answer->unreadable && call->loss == CALL_WHOLE)
		call->aborted = 1;
}

static void unlink_exchange(struct connection *connection, struct exchange *exchange)
{
	struct exchange **at = &connection->first;

	while (*at && *at != exchange)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = exchange->next;
	if (connection->last == &exchange->next)
		connection->last = at;
	connection->count--;
	connection->streams->counts.in_flight--;
	if (connection->asking == exchange)
		connection->asking = NULL;
	if (connection->answering == exchange)
		connection->answering = NULL;
	if (connection->probation == exchange)
		connection->probation = NULL;
}

void record_call(struct connection *connection, struct exchange *exchange, enum call_loss loss)
{
	struct streams *streams = connection->streams;
	struct call *call = &exchange->call;

	unlink_exchange(connection, exchange);
	record_loss(exchange, loss);
	if (exchange->late)
		record_loss(exchange, CALL_LATE);
	if (!call->method) { /* nothing is known but that there was one */
		connection_say(connection, STREAM_LOST, connection_requests(connection), 0, 1);
		exchange_free(exchange);
		return;
	}
	call->client = connection->ends[connection->client];
	call->server = connection->ends[!connection->client];
	call->complete = call->loss == CALL_WHOLE;
	if (call->smuggling == CALL_UNKNOWN)
		call->smuggling = CALL_PLAIN;
	fill_stream(exchange);
	if (exchange->ai) {
		fill_asked(exchange);
		fill_answered(exchange);
	}
	streams->counts.calls++;
	streams->counts.calls_incomplete += !call->complete;
	if (streams->callbacks.call)
		streams->callbacks.call(streams->callbacks.context, call);
	exchange_free(exchange);
}

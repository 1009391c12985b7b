/* SPDX-License-Identifier: Apache-2.0 */
/* What heads say of a call, header by header, and what follows once all of them are there. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "streams/exchange.h"
#include "streams/route.h"
#include "streams/streams.h"

typedef void (*header_function)(const struct head_options *options, struct exchange *exchange,
				struct span value, size_t argument);

struct header {
	const char *name; /* in lower case */
	header_function take;
	size_t argument;
};

#define MEMBER(member_) offsetof(struct call, member_)

static void take_text(const struct head_options *options, struct exchange *exchange,
		      struct span value, size_t member)
{
	const char **out = (const char **)((char *)&exchange->call + member);

	(void)options;
	if (!*out)
		*out = exchange_text(exchange, value);
}

/* The digits at its beginning, if there is nothing but white space behind them. */
static bool plain_number(struct span value, int64_t *out)
{
	int64_t number = 0;

	value = span_trim(value);
	if (!value.length || value.length > 18)
		return false;
	for (size_t i = 0; i < value.length; i++) {
		if (value.text[i] < '0' || value.text[i] > '9')
			return false;
		number = number * 10 + (value.text[i] - '0');
	}
	*out = number;
	return true;
}

static void take_number(const struct head_options *options, struct exchange *exchange,
			struct span value, size_t member)
{
	int64_t *out = (int64_t *)((char *)&exchange->call + member);

	(void)options;
	if (*out == CALL_UNKNOWN)
		plain_number(value, out);
}

/* Milliseconds, with decimals or without. */
static void take_milliseconds(const struct head_options *options, struct exchange *exchange,
			      struct span value, size_t member)
{
	int64_t *out = (int64_t *)((char *)&exchange->call + member);
	char text[32], *end;
	double number;

	(void)options;
	if (!value.length || value.length >= sizeof(text) || !isdigit((unsigned char)*value.text))
		return;
	memcpy(text, value.text, value.length);
	text[value.length] = '\0';
	number = strtod(text, &end);
	if (end != text && !*end && number >= 0 && number < 1e12)
		*out = (int64_t)(number * 1e6);
}

static void set_consumer(const struct head_options *options, struct exchange *exchange,
			 struct span credential, unsigned int rank)
{
	char digits[CONSUMER_DIGITS + 1];

	if (!options->key.set || !credential.length || rank <= exchange->consumer_rank)
		return;
	consumer_hash(&options->key, credential, digits);
	exchange->call.consumer = exchange_text(exchange, span_of(digits));
	exchange->consumer_rank = rank;
}

static void take_authorization(const struct head_options *options, struct exchange *exchange,
			       struct span value, size_t rank)
{
	set_consumer(options, exchange, credential_of(value), (unsigned int)rank);
}

static void take_key(const struct head_options *options, struct exchange *exchange,
		     struct span value, size_t rank)
{
	set_consumer(options, exchange, span_trim(value), (unsigned int)rank);
}

static void set_version(struct exchange *exchange, struct span version,
			enum call_version_source source, unsigned int rank)
{
	if (rank <= exchange->version_rank || !version_is_plain(version))
		return;
	exchange->version_rank = rank;
	exchange->call.api_version = exchange_text(exchange, version);
	exchange->call.version_source = source;
}

static void take_version(const struct head_options *options, struct exchange *exchange,
			 struct span value, size_t anthropic)
{
	(void)options;
	exchange->anthropic_version |= anthropic != 0;
	set_version(exchange, value, VERSION_IN_HEADER, 4);
}

/* application/vnd.github.v3+json, application/json; version=2 */
static void take_accept(const struct head_options *options, struct exchange *exchange,
			struct span value, size_t argument)
{
	const char *vendor = span_find(value, "/vnd."), *named = span_find(value, "version=");
	struct span rest, word = { 0 };
	size_t n;

	(void)options;
	(void)argument;
	if (named) {
		rest = span_from(value, (size_t)(named - value.text) + 8);
		if (rest.length && *rest.text == '"')
			rest = span_from(rest, 1);
		for (n = 0; n < rest.length && !strchr("\"; ,", rest.text[n]);)
			n++;
		set_version(exchange, (struct span){ rest.text, n }, VERSION_IN_HEADER, 3);
		return;
	}
	if (!vendor)
		return;
	rest = span_from(value, (size_t)(vendor - value.text) + 5);
	while (rest.length && !strchr(",;", *rest.text)) {
		for (n = 0; n < rest.length && !strchr(".+-;,", rest.text[n]);)
			n++;
		word = (struct span){ rest.text, n };
		if (route_is_version(word))
			set_version(exchange, word, VERSION_IN_HEADER, 3);
		rest = span_from(rest, n + (n < rest.length && !strchr(",;", rest.text[n])));
	}
}

static void set_trace(struct exchange *exchange, struct span id, unsigned int rank)
{
	if (rank <= exchange->trace_rank || !id.length || id.length > 128)
		return;
	exchange->trace_rank = rank;
	exchange->call.trace_id = exchange_text(exchange, id);
}

static void take_trace(const struct head_options *options, struct exchange *exchange,
		       struct span value, size_t rank)
{
	(void)options;
	set_trace(exchange, value, (unsigned int)rank);
}

/* 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 */
static void take_traceparent(const struct head_options *options, struct exchange *exchange,
			     struct span value, size_t rank)
{
	(void)options;
	if (value.length < 55 || value.text[2] != '-' || value.text[35] != '-')
		return;
	for (size_t i = 3; i < 35; i++)
		if (!isxdigit((unsigned char)value.text[i]))
			return;
	set_trace(exchange, (struct span){ value.text + 3, 32 }, (unsigned int)rank);
}

static void take_host(const struct head_options *options, struct exchange *exchange,
		      struct span value, size_t argument)
{
	(void)argument;
	for (size_t i = 0; i < value.length; i++)
		if (value.text[i] == '@') {
			value = span_from(value, i + 1);
			i = (size_t)-1;
		}
	take_text(options, exchange, value, MEMBER(host));
}

static void take_upgrade(const struct head_options *options, struct exchange *exchange,
			 struct span value, size_t argument)
{
	(void)options;
	(void)argument;
	exchange->asks_upgrade = true;
	exchange->asked_upgrade = exchange_text(exchange, value);
}

static void take_expect(const struct head_options *options, struct exchange *exchange,
			struct span value, size_t argument)
{
	(void)options;
	(void)argument;
	exchange->expects |= span_find(value, "100-") != NULL;
}

static void take_asked_type(const struct head_options *options, struct exchange *exchange,
			    struct span value, size_t argument)
{
	(void)options;
	(void)argument;
	exchange->asked_type = exchange_text(exchange, value);
}

static void take_encoding(const struct head_options *options, struct exchange *exchange,
			  struct span value, size_t answer)
{
	(void)options;
	content_encoding(answer ? &exchange->answer : &exchange->request, value);
}

static void take_retry(const struct head_options *options, struct exchange *exchange,
		       struct span value, size_t argument)
{
	(void)options;
	(void)argument;
	if (!plain_number(value, &exchange->call.retry_after_s))
		exchange->retry_at = exchange_text(exchange, value);
}

static void take_date(const struct head_options *options, struct exchange *exchange,
		      struct span value, size_t argument)
{
	(void)options;
	(void)argument;
	exchange->date = exchange_text(exchange, value);
}

static void take_type(const struct head_options *options, struct exchange *exchange,
		      struct span value, size_t argument)
{
	size_t n = 0;

	(void)argument;
	while (n < value.length && value.text[n] != ';')
		n++;
	take_text(options, exchange, span_trim((struct span){ value.text, n }),
		  MEMBER(content_type));
}

static void take_gateway(const struct head_options *options, struct exchange *exchange,
			 struct span value, size_t member)
{
	(void)value;
	(void)options;
	exchange->call.gateway = member == 0 ? "litellm" : member == 1 ? "portkey" : "mlflow";
}

/* By name. */
static const struct header asked[] = {
	{ "accept", take_accept, 0 },
	{ "accept-version", take_version, 0 },
	{ "anthropic-version", take_version, 1 },
	{ "api-key", take_key, 2 },
	{ "api-version", take_version, 0 },
	{ "authorization", take_authorization, 4 },
	{ "content-encoding", take_encoding, 0 },
	{ "content-type", take_asked_type, 0 },
	{ "expect", take_expect, 0 },
	{ "host", take_host, 0 },
	{ "proxy-authorization", take_authorization, 1 },
	{ "stripe-version", take_version, 0 },
	{ "traceparent", take_traceparent, 9 },
	{ "upgrade", take_upgrade, 0 },
	{ "user-agent", take_text, MEMBER(agent) },
	{ "x-api-key", take_key, 3 },
	{ "x-api-version", take_version, 0 },
	{ "x-b3-traceid", take_trace, 8 },
	{ "x-correlation-id", take_trace, 6 },
	{ "x-github-api-version", take_version, 0 },
	{ "x-goog-api-key", take_key, 2 },
	{ "x-ms-version", take_version, 0 },
	{ "x-request-id", take_trace, 7 },
};
static const struct header answered[] = {
	{ "anthropic-ratelimit-requests-limit", take_number, MEMBER(limit_requests) },
	{ "anthropic-ratelimit-requests-remaining", take_number, MEMBER(requests_left) },
	{ "anthropic-ratelimit-tokens-limit", take_number, MEMBER(limit_tokens) },
	{ "anthropic-ratelimit-tokens-remaining", take_number, MEMBER(tokens_left) },
	{ "apim-request-id", take_trace, 1 },
	{ "content-encoding", take_encoding, 1 },
	{ "content-type", take_type, 0 },
	{ "date", take_date, 0 },
	{ "deprecation", take_text, MEMBER(deprecation) },
	{ "ratelimit-limit", take_number, MEMBER(limit_requests) },
	{ "ratelimit-remaining", take_number, MEMBER(requests_left) },
	{ "request-id", take_trace, 2 },
	{ "retry-after", take_retry, 0 },
	{ "sunset", take_text, MEMBER(sunset) },
	{ "x-litellm-call-id", take_trace, 4 },
	{ "x-litellm-overhead-duration-ms", take_milliseconds, MEMBER(gateway_overhead_ns) },
	{ "x-litellm-response-cost", take_text, MEMBER(cost) },
	{ "x-mlflow-gateway-overhead-duration-ms", take_milliseconds, MEMBER(gateway_overhead_ns) },
	{ "x-portkey-provider", take_text, MEMBER(provider) },
	{ "x-ratelimit-limit", take_number, MEMBER(limit_requests) },
	{ "x-ratelimit-limit-requests", take_number, MEMBER(limit_requests) },
	{ "x-ratelimit-limit-tokens", take_number, MEMBER(limit_tokens) },
	{ "x-ratelimit-remaining", take_number, MEMBER(requests_left) },
	{ "x-ratelimit-remaining-requests", take_number, MEMBER(requests_left) },
	{ "x-ratelimit-remaining-tokens", take_number, MEMBER(tokens_left) },
	{ "x-request-id", take_trace, 3 },
};
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct header *)row)->name);
}

static void take_header(const struct head_options *options, struct exchange *exchange,
			const struct header *table, size_t count, struct span name,
			struct span value)
{
	const struct header *found;
	char lower[48];

	if (name.length >= sizeof(lower))
		return;
	for (size_t i = 0; i < name.length; i++)
		lower[i] = (char)tolower((unsigned char)name.text[i]);
	lower[name.length] = '\0';
	found = bsearch(lower, table, count, sizeof(*table), compare);
	if (found)
		found->take(options, exchange, value, found->argument);
	if (table == answered && strncmp(lower, "x-litellm-", 10) == 0)
		take_gateway(options, exchange, value, 0);
	else if (table == answered && strncmp(lower, "x-portkey-", 10) == 0)
		take_gateway(options, exchange, value, 1);
	else if (table == answered && strncmp(lower, "x-mlflow-gateway-", 17) == 0)
		take_gateway(options, exchange, value, 2);
}

static void take_chosen(const struct head_options *options, struct exchange *exchange,
			struct span name, struct span value)
{
	for (size_t i = 0; i < options->header_count; i++) {
		AUTO(buffer_free) struct buffer shown = { 0 };

		if (exchange->call.headers[i] || strlen(options->headers[i]) != name.length ||
		    strncasecmp(options->headers[i], name.text, name.length) != 0)
			continue;
		header_shown(value, &shown);
		exchange->call.headers[i] =
			exchange_text(exchange, (struct span){ buffer_text(&shown), shown.length });
	}
}

void head_request_header(const struct head_options *options, struct exchange *exchange,
			 struct span name, struct span value)
{
	value = span_trim(value);
	take_header(options, exchange, asked, COUNT(asked), name, value);
	take_chosen(options, exchange, name, value);
}

void head_answer_header(const struct head_options *options, struct exchange *exchange,
			struct span name, struct span value)
{
	value = span_trim(value);
	take_header(options, exchange, answered, COUNT(answered), name, value);
	take_chosen(options, exchange, name, value);
}

static void set_dialect(struct exchange *exchange, struct dialect_path *found)
{
	struct call *call = &exchange->call;

	if (found->anthropic_if && !exchange->anthropic_version)
		*found = (struct dialect_path){ .stream_asked = -1 };
	if (found->dialect == DIALECT_OPENAI && found->operation == OPERATION_MODELS &&
	    exchange->anthropic_version)
		found->dialect = DIALECT_ANTHROPIC;
	call->operation = operation_name(found->operation);
	if (found->mlflow)
		call->gateway = "mlflow";
	if (!found->dialect)
		return;
	call->dialect = dialect_name(found->dialect);
	exchange->ai = malloc(sizeof(*exchange->ai));
	if (!exchange->ai) {
		exchange->no_memory = true;
		return;
	}
	ai_init(exchange->ai);
	exchange->bytes += sizeof(*exchange->ai);
	exchange->ai->dialect = found->dialect;
	exchange->ai->operation = found->operation;
	exchange->ai->stream_asked = found->stream_asked;
	if (found->model.length)
		snprintf(exchange->ai->model_asked, sizeof(exchange->ai->model_asked), "%.*s",
			 (int)found->model.length, found->model.text);
}

static void set_path(struct exchange *exchange, struct span path)
{
	AUTO(buffer_free) struct buffer shown = { 0 }, route = { 0 };
	struct dialect_path found = dialect_of(path);

	set_dialect(exchange, &found);
	route_path(path, &shown);
	route_of(path, found.model, &route);
	exchange->no_memory |= shown.failed || route.failed;
	exchange->call.path =
		exchange_text(exchange, (struct span){ buffer_text(&shown), shown.length });
	exchange->call.route =
		exchange_text(exchange, (struct span){ buffer_text(&route), route.length });
}

void head_request_ends(const struct head_options *options, struct exchange *exchange,
		       const char *method, struct span text)
{
	static const char *const versions[] = { "api-version", "api_version", "apiversion", NULL };
	static const char *const keys[] = { "key",   "api_key",      "api-key", "apikey",
					    "token", "access_token", NULL };
	struct call *call = &exchange->call;
	struct target target;

	call->method = method; /* one of the parser's names */
	exchange->is_head = strcmp(method, "HEAD") == 0;
	exchange->is_connect = strcmp(method, "CONNECT") == 0;
	if (exchange->is_connect) { /* a name and a port */
		if (!call->host)
			call->host = exchange_text(exchange, text);
		return;
	}
	target = target_split(text);
	if (target.host.length)
		call->host = exchange_text(exchange, target.host);
	set_version(exchange, query_value(target.query, versions), VERSION_IN_QUERY, 2);
	set_version(exchange, route_version(target.path), VERSION_IN_PATH, 1);
	set_consumer(options, exchange, query_value(target.query, keys), 1);
	set_path(exchange, target.path);
	if (exchange->ai)
		content_wanted(&exchange->request, exchange->asked_type, ai_asked, exchange->ai,
			       NULL);
}

/* Seconds since a day before all that can be written; -1: it is no date. */
static int64_t http_date(const char *text)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int day, year, hour, minute, second;
	char month[4];
	const char *found;
	int64_t m, y;

	if (!text || sscanf(text, "%*3s, %2d %3s %4d %2d:%2d:%2d GMT", &day, month, &year, &hour,
			    &minute, &second) != 6)
		return -1;
	found = strstr(months, month);
	if (!found || strlen(month) != 3 || (found - months) % 3)
		return -1;
	m = (found - months) / 3 + 1;
	y = m <= 2 ? year - 1 : year;
	m = m <= 2 ? m + 9 : m - 3;
	return ((365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day) * 24 + hour) *
		       3600 +
	       minute * 60 + second;
}

void head_answer_ends(struct exchange *exchange, unsigned int status)
{
	struct call *call = &exchange->call;

	call->status = status;
	if (exchange->retry_at) {
		const int64_t from = http_date(exchange->date),
			      until = http_date(exchange->retry_at);

		if (from >= 0 && until >= from)
			call->retry_after_s = until - from;
	}
	if (exchange->ai ||
	    (call->content_type && strcasecmp(call->content_type, "text/event-stream") == 0))
		content_wanted(&exchange->answer, call->content_type, ai_answered, exchange->ai,
			       exchange->ai);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for, by path. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "outside/accept.h"
#include "outside/assets.h"
#include "outside/host.h"
#include "outside/serve.h"
#include "outside/slices.h"

#define TEXT "text/plain; charset=utf-8"
#define JSON "application/json; charset=utf-8"
/* Readings are of the moment. Our own files are those of the program that runs. */
#define NEVER_KEPT "no-store"

/* Nothing is loaded from elsewhere, nothing in the page itself is obeyed, no other page may show
 * or read it. */
static const char *const headers[][2] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
	  "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
};

void answer_headers(struct MHD_Response *response, const char *type, const char *caching)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, caching);
}

static enum MHD_Result queue(struct MHD_Connection *connection, unsigned int status,
			     struct MHD_Response *response)
{
	enum MHD_Result r = MHD_queue_response(connection, status, response);

	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result say(struct MHD_Connection *connection, unsigned int status,
			   const char *sentence)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(sentence), (void *)sentence, MHD_RESPMEM_MUST_COPY);

	if (!response)
		return MHD_NO;
	answer_headers(response, TEXT, NEVER_KEPT);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	return queue(connection, status, response);
}

/* Part of a document, which is kept until it was sent. */
static enum MHD_Result send_part(struct MHD_Connection *connection, struct document *document,
				 const char *data, size_t length, const char *type)
{
	struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
		length, (void *)data, document_unref, document_ref(document));
	char number[32];

	if (!response) {
		document_unref(document);
		return MHD_NO;
	}
	answer_headers(response, type, NEVER_KEPT);
	snprintf(number, sizeof(number), "\"%" PRIu64 "\"", document->number);
	MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, number);
	return queue(connection, MHD_HTTP_OK, response);
}

/* The latest reading in that form; NULL: *result says what becomes of the request. */
static struct document *latest(struct serve *serve, struct MHD_Connection *connection,
			       enum form form, void **request, enum MHD_Result *result)
{
	struct visitor *visitor = visitor_of(connection);
	struct document *document = serve->documents[form];
	const bool waited = *request == visitor;

	const bool is_there = document && (document->number == serve->reading || waited);

	if (is_there && document->bytes.length)
		return document;
	*result = MHD_YES;
	if (is_there || waited || !serve->reading) {
		*result = say(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "There is no such reading just now.\n");
		return NULL;
	}
	*request = visitor;
	visitor_wait(visitor, connection, form);
	return NULL;
}

static enum MHD_Result send_whole(struct serve *serve, struct MHD_Connection *connection,
				  enum form form, const char *type, void **request)
{
	enum MHD_Result r;
	struct document *document = latest(serve, connection, form, request, &r);

	return document ? send_part(connection, document, document->bytes.data,
				    document->bytes.length, type)
			: r;
}

/* By its suffix, or because that is what is wanted most. */
static bool wants_csv(struct MHD_Connection *connection, const char *table, size_t *length)
{
	static const char *const types[] = { "application/json", "text/csv" };
	static const char suffix[] = ".csv";
	const size_t whole = strlen(table), less = sizeof(suffix) - 1;

	*length = whole;
	if (whole > less && strcmp(table + whole - less, suffix) == 0) {
		*length = whole - less;
		return true;
	}
	return accept_choose(MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_ACCEPT),
			     types, 2) == 1;
}

static enum MHD_Result send_table(struct serve *serve, struct MHD_Connection *connection,
				  const char *table, void **request)
{
	size_t length;
	const bool is_csv = wants_csv(connection, table, &length);
	enum MHD_Result r;
	struct document *document =
		latest(serve, connection, is_csv ? FORM_CSV : FORM_JSON, request, &r);
	const char *text;
	struct slice slice;

	if (!document)
		return r;
	text = document->bytes.data;
	if (!(is_csv ? slices_find_csv(text, document->bytes.length, table, length, &slice)
		     : slices_find(text, document->bytes.length, table, &slice)))
		return say(connection, MHD_HTTP_NOT_FOUND,
			   "There is no such table; /tables has all of them.\n");
	return send_part(connection, document, slice.data, slice.length,
			 is_csv ? "text/csv; charset=utf-8; header=present" : JSON);
}

/* Prometheus says which it would rather have. */
static enum MHD_Result send_metrics(struct serve *serve, struct MHD_Connection *connection,
				    void **request)
{
	static const char *const types[] = { "text/plain", "application/openmetrics-text" };
	static const char *const whole[] = {
		"text/plain; version=0.0.4; charset=utf-8",
		"application/openmetrics-text; version=1.0.0; charset=utf-8",
	};
	const char *accept =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	const size_t chosen = accept_choose(accept, types, 2);

	return send_whole(serve, connection, chosen ? FORM_OPENMETRICS : FORM_METRICS,
			  whole[chosen], request);
}

static enum MHD_Result send_health(struct serve *serve, struct MHD_Connection *connection)
{
	char text[96];

	snprintf(text, sizeof(text), "ok: reading %" PRIu64 ", %.1f s ago\n", serve->reading,
		 (double)(serve->now_ns - serve->reading_ns) / 1e9);
	return serve->reading ? say(connection, MHD_HTTP_OK, text)
			      : say(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				    "There is no reading yet.\n");
}

static enum MHD_Result send_asset(struct MHD_Connection *connection, const struct asset *asset)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		asset->length, (void *)asset->data, MHD_RESPMEM_PERSISTENT);

	if (!response)
		return MHD_NO;
	answer_headers(response, asset->type, "no-cache");
	return queue(connection, MHD_HTTP_OK, response);
}

static enum MHD_Result route(struct serve *serve, struct MHD_Connection *connection,
			     const char *url, void **request)
{
	static const char tables[] = "/tables/";

	if (strcmp(url, "/tables") == 0)
		return send_whole(serve, connection, FORM_JSON, JSON, request);
	if (strcmp(url, "/metrics") == 0)
		return send_metrics(serve, connection, request);
	if (strcmp(url, "/columns") == 0)
		return send_whole(serve, connection, FORM_COLUMNS, JSON, request);
	if (strncmp(url, tables, sizeof(tables) - 1) == 0)
		return send_table(serve, connection, url + sizeof(tables) - 1, request);
	if (strcmp(url, "/events") == 0)
		return serve->reader_count < READERS_MAX
			       ? stream_open(serve, connection)
			       : say(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				     "Too many read events already.\n");
	if (strcmp(url, "/healthz") == 0)
		return send_health(serve, connection);
	for (const struct asset *asset = assets; asset->path; asset++)
		if (strcmp(url, asset->path) == 0)
			return send_asset(connection, asset);
	return say(connection, MHD_HTTP_NOT_FOUND,
		   "Nothing is here; / is the page, and docs/page.md "
		   "says what else there is.\n");
}

/* Answered before a body is read, the connection ends. */
static bool has_body(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_CONTENT_LENGTH);

	return (length && strcmp(length, "0") != 0) ||
	       MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
					   MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

static enum MHD_Result count_host(void *hosts, enum MHD_ValueKind kind, const char *name,
				  const char *value)
{
	(void)kind;
	(void)value;
	*(unsigned int *)hosts += strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0;
	return MHD_YES;
}

/* Of two, whoever is in between may have looked at the other. */
static bool is_for_us(const struct serve *serve, struct MHD_Connection *connection)
{
	unsigned int hosts = 0;

	MHD_get_connection_values(connection, MHD_HEADER_KIND, count_host, &hosts);
	return hosts == 1 && host_is_ours(MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
								      MHD_HTTP_HEADER_HOST),
					  serve->own_name);
}

enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
		       const char *method, const char *version, const char *upload,
		       size_t *upload_size, void **request)
{
	static char seen; /* the request's head, once */
	struct serve *serve = context;

	(void)version;
	(void)upload;
	(void)upload_size;
	if (!visitor_of(connection))
		return MHD_NO;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			   "There is nothing here but to be read: GET and HEAD.\n");
	if (has_body(connection))
		return say(connection, MHD_HTTP_CONTENT_TOO_LARGE, "A request here has no body.\n");
	if (!*request) {
		*request = &seen;
		return MHD_YES;
	}
	if (!is_for_us(serve, connection))
		return say(connection, MHD_HTTP_MISDIRECTED_REQUEST,
			   "This is not the host that was asked for: use its address, its own name "
			   "or one without a dot.\n");
	return route(serve, connection, url, request);
}

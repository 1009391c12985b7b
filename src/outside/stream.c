/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Server-sent events: a reader gets what is news, in its own time. What it was too slow for is
 * counted and told; nobody keeps it for him.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "outside/serve.h"

#define PIECE ((size_t)16384) /* made at once */
#define SHOWN_AT_FIRST 50u    /* of the latest events */

struct reader {
	struct serve *serve;
	struct reader *next, **at;
	struct MHD_Connection *connection;
	bool sleeps, has_ended;
	uint64_t number;  /* of the next event */
	uint64_t reading; /* that was told last */
	uint64_t beat;
	struct buffer text;
	size_t sent;
};

static void tell_events(struct reader *reader)
{
	const struct recent_line *line;
	uint64_t missed;

	do {
		line = recent_take(&reader->serve->recent, &reader->number, &missed);
		if (missed)
			buffer_printf(&reader->text, "event: lost\ndata: %" PRIu64 "\n\n", missed);
		if (line)
			buffer_printf(&reader->text, "id: %" PRIu64 "\nevent: event\ndata: %s\n\n",
				      line->number, line->text);
	} while (line && reader->text.length < PIECE);
}

static void tell_news(struct reader *reader)
{
	const struct serve *serve = reader->serve;

	buffer_clear(&reader->text);
	reader->sent = 0;
	if (reader->reading != serve->reading) {
		reader->reading = serve->reading;
		buffer_printf(&reader->text, "event: reading\ndata: %" PRIu64 "\n\n",
			      reader->reading);
	}
	tell_events(reader);
	if (!reader->text.length && serve->ended && !reader->has_ended) {
		reader->has_ended = true;
		buffer_string(&reader->text, "event: end\ndata:\n\n");
	}
	if (!reader->text.length && reader->beat != serve->beat)
		buffer_string(&reader->text, ":\n\n"); /* is anybody there? */
	reader->beat = serve->beat;
}

static ssize_t read_news(void *context, uint64_t position, char *out, size_t most)
{
	struct reader *reader = context;
	size_t left;

	(void)position;
	if (reader->sent == reader->text.length)
		tell_news(reader);
	if (reader->text.failed)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	left = reader->text.length - reader->sent;
	if (!left && reader->has_ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (!left) {
		reader->sleeps = true;
		MHD_suspend_connection(reader->connection);
		return 0;
	}
	left = left < most ? left : most;
	memcpy(out, reader->text.data + reader->sent, left);
	reader->sent += left;
	return (ssize_t)left;
}

static void leave(void *context)
{
	struct reader *reader = context;

	*reader->at = reader->next;
	if (reader->next)
		reader->next->at = reader->at;
	reader->serve->reader_count--;
	buffer_free(&reader->text);
	free(reader);
}

/* After the last that it got, if it was here before. */
static uint64_t first_number(const struct serve *serve, struct MHD_Connection *connection)
{
	const char *last =
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Last-Event-ID");
	const uint64_t number = last ? strtoull(last, NULL, 10) : 0;

	return number && number < serve->recent.next ? number + 1
						     : recent_start(&serve->recent, SHOWN_AT_FIRST);
}

static struct reader *come(struct serve *serve, struct MHD_Connection *connection)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->serve = serve;
	reader->connection = connection;
	reader->number = first_number(serve, connection);
	reader->beat = serve->beat;
	reader->next = serve->readers;
	reader->at = &serve->readers;
	if (reader->next)
		reader->next->at = &reader->next;
	serve->readers = reader;
	serve->reader_count++;
	return reader;
}

enum MHD_Result stream_open(struct serve *serve, struct MHD_Connection *connection)
{
	struct reader *reader = come(serve, connection);
	struct MHD_Response *response;
	enum MHD_Result r;

	if (!reader)
		return MHD_NO;
	response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_news, reader, leave);
	if (!response) {
		leave(reader);
		return MHD_NO;
	}
	answer_headers(response, "text/event-stream; charset=utf-8", "no-store");
	visitor_of(connection)->reads_events = true;
	r = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return r;
}

void streams_wake(struct serve *serve)
{
	for (struct reader *reader = serve->readers; reader; reader = reader->next) {
		if (!reader->sleeps)
			continue;
		reader->sleeps = false;
		MHD_resume_connection(reader->connection);
		serve_soon(serve);
	}
}

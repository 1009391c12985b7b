/* SPDX-License-Identifier: Apache-2.0 */
#include "streams/content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "streams/ai.h"
#include "streams/lines.h"

#define INFLATE_BYTES 45000u /* what zlib allocates for a window of 32 KiB, about */

struct content_reader {
	struct content *content;
	struct json_scan scan;
	struct lines lines;
	uint64_t now_ns;
	char beginning[8]; /* of the document */
	size_t beginning_length;
	z_stream zlib;
	bool inflating, inflated;
	size_t inflated_bytes;
};

void content_encoding(struct content *content, struct span value)
{
	static const char *const deflated[] = { "gzip", "x-gzip", "deflate" };

	content->encoding = CONTENT_OTHER;
	for (size_t i = 0; i < sizeof(deflated) / sizeof(*deflated); i++)
		if (strlen(deflated[i]) == value.length &&
		    strncasecmp(deflated[i], value.text, value.length) == 0)
			content->encoding = CONTENT_DEFLATED;
	if (!value.length || (value.length == 8 && strncasecmp(value.text, "identity", 8) == 0))
		content->encoding = CONTENT_PLAIN;
}

static enum content_kind kind_of(const char *type)
{
	if (!type)
		return CONTENT_JSON;
	if (strncasecmp(type, "text/event-stream", 17) == 0)
		return CONTENT_SSE;
	if (strcasestr(type, "ndjson") || strcasestr(type, "jsonl") ||
	    strcasestr(type, "json-lines"))
		return CONTENT_NDJSON;
	return strcasestr(type, "json") ? CONTENT_JSON : CONTENT_IGNORED;
}

void content_wanted(struct content *content, const char *type,
		    void (*value)(void *context, const struct json_value *value), void *context,
		    struct ai *stream)
{
	content->kind = kind_of(type);
	content->value = value;
	content->context = context;
	content->stream = stream;
	content->unreadable = content->encoding == CONTENT_OTHER;
}

static void scanned(void *context, const struct json_value *value)
{
	struct content_reader *reader = context;
	const struct content *content = reader->content;

	if (content->context)
		content->value(content->context, value);
	if (content->kind == CONTENT_JSON && content->stream && content->stream->has_text &&
	    content->stream->stream_asked == 1)
		ai_text_now(content->stream, reader->now_ns);
}

static void document_data(void *context, const char *data, size_t length)
{
	struct content_reader *reader = context;

	for (size_t i = 0; i < length && reader->beginning_length < sizeof(reader->beginning); i++)
		reader->beginning[reader->beginning_length++] = data[i];
	json_scan_feed(&reader->scan, data, length);
}

static void document_ends(void *context)
{
	struct content_reader *reader = context;
	struct content *content = reader->content;

	json_scan_end(&reader->scan);
	content->events++;
	if (content->stream) {
		ai_document_ends(content->stream, reader->now_ns);
		content->stream->ended |= reader->beginning_length >= 6 &&
					  memcmp(reader->beginning, "[DONE]", 6) == 0;
	}
	reader->beginning_length = 0;
	json_scan_init(&reader->scan, scanned, reader);
}

static int reader_new(struct content *content)
{
	struct content_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	reader->content = content;
	content->reader = reader;
	json_scan_init(&reader->scan, scanned, reader);
	if (content->kind != CONTENT_JSON)
		lines_init(&reader->lines, content->kind == CONTENT_SSE ? LINES_SSE : LINES_NDJSON,
			   document_data, document_ends, reader);
	return 0;
}

static void plain(struct content *content, const char *data, size_t length)
{
	if (content->kind == CONTENT_JSON)
		json_scan_feed(&content->reader->scan, data, length);
	else
		lines_feed(&content->reader->lines, data, length);
}

static int begin_inflating(struct content_reader *reader, const char *data)
{
	/* With gzip's header or zlib's; some send neither for "deflate". */
	const unsigned char first = (unsigned char)data[0];
	const bool raw = first != 0x1f && (first & 0x0f) != 8;
	int r = inflateInit2(&reader->zlib, raw ? -15 : 15 + 32);

	reader->inflating = r == Z_OK;
	return r == Z_MEM_ERROR ? -ENOMEM : 0;
}

static int inflated(struct content *content, const char *data, size_t length, size_t most)
{
	struct content_reader *reader = content->reader;
	char out[4096];
	int r;

	if (!reader->inflating && begin_inflating(reader, data) < 0)
		return -ENOMEM;
	if (!reader->inflating) {
		content->unreadable = true;
		return 0;
	}
	reader->zlib.next_in = (Bytef *)(uintptr_t)data;
	reader->zlib.avail_in = (uInt)length;
	do {
		size_t n;

		reader->zlib.next_out = (Bytef *)out;
		reader->zlib.avail_out = sizeof(out);
		r = inflate(&reader->zlib, Z_SYNC_FLUSH);
		n = sizeof(out) - reader->zlib.avail_out;
		reader->inflated_bytes += n;
		plain(content, out, n);
		if (r == Z_STREAM_END) {
			reader->inflated = true;
			return 0;
		}
		if ((r != Z_OK && r != Z_BUF_ERROR) || reader->inflated_bytes > most) {
			content->unreadable = true;
			return r == Z_MEM_ERROR ? -ENOMEM : 0;
		}
	} while (!reader->zlib.avail_out || reader->zlib.avail_in);
	return 0;
}

int content_feed(struct content *content, const char *data, size_t length, uint64_t now_ns,
		 size_t inflate_max)
{
	if (content->kind == CONTENT_IGNORED || content->unreadable || !length)
		return 0;
	if (!content->reader && reader_new(content) < 0)
		return -ENOMEM;
	content->reader->now_ns = now_ns;
	if (content->encoding == CONTENT_PLAIN)
		plain(content, data, length);
	else if (!content->reader->inflated)
		return inflated(content, data, length, inflate_max);
	return 0;
}

void content_gap(struct content *content)
{
	if (content->kind == CONTENT_IGNORED)
		return;
	if (content->encoding == CONTENT_PLAIN && content->reader && content->kind != CONTENT_JSON)
		lines_gap(&content->reader->lines);
	else
		content->unreadable = true;
}

void content_end(struct content *content, uint64_t now_ns)
{
	if (!content->reader || content->unreadable)
		return;
	content->reader->now_ns = now_ns;
	if (content->kind == CONTENT_JSON)
		json_scan_end(&content->reader->scan);
	else
		lines_end(&content->reader->lines);
	if (content->kind == CONTENT_JSON && content->stream)
		content->events = content->reader->scan.elements;
}

void content_free(struct content *content)
{
	if (content->reader && content->reader->inflating)
		inflateEnd(&content->reader->zlib);
	free(content->reader);
	content->reader = NULL;
}

size_t content_bytes(const struct content *content)
{
	return content->reader
		       ? sizeof(*content->reader) + (content->reader->inflating ? INFLATE_BYTES : 0)
		       : 0;
}

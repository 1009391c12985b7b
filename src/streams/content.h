/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A body as it comes by: inflated within bounds if it is compressed, cut into documents if it is
 * a stream, and scanned for what is wanted of it. Nothing of it is kept.
 */
#ifndef STREAMS_CONTENT_H
#define STREAMS_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "streams/json_scan.h"

struct ai;
struct content_reader;

enum content_kind { CONTENT_IGNORED, CONTENT_JSON, CONTENT_SSE, CONTENT_NDJSON };

struct content {
	enum content_kind kind;
	enum content_encoding { CONTENT_PLAIN, CONTENT_DEFLATED, CONTENT_OTHER } encoding;
	void (*value)(void *context, const struct json_value *value);
	void *context;
	struct ai *stream; /* that hears of documents and their times; or NULL */
	struct content_reader *reader;
	uint64_t events;
	bool unreadable; /* from somewhere on: lost, too large, or not what it said */
};

/* Content-Encoding, before the next. */
void content_encoding(struct content *content, struct span value);
/* By its type (NULL: not said), the body is read if it can be. value NULL or not, documents of a
 * stream are counted. */
void content_wanted(struct content *content, const char *type,
		    void (*value)(void *context, const struct json_value *value), void *context,
		    struct ai *stream);

/* 0 or -ENOMEM. inflate_max: of the whole, inflated. */
int content_feed(struct content *content, const char *data, size_t length, uint64_t now_ns,
		 size_t inflate_max);
void content_gap(struct content *content); /* bytes are missing, or left out */
void content_end(struct content *content, uint64_t now_ns);
void content_free(struct content *content);
/* Memory, about. */
size_t content_bytes(const struct content *content);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of JSON documents: server-sent events (the WHATWG's, data lines only) and NDJSON. Their
 * bytes come as the network cut them; a document is told of when the line that ends it has come.
 */
#ifndef STREAMS_LINES_H
#define STREAMS_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lines_kind { LINES_SSE, LINES_NDJSON };

struct lines {
	enum lines_kind kind;
	/* The bytes of a document as they come, and its end. What another line of the same event
	 * has is a newline's distance from the one before. */
	void (*data)(void *context, const char *data, size_t length);
	void (*end)(void *context);
	void *context;

	uint8_t at;        /* in the line: before, in or behind its name */
	bool after_return; /* a newline would be the second half of a line's end */
	bool empty;        /* the line, so far */
	bool has_data;     /* the event, so far */
	bool lost;         /* bytes: until the next line there is nothing to be had */
	uint8_t name_length;
	char name[8];
};

void lines_init(struct lines *lines, enum lines_kind kind,
		void (*data)(void *context, const char *data, size_t length),
		void (*end)(void *context), void *context);
void lines_feed(struct lines *lines, const char *data, size_t length);
/* Bytes are missing here. What is under way does not end. */
void lines_gap(struct lines *lines);
/* NDJSON's last line may end with the whole; an event may not. */
void lines_end(struct lines *lines);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A call while it is under way, with the texts that it owns. */
#ifndef STREAMS_EXCHANGE_H
#define STREAMS_EXCHANGE_H

#include "base/span.h"
#include "streams/ai.h"
#include "streams/call.h"
#include "streams/content.h"
#include "streams/secret.h"

struct exchange {
	struct exchange *next;
	struct call call;
	struct owned_text *texts;
	size_t bytes; /* of memory, all told */
	bool no_memory;

	struct ai *ai;                  /* NULL: no call to a model */
	struct content request, answer; /* their bodies */
	bool request_done, answer_begun, answer_done;
	bool is_head, is_connect, asks_upgrade;
	bool expects;      /* 100 Continue, before it sends its body */
	bool after_gap;    /* of the requests: there may be others before it */
	bool after_hidden; /* there is one at least */
	bool late;

	/* Of heads, until they have ended. */
	unsigned int consumer_rank, version_rank, trace_rank;
	bool anthropic_version;
	const char *retry_at, *date; /* of the answer, where Retry-After is a date */
	const char *asked_upgrade, *asked_type;
};

/* What is the same for all heads. */
struct head_options {
	struct consumer_key key;
	const char *const *headers;
	size_t header_count;
};

struct exchange *exchange_new(uint64_t time_ns); /* NULL: no memory */
void exchange_free(struct exchange *exchange);

/* A copy that the exchange owns; of what is too long, the beginning and "…". NULL if it is empty
 * or there is no memory, which the exchange remembers. */
const char *exchange_text(struct exchange *exchange, struct span text);

/* head.c */
void head_request_header(const struct head_options *options, struct exchange *exchange,
			 struct span name, struct span value);
void head_request_ends(const struct head_options *options, struct exchange *exchange,
		       const char *method, struct span target);
void head_answer_header(const struct head_options *options, struct exchange *exchange,
			struct span name, struct span value);
void head_answer_ends(struct exchange *exchange, unsigned int status);

#endif

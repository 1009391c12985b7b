/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bodies of a call to a model say of it. The dialects' members have different names and
 * stand in different places, none of which means two things: one table has them all.
 */
#ifndef STREAMS_AI_H
#define STREAMS_AI_H

#include "streams/dialect.h"
#include "streams/json_scan.h"

/* What is known of the model's part, apart from what dialect_of() found in the path. */
struct ai {
	enum dialect dialect;
	enum operation operation;
	int64_t stream_asked;
	int64_t tokens_in, tokens_out, tokens_cached;
	char model_asked[JSON_SCALAR_MAX], model_answered[JSON_SCALAR_MAX];
	char error_type[48];
	unsigned int error_rank; /* how good a name that is */

	/* Of the stream. */
	uint64_t events, texts;
	uint64_t first_text_ns, last_text_ns, gap_max_ns; /* if there were texts */
	bool ended;                                       /* it said so */

	/* Of the document that is under way. */
	bool has_text, has_delta, type_is_delta;
};

void ai_init(struct ai *ai);

/* Values of the request's body, and of a document of the answer's. */
void ai_asked(void *ai, const struct json_value *value);
void ai_answered(void *ai, const struct json_value *value);
/* A document of a stream has ended. */
void ai_document_ends(struct ai *ai, uint64_t now_ns);
/* Text of an answer that is an array of documents, which a scanner does not see end. */
void ai_text_now(struct ai *ai, uint64_t now_ns);

#endif

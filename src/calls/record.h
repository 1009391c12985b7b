/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP call, as the process that reads HTTP tells it: plain data of a fixed size. All text in
 * it is a stranger's, cut to its room, and has no secrets: credentials are a keyed hash.
 */
#ifndef CALLS_RECORD_H
#define CALLS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_COLUMNS 4u /* headers that were asked for */
#define RECORD_UNKNOWN UINT64_MAX
#define RECORD_NO_STATUS UINT16_MAX
#define RECORD_NOT_KNOWN UINT8_MAX /* neither true nor false */

/* Numbers of all ones and texts without a letter are not known. Texts end with a NUL. The members
 * are those of streams/call.h, where it is said what they are. */
struct call_record {
	uint64_t start_ns; /* CLOCK_MONOTONIC, or the recording's */
	uint64_t request_end_ns, first_byte_ns, first_token_ns, last_ns;
	uint64_t token_gap_mean_ns, token_gap_max_ns, gateway_overhead_ns;
	uint64_t request_bytes, response_bytes;
	uint64_t tokens_in, tokens_out, tokens_cached, events;
	uint64_t limit_requests, requests_left, limit_tokens, tokens_left, retry_after_s;
	uint16_t status, client_port, server_port;
	uint8_t stream_asked, streamed, complete, aborted;
	uint8_t credentials; /* the request had some */
	char client[46], server[46];
	char method[16], host[64], path[160], route[96];
	char api_version[24], version_source[8];
	char dialect[16], operation[24], model_asked[64], model_answered[64], error_type[48];
	char consumer[20], agent[64], content_type[40];
	char gateway[16], provider[24], cost[24];
	char trace_id[40], deprecation[40], sunset[40], upgrade[16], smuggling[40];
	char loss[16];
	char columns[RECORD_COLUMNS][64];
};

/* All unknown. */
void record_init(struct call_record *call);
/* Of bytes that came from another process: texts end, and nothing is behind their ends. */
void record_mend(struct call_record *call);
/* The part of TEXT that fits, which need not end with a NUL. */
void record_text(char *out, size_t size, const char *text, size_t length);
#define RECORD_TEXT(call, member, text, length)                                                    \
	record_text((call)->member, sizeof((call)->member), text, length)

/* As far as it is known. */
static inline uint64_t record_amount(uint64_t number)
{
	return number == RECORD_UNKNOWN ? 0 : number;
}

/* Answered with 401, 403 or 429. */
static inline bool record_is_refused(const struct call_record *call)
{
	return call->status == 401 || call->status == 403 || call->status == 429;
}

static inline bool record_is_ai(const struct call_record *call)
{
	return *call->dialect != '\0';
}

/* What a table calls its model. */
static inline const char *record_model(const struct call_record *call)
{
	return *call->model_asked ? call->model_asked : call->model_answered;
}

#endif

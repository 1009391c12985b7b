/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call: a request and its answer, as far as they were seen. Unknown is not zero: a text that is
 * not known is NULL, a number CALL_UNKNOWN. Texts are strangers': any bytes but NUL, so that
 * whoever shows them has to escape them; they are not longer than CALL_TEXT_MAX.
 */
#ifndef STREAMS_CALL_H
#define STREAMS_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALL_UNKNOWN INT64_C(-1)
#define CALL_TEXT_MAX 2048u
#define CALL_HEADERS_MAX 16u

struct endpoint {
	uint8_t address[16];
	uint8_t family; /* 4 or 6; of an IPv4 address the first four bytes count, others are 0 */
	uint16_t port;  /* in the machine's byte order */
};

enum call_version_source { VERSION_NOWHERE, VERSION_IN_PATH, VERSION_IN_HEADER, VERSION_IN_QUERY };

/* Why a call is not complete: the first reason that there was. */
enum call_loss {
	CALL_WHOLE,
	CALL_LATE,          /* its connection was found open; its first part may be missing */
	CALL_REQUEST_GAP,   /* a part of the request is missing */
	CALL_RESPONSE_GAP,  /* a part of the answer is missing */
	CALL_RESPONSE_LOST, /* which answer is this request's is not known */
	CALL_EVICTED,       /* no room; the rest was not looked at */
	CALL_IDLE,          /* silent for too long */
	CALL_CUT,           /* the connection ended before the answer did */
	CALL_END,           /* there was nothing more to read: the end of a recording */
	CALL_MALFORMED,     /* what came is no HTTP from somewhere on */
};

/* Two readers would read such a request differently; which of them the server is, is not known,
 * and nothing after it on its connection is read. */
enum call_smuggling {
	CALL_PLAIN,
	CALL_TWO_LENGTHS,          /* Content-Length twice, a list, or no plain number */
	CALL_LENGTH_AND_ENCODING,  /* Content-Length and Transfer-Encoding */
	CALL_ENCODING_NOT_CHUNKED, /* does not end with chunked, or "name :" */
};

struct call {
	uint64_t time_ns; /* of the request's first byte, by the clock of the pieces */
	struct endpoint client, server;

	const char *method, *host;
	const char *path;  /* without its query, user names and parameters */
	const char *route; /* the path with names and numbers of things taken out */
	const char *api_version;
	int64_t version_source; /* enum call_version_source */
	int64_t status;         /* of the final answer, not of a 100 */

	/* Content as it was sent: compressed, but without the framing of chunks. */
	int64_t request_bytes, response_bytes;

	/* Since time_ns. */
	int64_t request_end_ns, first_byte_ns, first_token_ns, last_ns;
	int64_t token_gap_mean_ns, token_gap_max_ns; /* between pieces of generated text */

	int64_t stream_asked; /* 0 or 1, as said in the request */
	int64_t streamed;     /* 0 or 1: the answer came as SSE or NDJSON */
	int64_t events;       /* of it that were seen */
	int64_t aborted;      /* 0 or 1: it ended before its end */

	const char *dialect;   /* of AI: "openai", "anthropic"…; NULL: none that is known */
	const char *operation; /* "chat", "embeddings"… */
	const char *model_asked, *model_answered;
	int64_t tokens_in, tokens_out, tokens_cached;
	const char *error_type;

	const char *consumer;        /* 16 digits of a keyed hash of the credential */
	int64_t retry_after_s;       /* as answered */
	int64_t limit_requests;      /* x-ratelimit-limit-requests, and those of other names */
	int64_t requests_left;       /* x-ratelimit-remaining-requests */
	int64_t limit_tokens;        /* x-ratelimit-limit-tokens */
	int64_t tokens_left;         /* x-ratelimit-remaining-tokens */
	const char *trace_id;        /* of traceparent, or what else links calls */
	const char *deprecation;     /* as answered */
	const char *sunset;          /* as answered */
	const char *agent;           /* User-Agent */
	const char *content_type;    /* of the answer, without parameters */
	const char *gateway;         /* "litellm", "portkey", "mlflow": it says so in its answer */
	const char *provider;        /* that the gateway asked */
	int64_t gateway_overhead_ns; /* as the gateway says */
	const char *cost;            /* as the gateway says */
	const char *upgrade;         /* what the connection became: "websocket", "connect"… */

	int64_t smuggling; /* enum call_smuggling */
	int64_t loss;      /* enum call_loss */
	int64_t complete;  /* 0 or 1 */

	const char *headers[CALL_HEADERS_MAX]; /* streams_options.headers */
};

/* The members above in the order in which they are shown, by their names in JSON and in tables;
 * but for headers[], whose names are the user's. */
enum call_member_kind {
	CALL_TIME,    /* uint64_t: nanoseconds by the clock of the pieces */
	CALL_ADDRESS, /* struct endpoint: its address */
	CALL_PORT,    /* struct endpoint: its port */
	CALL_TEXT,    /* const char *: NULL is null */
	CALL_NUMBER,  /* int64_t, as all below: CALL_UNKNOWN is null */
	CALL_BYTES,
	CALL_DURATION, /* nanoseconds */
	CALL_BOOL,
	CALL_NAME, /* one of names[] */
};

struct call_member {
	const char *name;
	enum call_member_kind kind;
	size_t offset;            /* in struct call */
	const char *const *names; /* of CALL_NAME; a NULL among them is null. count of them */
	size_t name_count;
	const char *what; /* a few words */
};
extern const struct call_member call_members[];
extern const size_t call_member_count;

/* All unknown. */
void call_init(struct call *call);
/* By a member's row. */
int64_t call_number(const struct call *call, const struct call_member *member);
const char *call_text(const struct call *call, const struct call_member *member); /* TEXT, NAME */

#endif

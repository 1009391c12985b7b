/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What calls are counted in: by route, by client, by model, and who was refused. A book takes one
 * call after the other, is read as tables, and tells what is news.
 */
#ifndef CALLS_TABLES_H
#define CALLS_TABLES_H

#include <skbscope/snapshot.h>

#include "calls/places.h"
#include "calls/record.h"
#include "calls/wire.h"
#include "model/schema.h"
#include "model/table_source.h"

#define CALLS_LOG2 40u /* of nanoseconds: nine minutes */
#define REASON_ROOM 24u

struct route_key {
	char route[96], api_version[24];
};
struct route_value {
	uint64_t requests, ok, redirects, client_errors, server_errors, incomplete;
	uint64_t request_bytes, response_bytes;
	uint64_t first_byte[CALLS_LOG2], last_byte[CALLS_LOG2];
	char deprecation[40], sunset[40]; /* as answered last */
	uint64_t last_seen;
	/* Not shown: */
	uint64_t known;       /* answered otherwise than by 404 */
	uint64_t credentials; /* calls that had some, and were not refused */
};

struct client_key {
	char client[46], consumer[20], api_version[24];
};
struct client_value {
	uint64_t requests, refused, client_errors, server_errors;
	uint64_t request_bytes, response_bytes, tokens;
	uint64_t first_seen, last_seen;
};

struct refused_key {
	char client[46], consumer[20], reason[REASON_ROOM];
};
struct refused_value {
	uint64_t calls;
	uint16_t status;
	char route[96]; /* of the latest */
	uint64_t first_seen, last_seen;
};

struct model_key {
	char model[64], dialect[16];
};
struct model_value {
	uint64_t calls, failures, streamed, aborted, without_usage;
	uint64_t first_token[CALLS_LOG2], last_byte[CALLS_LOG2];
	uint64_t tokens_in, tokens_out, tokens_cached;
	uint64_t requests_left, tokens_left; /* as answered last */
	double tokens_per_second; /* of a call, while it answered; over all whose number is known */
	/* Not shown: */
	uint64_t answering_ns, counted_tokens;
};

struct seen_key {
	char what[32];
};
struct seen_value {
	uint64_t count;
};

/* At this moment, in place of all until now. */
struct now_value {
	uint64_t under_way;
};

/* An event of its own, where the first of them comes. */
struct offender {
	char client[46], consumer[20], reason[REASON_ROOM], route[96];
	uint16_t status;
};

/* A client's numbers far from its own past. */
struct anomaly {
	char client[46], consumer[20], of[16]; /* rate, size, errors, tokens */
	uint64_t value, usual;                 /* of one period; usual: the mean of those before */
	char rule[64];
};

enum call_table {
	TABLE_CALLS, /* events */
	TABLE_OFFENDERS,
	TABLE_ANOMALIES,
	TABLE_GAPS,
	TABLE_ROUTES,
	TABLE_CLIENTS,
	TABLE_REFUSED,
	TABLE_MODELS,
	TABLE_NOW,
	TABLE_SEEN,
	BOOK_TABLES
};

struct book_rules {
	uint64_t series;                     /* places of a table; 0: the default */
	uint64_t burst;                      /* calls of a client within a second; 0: default */
	uint64_t anomaly_ns, anomaly_factor; /* a period, and how many times the usual */
	bool ai;                             /* of each call that a model answers, not of others */
	const char *columns[RECORD_COLUMNS + 1]; /* names of headers; NULL last */
};

struct book;

int book_open(const struct book_rules *rules, struct book **out);
void book_freep(struct book **book); /* after every reading of it: their types are its */

/* Told of what is news: a struct offender or anomaly of that table, at the time of the call. */
/* NULL: nobody is. */
typedef void book_news(void *context, enum call_table table, const void *value, uint64_t now_ns);
void book_take(struct book *book, const struct call_record *call, book_news *news, void *context);
/* What is missing, or cannot be read. */
void book_gap(struct book *book, const struct wire_gap *gap, book_news *news, void *context);
void book_statistics(struct book *book, const struct wire_statistics *statistics);
/* What is not a call: counted under that name; is_loss: it makes the numbers smaller. */
void book_count(struct book *book, const char *what, uint64_t count, bool is_loss);
/* The same, where it is the sum so far. */
void book_set(struct book *book, const char *what, uint64_t sum, bool is_loss);

const struct table_schema *book_schema(const struct book *book, enum call_table table);
/* For a session; borrowed, and nothing is closed with it. */
struct table_source book_source(struct book *book, enum call_table table);
/* Of events that nobody was shown. */
void book_unseen(struct book *book, enum call_table table);
/* In the order in which they were refused first: which addresses, each once. */
size_t book_refused(const struct book *book);
const struct refused_key *book_refused_at(const struct book *book, size_t row,
					  const struct refused_value **value);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection: two directions, the messages in them, and the calls under way. Which answer is
 * which request's is known by counting, as long as nothing is missing. Where requests or answers
 * may be hidden in a gap, it is known by time: a client that never sent a request before it had
 * the answer to the one before has one call under way, and an answer belongs to the latest request
 * before it. Whether that was so is seen by what comes next, for which the record waits. Of a
 * client that does send ahead nothing more can be told, and nothing is.
 */
#ifndef STREAMS_CONNECTION_H
#define STREAMS_CONNECTION_H

#include "streams/exchange.h"
#include "streams/message.h"
#include "streams/side.h"
#include "streams/streams.h"

#define EXCHANGES_MAX 256u /* under way on one connection */
#define FIRST_BYTES 16u

enum connection_state {
	CONNECTION_OPENING, /* nothing was said */
	CONNECTION_OPEN,
	CONNECTION_TUNNEL, /* speaks something else by now */
	CONNECTION_UNREADABLE,
	CONNECTION_CLOSED,
};

struct direction {
	struct connection *connection;
	struct side side;
	struct message *message; /* NULL: none was begun, or nothing can be */
	bool seeking;            /* for a piece that begins with a message */
	bool deaf;               /* nothing that it says can be understood any more */
	bool from_start;         /* its SYN was seen */
	bool begun;              /* to be read */
	bool waiting;            /* for the other direction */
	bool forced;             /* it has waited for long enough */
	uint32_t first;          /* number of the first byte that was seen */
	bool first_known;
	uint8_t first_length;
	char first_bytes[FIRST_BYTES];
};

struct connection {
	struct connection *hash_next, *newer, *older; /* streams.c */
	bool in_quiet;
	struct streams *streams;
	struct endpoint ends[2]; /* the smaller one first */
	struct direction directions[2];
	int client;                       /* which end; -1: not known */
	bool client_certain, client_said; /* by a SYN; by what one of them said */
	enum connection_state state;
	const struct direction
		*foreign;       /* what it says is no HTTP/1.x any more: PIECE_UNREADABLE */
	uint64_t now_ns;        /* time of the part at hand */
	uint64_t last_ns;       /* of the latest piece */
	uint64_t reset_ns;      /* its end came; parts before it may yet come. 0: it did not */
	size_t bytes, segments; /* of memory, that streams.c has counted */

	struct exchange *first, **last;
	size_t count;
	struct exchange *asking, *answering; /* whose message is under way */
	uint64_t answer_ns;                  /* its first byte */
	bool answer_orphan, answer_interim;

	bool after_gap, after_hidden; /* the next request: exchange.h */
	bool doubt;                   /* counting may be wrong, where the answers are */
	bool doubted;                 /* so it was at some time */
	bool hidden;                  /* a request at least is in the gap that made it so */
	bool answers_lost;            /* so is an answer, perhaps */
	uint64_t orphans;             /* answers since then that are nobody's */
	uint64_t credit; /* of answers to come: requests that have records without them */
	struct exchange *probation; /* was paired by time: what comes next may show that wrongly */
	bool requests_lack, answers_lack; /* each has a hole where no length covers it */
	bool lost_since;                  /* answers, behind the one that is on probation */
	bool pipelined;       /* a request was sent before the answer to the one before had ended */
	bool waits;           /* a request was sent after the answer to the one before */
	uint64_t answered_ns; /* that had ended */
	bool never;           /* no more pairs */
	bool late;            /* the next request is the first one that was seen */
	bool late_said;       /* that it was there before us */
	bool not_http_said;   /* of a part of what was said */
	bool spoke;           /* HTTP: a head has come */
	uint64_t never_requests, never_answers;
};

/* streams.c: what connections share */
struct streams {
	struct streams_options options;
	struct streams_callbacks callbacks;
	struct head_options heads;
	char **header_names;
	struct streams_statistics counts;
	struct connection **table;
	size_t table_mask;
	struct connection *newest[2], *oldest[2]; /* those that are busy, and the quiet ones */
	uint64_t ticked_ns;
};

struct connection *connection_new(struct streams *streams, const struct endpoint ends[2]);
void connection_free(struct connection *connection);
/* 0 or -ENOMEM. */
int connection_feed(struct connection *connection, const struct piece *piece, int from);
/* Whether this SYN begins another connection between the same ends. */
bool connection_is_other(const struct connection *connection, const struct piece *piece, int from);
/* What has waited for long enough waits no longer. */
int connection_tick(struct connection *connection, uint64_t now_ns);
/* No more will come of it; what is under way ends with that loss. */
void connection_end(struct connection *connection, enum call_loss loss);
/* Memory, about. */
size_t connection_bytes(const struct connection *connection);

/* Of connection.c, for the others. */
struct direction *connection_requests(struct connection *connection);
struct direction *connection_answers(struct connection *connection);
bool direction_asks(const struct direction *direction);
void connection_say(struct connection *connection, enum stream_event_kind kind,
		    const struct direction *direction, uint64_t bytes, uint64_t calls);
void connection_become(struct connection *connection, enum connection_state state);
void connection_unreadable(struct connection *connection, enum stream_event_kind kind,
			   const struct direction *direction);
/* What is under way ends with that loss. */
void connection_close(struct connection *connection, enum call_loss loss);

/* reading.c: takes a part of a direction that is due; a side_taker's function. */
int direction_take(void *direction, const struct part *part, uint64_t *taken);

/* listen.c: messages */
extern const struct message_listener request_listener, answer_listener;
/* A message has ended as it should. */
void request_ended(struct connection *connection);
void answer_ended(struct connection *connection);

/* pairing.c */
struct exchange *pairing_unanswered(const struct connection *connection); /* the first, or NULL */
/* Whose an answer is that begins now; NULL: nobody's that is known. */
struct exchange *pairing_choose(struct connection *connection);
/* Nothing has shown that the pair was wrong. */
void pairing_confirm(struct connection *connection);
/* The answer has ended; so has the call, unless its request has not. */
void pairing_answered(struct connection *connection, struct exchange *exchange);
/* Something is missing of a direction where no length covers it. */
void pairing_lost_requests(struct connection *connection, bool between);
void pairing_lost_answers(struct connection *connection);
/* No more will come. */
void pairing_end(struct connection *connection);
/* An answer has come that is nobody's; expected: as servers do who end a connection. */
void pairing_orphan(struct connection *connection, bool expected);
/* From here on there are no pairs. */
void pairing_never(struct connection *connection);

/* record.c: the call as far as it is known; takes the exchange out and frees it. */
void record_call(struct connection *connection, struct exchange *exchange, enum call_loss loss);
/* The first reason counts. */
void record_loss(struct exchange *exchange, enum call_loss loss);

#endif

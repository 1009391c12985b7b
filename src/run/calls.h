/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP calls of a run: pieces of connections go to the process that reads HTTP, and the calls
 * that come back are events for the views, and rows of tables. A process that ends or hangs is
 * the end of the run, with what is lost by it counted.
 */
#ifndef RUN_CALLS_H
#define RUN_CALLS_H

#include <skbscope/session.h>

#include "base/buffer.h"
#include "calls/tables.h"
#include "calls/wire.h"
#include "run/readings.h"
#include "run/serving.h"
#include "run/settings.h"

#define CALLS_PIECES "pieces" /* the program's table */

struct calls {
	/* Set by the owner. */
	struct readings *readings;
	uint64_t limit;                /* the end is reached with so many calls; 0: never */
	void (*has_room)(void *owner); /* again, for pieces */
	void *owner;
	/* Its own. */
	struct serving serving;
	struct loop_source source;
	struct loop_timer beat, again;
	struct buffer out, in;
	size_t written; /* of out */
	struct book *book;
	struct wire_statistics statistics;
	uint64_t sent, synced, asked_ns; /* numbers of syncs, and when the last one was asked for */
	uint64_t count, calls_told;      /* events of any kind; calls */
	uint64_t wall_ns, monotonic_ns;  /* of the same moment */
	bool ended, gone, stuck;
};
#define CALLS_INIT                                                                                 \
	{                                                                                          \
		.serving = SERVING_INIT, .source = {.fd = -1 }                                     \
	}

/* Starts the process, and adds the tables to the session. */
int calls_open(struct calls *calls, const struct http_settings *settings,
	       struct skbscope_session *session, struct skbscope_error *error);
/* On the readings' loop. */
int calls_follow(struct calls *calls, struct skbscope_error *error);
void calls_stop(struct calls *calls);  /* what comes is only taken by calls_wait() from here on */
void calls_close(struct calls *calls); /* after all readings were freed */

/* One event of the program's pieces. */
void calls_piece(struct calls *calls, const struct skbscope_event *event);
bool calls_have_room(const struct calls *calls); /* for more pieces */
/* What was taken goes on its way. */
void calls_flush(struct calls *calls);
/* Waits until there is room, or, with all, until every call has come that is in what was
 * sent. -ECANCELED: there is no such process any more. */
int calls_wait(struct calls *calls, bool all, struct skbscope_error *error);
/* No piece will come any more: what is under way ends here. */
void calls_finish(struct calls *calls);

#endif

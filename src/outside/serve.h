/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page's process: a loop between what the run says and what readers ask. Everything about
 * readers is bounded: how many, how much they may send, how long they may take.
 */
#ifndef OUTSIDE_SERVE_H
#define OUTSIDE_SERVE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "outside/document.h"
#include "outside/feed.h"
#include "outside/protocol.h"
#include "outside/recent.h"

#define VISITORS_MAX 256u                 /* connections; more wait in the kernel */
#define READERS_MAX 128u                  /* of events */
#define REQUEST_BYTES_MAX ((size_t)16384) /* of a request's head, and of an answer's */
#define REQUEST_NS UINT64_C(10000000000)  /* to say it */
#define ANSWER_NS UINT64_C(60000000000)   /* to ask for and to take an answer, or be silent */
#define IDLE_S 30u                        /* without a byte either way */
#define RUN_NS UINT64_C(5000000000)       /* for the run to send what it was asked for */

/* A connection. */
struct visitor {
	struct serve *serve;
	struct visitor *next, **at;
	int fd;
	uint64_t since_ns;            /* it came, or its last answer was taken */
	bool served;                  /* it was one already */
	bool reads_events;            /* and may for ever */
	struct MHD_Connection *waits; /* for a document; NULL: it does not */
	enum form form;               /* of which */
};

struct serve {
	struct loop *loop;
	struct loop_source run, http;
	struct loop_timer http_due, sweep, wake;
	struct MHD_Daemon *daemon;
	struct feed feed;
	uint64_t now_ns;

	uint64_t reading; /* the latest; 0: none yet */
	uint64_t reading_ns;
	struct document *documents[FORMS]; /* NULL: none yet */
	bool asked[FORMS];                 /* for the latest reading */

	struct recent recent;
	struct reader *readers;
	unsigned int reader_count;
	uint64_t beat; /* to be seen on a line where nothing else comes */
	bool ended;    /* the run */

	struct visitor *visitors;
	char own_name[65]; /* of the machine */
};

/* Until the run ends; enum serve_status. */
int serve(struct serve *serve);
/* libmicrohttpd has something to do. */
void serve_soon(struct serve *serve);
/* Asks the run for that form of the latest reading, once. */
void serve_ask(struct serve *serve, enum form form);

/* visitor.c: connections as they come and go */
void visitor_changed(void *serve, struct MHD_Connection *connection, void **context,
		     enum MHD_ConnectionNotificationCode what);
void visitor_completed(void *serve, struct MHD_Connection *connection, void **request,
		       enum MHD_RequestTerminationCode how);
struct visitor *visitor_of(struct MHD_Connection *connection);
/* Until there is a document of that form, or none is to be had. */
void visitor_wait(struct visitor *visitor, struct MHD_Connection *connection, enum form form);
void visitors_resume(struct serve *serve, enum form form);
void visitors_sweep(struct serve *serve);

/* answers.c */
enum MHD_Result answer(void *serve, struct MHD_Connection *connection, const char *url,
		       const char *method, const char *version, const char *upload,
		       size_t *upload_size, void **request);
void answer_headers(struct MHD_Response *response, const char *type, const char *caching);

/* stream.c: those who read events as they come */
enum MHD_Result stream_open(struct serve *serve, struct MHD_Connection *connection);
void streams_wake(struct serve *serve);

#endif

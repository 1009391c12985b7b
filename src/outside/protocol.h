/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run and the process that serves its page tell each other, over one socket. The run
 * says that there is a reading, and sends documents of it as they are asked for, a byte each:
 * each form of a reading is rendered once, however many readers there are, and not at all where
 * there are none. That byte is all that the run ever reads of what is outside.
 */
#ifndef OUTSIDE_PROTOCOL_H
#define OUTSIDE_PROTOCOL_H

#include <stdint.h>

/* The process's descriptors; 0, 1 and 2 are /dev/null. */
enum {
	SERVE_FD_RUN = 3,
	SERVE_FD_LISTENING = 4,
	SERVE_FDS,
};

/* What is sent to the run: that it serves, and then forms that are wanted. */
#define SERVE_READY 'r'
enum form {
	FORM_JSON,
	FORM_COLUMNS,
	FORM_METRICS,
	FORM_OPENMETRICS,
	FORM_CSV, /* of each table: a line with its name and the length of what follows */
	FORMS
};
#define SERVE_ASK 'a' /* and the next letters: for the first form, and the next ones */

enum feed_kind {
	FEED_READING = 1, /* there is another: its number */
	FEED_DOCUMENT,    /* a reading's, by number and form; no bytes: there is none */
	FEED_EVENTS,      /* lines of JSON; number is how many were left out before them */
	FEED_END,         /* of the run */
};

struct feed_header {
	uint32_t kind, form;
	uint64_t number;
	uint64_t length; /* of the bytes that follow */
};
#define FEED_MAX (UINT64_C(64) << 20) /* of those */

/* Why the process ended, where it can say so. */
enum serve_status {
	SERVE_DONE = 0,
	SERVE_NO_SANDBOX = 40, /* the kernel refuses the system call filter */
	SERVE_NO_SERVER = 41,  /* libmicrohttpd does */
	SERVE_CONFUSED = 42,   /* by what the run said */
};

#endif

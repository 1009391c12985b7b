/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run and the process that reads HTTP for it tell each other, over one socket: pieces of
 * connections there, calls of a fixed size back. Either end checks what it gets; that is all
 * that the run ever learns of what strangers said.
 */
#ifndef CALLS_WIRE_H
#define CALLS_WIRE_H

#include <stdint.h>

#include "calls/record.h"

/* The process's descriptors; 0, 1 and 2 are /dev/null. */
enum {
	WIRE_FD_RUN = 3,
	WIRE_FDS,
};

#define WIRE_READY 'r' /* the first byte that comes back */

enum wire_kind {
	/* To the process. */
	WIRE_START = 1, /* struct wire_start */
	WIRE_PIECE,     /* struct http_piece of programs/include, and what it carries */
	WIRE_TICK,      /* uint64_t: the time, by the pieces' clock */
	WIRE_FINISH,    /* the same: no more will come */
	WIRE_SYNC,      /* uint64_t: to be answered by WIRE_SYNCED, behind all that came before */
	/* From it. */
	WIRE_CALL,       /* struct call_record */
	WIRE_GAP,        /* struct wire_gap */
	WIRE_STATISTICS, /* struct wire_statistics */
	WIRE_SYNCED,     /* uint64_t */
};

struct wire_header {
	uint32_t kind;
	uint32_t length; /* of what follows */
};
#define WIRE_MAX 65536u /* of that */

#define WIRE_KEY_BYTES 32u
#define WIRE_NAME_ROOM 64u
struct wire_start {
	uint8_t consumer_key[WIRE_KEY_BYTES];
	uint64_t seed;
	uint64_t columns; /* headers whose values are told */
	char names[RECORD_COLUMNS][WIRE_NAME_ROOM];
};

/* What of a connection is missing, or cannot be read; several at once where there were many. */
struct wire_gap {
	uint64_t time_ns;
	uint64_t times, bytes, calls;
	char what[16];
	char client[46], server[46]; /* of the first */
};

/* Sums since the beginning, but for in_flight and connections. */
struct wire_statistics {
	uint64_t connections, in_flight;
	uint64_t calls, calls_lost, gaps, gap_bytes;
	uint64_t retransmitted, reordered;
	uint64_t unreadable; /* connections: TLS, HTTP/2, or no HTTP at all */
	uint64_t evicted, idle, late;
};

/* Why the process ended, where it can say so. */
enum wire_status {
	WIRE_DONE = 0,
	WIRE_NO_SANDBOX = 40, /* the kernel refuses the system call filter */
	WIRE_NO_MEMORY = 41,
	WIRE_CONFUSED = 42, /* by what the run said */
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of TCP connections in, calls of HTTP out. Knows no kernel and no clock: what it is told
 * of time is in the pieces and in streams_tick(). All that it holds is bounded by the options;
 * what does not fit is let go of and counted, the oldest first. Credentials, bodies and queries
 * end here: nothing of them is in what it says.
 */
#ifndef STREAMS_STREAMS_H
#define STREAMS_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "streams/call.h"

enum piece_flag {
	PIECE_FIN = 1, /* these four are TCP's bits */
	PIECE_SYN = 2,
	PIECE_RST = 4,
	PIECE_ACK = 16, /* a SYN without it is the client's */
	PIECE_UNREADABLE =
		0x100,         /* whoever cut the pieces says so; nothing comes after this piece */
	PIECE_UNKNOWN = 0x200, /* he does not know it: no news for who reads its numbers */
};

/* What one packet, or a part of one, had of a connection. */
struct piece {
	uint64_t time_ns;
	struct endpoint source, destination;
	/* By its port, where only one of them is watched. What is said on the connection
	 * decides otherwise where it can: the SYN, or who answers. */
	enum piece_sender { PIECE_BY_ANYONE, PIECE_BY_CLIENT, PIECE_BY_SERVER } sender;
	unsigned int flags;
	/* Of the first byte that is here; without bytes, of the next one that there will be:
	 * behind the SYN, that of the FIN. */
	uint32_t sequence;
	uint64_t skipped; /* bytes just before it that were left out on purpose */
	uint64_t missing; /* bytes just behind it that the recording has not */
	const void *data;
	size_t length;
};

/* What was seen of a connection and is no call. */
enum stream_event_kind {
	STREAM_GAP = 1,    /* bytes that never came, and that no known length covers */
	STREAM_LATE,       /* it was there before us, or its beginning was lost */
	STREAM_TLS,        /* not readable here */
	STREAM_HTTP2,      /* not readable here */
	STREAM_NOT_HTTP,   /* neither; of a connection that had calls, a part of what was said */
	STREAM_UNREADABLE, /* one of those, says whoever cut the pieces */
	STREAM_EVICTED,    /* for want of room, with what was under way */
	STREAM_IDLE,       /* silent for too long while something was under way */
	STREAM_LOST,       /* calls of which so much is missing that there is no record */
	STREAM_EVENT_KINDS,
};

struct stream_event {
	enum stream_event_kind kind;
	uint64_t time_ns;
	struct endpoint client, server;
	enum piece_sender sender; /* of what is missing or unreadable */
	uint64_t bytes;           /* that are missing: GAP */
	uint64_t calls;           /* that are missing: LOST */
};

/* "gap", "late", "tls"…; NULL for a number that is none. */
const char *stream_event_name(enum stream_event_kind kind);

struct streams_options {
	size_t connections_max; /* 0: 65536 */
	size_t bytes_max;       /* held for all of them together, about; 0: 64 MiB */
	size_t segments_max;    /* held for each direction that waits for an earlier one; 0: 256 */
	uint64_t reorder_ns;    /* how long it waits; 0: 1 s */
	uint64_t idle_ns;       /* until a silent connection is let go of; 0: 10 min */
	size_t inflate_max;     /* of a compressed body, inflated; 0: 16 MiB */
	uint64_t seed;          /* not to be guessed by who chooses addresses and ports */
	const uint8_t *consumer_key; /* of the keyed hash; NULL: no consumers */
	size_t consumer_key_length;
	const char *const *headers; /* whose values calls have, in that order */
	size_t header_count;        /* up to CALL_HEADERS_MAX */
};

struct streams_callbacks {
	/* Both are lent for the call. */
	void (*call)(void *context, const struct call *call);
	void (*event)(void *context, const struct stream_event *event);
	void *context;
};

struct streams_statistics {
	/* now */
	uint64_t connections, in_flight, held_segments, held_bytes;
	/* since the beginning */
	uint64_t pieces, bytes, skipped_bytes; /* those that were left out on purpose */
	uint64_t opened;                       /* connections, also those found open */
	uint64_t calls, calls_incomplete;      /* the second are among the first */
	uint64_t calls_lost;                   /* and have no record: STREAM_LOST */
	uint64_t gaps, gap_bytes;              /* wherever they were, also where a length covers */
	uint64_t retransmitted, reordered;     /* pieces */
	uint64_t unreadable;                   /* connections: the four kinds */
	uint64_t evicted, idle;                /* connections */
};

struct streams;

/* 0, -ENOMEM, or -EINVAL: too many headers, or one that is a credential. The options are
 * copied, and so is what they point to. */
int streams_new(const struct streams_options *options, const struct streams_callbacks *callbacks,
		struct streams **out);
/* Nothing is said of what was under way: streams_finish() does. */
void streams_free(struct streams *streams);
void streams_freep(struct streams **streams);

/* Takes what it needs of the piece. 0, or -ENOMEM: then its connection is let go of, which is
 * counted as an eviction. */
int streams_feed(struct streams *streams, const struct piece *piece);
/* Once a second or so, and with the time of the pieces. */
void streams_tick(struct streams *streams, uint64_t now_ns);
/* No more pieces will come: every connection ends as one does that was cut. */
void streams_finish(struct streams *streams, uint64_t now_ns);

void streams_statistics(const struct streams *streams, struct streams_statistics *out);

/* Whether a header holds what nobody else may know; names are compared without case. */
bool header_is_secret(const char *name);

#endif

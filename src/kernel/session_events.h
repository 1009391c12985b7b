/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session's events: a buffer a table, the counts that its functions keep of what found no
 * room, and what both were under the programs before.
 */
#ifndef KERNEL_SESSION_EVENTS_H
#define KERNEL_SESSION_EVENTS_H

#include <skbscope/image.h>

#include "events/source.h"
#include "kernel/maps.h"
#include "model/snapshot.h"

/* What is known of a table of earlier programs, by name. */
struct event_past {
	char *table;
	struct event_counts counts;
	bool is_array; /* no events: indexes are what was lost */
};

struct session_events {
	enum events_buffer *buffers;   /* in the image's order */
	uint64_t buffer_bytes;         /* as in the session's options */
	bool *counts;                  /* the same, of events_count_indexes() */
	struct event_source **sources; /* in the image's order; NULL: none */
	size_t count;                  /* of the image's maps */
	int fd;                        /* an epoll of all sources */
	bool polled;
	uint64_t *shared; /* of image/events.h; NULL: there is nothing to count */
	size_t shared_size;
	/* Sources of programs before, in whose buffers some may wait. */
	struct event_source **left;
	size_t left_count, left_room;
	struct event_past *past;
	size_t past_count, past_room;
	size_t next;  /* whose turn it is to be the first */
	uint64_t fed; /* of the events that a recording's packets submitted: what was drained */
};

/* Which buffers this kernel gives. */
int session_events_choose(struct session_events *events, const struct skbscope_image *image,
			  uint64_t buffer_bytes, struct skbscope_error *error);

struct skbscope_session;

/* Buffers of maps that are reused stay the other session's, for now. */
int session_events_open(struct skbscope_session *session, const struct map_reuse *reuse,
			struct skbscope_error *error);
void session_events_close(struct session_events *events);

/* Nothing was submitted yet, and nothing lost: of a session that was never swapped, and whose
 * buffers are empty. */
void session_events_forget(struct session_events *events);

/* Of a swap: room for what is inherited, so that inheriting cannot fail; and that, once
 * nothing of BEFORE runs any more. reuse: AFTER's maps that were BEFORE's, else -1. */
int session_events_prepare(const struct skbscope_session *before, struct skbscope_session *after);
void session_events_inherit(struct skbscope_session *before, struct skbscope_session *after,
			    const int *reuse, bool reset);

/* Of a table of an earlier program; NULL: there was none. */
struct event_past *session_events_past(const struct session_events *events, const char *table);
/* What a source has received. */
void session_events_add(const struct event_source *source, struct event_counts *counts);
/* Bytes of the smallest buffer. */
uint64_t session_events_room(const struct session_events *events);

int session_events_tell(const struct skbscope_session *session, struct snapshot *snapshot);

#endif

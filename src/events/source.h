/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer of one table of events, read as records. */
#ifndef EVENTS_SOURCE_H
#define EVENTS_SOURCE_H

#include <skbscope/events.h>

#include "image/events.h"
#include "model/schema.h"

struct event_source;

/* Of whom a source's events are. */
struct event_origin {
	const struct table_schema *schema;
	const struct skbscope_image *image; /* what is needed of it is copied */
	size_t map;
};

/* On the map's descriptor, which may be closed after. buffer: EVENTS_PERF takes BYTES for
 * each CPU, a power of two of pages. 0 or a negative errno. */
int event_source_open(const struct event_origin *origin, enum events_buffer buffer, int map,
		      size_t bytes, struct event_source **out);
void event_source_close(struct event_source *source); /* accepts NULL */

/* The same buffer goes on under another program, whose events look the same. */
int event_source_adopt(struct event_source *source, const struct event_origin *origin);

/* A drain under way. */
struct event_drain {
	skbscope_event_callback *callback;
	void *context;
	uint64_t left;  /* how many more are wanted */
	uint64_t count; /* that were handed over */
	bool ended;     /* the callback wants no more */
	uint64_t wall_ns, monotonic_ns;
	bool recorded; /* that is the events' own time, whatever the kernel says */
};
/* 0: nothing waits any more; 1: something may. */
int event_source_drain(struct event_source *source, struct event_drain *drain);
/* The next record, which may be none that anybody submitted; false: there is no other. What
 * was taken makes room with the release. */
bool event_source_take(struct event_source *source, struct event_drain *drain);
void event_source_release(struct event_source *source);

void event_source_forget(struct event_source *source); /* what was received: nothing yet */

int event_source_fd(const struct event_source *source);       /* to wait on */
size_t event_source_bytes(const struct event_source *source); /* of each of its buffers */
const char *event_source_table(const struct event_source *source);
uint64_t event_source_received(const struct event_source *source);
uint64_t event_source_unseen(const struct event_source *source); /* of them, without a callback */

#endif

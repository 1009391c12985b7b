/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session's events, handed to the views of a run as they come. While some flow they are
 * looked for every few milliseconds, and wake nobody; else the first one wakes us. As many
 * are taken at a time as leave signals and readings their turn, and none while no view has
 * room: then they wait in the kernel's buffer, and what finds none is counted there. Those of
 * a recording are taken while it is fed, and it waits for the views.
 */
#ifndef RUN_EVENTS_H
#define RUN_EVENTS_H

#include <skbscope/events.h>

#include "run/calls.h"
#include "run/readings.h"

struct event_pump {
	struct readings *readings;
	struct skbscope_session *session;
	bool counts_only;    /* no view is told */
	bool gathers;        /* views are told of more before they are to write it */
	uint64_t limit;      /* the end is reached with so many; 0: never */
	struct calls *calls; /* that the events are pieces of; NULL: they are events */
	/* The pump's: */
	uint64_t count; /* that were taken */
	struct loop_source source;
	struct loop_timer again;
	uint64_t latest_ns; /* when there was one */
	bool started, polled, ended;
};

/* Once the session has events; after a swap, again. Nothing happens where it has none. */
void event_pump_follow(struct event_pump *pump);
void event_pump_stop(struct event_pump *pump);
/* There is room again for what could not be taken. */
void event_pump_wake(struct event_pump *pump);
/* Before the session is fed: whenever there might be no room for a packet's events, and once
 * the limit is reached, they are taken. */
void event_pump_feed(struct event_pump *pump);
/* All that wait, whether the views have room or not. -ECANCELED: that was the limit. */
int event_pump_take(struct event_pump *pump, struct skbscope_error *error);
/* The last ones, once nothing submits any more, to views whose output is written by and by;
 * patience_ns: with a reader who does not read. What remains is counted, and shown to nobody. */
void event_pump_finish(struct event_pump *pump, uint64_t patience_ns);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* When to look for events, and how many to take. */
#include "run/events.h"

#include <errno.h>

#include <skbscope/replay.h>

#include "base/error.h"
#include "base/io.h"
#include "kernel/swap.h"

#define TAKEN_MAX 2048u             /* at once: some tenths of a millisecond */
#define FLOW_NS UINT64_C(2000000)   /* between two looks while events flow */
#define STUCK_NS UINT64_C(10000000) /* while no view has room */
#define QUIET_NS UINT64_C(50000000) /* without one: they flow no more */
#define LATE_NS UINT64_C(20000000)  /* what ran when we asked to be woken has heard of it */
#define SAFE_NS UINT64_C(500000000) /* and were it otherwise */

static void give_up(struct event_pump *pump, int r, const struct skbscope_error *error)
{
	if (r < 0 && r != -EINTR)
		readings_fail(pump->readings, error);
}

static bool is_reached(const struct event_pump *pump)
{
	return pump->limit && pump->count >= pump->limit;
}

static int on_event(void *context, const struct skbscope_event *event)
{
	struct event_pump *pump = context;

	if (pump->calls) {
		calls_piece(pump->calls, event);
		return pump->readings->recorded || calls_have_room(pump->calls) ? 0 : -ENOBUFS;
	}
	if (event->record.schema->hidden)
		return 0;
	pump->count++;
	if (pump->counts_only)
		return 0;
	views_event(pump->readings->views, event);
	if (is_reached(pump)) {
		if (pump->readings->recorded) /* which then ends here */
			readings_time(pump->readings, event->wall_ns);
		return -ECANCELED;
	}
	/* What submits a recording's events waits for us. */
	return pump->readings->recorded || views_have_room(pump->readings->views) ? 0 : -ENOBUFS;
}

static bool has_room(const struct event_pump *pump)
{
	if (pump->calls)
		return calls_have_room(pump->calls);
	return pump->counts_only || views_have_room(pump->readings->views);
}

/* 0: none waits any more; 1: some may. */
static int take(struct event_pump *pump, uint64_t most, uint64_t *count,
		struct skbscope_error *error)
{
	int r = skbscope_session_drain(pump->session, most, on_event, pump, count, error);

	if (pump->calls)
		calls_flush(pump->calls);
	else if (!pump->counts_only && !pump->gathers)
		views_flush(pump->readings->views);
	return r;
}

static void poll_by_ourselves(struct event_pump *pump, bool polled)
{
	if (pump->polled == polled)
		return;
	pump->polled = polled;
	skbscope_session_poll_events(pump->session, polled);
	loop_want(&pump->source, polled ? 0 : EPOLLIN);
}

static void look_again(struct event_pump *pump, uint64_t now_ns, uint64_t in_ns)
{
	loop_arm(pump->readings->loop, &pump->again, now_ns + in_ns);
}

static void reach(struct event_pump *pump)
{
	if (pump->ended)
		return;
	pump->ended = true;
	readings_reach(pump->readings);
}

static void look(struct event_pump *pump, uint64_t now_ns)
{
	struct skbscope_error error;
	uint64_t count = 0;
	int r;

	if (!has_room(pump)) {
		poll_by_ourselves(pump, true);
		look_again(pump, now_ns, STUCK_NS);
		return;
	}
	r = take(pump, TAKEN_MAX, &count, &error);
	if (r < 0) {
		give_up(pump, r, &error);
		return;
	}
	if (is_reached(pump)) {
		reach(pump);
		loop_remove(&pump->source);
		return;
	}
	if (count)
		pump->latest_ns = now_ns;
	if (count || now_ns - pump->latest_ns < QUIET_NS) {
		poll_by_ourselves(pump, true);
		look_again(pump, now_ns, r ? 0 : FLOW_NS);
	} else {
		look_again(pump, now_ns, pump->polled ? LATE_NS : SAFE_NS);
		poll_by_ourselves(pump, false);
	}
}

static void have_come(void *context, uint32_t events, uint64_t now_ns)
{
	(void)events;
	look(context, now_ns);
}

static void is_due(void *context, uint64_t now_ns)
{
	look(context, now_ns);
}

void event_pump_follow(struct event_pump *pump)
{
	const int fd = skbscope_session_event_fd(pump->session);
	struct skbscope_error error;
	int r;

	if (fd < 0 || pump->ended)
		return;
	if (pump->readings->recorded) { /* and between them nothing comes */
		pump->started = true;
		event_pump_feed(pump);
		return;
	}
	if (pump->started) { /* what the version before has left waits for nobody to wake */
		look_again(pump, 0, 0);
		return;
	}
	pump->again = (struct loop_timer){ .due = is_due, .context = pump };
	pump->source = (struct loop_source){ .fd = fd,
					     .events = EPOLLIN,
					     .priority = LOOP_REST,
					     .ready = have_come,
					     .context = pump };
	r = loop_add(pump->readings->loop, &pump->source);
	if (r < 0) {
		fail_errno(&error, r, SKBSCOPE_STAGE_OBSERVE, "cannot wait for events");
		readings_fail(pump->readings, &error);
		return;
	}
	pump->started = true;
	look_again(pump, 0, 0);
}

void event_pump_wake(struct event_pump *pump)
{
	if (pump->again.loop)
		look_again(pump, 0, 0);
}

void event_pump_stop(struct event_pump *pump)
{
	loop_disarm(&pump->again);
	loop_remove(&pump->source);
}

/* From here on what is submitted is no more: then what was read and what was lost are what
 * the functions have submitted for the packets that they counted. */
static void rest(struct event_pump *pump)
{
	struct skbscope_error error;

	if (skbscope_session_pause(pump->session, &error) == 0)
		rcu_wait();
}

/* All that wait, to views whose output is written by and by. */
static void drain(struct event_pump *pump, uint64_t patience_ns)
{
	struct skbscope_error error;
	int r = 1;

	while (r > 0 && !is_reached(pump) && pump->readings->signals.ends < 2) {
		if (has_room(pump)) {
			r = take(pump, TAKEN_MAX, NULL, &error);
			continue;
		}
		if (pump->calls) {
			r = calls_wait(pump->calls, false, &error) < 0 ? -EINTR : 1;
			continue;
		}
		views_flush(pump->readings->views);
		r = views_finish(pump->readings->views, patience_ns, &error);
		r = r < 0 ? r : 1;
	}
	give_up(pump, r, &error);
}

void event_pump_finish(struct event_pump *pump, uint64_t patience_ns)
{
	struct skbscope_error error;

	if (!pump->started)
		return;
	rest(pump);
	if (!pump->ended)
		drain(pump, patience_ns);
	/* Of these it is counted that nobody has seen them. */
	while (skbscope_session_drain(pump->session, 0, NULL, NULL, NULL, &error) > 0)
		;
}

int event_pump_take(struct event_pump *pump, struct skbscope_error *error)
{
	int r = 1;

	while (r > 0 && !is_reached(pump))
		r = take(pump, 0, NULL, error);
	if (r == 0 && pump->calls)
		return calls_wait(pump->calls, false, error);
	if (r < 0)
		return r;
	if (!is_reached(pump))
		return 0;
	reach(pump);
	return -ECANCELED;
}

static int make_room(void *context, struct skbscope_error *error)
{
	struct event_pump *pump = context;
	int r = event_pump_take(pump, error);

	if (r == 0 && pump->limit)
		event_pump_feed(pump); /* fewer are missing now */
	return r;
}

void event_pump_feed(struct event_pump *pump)
{
	skbscope_session_feed_events(pump->session, pump->limit ? pump->limit - pump->count : 0,
				     make_room, pump);
}

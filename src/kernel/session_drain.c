/* SPDX-License-Identifier: Apache-2.0 */
/* Draining a session's buffers: table by table, or in the order that a replay has noted. */
#include "kernel/session_events.h"

#include "base/error.h"
#include "base/io.h"
#include "kernel/feed.h"
#include "kernel/session.h"

/* What a buffer of an earlier program held is read, and it is done with. */
static int drain_left(struct session_events *events, struct event_drain *drain)
{
	while (events->left_count) {
		struct event_source *source = events->left[events->left_count - 1];
		struct event_past *past;

		if (event_source_drain(source, drain))
			return 1;
		past = session_events_past(events, event_source_table(source));
		if (past)
			session_events_add(source, &past->counts);
		event_source_close(source);
		events->left_count--;
	}
	return 0;
}

static int drain_sources(struct session_events *events, struct event_drain *drain)
{
	int more = 0;

	for (size_t i = 0; i < events->count; i++) {
		struct event_source *source = events->sources[(events->next + i) % events->count];

		more |= source ? event_source_drain(source, drain) : 0;
	}
	if (more) /* let the others be the first, for once */
		events->next++;
	return more;
}

/* Of a table that was not known it may be anyone's. */
static void take_noted(const struct session_events *events, uint32_t map, struct event_drain *drain)
{
	if (map < events->count && events->sources[map]) {
		event_source_take(events->sources[map], drain);
		return;
	}
	for (size_t i = 0; i < events->count; i++)
		if (events->sources[i] && event_source_take(events->sources[i], drain))
			return;
}

/* Nothing is fed meanwhile. Behind the notes come events of a packet that had too many. */
static int drain_noted(struct session_events *events, struct replay_state *state,
		       struct event_drain *drain)
{
	int more = 0;

	drain->recorded = true;
	drain->wall_ns = drain->monotonic_ns = state->packet_ns;
	for (; events->fed < state->event_count && events->fed < REPLAY_EVENTS; events->fed++) {
		const struct replay_event *event = &state->events[events->fed];

		if (drain->ended || !drain->left) {
			more = 1;
			break;
		}
		drain->wall_ns = drain->monotonic_ns = event->time_ns;
		take_noted(events, event->map, drain);
	}
	if (!more)
		more = drain_sources(events, drain);
	for (size_t i = 0; i < events->count; i++)
		if (events->sources[i])
			event_source_release(events->sources[i]);
	if (!more)
		state->event_count = state->event_bytes = state->event_flags = events->fed = 0;
	return more;
}

int skbscope_session_drain(struct skbscope_session *session, uint64_t most,
			   skbscope_event_callback *callback, void *context, uint64_t *count,
			   struct skbscope_error *error)
{
	struct event_drain drain = {
		.callback = callback,
		.context = context,
		.left = most ? most : UINT64_MAX,
		.wall_ns = clock_wall_ns(),
		.monotonic_ns = clock_monotonic_ns(),
	};
	int more;

	(void)error;
	if (session->feed) {
		more = drain_noted(&session->events, feed_state(session->feed), &drain);
	} else {
		more = drain_left(&session->events, &drain);
		more |= drain_sources(&session->events, &drain);
	}
	if (count)
		*count = drain.count;
	return more;
}

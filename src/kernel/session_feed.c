/* SPDX-License-Identifier: Apache-2.0 */
/* Feeding recorded packets to a session. */
#include <errno.h>

#include "base/error.h"
#include "kernel/feed.h"
#include "kernel/session.h"

int session_feed_open(struct skbscope_session *session, struct skbscope_error *error)
{
	return feed_new(replay_reshapes(session->image), replay_knows_length(session->image),
			&session->feed, error);
}

int session_feed_targets(struct skbscope_session *session, struct skbscope_error *error)
{
	int r = 0;

	for (int i = SKBSCOPE_INGRESS; r == 0 && i <= SKBSCOPE_EGRESS; i++) {
		struct hook_program program;

		if (session_entry(session, (enum skbscope_direction)i, &program))
			r = feed_target(session->feed, (enum skbscope_direction)i, program.fd,
					error);
	}
	return r;
}

int session_feed_losses(const struct skbscope_session *session, struct snapshot *snapshot,
			struct skbscope_error *error)
{
	const struct skbscope_feed_counts *counts =
		session->feed ? feed_counts(session->feed) : NULL;
	int r = 0;

	if (!counts)
		return 0;
	if (counts->no_frame)
		r = snapshot_add_loss(snapshot, NULL, "recorded packets that are no frames",
				      counts->no_frame, true);
	if (r == 0 && counts->too_short)
		r = snapshot_add_loss(snapshot, NULL, "recorded packets without a whole header",
				      counts->too_short, true);
	if (r == 0 && counts->too_long)
		r = snapshot_add_loss(snapshot, NULL, "recorded packets that are too long",
				      counts->too_long, true);
	if (r == 0 && counts->no_tap)
		r = snapshot_add_loss(snapshot, NULL, "recorded packets that a tap would carry",
				      counts->no_tap, true);
	if (r == 0 && counts->refused)
		r = snapshot_add_loss(snapshot, NULL, "recorded packets that the kernel refused",
				      counts->refused, true);
	return r < 0 ? fail_memory(error, SKBSCOPE_STAGE_OBSERVE) : 0;
}

static int feed(struct skbscope_session *session, const struct skbscope_packet *packets,
		size_t count, size_t *fed, struct skbscope_error *error)
{
	if (!session->feed)
		return fail(error, EINVAL, SKBSCOPE_STAGE_OBSERVE,
			    "only a session that was opened to be fed can be");
	return feed_packets(session->feed, packets, count, fed, error);
}

int skbscope_session_feed(struct skbscope_session *session, const struct skbscope_packet *packets,
			  size_t count, struct skbscope_error *error)
{
	return feed(session, packets, count, NULL, error);
}

int skbscope_session_feed_on(struct skbscope_session *session,
			     const struct skbscope_packet *packets, size_t count, size_t *fed,
			     struct skbscope_error *error)
{
	return feed(session, packets, count, fed, error);
}

void skbscope_session_feed_events(struct skbscope_session *session, uint64_t most,
				  skbscope_room_callback *make_room, void *context)
{
	struct replay_state *state = session->feed ? feed_state(session->feed) : NULL;

	if (!state)
		return;
	/* The other half is for the events of one more packet. */
	state->events_wanted = most && most <= REPLAY_EVENTS / 2 ? most - 1 : REPLAY_EVENTS / 2;
	state->bytes_wanted = session_events_room(&session->events) / 2;
	if (!make_room)
		state->events_wanted = state->bytes_wanted = UINT64_MAX;
	feed_on_events(session->feed, make_room, context);
}

void skbscope_session_feed_counts(const struct skbscope_session *session,
				  struct skbscope_feed_counts *counts)
{
	*counts = session->feed ? *feed_counts(session->feed)
				: (struct skbscope_feed_counts){ .seen = 0 };
}

const int32_t *skbscope_session_feed_verdicts(const struct skbscope_session *session, size_t *count)
{
	*count = 0;
	return session->feed ? feed_verdicts(session->feed, count) : NULL;
}

size_t skbscope_session_unsent(const struct skbscope_session *session, struct skbscope_unsent *out,
			       size_t room)
{
	const struct replay_state *state = session->feed ? feed_state(session->feed) : NULL;
	size_t count = 0;

	for (size_t i = 0; state && i < REPLAY_SENDS; i++) {
		if (!state->sends[i].packets)
			continue;
		if (count < room)
			out[count] = (struct skbscope_unsent){ state->sends[i].ifindex,
							       state->sends[i].packets };
		count++;
	}
	return count;
}

size_t skbscope_session_foreign(const struct skbscope_session *session, const char *names[],
				size_t room)
{
	return replay_foreign(session->image, names, room);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A session that was fed, as it was when it was opened: what several recordings in turn cost
 * least. */
#include <errno.h>

#include "base/error.h"
#include "kernel/feed.h"
#include "kernel/map_empty.h"
#include "kernel/session.h"
#include "kernel/session_points.h"

/* A walk over a large hash takes most of the time there is: what was read last need not be read
 * again. */
static int empty_map(struct skbscope_session *session, size_t map)
{
	struct map_reader *reader = &session->readers[map];
	const struct skbscope_table *table =
		session->previous ? &session->previous->public.tables[map] : NULL;

	if (session->events.buffers[map] != EVENTS_NONE)
		return 0;
	if (table && table->complete && table->schema->readable && map_has_keys(reader))
		return map_delete_keys(reader, table->keys, table->row_count);
	return map_empty(reader);
}

static int empty_maps(struct skbscope_session *session)
{
	int r = map_empty(&session->verdict_reader);

	for (size_t i = 0; i < session->image->map_count && r == 0; i++)
		r = empty_map(session, i);
	return r;
}

int session_reset(struct skbscope_session *session, struct skbscope_error *error)
{
	int r;

	if (!session->feed || session->hook_count)
		return 1;
	r = empty_maps(session);
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_OBSERVE, "cannot empty a table");
	if (r > 0)
		return r;
	if (session->maps.points >= 0 && (r = session_points_forget(session, error)) < 0)
		return r;
	session_events_forget(&session->events);
	feed_reset(session->feed);
	snapshot_unref(session->previous);
	session->previous = NULL;
	return 0;
}

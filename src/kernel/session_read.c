/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a session: tables, verdicts, hooks and losses into one snapshot. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/options.h"
#include "image/filter.h"
#include "kernel/session.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE

static int add_verdicts(struct skbscope_session *session, struct snapshot *snapshot,
			struct skbscope_error *error)
{
	struct skbscope_verdict_count *verdicts = NULL;
	size_t count = 0;
	int r = verdicts_list(&session->verdict_past, session->image, &session->verdict_reader,
			      snapshot->arena, &verdicts, &count);

	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot read the verdicts");
	snapshot->public.verdicts = verdicts;
	snapshot->public.verdict_count = count;
	if (session->verdict_past.incomplete &&
	    snapshot_add_loss(snapshot, NULL, "verdicts before a swap", 0, false) < 0)
		return fail_memory(error, STAGE);
	return 0;
}

static int add_hooks(const struct skbscope_session *session, struct snapshot *snapshot)
{
	struct skbscope_hook_state *states =
		ARENA_ARRAY(snapshot->arena, struct skbscope_hook_state, session->hook_count);

	for (size_t i = 0; states && i < session->hook_count; i++) {
		struct hook *hook = &session->hooks[i];

		states[i].attached = hook_is_attached(hook);
		if (states[i]
			    .attached) /* a namespace that is gone would be looked for everywhere */
			hook_rename(hook);
		states[i].interface = arena_string(snapshot->arena, hook->interface);
		states[i].ifindex = hook->ifindex;
		states[i].direction = hook->direction;
		states[i].hook = hook->kind;
		states[i].function = arena_string(snapshot->arena, hook->function);
		states[i].program_id = hook->program_id;
	}
	snapshot->public.hooks = states;
	snapshot->public.hook_count = states ? session->hook_count : 0;
	return states ? 0 : -ENOMEM;
}

static const char *direction_of(const struct skbscope_session *session)
{
	switch (session->directions) {
	case SKBSCOPE_IN:
		return "in";
	case SKBSCOPE_OUT:
		return "out";
	case SKBSCOPE_INOUT:
		return "inout";
	default:
		return NULL;
	}
}

/* What does not depend on which tables were read. */
int session_describe(struct skbscope_session *session, struct snapshot *snapshot,
		     struct skbscope_error *error)
{
	struct skbscope_snapshot *public = &snapshot->public;
	int r = add_verdicts(session, snapshot, error);

	if (r < 0)
		return r;

	public->program = arena_string(snapshot->arena, session->image->name);
	public->path = arena_string(snapshot->arena, session->image->path);
	public->enforced = session->enforce;
	public->generation = session->generation;
	public->direction = direction_of(session);
	if (session->filter)
	public->filter = arena_string(snapshot->arena, session->filter->expression);
	if (add_hooks(session, snapshot) < 0 || arena_failed(snapshot->arena))
		return fail_memory(error, STAGE);
	return 0;
}

static int describe(struct skbscope_session *session, const struct skbscope_read_options *options,
		    struct snapshot *snapshot, struct skbscope_error *error)
{
	int r = session_describe(session, snapshot, error);

	if (r == 0)
		r = session_feed_losses(session, snapshot, error);
	if (r < 0)
		return r;
	snapshot->public.stale = arena_string(snapshot->arena, options->stale);
	snapshot->public.recording = arena_string(snapshot->arena, options->recording);
	if (session_events_tell(session, snapshot) < 0 || arena_failed(snapshot->arena))
		return fail_memory(error, STAGE);
	return 0;
}

int skbscope_session_read(struct skbscope_session *session,
			  const struct skbscope_read_options *caller_options,
			  struct skbscope_snapshot **out, struct skbscope_error *error)
{
	AUTO(snapshot_unrefp) struct snapshot *snapshot = NULL;
	struct skbscope_read_options options = { 0 };
	int r;

	r = options_take(&options, sizeof(options), caller_options, STAGE, error);
	if (r < 0)
		return r;
	if (!options.monotonic_ns)
		options.monotonic_ns = clock_monotonic_ns();
	if (!options.wall_ns)
		options.wall_ns = clock_wall_ns();
	if (!options.interrupt_fd)
		options.interrupt_fd = -1;
	r = table_sources_read(session->tables, session->table_count, &options, session->previous,
			       &snapshot, error);
	if (r < 0)
		return r;
	r = describe(session, &options, snapshot, error);
	if (r == 0 && options.processes)
		r = session_add_processes(session, &options, snapshot, error);
	if (r < 0)
		return r;
	snapshot_unref(session->previous);
	session->previous = snapshot_ref(snapshot);
	*out = &TAKE(snapshot)->public;
	return 0;
}

size_t skbscope_session_attached(struct skbscope_session *session)
{
	size_t count = 0;

	for (size_t i = 0; i < session->hook_count; i++)
		count += hook_is_attached(&session->hooks[i]);
	return count;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a session: tables, verdicts, hooks and losses into one snapshot. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/options.h"
#include "kernel/session.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE

static int set_rows(struct snapshot *snapshot, size_t index, const struct map_reader *reader,
		    const struct map_rows *rows, bool per_cpu)
{
	const struct raw_rows raw = {
		.count = rows->count,
		.keys = buffer_text(&rows->keys),
		.values = buffer_text(&rows->values),
		.value_stride = reader->value_stride,
		.cpu_count = reader->cpu_count,
		.complete = rows->complete,
	};

	return snapshot_set_rows(snapshot, index, &raw, per_cpu);
}

/* Of these only the element that comes out next can be seen. */
static bool shows_next_only(const struct map_reader *reader)
{
	return reader->type == BPF_MAP_TYPE_QUEUE || reader->type == BPF_MAP_TYPE_STACK;
}

static int tell_losses(struct snapshot *snapshot, size_t index, const struct map_reader *reader)
{
	const struct skbscope_table *table = &snapshot->public.tables[index];

	if (table->full)
		return snapshot_add_loss(snapshot, table->schema->table, "map full", 0, false);
	if (!table->complete && !shows_next_only(reader))
		return snapshot_add_loss(snapshot, table->schema->table, "walk incomplete", 0,
					 false);
	return 0;
}

/* Into the snapshot that is handed out and the one that is kept for the next
 * reading's rates. */
static int read_table(struct skbscope_session *session, size_t index,
		      const struct skbscope_read_options *options, struct snapshot *snapshot,
		      struct snapshot *kept, struct skbscope_error *error)
{
	struct map_reader *reader = &session->readers[index];
	const struct skbscope_schema *schema = schema_set_get(session->schemas, index);
	AUTO(map_rows_clear) struct map_rows rows = { 0 };
	uint64_t max_rows =
		options->max_rows ? options->max_rows : 2 * (uint64_t)reader->max_entries;
	int r;

	if (!schema->readable && !shows_next_only(reader))
		return 0;
	reader->interrupt_fd = options->interrupt_fd > 0 ? options->interrupt_fd : -1;
	r = map_read(reader, max_rows, &rows);
	reader->interrupt_fd = -1;
	if (r == -EINTR)
		return fail(error, r, STAGE, "reading the table '%s' was interrupted",
			    schema->table);
	if (r == -EOPNOTSUPP)
		return snapshot_add_loss(snapshot, schema->table, "cannot be read", 0, false);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot read the table '%s'", schema->table);
	r = set_rows(snapshot, index, reader, &rows, options->per_cpu);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot keep the rows of '%s'", schema->table);
	r = set_rows(kept, index, reader, &rows, false);
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot keep the rows of '%s'", schema->table);
	return tell_losses(snapshot, index, reader);
}

static int read_tables(struct skbscope_session *session,
		       const struct skbscope_read_options *options, struct snapshot *snapshot,
		       struct snapshot *kept, struct skbscope_error *error)
{
	for (size_t i = 0; i < session->image->map_count; i++) {
		int r = read_table(session, i, options, snapshot, kept, error);

		if (r < 0)
			return r;
	}
	return 0;
}

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
		const struct hook *hook = &session->hooks[i];

		states[i].interface = arena_string(snapshot->arena, hook->interface);
		states[i].ifindex = hook->ifindex;
		states[i].direction = hook->direction;
		states[i].hook = hook->kind;
		states[i].function = arena_string(snapshot->arena, hook->function);
		states[i].program_id = hook->program_id;
		states[i].attached = hook_is_attached(hook);
	}
	snapshot->public.hooks = states;
	snapshot->public.hook_count = states ? session->hook_count : 0;
	return states ? 0 : -ENOMEM;
}

static int describe(struct skbscope_session *session, const char *stale, struct snapshot *snapshot,
		    struct skbscope_error *error)
{
	struct skbscope_snapshot *public = &snapshot->public;
	int r;

	public->program = arena_string(snapshot->arena, session->image->name);
	public->path = arena_string(snapshot->arena, session->image->path);
	public->enforced = session->enforce;
	public->generation = session->generation;
	public->stale = arena_string(snapshot->arena, stale);
	r = add_verdicts(session, snapshot, error);
	if (r < 0)
		return r;
	if (add_hooks(session, snapshot) < 0 || arena_failed(snapshot->arena))
		return fail_memory(error, STAGE);
	return 0;
}

static int relate(struct skbscope_session *session, struct snapshot *snapshot,
		  struct skbscope_error *error)
{
	int r;

	if (!session->previous)
		return 0;
	snapshot->public.interval_ns =
		snapshot->public.monotonic_ns - session->previous->public.monotonic_ns;
	r = snapshot_set_rates(snapshot, &session->previous->public);
	return r < 0 ? fail_errno(error, r, STAGE, "cannot compute rates") : 0;
}

int skbscope_session_read(struct skbscope_session *session,
			  const struct skbscope_read_options *caller_options,
			  struct skbscope_snapshot **out, struct skbscope_error *error)
{
	AUTO(snapshot_freep) struct snapshot *snapshot = NULL;
	AUTO(snapshot_freep) struct snapshot *kept = NULL;
	struct skbscope_read_options options = { 0 };
	int r;

	r = options_take(&options, sizeof(options), caller_options, STAGE, error);
	if (r < 0)
		return r;
	if (!options.monotonic_ns)
		options.monotonic_ns = clock_monotonic_ns();
	if (!options.wall_ns)
		options.wall_ns = clock_wall_ns();
	if (snapshot_new(session->schemas, &snapshot) < 0 ||
	    snapshot_new(session->schemas, &kept) < 0)
		return fail_memory(error, STAGE);
	snapshot->public.monotonic_ns = kept->public.monotonic_ns = options.monotonic_ns;
	snapshot->public.wall_ns = options.wall_ns;
	r = read_tables(session, &options, snapshot, kept, error);
	if (r < 0)
		return r;
	r = describe(session, options.stale, snapshot, error);
	if (r < 0)
		return r;
	r = relate(session, snapshot, error);
	if (r < 0)
		return r;
	snapshot_free(session->previous);
	session->previous = TAKE(kept);
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

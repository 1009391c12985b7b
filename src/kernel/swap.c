/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hot swap. The new image becomes a session of its own, sharing the maps that go
 * on; its tables are filled; the hooks change over; and then the two sessions
 * change places, so that the caller's pointer is the new one and closing the other
 * lets go of all that is no longer used.
 */
#include "kernel/swap.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "base/options.h"
#include "image/image.h"
#include "kernel/costs.h"

#define STAGE SKBSCOPE_STAGE_LOAD

void skbscope_swap_free(struct skbscope_swap *swap)
{
	arena_object_free(swap);
}

struct swap {
	struct skbscope_session *before, *after;
	struct swap_tables tables;
	struct verdict_past verdict_past; /* with room for BEFORE's functions */
	bool keep_verdicts;               /* the same verdict map goes on */
	bool reset;
};

static void swap_clear(struct swap *swap)
{
	swap_tables_clear(&swap->tables);
	verdict_past_clear(&swap->verdict_past);
	/* What was pinned for a program that never ran. */
	if (swap->after && swap->after->maps.maps)
		maps_unpin(swap->after->image, &swap->after->maps);
	session_closep(&swap->after);
}

/* Room for the tables that will move on. */
static int reserve_tables(const struct skbscope_session *before, struct skbscope_session *after,
			  struct skbscope_error *error)
{
	size_t maps = after->image->map_count,
	       moving = before->table_count - before->image->map_count;
	struct table_source *tables =
		reallocarray(after->tables, maps + moving + 1, sizeof(*tables));

	if (!tables)
		return fail_memory(error, STAGE);
	after->tables = tables;
	for (size_t i = before->image->map_count; i < before->table_count; i++) {
		const char *name = before->tables[i].schema->public.table;

		if (image_find_map(after->image, name) >= 0)
			return fail(error, EEXIST, STAGE,
				    "the session already has a table '%s' that is not the "
				    "program's",
				    name);
	}
	return 0;
}

static int plan(struct swap *swap, const struct skbscope_image *image,
		const struct skbscope_swap_options *options, struct arena *arena,
		struct skbscope_error *error)
{
	const struct skbscope_session_options next = {
		.size = sizeof(next),
		.ingress = options->ingress,
		.egress = options->egress,
		.enforce = swap->before->enforce && !options->passive,
		.filter = swap->before->filter,
		.directions = swap->before->directions,
		.buffer_bytes = swap->before->events.buffer_bytes,
		.numbers = swap->before->numbers,
	};
	int r = session_new(image, &next, &swap->after, error);

	if (r == 0)
		r = reserve_tables(swap->before, swap->after, error);
	if (r < 0)
		return r;
	swap->after->generation = swap->before->generation + 1;
	swap->keep_verdicts = !swap->reset && verdicts_same_places(swap->before->image, image);
	r = swap_tables_plan(swap->before, swap->after, swap->reset, arena, &swap->tables);
	if (r == 0 && !swap->reset)
		r = verdict_past_prepare(&swap->before->verdict_past, swap->before->image,
					 &swap->verdict_past);
	if (r == 0)
		r = costs_remember(swap->before, swap->after);
	if (r == 0)
		r = session_events_prepare(swap->before, swap->after);
	return r < 0 ? fail_memory(error, STAGE) : 0;
}

static int load(struct swap *swap, const struct skbscope_swap_options *options, struct arena *arena,
		struct skbscope_diagnostics *diagnostics, struct skbscope_error *error)
{
	const struct map_reuse reuse = {
		.verdicts = swap->keep_verdicts ? swap->before->maps.verdicts : -1,
		.maps = swap->tables.reuse,
		.replay = -1,
	};
	int r = session_load(swap->after, &reuse, diagnostics, error);

	if (r < 0)
		return r;
	r = swap_tables_fill(swap->before, swap->after, arena, &swap->tables, error);
	if (r == 0 && options->prepare)
		r = options->prepare(options->context, swap->after, swap->tables.outcomes,
				     swap->tables.count, error);
	return r;
}

/* A pinned prog array is the same for both programs: the old one's tail calls
 * lead to the new one's functions for the moment until its own hooks follow. */
static int change_over(struct swap *swap, struct skbscope_error *error)
{
	int r = session_fill_tails(swap->after, true, error);

	if (r == 0)
		r = swap_hooks(swap->before, swap->after, error);
	if (r < 0)
		session_fill_tails(swap->before, true, NULL);
	return r;
}

/* A prog array forgets its functions when its last descriptor is closed, under the
 * very packet that is about to go there. */
static bool has_tails(const struct skbscope_session *session)
{
	return session->image->documentation && session->image->documentation->tail_count;
}

/* A pinned prog array lives on, and would keep the old program's functions alive. */
static void forget_tails(const struct skbscope_session *before,
			 const struct skbscope_session *after)
{
	const struct skbscope_documentation *old = before->image->documentation;

	for (size_t i = 0; old && i < old->tail_count; i++) {
		int from = image_find_map(before->image, old->tails[i].map);
		int to = image_find_map(after->image, old->tails[i].map);
		uint32_t index = old->tails[i].index;

		if (to >= 0 && before->image->maps[from].pin_path &&
		    !session_has_tail(after, old->tails[i].map, index))
			bpf_map_delete_elem(after->maps.maps[to], &index);
	}
}

/* The old program rests; what it counted until then is in its maps. */
static void finish(struct swap *swap, struct arena *arena)
{
	bool verdicts = !swap->keep_verdicts && !swap->reset;

	if (verdicts || swap->tables.move_count || has_tails(swap->before) ||
	    swap->before->maps.events >= 0)
		rcu_wait();
	forget_tails(swap->before, swap->after);
	swap_tables_finish(swap->before, swap->after, arena, &swap->tables);
	if (verdicts && verdict_past_add(&swap->verdict_past, swap->before->image,
					 &swap->before->verdict_reader) < 0)
		swap->verdict_past.incomplete = true;
}

/* A table that goes on has been counting for as long as before, which is how the next
 * reading knows its rates. Those that no map of the image gives move on. */
static void inherit_tables(struct skbscope_session *before, struct skbscope_session *after,
			   const struct swap_tables *tables)
{
	size_t maps = before->image->map_count;

	for (size_t i = 0; i < tables->count; i++) {
		const char *name = tables->outcomes[i].table;

		struct table_source *old = session_table(before, name);
		struct table_source *new = session_table(after, name);

		if (old && new && tables->outcomes[i].outcome == SKBSCOPE_TABLE_KEPT)
			new->since = old->since;
	}
	for (size_t i = maps; i < before->table_count; i++)
		after->tables[after->table_count++] = before->tables[i];
	before->table_count = maps;
	after->previous = TAKE(before->previous);
}

/* The verdict map's places are the same, so is what was counted before it. */
static void inherit_verdicts(struct swap *swap)
{
	struct verdict_past *past =
		swap->keep_verdicts ? &swap->before->verdict_past : &swap->verdict_past;

	swap->after->verdict_past = *past;
	memset(past, 0, sizeof(*past));
}

static void change_places(struct swap *swap)
{
	struct skbscope_session old;

	inherit_verdicts(swap);
	inherit_tables(swap->before, swap->after, &swap->tables);
	session_events_inherit(swap->before, swap->after, swap->tables.reuse, swap->reset);
	swap->after->statistics = TAKE_FD(swap->before->statistics);
	/* Pins stay, as they do when a session ends. */
	memset(swap->after->maps.pinned, 0, swap->after->maps.count * sizeof(bool));
	old = *swap->before;
	*swap->before = *swap->after;
	*swap->after = old;
	memset(swap->after->maps.pinned, 0, swap->after->maps.count * sizeof(bool));
}

int skbscope_session_swap(struct skbscope_session *session, const struct skbscope_image *image,
			  const struct skbscope_swap_options *caller_options,
			  struct skbscope_swap **out, struct skbscope_diagnostics *diagnostics,
			  struct skbscope_error *error)
{
	struct skbscope_swap_options options = { 0 };
	AUTO(arena_object_freep)
	struct skbscope_swap *report = arena_object_new(sizeof(*report));
	struct arena *arena;
	AUTO(swap_clear) struct swap swap = { .before = session };
	uint64_t start = clock_monotonic_ns();
	int r;

	r = options_take(&options, sizeof(options), caller_options, STAGE, error);
	if (r < 0)
		return r;
	if (session->every_function || session->feed)
		return fail(error, EINVAL, STAGE,
			    "a session opened for checking or for a recording cannot be swapped");
	if (!report)
		return fail_memory(error, STAGE);
	arena = arena_of(report);
	swap.reset = options.reset;
	r = plan(&swap, image, &options, arena, error);
	if (r < 0)
		return r;
	r = load(&swap, &options, arena, diagnostics, error);
	if (r < 0)
		return r;
	r = costs_list(swap.after, arena, &report->costs, &report->cost_count);
	if (r < 0)
		return fail_memory(error, STAGE);
	report->load_ns = clock_monotonic_ns() - start;
	start = clock_monotonic_ns();
	r = change_over(&swap, error);
	if (r < 0)
		return r;
	report->swap_ns = clock_monotonic_ns() - start;
	finish(&swap, arena);
	change_places(&swap);
	report->tables = swap.tables.outcomes;
	report->table_count = swap.tables.count;
	if (out)
		*out = TAKE(report);
	return 0;
}

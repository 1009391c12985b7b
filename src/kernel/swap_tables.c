/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of a swap. Same shape: the same map. Another shape: a new map with the
 * old one's rows, copied before the hooks change, so that the new program finds
 * them; what the old one counted between the copy and its last packet is added
 * after.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/print_record.h"
#include "image/image.h"
#include "kernel/map_fill.h"
#include "kernel/swap.h"
#include "model/key_index.h"

#define STAGE SKBSCOPE_STAGE_LOAD
#define LEFT_MAX 16 /* buffers of earlier versions */

/* The running program's tail calls must not lead into the other program half of whose
 * functions are there: each has its own prog array. */
static bool is_refilled(const struct migrate_table *from, const struct migrate_table *to)
{
	const struct skbscope_image_map *map = &to->image->maps[to->index];

	return map->type == BPF_MAP_TYPE_PROG_ARRAY && !map->pin_path &&
	       from->image->maps[from->index].type == BPF_MAP_TYPE_PROG_ARRAY;
}

static int plan_move(const struct migrate_table *from, const struct migrate_table *to,
		     struct swap_tables *tables, struct skbscope_table_swap *result)
{
	struct table_move *move = &tables->moves[tables->move_count];
	int r = migrate_plan_new(from, to, possible_cpus(), &move->plan);

	if (r < 0)
		return r;
	move->from = from->index;
	move->to = to->index;
	move->add = (struct atomic_add)ATOMIC_ADD_INIT;
	/* A plan that cannot be is kept for its words. */
	tables->move_count++;
	result->outcome = move->plan->possible ? SKBSCOPE_TABLE_MIGRATED : SKBSCOPE_TABLE_REFUSED;
	result->text = move->plan->text;
	return 0;
}

/* Events are read from a buffer of one kind, as what they are. */
static bool plan_events(const struct skbscope_session *before, const struct migrate_table *from,
			const struct skbscope_session *after, const struct migrate_table *to,
			bool reset, struct skbscope_table_swap *result)
{
	const enum events_buffer old = before->events.buffers[from->index];
	const enum events_buffer new = after->events.buffers[to->index];

	if (old == EVENTS_NONE && new == EVENTS_NONE)
		return false;
	result->outcome = old == new && !reset &&migrate_same_shape(from, to)
				  ? SKBSCOPE_TABLE_KEPT
				  : SKBSCOPE_TABLE_EMPTY;
	return true;
}

/* What still waits in a buffer has the names of whoever submitted it: of another version's
 * functions there is another buffer, and the old one is read to its end. A reader that is
 * stuck while many versions pass does not fill the memory with them. */
static bool shares_buffer(const struct skbscope_session *before,
			  const struct skbscope_image_map *from,
			  const struct skbscope_image_map *to)
{
	const char *old = from->events && from->events->function ? from->events->function : "";
	const char *new = to->events && to->events->function ? to->events->function : "";

	return before->events.left_count >= LEFT_MAX ||
	       (!print_is_table(to->name) && strcmp(old, new) == 0);
}

static int plan_table(const struct migrate_table *from, const struct migrate_table *to, bool reset,
		      struct swap_tables *tables, struct skbscope_table_swap *result)
{
	const struct skbscope_image_map *map = &to->image->maps[to->index];

	if (is_refilled(from, to)) {
		result->outcome = SKBSCOPE_TABLE_REFILLED;
		return 0;
	}
	if (migrate_same_shape(from, to) && (!reset || map->pin_path)) {
		result->outcome = SKBSCOPE_TABLE_KEPT;
		if (reset)
			result->text = "pinned tables are not emptied";
		return 0;
	}
	if (reset) {
		result->outcome = SKBSCOPE_TABLE_EMPTY;
		return 0;
	}
	return plan_move(from, to, tables, result);
}

static void name_gone(const struct skbscope_session *before, const struct skbscope_session *after,
		      struct arena *arena, struct swap_tables *tables)
{
	for (size_t i = 0; i < before->image->map_count; i++) {
		const char *name = before->image->maps[i].name;

		if (image_find_map(after->image, name) < 0)
			tables->outcomes[tables->count++] = (struct skbscope_table_swap){
				.table = arena_string(arena, name),
				.outcome = SKBSCOPE_TABLE_GONE,
				.text = "",
			};
	}
}

int swap_tables_plan(const struct skbscope_session *before, const struct skbscope_session *after,
		     bool reset, struct arena *arena, struct swap_tables *out)
{
	size_t count = after->image->map_count;

	out->outcomes =
		ARENA_ARRAY(arena, struct skbscope_table_swap, count + before->image->map_count);
	out->moves = calloc(count + 1, sizeof(*out->moves));
	out->reuse = malloc((count + 1) * sizeof(*out->reuse));
	if (!out->outcomes || !out->moves || !out->reuse)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const struct skbscope_image_map *map = &after->image->maps[i];
		int index = image_find_map(before->image, map->name);
		const struct migrate_table from = { before->image, before->schemas, (size_t)index };
		const struct migrate_table to = { after->image, after->schemas, i };
		struct skbscope_table_swap *result = &out->outcomes[out->count++];
		int r = 0;

		result->table = arena_string(arena, map->name);
		result->outcome = SKBSCOPE_TABLE_NEW;
		result->text = "";
		out->reuse[i] = -1;
		if (index >= 0 && !plan_events(before, &from, after, &to, reset, result))
			r = plan_table(&from, &to, reset, out, result);
		if (r < 0)
			return r;
		result->text = arena_string(arena, result->text);
		if (result->outcome == SKBSCOPE_TABLE_KEPT &&
		    (before->events.buffers[index] == EVENTS_NONE ||
		     shares_buffer(before, &before->image->maps[index], map)))
			out->reuse[i] = before->maps.maps[index];
	}
	name_gone(before, after, arena, out);
	return arena_failed(arena) ? -ENOMEM : 0;
}

/* The old table's rows, in the new one's shape. */
static int read_rows(struct skbscope_session *before, const struct table_move *move,
		     struct migrated *out)
{
	struct map_reader *reader = &before->readers[move->from];
	AUTO(table_rows_clear) struct table_rows rows = { 0 };
	int r = map_read(reader, 2 * (uint64_t)reader->max_entries, &rows);

	return r < 0 ? r : migrate_rows(move->plan, &rows, out);
}

static void refuse(struct skbscope_table_swap *result, struct arena *arena, const char *text)
{
	result->outcome = SKBSCOPE_TABLE_REFUSED;
	result->text = arena_string(arena, text);
}

static int fill(struct skbscope_session *before, const struct skbscope_session *after,
		struct table_move *move, struct arena *arena, struct skbscope_table_swap *result,
		struct skbscope_error *error)
{
	const struct skbscope_image_map *map = &after->image->maps[move->to];
	size_t written = 0;
	int r;

	if (map->pin_path && !after->maps.pinned[move->to]) {
		refuse(result, arena, "it was already pinned, with rows of its own");
		return 0;
	}
	r = read_rows(before, move, &move->copied);
	if (r == -EOPNOTSUPP || r == -EINVAL) {
		refuse(result, arena, "its rows cannot be read");
		return 0;
	}
	if (r < 0)
		return fail_errno(error, r, STAGE, "cannot migrate the rows of the table '%s'",
				  map->name);
	r = map_fill(after->maps.maps[move->to], &move->copied.rows, &written);
	if (r < 0 && (written || r == -ENOMEM))
		return fail_errno(error, r, STAGE, "cannot fill the table '%s' with %zu rows",
				  map->name, move->copied.rows.count);
	if (r < 0) {
		refuse(result, arena, arena_printf(arena, "it cannot be filled: %s", strerror(-r)));
		return 0;
	}
	/* Without it, the report says what is missing. */
	atomic_add_open(after->maps.maps[move->to], move->plan->to, &move->plan->sum, &move->add);
	result->rows = move->copied.rows.count;
	result->text =
		arena_printf(arena, "%s%s", move->copied.text ? move->copied.text : "",
			     move->copied.rows.complete ? "" : "; not all rows could be read");
	return 0;
}

int swap_tables_fill(struct skbscope_session *before, const struct skbscope_session *after,
		     struct arena *arena, struct swap_tables *tables, struct skbscope_error *error)
{
	for (size_t i = 0; i < tables->move_count; i++) {
		struct table_move *move = &tables->moves[i];
		struct skbscope_table_swap *result = &tables->outcomes[move->to];
		int r;

		if (result->outcome != SKBSCOPE_TABLE_MIGRATED)
			continue;
		r = fill(before, after, move, arena, result, error);
		if (r < 0)
			return r;
	}
	return arena_failed(arena) ? fail_memory(error, STAGE) : 0;
}

/* What the old table's rows gained since they were copied. */
struct rest {
	struct table_move *move;
	int map;
	uint8_t *amounts; /* one CPU's value */
	uint64_t missed;
};

static void add(struct rest *rest, const uint8_t *key, const uint8_t *before, const uint8_t *after)
{
	const struct migrate_plan *plan = rest->move->plan;
	size_t stride = table_rows_cpu_stride(plan->to->value_size);

	memset(rest->amounts, 0, plan->to->value_size);
	atomic_add_difference(&plan->sum, before, after, plan->to->per_cpu ? plan->cpus : 1, stride,
			      rest->amounts);
	/* A row that the new program has deleted since is no loss. */
	if (rest->move->add.row.program < 0 ||
	    atomic_add_run(&rest->move->add, key, rest->amounts) < 0)
		rest->missed++;
}

/* The new program may have made the same row meanwhile. */
static void insert(struct rest *rest, const uint8_t *key, const uint8_t *value)
{
	if (bpf_map_update_elem(rest->map, key, value, BPF_NOEXIST) == 0)
		return;
	if (errno == EEXIST)
		add(rest, key, NULL, value);
	else
		rest->missed++;
}

static int add_rest_of_rows(struct rest *rest, const struct table_rows *left)
{
	const struct table_rows *copied = &rest->move->copied.rows;
	AUTO(key_index_clear) struct key_index index = { 0 };
	int r = key_index_build(&index, copied->keys, copied->key_size, copied->count);

	if (r < 0)
		return r;
	for (size_t i = 0; i < left->count; i++) {
		const uint8_t *key = table_rows_key(left, i), *value = table_rows_value(left, i);
		size_t found = key_index_find(&index, key);
		const uint8_t *before = found == NO_ROW ? NULL : table_rows_value(copied, found);

		if (!before)
			insert(rest, key, value);
		else if (memcmp(before, value, left->value_stride) != 0)
			add(rest, key, before, value);
	}
	return 0;
}

static int add_rest(struct skbscope_session *before, const struct skbscope_session *after,
		    struct table_move *move, uint64_t *missed)
{
	AUTO(migrated_clear) struct migrated left = { 0 };
	AUTO(freep) uint8_t *amounts = calloc(1, move->plan->to->value_size + 1);
	struct rest rest = {
		.move = move,
		.map = after->maps.maps[move->to],
		.amounts = amounts,
	};
	int r = amounts ? read_rows(before, move, &left) : -ENOMEM;

	if (r == 0)
		r = add_rest_of_rows(&rest, &left.rows);
	*missed = rest.missed;
	return r;
}

void swap_tables_finish(struct skbscope_session *before, const struct skbscope_session *after,
			struct arena *arena, struct swap_tables *tables)
{
	for (size_t i = 0; i < tables->move_count; i++) {
		struct table_move *move = &tables->moves[i];
		struct skbscope_table_swap *result = &tables->outcomes[move->to];
		uint64_t missed = 0;
		const char *text;

		if (result->outcome != SKBSCOPE_TABLE_MIGRATED ||
		    (add_rest(before, after, move, &missed) == 0 && !missed))
			continue;
		text = arena_printf(arena, "%s%scounts from the moment of the swap are missing",
				    result->text, *result->text ? "; " : "");
		result->text = text ? text : result->text;
	}
}

void swap_tables_clear(struct swap_tables *tables)
{
	for (size_t i = 0; i < tables->move_count; i++) {
		struct table_move *move = &tables->moves[i];

		migrated_clear(&move->copied);
		arena_object_free(move->plan);
		atomic_add_close(&move->add);
	}
	free(TAKE(tables->moves));
	free(TAKE(tables->reuse));
	tables->move_count = 0;
}

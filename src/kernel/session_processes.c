/* SPDX-License-Identifier: Apache-2.0 */
/* Which local processes the rows of a reading belong to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/processes.h"
#include "kernel/session.h"
#include "kernel/sockets.h"
#include "model/ends.h"
#include "model/key_index.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define ROWS_MAX (1u << 16) /* of a table */
#define EACH_MAX 16u        /* sockets of a row */

/* What the sockets of a row are, while all rows are looked through. */
struct match {
	uint32_t inodes[EACH_MAX];
	uint32_t count;
};

struct search {
	struct sockets *sockets; /* NULL: they could not be listed */
	struct buffer matches;   /* of struct match, a row of every table that has ends */
	struct buffer inodes;    /* of uint32_t */
};

static void search_clear(struct search *search)
{
	sockets_freep(&search->sockets);
	buffer_free(&search->matches);
	buffer_free(&search->inodes);
}

static int list_here(void *context)
{
	return sockets_list(context);
}

/* Where the interfaces are. */
static int list_sockets(struct skbscope_session *session, struct sockets **out)
{
	struct hook *hook = session->hooks;

	if (!session->hook_count)
		return sockets_list(out);
	return netns_run(&hook->netns, &hook->where, list_here, out);
}

static bool is_looked_for(const struct skbscope_table *table, struct ends_plan *plan)
{
	*plan = ends_plan_of(table->schema);
	return plan->count && table->schema->readable && table->row_count <= ROWS_MAX;
}

static void match_rows(struct search *search, const struct skbscope_table *table,
		       const struct ends_plan *plan)
{
	for (size_t row = 0; row < table->row_count; row++) {
		const struct ends ends =
			ends_read(plan, table->keys + row * table->schema->key_size);
		struct match match = { 0 };

		if (search->sockets)
			match.count = (uint32_t)sockets_find(search->sockets, &ends, plan->count,
							     match.inodes, EACH_MAX);
		buffer_append(&search->matches, &match, sizeof(match));
		buffer_append(&search->inodes, match.inodes, match.count * sizeof(*match.inodes));
	}
}

static int compare_inodes(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sort_inodes(struct buffer *inodes)
{
	uint32_t *list = (void *)inodes->data;
	size_t count = inodes->length / sizeof(*list), kept = 0;

	if (!count)
		return;
	qsort(list, count, sizeof(*list), compare_inodes);
	for (size_t i = 0; i < count; i++)
		if (!kept || list[kept - 1] != list[i])
			list[kept++] = list[i];
	inodes->length = kept * sizeof(*list);
}

static bool has_process(const struct skbscope_processes *row, uint32_t pid)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->list[i].pid == pid)
			return true;
	return false;
}

static void add_processes(struct snapshot *snapshot, const struct processes *processes,
			  uint32_t inode, struct skbscope_processes *row)
{
	struct skbscope_process *list = (struct skbscope_process *)row->list;
	const struct socket_process *found;
	size_t count;

	found = processes_of(processes, inode, &count);
	for (size_t i = 0; i < count && row->count < EACH_MAX; i++) {
		if (!found[i].pid || has_process(row, found[i].pid))
			continue;
		if (!list)
			row->list = list =
				ARENA_ARRAY(snapshot->arena, struct skbscope_process, EACH_MAX);
		if (!list)
			return;
		list[row->count].pid = found[i].pid;
		list[row->count++].name = arena_string(snapshot->arena, found[i].name);
	}
}

/* A connection that has ended was its process's. */
static void keep_processes(struct snapshot *snapshot, const struct skbscope_processes *before,
			   struct skbscope_processes *row)
{
	struct skbscope_process *list =
		arena_copy(snapshot->arena, before->list, before->count, sizeof(*list));

	for (size_t i = 0; list && i < before->count; i++)
		list[i].name = arena_string(snapshot->arena, list[i].name);
	row->list = list;
	row->count = list ? before->count : 0;
}

static const struct skbscope_table *earlier(const struct snapshot *previous,
					    const struct skbscope_table *table)
{
	for (size_t i = 0; previous && i < previous->public.table_count; i++) {
		const struct skbscope_table *before = &previous->public.tables[i];

		if (before->processes && before->since == table->since &&
		    before->schema->key_size == table->schema->key_size &&
		    strcmp(before->schema->table, table->schema->table) == 0)
			return before;
	}
	return NULL;
}

static int name_rows(struct skbscope_session *session, struct snapshot *snapshot,
		     struct skbscope_table *table, const struct match *matches)
{
	struct skbscope_processes *rows =
		ARENA_ARRAY(snapshot->arena, struct skbscope_processes, table->row_count);
	const struct skbscope_table *before = earlier(session->previous, table);
	AUTO(key_index_clear) struct key_index index = { 0 };
	const size_t size = table->schema->key_size;
	int r = rows ? 0 : -ENOMEM;

	if (r == 0 && before)
		r = key_index_build(&index, before->keys, size, before->row_count);
	for (size_t row = 0; r == 0 && row < table->row_count; row++) {
		size_t found = NO_ROW;

		for (size_t i = 0; i < matches[row].count; i++)
			add_processes(snapshot, session->processes, matches[row].inodes[i],
				      &rows[row]);
		if (!rows[row].count && before)
			found = key_index_find(&index, table->keys + row * size);
		if (found != NO_ROW && before->processes[found].count)
			keep_processes(snapshot, &before->processes[found], &rows[row]);
	}
	table->processes = rows;
	return r;
}

static int refuse(const struct skbscope_session *session,
		  const struct skbscope_read_options *options, const struct snapshot *snapshot,
		  struct skbscope_error *error)
{
	struct ends_plan plan;

	if (options->recording)
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			    "the packets of a recording belong to no process of now: --process is "
			    "for interfaces");
	for (size_t i = 0; i < snapshot->public.table_count; i++) {
		plan = ends_plan_of(snapshot->public.tables[i].schema);
		if (plan.count)
			return 0;
	}
	if (session->previous) /* it was swapped for one without */
		return 0;
	return hint(
		error,
		fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
		     "'%s' has no table with ports in its keys, which processes could be told "
		     "by",
		     session->image->name),
		"a key of two addresses and two ports, of an address and its port, or of a port "
		"tells one");
}

int session_add_processes(struct skbscope_session *session,
			  const struct skbscope_read_options *options, struct snapshot *snapshot,
			  struct skbscope_error *error)
{
	AUTO(search_clear) struct search search = { 0 };
	size_t first = 0;
	struct ends_plan plan;
	int r = refuse(session, options, snapshot, error);

	if (r < 0)
		return r;
	/* Later on, a reading without them is better than none: rows keep what they had. */
	r = list_sockets(session, &search.sockets);
	if (r < 0 && !session->previous)
		return hint(error, fail_errno(error, r, STAGE, "cannot list sockets"),
			    "--process takes a kernel with CONFIG_INET_DIAG");
	for (size_t i = 0; i < snapshot->public.table_count; i++)
		if (is_looked_for(&snapshot->public.tables[i], &plan))
			match_rows(&search, &snapshot->public.tables[i], &plan);
	sort_inodes(&search.inodes);
	if (search.matches.failed || search.inodes.failed)
		return fail_memory(error, STAGE);
	r = session->processes ? 0 : processes_new(&session->processes);
	if (r == 0)
		r = processes_look(session->processes, (const void *)search.inodes.data,
				   search.inodes.length / sizeof(uint32_t),
				   snapshot->public.monotonic_ns);
	for (size_t i = 0; r == 0 && i < snapshot->public.table_count; i++) {
		struct skbscope_table *table = (struct skbscope_table *)&snapshot->public.tables[i];

		if (!is_looked_for(table, &plan))
			continue;
		r = name_rows(session, snapshot, table,
			      (const struct match *)(const void *)search.matches.data + first);
		first += table->row_count;
	}
	return r < 0 || arena_failed(snapshot->arena) ? fail_memory(error, STAGE) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "model/changes.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/key_index.h"
#include "model/record.h"
#include "model/value.h"

struct walk {
	const struct skbscope_table *from, *to; /* rows of from are looked for in to */
	bool backwards;                         /* from is the one after */
	change_callback *callback;
	void *context;
};

static bool is_nothing(const struct skbscope_record *record)
{
	for (uint32_t i = 0; i < record->schema->value_size; i++)
		if (record->value[i])
			return false;
	return true;
}

static bool is_same(const struct skbscope_record *a, const struct skbscope_record *b)
{
	return memcmp(a->value, b->value, a->schema->value_size) == 0;
}

/* Of the rows that are in both only those of the walk from the later one are told. */
static int tell(const struct walk *walk, size_t row, size_t other)
{
	const struct skbscope_record here = record_of_row(walk->from, row);
	struct skbscope_record there = { 0 };
	struct change change = { 0 };

	if (other != NO_ROW) {
		there = record_of_row(walk->to, other);
		if (!walk->backwards || is_same(&here, &there))
			return 0;
	} else if (here.schema->is_array && is_nothing(&here)) {
		return 0;
	}
	change.before = walk->backwards ? (other == NO_ROW ? NULL : &there) : &here;
	change.after = walk->backwards ? &here : (other == NO_ROW ? NULL : &there);
	return walk->callback(walk->context, walk->from, &change);
}

static int walk_rows(const struct walk *walk)
{
	AUTO(key_index_clear) struct key_index index = { 0 };
	int r = key_index_build(&index, walk->to->keys, walk->to->schema->key_size,
				walk->to->row_count);

	for (size_t i = 0; r >= 0 && i < walk->from->row_count; i++)
		r = tell(walk, i,
			 key_index_find(&index,
					walk->from->keys + i * walk->from->schema->key_size));
	return r < 0 ? r : 0;
}

static const struct skbscope_table *find(const struct skbscope_snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->table_count; i++)
		if (strcmp(snapshot->tables[i].schema->table, name) == 0)
			return &snapshot->tables[i];
	return NULL;
}

int changes_walk(const struct skbscope_snapshot *before, const struct skbscope_snapshot *after,
		 change_callback *callback, void *context)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < after->table_count; i++) {
		const struct skbscope_table *now = &after->tables[i];
		const struct skbscope_table *then = find(before, now->schema->table);
		struct walk walk = { now, then, true, callback, context };

		if (!then || !now->schema->readable || now->schema->is_events)
			continue;
		r = walk_rows(&walk);
		walk.from = then;
		walk.to = now;
		walk.backwards = false;
		if (r == 0)
			r = walk_rows(&walk);
	}
	return r;
}

bool change_is_of(const struct change *change, const struct skbscope_column *column)
{
	if (!change->before || !change->after)
		return true;
	return value_compare(column, record_data(change->before, column),
			     record_data(change->after, column)) != 0;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

uint64_t changes_lost(const struct skbscope_snapshot *before, const struct skbscope_loss *loss)
{
	for (size_t i = 0; i < before->loss_count; i++)
		if (is_same_text(before->losses[i].table, loss->table) &&
		    strcmp(before->losses[i].what, loss->what) == 0)
			return loss->count - before->losses[i].count;
	return loss->count;
}

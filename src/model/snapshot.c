/* SPDX-License-Identifier: Apache-2.0 */
/* Building snapshots from rows. */
#include "model/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/table_source.h"

int snapshot_new(const struct table_source *sources, size_t count, struct snapshot **out)
{
	AUTO(snapshot_unrefp) struct snapshot *snapshot = arena_object_new(sizeof(*snapshot));
	struct skbscope_table *tables;

	if (!snapshot)
		return -ENOMEM;
	atomic_init(&snapshot->references, 1);
	snapshot->arena = arena_of(snapshot);
	tables = ARENA_ARRAY(snapshot->arena, struct skbscope_table, count);
	snapshot->schemas = ARENA_ARRAY(snapshot->arena, struct schema_set *, count);
	if (arena_failed(snapshot->arena))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		tables[i].schema = &sources[i].schema->public;
		tables[i].since = sources[i].since;
		tables[i].complete = true;
		tables[i].cpu_count = 1;
		snapshot->schemas[i] = schema_set_ref(sources[i].schema->set);
	}
	snapshot->public.tables = tables;
	snapshot->public.table_count = count;
	*out = TAKE(snapshot);
	return 0;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	atomic_fetch_add(&snapshot->references, 1);
	return snapshot;
}

/* The public view is const for its readers, not for its maker. */
static struct skbscope_table *table_of(struct snapshot *snapshot, size_t index)
{
	return (struct skbscope_table *)&snapshot->public.tables[index];
}

static void clear_table(struct skbscope_table *table)
{
	free((void *)TAKE(table->keys));
	free((void *)TAKE(table->values));
	free((void *)TAKE(table->cpu_values));
}

void snapshot_unref(struct snapshot *snapshot)
{
	if (!snapshot || atomic_fetch_sub(&snapshot->references, 1) != 1)
		return;
	for (size_t i = 0; i < snapshot->public.table_count; i++) {
		clear_table(table_of(snapshot, i));
		schema_set_unref(snapshot->schemas[i]);
	}
	arena_object_free(snapshot);
}

void snapshot_unrefp(struct snapshot **snapshot)
{
	snapshot_unref(*snapshot);
	*snapshot = NULL;
}

SKBSCOPE_API void skbscope_snapshot_free(struct skbscope_snapshot *snapshot)
{
	snapshot_unref((struct snapshot *)snapshot);
}

static uint8_t *sum_values(const struct table_schema *schema, const struct table_rows *rows)
{
	size_t size = schema->public.value_size, cpu_stride = table_rows_cpu_stride(size);
	uint8_t *sums = calloc(rows->count + 1, size + 1);

	for (size_t row = 0; sums && row < rows->count; row++)
		for (uint32_t cpu = 0; cpu < rows->cpu_count; cpu++)
			sum_add(&schema->sum, sums + row * size,
				table_rows_value(rows, row) + cpu * cpu_stride);
	return sums;
}

static bool do_cpus_differ(const struct table_schema *schema, const struct table_rows *rows,
			   const uint8_t *sums)
{
	size_t size = schema->public.value_size, cpu_stride = table_rows_cpu_stride(size);

	for (size_t row = 0; schema->sum.has_guesses && row < rows->count; row++)
		for (uint32_t cpu = 0; cpu < rows->cpu_count; cpu++)
			if (sum_differs(&schema->sum, sums + row * size,
					table_rows_value(rows, row) + cpu * cpu_stride))
				return true;
	return false;
}

/* Moves the values together, in place. */
static void pack_values(struct table_rows *rows, size_t size, size_t cpu_stride)
{
	uint8_t *to = rows->values;

	if (rows->value_stride == size * rows->cpu_count)
		return;
	for (size_t row = 0; row < rows->count; row++)
		for (uint32_t cpu = 0; cpu < rows->cpu_count; cpu++, to += size)
			memmove(to, table_rows_value(rows, row) + cpu * cpu_stride, size);
}

static bool are_of(const struct table_rows *rows, const struct skbscope_schema *schema)
{
	size_t size = schema->value_size;

	if (schema->per_cpu)
		size = table_rows_cpu_stride(size) * rows->cpu_count;
	return rows->key_size == schema->key_size && rows->value_stride >= size &&
	       (schema->per_cpu ? rows->cpu_count > 0 : rows->cpu_count == 1);
}

static bool has_padding(const struct table_schema *schema, const struct table_rows *rows)
{
	for (size_t row = 0; row < rows->count; row++) {
		const uint8_t *key = table_rows_key(rows, row);

		for (size_t i = 0; i < rows->key_size; i++)
			if (key[i] && schema->key_holes[i])
				return true;
	}
	return false;
}

int snapshot_take_rows(struct snapshot *snapshot, size_t index, struct table_rows *rows,
		       bool keep_per_cpu)
{
	AUTO(table_rows_clear) struct table_rows own = *rows;
	const struct table_schema *schema;
	struct skbscope_table *table;
	size_t size;

	*rows = (struct table_rows){ 0 };
	if (index >= snapshot->public.table_count)
		return -EINVAL;
	table = table_of(snapshot, index);
	schema = (const struct table_schema *)table->schema;
	size = schema->public.value_size;
	if (own.count && !are_of(&own, &schema->public))
		return -EINVAL;
	clear_table(table);
	if (schema->public.per_cpu) {
		table->values = sum_values(schema, &own);
		if (!table->values)
			return -ENOMEM;
		table->cpus_differ = do_cpus_differ(schema, &own, table->values);
	}
	pack_values(&own, size, table_rows_cpu_stride(size));
	table->row_count = own.count;
	table->cpu_count = own.cpu_count;
	table->complete = own.complete;
	table->full = schema->can_fill && own.count >= schema->public.max_entries;
	table->may_evict = schema->evicts_from && own.count >= schema->evicts_from;
	table->padding = schema->key_holes && has_padding(schema, &own);
	table->keys = TAKE(own.keys);
	if (!schema->public.per_cpu)
		table->values = TAKE(own.values);
	else if (keep_per_cpu)
		table->cpu_values = TAKE(own.values);
	return 0;
}

int snapshot_set_events(struct snapshot *snapshot, size_t index, const struct event_counts *counts)
{
	struct skbscope_table *table;

	if (index >= snapshot->public.table_count)
		return -EINVAL;
	table = table_of(snapshot, index);
	table->received = counts->received;
	table->lost = counts->lost;
	table->unseen = counts->unseen;
	return counts->lost ? snapshot_add_loss(snapshot, table->schema->table,
						"events without room", counts->lost, true)
			    : 0;
}

int snapshot_add_loss(struct snapshot *snapshot, const char *table, const char *what,
		      uint64_t count, bool known)
{
	size_t before = snapshot->public.loss_count;
	struct skbscope_loss *losses =
		ARENA_ARRAY(snapshot->arena, struct skbscope_loss, before + 1);

	if (!losses)
		return -ENOMEM;
	if (before)
		memcpy(losses, snapshot->public.losses, before * sizeof(*losses));
	losses[before].table = arena_string(snapshot->arena, table);
	losses[before].what = arena_string(snapshot->arena, what);
	losses[before].count = count;
	losses[before].known = known;
	if (arena_failed(snapshot->arena))
		return -ENOMEM;
	snapshot->public.losses = losses;
	snapshot->public.loss_count = before + 1;
	return 0;
}

bool table_has_row(const struct skbscope_table *table, const uint8_t *key)
{
	for (size_t i = 0; i < table->row_count; i++)
		if (memcmp(table->keys + i * table->schema->key_size, key,
			   table->schema->key_size) == 0)
			return true;
	return false;
}

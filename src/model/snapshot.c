/* SPDX-License-Identifier: Apache-2.0 */
/* Building snapshots from what the kernel's maps hold. */
#include "model/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/schema_set.h"

int snapshot_new(struct schema_set *schemas, struct snapshot **out)
{
	AUTO(snapshot_freep) struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct skbscope_table *tables;

	if (!snapshot)
		return -ENOMEM;
	snapshot->arena = arena_new();
	if (!snapshot->arena)
		return -ENOMEM;
	tables = ARENA_ARRAY(snapshot->arena, struct skbscope_table, schemas->count);
	if (!tables)
		return -ENOMEM;
	for (size_t i = 0; i < schemas->count; i++) {
		tables[i].schema = &schemas->tables[i].public;
		tables[i].complete = true;
		tables[i].cpu_count = 1;
	}
	snapshot->schemas = schema_set_ref(schemas);
	snapshot->public.program = schemas->program;
	snapshot->public.path = schemas->path;
	snapshot->public.tables = tables;
	snapshot->public.table_count = schemas->count;
	*out = TAKE(snapshot);
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	arena_free(snapshot->arena);
	schema_set_unref(snapshot->schemas);
	free(snapshot);
}

void snapshot_freep(struct snapshot **snapshot)
{
	snapshot_free(*snapshot);
	*snapshot = NULL;
}

SKBSCOPE_API void skbscope_snapshot_free(struct skbscope_snapshot *snapshot)
{
	snapshot_free((struct snapshot *)snapshot);
}

static uint8_t *sum_values(const struct table_schema *schema, const struct raw_rows *rows,
			   size_t cpu_stride, struct arena *arena)
{
	uint32_t size = schema->public.value_size;
	uint8_t *sums = arena_alloc(arena, rows->count, size);

	for (size_t row = 0; sums && row < rows->count; row++) {
		const uint8_t *values = (const uint8_t *)rows->values + row * rows->value_stride;

		for (uint32_t cpu = 0; cpu < rows->cpu_count; cpu++)
			sum_add(&schema->sum, sums + row * size, values + cpu * cpu_stride);
	}
	return sums;
}

static uint8_t *copy_values(size_t size, const struct raw_rows *rows, size_t cpu_stride,
			    struct arena *arena)
{
	size_t cpus = rows->cpu_count;
	uint8_t *copy = arena_alloc(arena, rows->count * cpus, size);

	for (size_t row = 0; copy && row < rows->count; row++)
		for (size_t cpu = 0; cpu < cpus; cpu++)
			memcpy(copy + (row * cpus + cpu) * size,
			       (const uint8_t *)rows->values + row * rows->value_stride +
				       cpu * cpu_stride,
			       size);
	return copy;
}

int snapshot_set_rows(struct snapshot *snapshot, size_t index, const struct raw_rows *rows,
		      bool keep_per_cpu)
{
	const struct table_schema *schema;
	struct skbscope_table *table;
	size_t cpu_stride, size, need;

	if (index >= snapshot->public.table_count || !rows->cpu_count)
		return -EINVAL;
	schema = &snapshot->schemas->tables[index];
	size = schema->public.value_size;
	cpu_stride = (size + 7) / 8 * 8;
	need = schema->public.per_cpu ? cpu_stride * rows->cpu_count : size;
	if (rows->count && rows->value_stride < need)
		return -EINVAL;
	/* The public view is const for its readers, not for its maker. */
	table = (struct skbscope_table *)&snapshot->public.tables[index];
	table->row_count = rows->count;
	table->cpu_count = schema->public.per_cpu ? rows->cpu_count : 1;
	table->complete = rows->complete;
	table->full = schema->can_fill && rows->count >= schema->public.max_entries;
	table->keys = arena_copy(snapshot->arena, rows->keys, rows->count, schema->public.key_size);
	table->cpu_values = NULL;
	if (schema->public.per_cpu) {
		table->values = sum_values(schema, rows, cpu_stride, snapshot->arena);
		if (keep_per_cpu)
			table->cpu_values = copy_values(size, rows, cpu_stride, snapshot->arena);
	} else {
		struct raw_rows one = *rows;

		one.cpu_count = 1;
		table->values =
			rows->value_stride == size
				? arena_copy(snapshot->arena, rows->values, rows->count, size)
				: copy_values(size, &one, 0, snapshot->arena);
	}
	return arena_failed(snapshot->arena) ? -ENOMEM : 0;
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

/* SPDX-License-Identifier: Apache-2.0 */
/* Tables less what they were. */
#include "model/since.h"

#include <string.h>

#include "base/cleanup.h"
#include "model/bits.h"
#include "model/histogram.h"
#include "model/past.h"
#include "model/record.h"

static void subtract(uint8_t *now, const uint8_t *before, uint32_t offset, uint32_t size,
		     bool is_signed)
{
	const bits_t sign = is_signed ? (bits_t)1 << (size - 1) : 0;
	const bits_t a = bits_read(now, offset, size), b = bits_read(before, offset, size);

	if ((a ^ sign) >= (b ^ sign))
		bits_write(now, offset, size, bits_mask(a - b, size));
}

static void subtract_row(const struct skbscope_schema *schema, uint8_t *now, const uint8_t *before)
{
	for (size_t i = 0; i < schema->column_count; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		if (column->is_counter)
			subtract(now, before, column->bit_offset, column->bit_size,
				 column->type->is_signed);
		for (uint32_t n = 0; column_is_histogram(column) && n < column->type->count; n++)
			subtract(now, before, column->bit_offset + n * column->type->element->bits,
				 column->type->element->bits, false);
	}
}

static void subtract_table(struct arena *arena, struct skbscope_table *table,
			   const struct skbscope_table *before)
{
	AUTO(key_index_clear) struct key_index index = { 0 };
	const struct skbscope_schema *schema = table->schema;
	const size_t size = schema->value_size, cpus = table->cpu_count;
	uint8_t *values = arena_copy(arena, table->values, table->row_count, size), *shares = NULL;
	const bool per_cpu =
		table->cpu_values && before->cpu_values && before->cpu_count == table->cpu_count;

	if (per_cpu)
		shares = arena_copy(arena, table->cpu_values, table->row_count, size * cpus);
	if (arena_failed(arena))
		return;
	for (size_t i = 0; i < table->row_count; i++) {
		size_t row = i;

		if (past_row(before, table->keys + i * schema->key_size, &row, &index) < 0 ||
		    row == NO_ROW)
			continue;
		subtract_row(schema, values + i * size, before->values + row * size);
		for (size_t cpu = 0; shares && cpu < cpus; cpu++)
			subtract_row(schema, shares + (i * cpus + cpu) * size,
				     before->cpu_values + (row * cpus + cpu) * size);
	}
	table->values = values;
	table->cpu_values = shares ? shares : table->cpu_values;
}

static void less(uint64_t *now, uint64_t before)
{
	*now -= *now >= before ? before : 0;
}

static void subtract_verdicts(struct skbscope_verdict_count *verdicts, size_t count,
			      const struct skbscope_snapshot *before)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < before->verdict_count; k++)
			if (verdicts[i].verdict == before->verdicts[k].verdict &&
			    strcmp(verdicts[i].function, before->verdicts[k].function) == 0)
				less(&verdicts[i].packets, before->verdicts[k].packets);
}

static bool is_same_loss(const struct skbscope_loss *a, const struct skbscope_loss *b)
{
	return !a->table == !b->table && (!a->table || strcmp(a->table, b->table) == 0) &&
	       strcmp(a->what, b->what) == 0;
}

/* Those that did not grow are no losses since. Gives how many are left. */
static size_t subtract_losses(struct skbscope_loss *losses, size_t count,
			      const struct skbscope_snapshot *before)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		struct skbscope_loss loss = losses[i];
		const bool was = loss.count > 0;

		for (size_t k = 0; k < before->loss_count; k++)
			if (is_same_loss(&loss, &before->losses[k]))
				less(&loss.count, before->losses[k].count);
		if (loss.count || !was || !loss.known)
			losses[left++] = loss;
	}
	return left;
}

struct skbscope_snapshot *snapshot_since(const struct skbscope_snapshot *now,
					 const struct skbscope_snapshot *before)
{
	AUTO(arena_object_freep) struct skbscope_snapshot *since = arena_object_new(sizeof(*since));
	struct skbscope_verdict_count *verdicts;
	struct skbscope_table *tables;
	struct skbscope_loss *losses;
	struct arena *arena;

	if (!since)
		return NULL;
	arena = arena_of(since);
	*since = *now;
	tables = arena_copy(arena, now->tables, now->table_count, sizeof(*tables));
	verdicts = arena_copy(arena, now->verdicts, now->verdict_count, sizeof(*verdicts));
	losses = arena_copy(arena, now->losses, now->loss_count, sizeof(*losses));
	if (arena_failed(arena))
		return NULL;
	for (size_t i = 0; i < now->table_count; i++) {
		const struct skbscope_table *past = past_table(before, &tables[i]);

		if (!past)
			continue;
		less(&tables[i].received, past->received);
		less(&tables[i].lost, past->lost);
		less(&tables[i].unseen, past->unseen);
		if (tables[i].row_count && past->row_count)
			subtract_table(arena, &tables[i], past);
	}
	subtract_verdicts(verdicts, now->verdict_count, before);
	since->tables = tables;
	since->verdicts = verdicts;
	since->losses = losses;
	since->loss_count = subtract_losses(losses, now->loss_count, before);
	return arena_failed(arena) ? NULL : TAKE(since);
}

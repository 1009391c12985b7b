/* SPDX-License-Identifier: Apache-2.0 */
/* Any table of an accepted image becomes any other, or says why not; what comes out
 * can be compared with what went in. */
#include "model/migrate.h"
#include <skbscope/difference.h>

#include "../unit/model/by_hand.h"
#include "columns.h"
#include "image/image.h"

#define ROW_MAX (1u << 14) /* larger ones are slow, not different */
#define MAPS_MAX 12u       /* of which every one becomes every one */
#define CPUS 2u

static size_t stride_of(const struct skbscope_schema *schema)
{
	return schema->per_cpu ? ((size_t)schema->value_size + 7) / 8 * 8 * CPUS
			       : schema->value_size;
}

static void fill(struct snapshot *snapshot, const struct skbscope_schema *schema, size_t index,
		 const struct table_rows *rows)
{
	PROMISE(rows_by_hand(snapshot, index, rows, false) == 0);
	for (size_t row = 0; row < rows->count; row++)
		show_row(schema->columns, schema->column_count,
			 snapshot->public.tables[index].keys + row * schema->key_size,
			 snapshot->public.tables[index].values + row * schema->value_size);
}

static void carry(const struct migrate_table *from, const struct migrate_table *to, uint8_t byte)
{
	const struct skbscope_schema *old = schema_set_get(from->schemas, from->index);
	const struct skbscope_schema *new = schema_set_get(to->schemas, to->index);
	AUTO(arena_object_freep) struct migrate_plan *plan = NULL;
	AUTO(migrated_clear) struct migrated migrated = { 0 };
	AUTO(snapshot_unrefp) struct snapshot *first = NULL, *second = NULL;
	AUTO(freep) uint8_t *keys = NULL, *values = NULL;
	struct skbscope_difference *difference = NULL;
	struct table_rows rows = { .count = 2, .value_stride = stride_of(old), .complete = true };
	struct table_rows out = { .value_stride = stride_of(new), .complete = true };

	if (old->key_size > ROW_MAX || old->value_size > ROW_MAX || new->key_size > ROW_MAX ||
	    new->value_size > ROW_MAX)
		return;
	PROMISE(migrate_plan_new(from, to, CPUS, &plan) == 0);
	PROMISE(plan->text && (plan->possible || *plan->text));
	if (!plan->possible || (plan->to->is_array && new->key_size != 4))
		return;
	rows.cpu_count = old->per_cpu ? CPUS : 1;
	rows.keys = keys = row_bytes(2 * (size_t)old->key_size, byte);
	rows.values = values = row_bytes(2 * rows.value_stride, byte);
	if (old->key_size)
		keys[0] ^= 1;
	PROMISE(migrate_rows(plan, &rows, &migrated) == 0);
	PROMISE(migrated.rows.value_stride == out.value_stride);
	PROMISE(migrated.rows.count + migrated.merged + migrated.dropped ==
		(byte || !plan->from->is_array ? 2 : 0));
	PROMISE(migrated.rows.count <= new->max_entries);

	out.count = migrated.rows.count;
	out.keys = migrated.rows.keys;
	out.values = migrated.rows.values;
	out.cpu_count = new->per_cpu ? CPUS : 1;
	PROMISE(snapshot_by_hand((struct schema_set *)from->schemas, &first) == 0 &&
		snapshot_by_hand((struct schema_set *)to->schemas, &second) == 0);
	fill(first, old, from->index, &rows);
	fill(second, new, to->index, &out);
	PROMISE(skbscope_difference_new(&first->public, &second->public, &difference, NULL) == 0);
	skbscope_difference_free(difference);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(image_freep) struct skbscope_image *image = NULL;
	AUTO(schema_set_unrefp) struct schema_set *schemas = NULL;
	size_t count;

	if (image_read(data, size, &image, NULL) < 0 || schema_set_new(image, &schemas, NULL) < 0)
		return 0;
	count = image->map_count < MAPS_MAX ? image->map_count : MAPS_MAX;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++) {
			const struct migrate_table from = { image, schemas, i };
			const struct migrate_table to = { image, schemas, j };

			PROMISE(i != j || migrate_same_shape(&from, &to));
			carry(&from, &to, 0xa5);
			carry(&from, &to, 0x01);
			carry(&from, &to, 0);
		}
	return 0;
}

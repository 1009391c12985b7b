/* SPDX-License-Identifier: Apache-2.0 */
/* An image that is accepted has tables that can be filled and shown. */
#include "model/schema.h"
#include "../unit/model/by_hand.h"
#include "columns.h"
#include "image/image.h"
#include "model/rates.h"

#define ROW_MAX (1u << 16) /* larger ones are slow, not different */

static void fill(struct snapshot *snapshot, struct schema_set *schemas, size_t index)
{
	const struct skbscope_schema *schema = schema_set_get(schemas, index);
	const uint32_t cpus = schema->per_cpu ? 2 : 1;
	const size_t stride = schema->per_cpu ? ((size_t)schema->value_size + 7) / 8 * 8 * cpus
					      : schema->value_size;
	AUTO(freep) uint8_t *keys = NULL, *values = NULL;
	struct table_rows rows = { .count = 1, .value_stride = stride, .cpu_count = cpus };
	const struct skbscope_table *table;

	if (!schema->readable || schema->key_size > ROW_MAX || schema->value_size > ROW_MAX)
		return;
	rows.keys = keys = row_bytes(schema->key_size, 0x7f);
	rows.values = values = row_bytes(stride, 0xa5);
	PROMISE(rows_by_hand(snapshot, index, &rows, true) == 0);
	table = &snapshot->public.tables[index];
	PROMISE(table->row_count == 1);
	show_row(schema->columns, schema->column_count, table->keys, table->values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(image_freep) struct skbscope_image *image = NULL;
	AUTO(schema_set_unrefp) struct schema_set *schemas = NULL;
	AUTO(snapshot_unrefp) struct snapshot *first = NULL, *second = NULL;
	struct skbscope_error error = { 0 };

	if (image_read(data, size, &image, &error) < 0)
		return 0;
	if (schema_set_new(image, &schemas, &error) < 0) {
		PROMISE(error.message[0]);
		return 0;
	}
	PROMISE(schema_set_count(schemas) == image->map_count);
	PROMISE(snapshot_by_hand(schemas, &first) == 0 && snapshot_by_hand(schemas, &second) == 0);
	for (size_t i = 0; i < image->map_count; i++) {
		fill(first, schemas, i);
		fill(second, schemas, i);
	}
	PROMISE(snapshot_set_rates(second, &first->public) == 0);
	return 0;
}

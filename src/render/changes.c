/* SPDX-License-Identifier: Apache-2.0 */
#include "render/changes.h"

#include <string.h>

#include "base/cleanup.h"
#include "model/changes.h"
#include "model/record.h"
#include "render/cell.h"
#include "render/json_record.h"

struct painting {
	struct painter *painter;
	const struct skbscope_snapshot *before, *after;
	int count;
};

static void paint_cell(const struct painting *painting, const char *colour,
		       const struct skbscope_column *column, const struct skbscope_record *record)
{
	cell_text(painting->painter, painting->after, column, record_data(record, column));
	paint(painting->painter, colour, "%s", buffer_text(&painting->painter->cell));
}

/* The only column of a key needs no name. */
static void paint_key(const struct painting *painting, const struct skbscope_record *record)
{
	const struct skbscope_schema *schema = record->schema;
	size_t keys = 0;

	paint(painting->painter, BOLD, "  %s", schema->table);
	while (keys < schema->column_count && schema->columns[keys].is_key)
		keys++;
	for (size_t i = 0; i < keys; i++) {
		paint(painting->painter, NULL, i ? ", " : "[");
		if (keys > 1)
			paint(painting->painter, NULL, "%s=", schema->columns[i].name);
		paint_cell(painting, NULL, &schema->columns[i], record);
	}
	if (keys)
		paint(painting->painter, NULL, "]");
}

static void paint_value(const struct painting *painting, const struct change *change,
			const struct skbscope_column *column)
{
	const bool both = change->before && change->after;

	paint(painting->painter, NULL, "%s ", column->name);
	if (change->before)
		paint_cell(painting, NULL, column, change->before);
	if (both)
		paint(painting->painter, NULL, " → ");
	if (change->after)
		paint_cell(painting, both ? YELLOW : NULL, column, change->after);
}

static int paint_change(void *context, const struct skbscope_table *table,
			const struct change *change)
{
	struct painting *painting = context;
	const struct skbscope_schema *schema = table->schema;
	const char *between = change->before ? ": " : ": new: ";

	if (schema->hidden)
		return 0;
	painting->count++;
	paint_key(painting, change->after ? change->after : change->before);
	if (!change->after)
		between = ": gone, it had ";
	for (size_t i = 0; i < schema->column_count; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		if (column->is_key || !change_is_of(change, column))
			continue;
		paint(painting->painter, NULL, "%s", between);
		paint_value(painting, change, column);
		between = ", ";
	}
	paint(painting->painter, NULL, "\n");
	return 0;
}

int changes_paint(struct painter *painter, const struct skbscope_snapshot *before,
		  const struct skbscope_snapshot *after)
{
	struct painting painting = { painter, before, after, 0 };
	int r = changes_walk(before, after, paint_change, &painting);

	for (size_t i = 0; r == 0 && i < after->loss_count; i++) {
		const struct skbscope_loss *loss = &after->losses[i];
		const uint64_t more = changes_lost(before, loss);

		if (!loss->known || !more)
			continue;
		painting.count++;
		paint(painter, RED, "  not counted: %llu, %s%s%s\n", (unsigned long long)more,
		      loss->table ? loss->table : "", loss->table ? ": " : "", loss->what);
	}
	return r < 0 ? r : painting.count;
}

struct writing {
	struct json_writer *json;
	uint64_t now_ns;
	const struct skbscope_table *table; /* that is open */
	struct json_columns columns;
};

static void write_record(struct writing *writing, const char *key,
			 const struct skbscope_record *record, enum json_part part)
{
	if (!record) {
		json_null(writing->json, key);
		return;
	}
	json_begin_object(writing->json, key);
	json_cells(writing->json, &writing->columns, record, part);
	json_readable(writing->json, &writing->columns, record, part);
	json_end_object(writing->json);
}

static void close_table(struct writing *writing)
{
	if (writing->table)
		json_end_array(writing->json);
	json_columns_clear(&writing->columns);
	writing->table = NULL;
}

/* Both walks of a table follow each other, and know it by its schema. */
static int open_table(struct writing *writing, const struct skbscope_table *table)
{
	if (writing->table && strcmp(writing->table->schema->table, table->schema->table) == 0)
		return 0;
	close_table(writing);
	writing->table = table;
	json_begin_array(writing->json, table->schema->table);
	return json_columns_init(&writing->columns, table->schema, writing->now_ns);
}

static int write_change(void *context, const struct skbscope_table *table,
			const struct change *change)
{
	struct writing *writing = context;
	int r = open_table(writing, table);

	if (r < 0)
		return r;
	json_begin_object(writing->json, NULL);
	write_record(writing, "key", change->after ? change->after : change->before, JSON_KEY);
	write_record(writing, "before", change->before, JSON_VALUE);
	write_record(writing, "after", change->after, JSON_VALUE);
	json_end_object(writing->json);
	return 0;
}

int changes_json(struct json_writer *json, const char *key, const struct skbscope_snapshot *before,
		 const struct skbscope_snapshot *after)
{
	struct writing writing = { .json = json, .now_ns = after->monotonic_ns };
	int r;

	json_begin_object(json, key);
	r = changes_walk(before, after, write_change, &writing);
	close_table(&writing);
	json_end_object(json);
	return r;
}

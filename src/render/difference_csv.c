/* SPDX-License-Identifier: Apache-2.0 */
/* A difference as CSV: a line for each value that is another one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/difference.h"
#include "model/format_number.h"
#include "model/record.h"
#include "render/common.h"
#include "render/csv.h"

static int choose(const struct skbscope_difference *difference, const char *name,
		  const struct skbscope_table_difference **out, struct skbscope_error *error)
{
	AUTO(freep)
	const struct skbscope_schema **schemas =
		calloc(difference->table_count + 1, sizeof(*schemas));
	const struct skbscope_schema *chosen = NULL;
	int r;

	if (!schemas)
		return -ENOMEM;
	for (size_t i = 0; i < difference->table_count; i++) {
		const struct skbscope_table_difference *table = &difference->tables[i];

		schemas[i] = (table->first ? table->first : table->second)->schema;
	}
	r = csv_choose(schemas, difference->table_count, name, &chosen, error);
	for (size_t i = 0; r == 0 && i < difference->table_count; i++)
		if (schemas[i] == chosen)
			*out = &difference->tables[i];
	return r;
}

static void put_head(struct buffer *out, const struct skbscope_table_difference *table)
{
	csv_string(out, "time");
	for (size_t i = 0; i < table->key_count; i++)
		csv_string(out, table->keys[i].second->name);
	csv_string(out, "column");
	csv_string(out, "old");
	csv_string(out, "new");
	csv_string(out, "difference");
	csv_end_line(out);
}

static void put_side(struct buffer *out, const struct skbscope_snapshot *snapshot,
		     const struct skbscope_column *column, const uint8_t *data)
{
	if (data)
		csv_column(out, snapshot, column, data);
	else
		csv_string(out, NULL);
}

static void put_amount(struct buffer *out, const struct skbscope_column_pair *pair,
		       const uint8_t *first, const uint8_t *second)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct value value;

	if (!pair->is_number) {
		csv_string(out, NULL);
		return;
	}
	value = difference_value(pair, first, second);
	if (value.form == VALUE_FLOAT)
		format_double(value.f, &text);
	else
		format_integer(value.u, (__int128)value.u < 0, &text);
	csv_string(out, buffer_text(&text));
}

static void put_keys(struct buffer *out, const struct skbscope_difference *difference,
		     const struct skbscope_table_difference *table,
		     const struct skbscope_row_difference *row)
{
	for (size_t i = 0; i < table->key_count; i++) {
		const struct skbscope_column_pair *pair = &table->keys[i];

		if (row->second != SKBSCOPE_NO_ROW)
			csv_column(out, difference->second, pair->second,
				   cell_data(table->second, row->second, pair->second));
		else
			csv_column(out, difference->first, pair->first,
				   cell_data(table->first, row->first, pair->first));
	}
}

/* Each version has its own times. */
static void put_value(struct buffer *out, const struct skbscope_difference *difference,
		      const struct skbscope_table_difference *table,
		      const struct skbscope_row_difference *row,
		      const struct skbscope_column_pair *pair)
{
	const uint8_t *first = cell_data(table->first, row->first, pair->first);
	const uint8_t *second = cell_data(table->second, row->second, pair->second);
	AUTO(buffer_free) struct buffer old = { 0 }, new = { 0 };

	put_side(&old, difference->first, pair->first, first);
	put_side(&new, difference->second, pair->second, second);
	if (pair->second->type->display == SKBSCOPE_DISPLAY_WHEN ||
	    (first && second && strcmp(buffer_text(&old), buffer_text(&new)) == 0))
		return;
	csv_time(out, difference->second->wall_ns);
	put_keys(out, difference, table, row);
	csv_string(out, pair->second->name);
	put_side(out, difference->first, pair->first, first);
	put_side(out, difference->second, pair->second, second);
	put_amount(out, pair, first, second);
	csv_end_line(out);
}

SKBSCOPE_API int skbscope_render_difference_csv(const struct skbscope_difference *difference,
						const struct skbscope_render_options *options,
						FILE *stream, struct skbscope_error *error)
{
	const struct skbscope_table_difference *table = NULL;
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_render_options full;
	int r = render_difference_options_take(options, &full, error);

	if (r == 0)
		r = choose(difference, full.table, &table, error);
	if (r < 0)
		return r;
	put_head(&text, table);
	for (size_t i = 0; i < table->row_count && (!full.top || i < full.top); i++)
		for (size_t k = 0; k < table->value_count; k++)
			put_value(&text, difference, table, &table->rows[i], &table->values[k]);
	if (text.failed)
		r = -ENOMEM;
	else if (fwrite(text.data, 1, text.length, stream) != text.length)
		r = -EIO;
	return render_finish(r, stream, error);
}

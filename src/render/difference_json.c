/* SPDX-License-Identifier: Apache-2.0 */
/* A difference as one line of JSON. */
#include <errno.h>
#include <skbscope/difference.h>

#include "base/cleanup.h"
#include "model/difference.h"
#include "model/record.h"
#include "render/common.h"
#include "render/json_parts.h"
#include "render/json_record.h"

/* A row's columns with their readable forms, or null where there is no row. */
static void write_side(struct json_writer *json, const char *key, struct json_columns *columns,
		       const struct skbscope_table *table, size_t row, enum json_part part)
{
	if (row == SKBSCOPE_NO_ROW) {
		json_null(json, key);
	} else {
		const struct skbscope_record record = record_of_row(table, row);

		json_begin_object(json, key);
		json_cells(json, columns, &record, part);
		json_readable(json, columns, &record, part);
		json_end_object(json);
	}
}

static void write_amounts(struct json_writer *json, const struct skbscope_table_difference *table,
			  const struct skbscope_row_difference *row)
{
	json_begin_object(json, "difference");
	for (size_t i = 0; i < table->value_count; i++) {
		const struct skbscope_column_pair *pair = &table->values[i];
		struct value value;

		if (!pair->is_number)
			continue;
		value = difference_value(pair, cell_data(table->first, row->first, pair->first),
					 cell_data(table->second, row->second, pair->second));
		if (value.form == VALUE_FLOAT)
			json_double(json, pair->second->name, value.f);
		else
			json_i128(json, pair->second->name, (__int128)value.u);
	}
	json_end_object(json);
}

static void write_row(struct json_writer *json, struct json_columns *first,
		      struct json_columns *second, const struct skbscope_table_difference *table,
		      const struct skbscope_row_difference *row)
{
	json_begin_object(json, NULL);
	if (row->second != SKBSCOPE_NO_ROW)
		write_side(json, "key", second, table->second, row->second, JSON_KEY);
	else
		write_side(json, "key", first, table->first, row->first, JSON_KEY);
	write_side(json, "old", first, table->first, row->first, JSON_VALUE);
	write_side(json, "new", second, table->second, row->second, JSON_VALUE);
	write_amounts(json, table, row);
	if (row->second != SKBSCOPE_NO_ROW && table->second->processes)
		json_processes(json, table->second, row->second);
	else if (row->second == SKBSCOPE_NO_ROW && table->first->processes)
		json_processes(json, table->first, row->first);
	json_end_object(json);
}

static void write_names(struct json_writer *json, const char *key, const char *const *names,
			size_t count)
{
	json_begin_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_text(json, NULL, names[i]);
	json_end_array(json);
}

static void write_table_of(struct json_writer *json, const char *key,
			   const struct skbscope_table *table)
{
	if (!table) {
		json_null(json, key);
		return;
	}
	json_begin_object(json, key);
	json_table_head(json, table);
	json_end_object(json);
}

static void write_head(struct json_writer *json, const struct skbscope_table_difference *table)
{
	bool compared = table->first && table->second && !table->not_compared;

	write_table_of(json, "old", table->first);
	write_table_of(json, "new", table->second);
	json_text(json, "not_compared", table->not_compared);
	json_known(json, "same_rows", table->same_rows, compared);
	json_known(json, "differing_rows", table->differing_rows, compared);
	json_known(json, "only_old_rows", table->first_rows, compared);
	json_known(json, "only_new_rows", table->second_rows, compared);
	write_names(json, "only_old_columns", table->only_first, table->only_first_count);
	write_names(json, "only_new_columns", table->only_second, table->only_second_count);
}

static int write_table(struct json_writer *json, const struct skbscope_difference *difference,
		       const struct skbscope_table_difference *table, uint32_t top)
{
	AUTO(json_columns_clear) struct json_columns first = { 0 };
	AUTO(json_columns_clear) struct json_columns second = { 0 };
	size_t rows = top && top < table->row_count ? top : table->row_count;
	int r = json_columns_init(&first, table->first ? table->first->schema : NULL,
				  difference->first->monotonic_ns);

	if (r == 0)
		r = json_columns_init(&second, table->second ? table->second->schema : NULL,
				      difference->second->monotonic_ns);
	json_begin_object(json, table->table);
	write_head(json, table);
	json_begin_array(json, "rows");
	for (size_t i = 0; r == 0 && i < rows && !json->error; i++)
		write_row(json, &first, &second, table, &table->rows[i]);
	json_end_array(json);
	json_end_object(json);
	return r;
}

static void write_program(struct json_writer *json, const char *key,
			  const struct skbscope_snapshot *snapshot)
{
	json_begin_object(json, key);
	json_text(json, "program", snapshot->program);
	json_text(json, "path", snapshot->path);
	json_u64(json, "time_ns", snapshot->wall_ns);
	json_boolean(json, "enforced", snapshot->enforced);
	json_chosen(json, snapshot);
	json_losses(json, snapshot);
	json_end_object(json);
}

static void write_verdicts(struct json_writer *json, const struct skbscope_difference *difference)
{
	json_begin_array(json, "verdicts");
	for (size_t i = 0; i < difference->verdict_count; i++) {
		const struct skbscope_verdict_difference *verdict = &difference->verdicts[i];

		json_begin_object(json, NULL);
		json_verdict(json, verdict->function, verdict->verdict);
		json_u64(json, "old", verdict->first);
		json_u64(json, "new", verdict->second);
		json_end_object(json);
	}
	json_end_array(json);
}

static int write_difference(struct json_writer *json, const struct skbscope_difference *difference,
			    uint32_t top)
{
	int r = 0;

	json_begin_object(json, NULL);
	json_wall_time(json, "time", difference->second->wall_ns);
	json_boolean(json, "same", difference->same);
	write_program(json, "old", difference->first);
	write_program(json, "new", difference->second);
	json_begin_object(json, "tables");
	for (size_t i = 0; i < difference->table_count && r == 0; i++)
		r = write_table(json, difference, &difference->tables[i], top);
	json_end_object(json);
	write_verdicts(json, difference);
	json_end_object(json);
	return r < 0 ? r : json_finish(json);
}

SKBSCOPE_API int skbscope_render_difference_json(const struct skbscope_difference *difference,
						 const struct skbscope_render_options *options,
						 FILE *stream, struct skbscope_error *error)
{
	AUTO(json_clear) struct json_writer json = { .stream = stream };
	struct skbscope_render_options full;
	int r = render_difference_options_take(options, &full, error);

	if (r < 0)
		return r;
	json.pretty = full.pretty;
	r = write_difference(&json, difference, full.top);
	return render_finish(r, stream, error);
}

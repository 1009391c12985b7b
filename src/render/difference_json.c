/* SPDX-License-Identifier: Apache-2.0 */
/* A difference as one line of JSON, a row at a time. */
#include <errno.h>
#include <skbscope/difference.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/difference.h"
#include "render/difference.h"
#include "render/json_parts.h"
#include "render/json_row.h"
#include "render/json_value.h"
#include "render/order.h"

/* A row's columns with their readable forms, or null where there is no row. */
static struct json_object *json_side(const struct skbscope_table *table, size_t row,
				     enum json_part part)
{
	AUTO(json_putp) struct json_object *side = NULL;

	if (row == SKBSCOPE_NO_ROW)
		return json_null();
	side = json_object_new_object();
	if (!side || json_add_cells(side, table, row, part) < 0 ||
	    json_add_texts(side, table, row, part) < 0)
		return NULL;
	return TAKE(side);
}

static struct json_object *json_amount(const struct skbscope_column_pair *pair,
				       const uint8_t *first, const uint8_t *second)
{
	static const struct skbscope_type type = {
		.kind = SKBSCOPE_KIND_INTEGER, .name = "", .bits = 128, .is_signed = true
	};
	struct value value = difference_value(pair, first, second);

	return value.form == VALUE_FLOAT ? json_double(value.f)
					 : json_cell(&type, 0, 128, (const uint8_t *)&value.u);
}

static struct json_object *json_amounts(const struct skbscope_table_difference *table,
					const struct skbscope_row_difference *row)
{
	AUTO(json_putp) struct json_object *amounts = json_object_new_object();
	int r = amounts ? 0 : -ENOMEM;

	for (size_t i = 0; i < table->value_count && r == 0; i++) {
		const struct skbscope_column_pair *pair = &table->values[i];
		const uint8_t *first = NULL, *second = NULL;

		if (!pair->is_number)
			continue;
		if (row->first != SKBSCOPE_NO_ROW)
			first = row_data(table->first, pair->first, row->first);
		if (row->second != SKBSCOPE_NO_ROW)
			second = row_data(table->second, pair->second, row->second);
		r = json_add(amounts, pair->second->name, json_amount(pair, first, second));
	}
	return r < 0 ? NULL : TAKE(amounts);
}

static struct json_object *json_row_difference(const struct skbscope_table_difference *table,
					       const struct skbscope_row_difference *row)
{
	AUTO(json_putp) struct json_object *json = json_object_new_object();
	bool in_new = row->second != SKBSCOPE_NO_ROW;
	const struct skbscope_table *keys = in_new ? table->second : table->first;

	if (!json ||
	    json_add(json, "key", json_side(keys, in_new ? row->second : row->first, JSON_KEY)) <
		    0 ||
	    json_add(json, "old", json_side(table->first, row->first, JSON_VALUE)) < 0 ||
	    json_add(json, "new", json_side(table->second, row->second, JSON_VALUE)) < 0 ||
	    json_add(json, "difference", json_amounts(table, row)) < 0)
		return NULL;
	return TAKE(json);
}

static struct json_object *json_names(const char *const *names, size_t count)
{
	AUTO(json_putp) struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < count; i++)
		if (json_append(array, json_text(names[i])) < 0)
			return NULL;
	return TAKE(array);
}

static struct json_object *json_count(const struct skbscope_table_difference *table, size_t count)
{
	return table->first && table->second && !table->not_compared ? json_object_new_uint64(count)
								     : json_null();
}

static struct json_object *json_head(const struct skbscope_table_difference *table)
{
	AUTO(json_putp) struct json_object *head = json_object_new_object();

	if (!head ||
	    json_add(head, "old", table->first ? json_table_head(table->first) : json_null()) < 0 ||
	    json_add(head, "new", table->second ? json_table_head(table->second) : json_null()) <
		    0 ||
	    json_add(head, "not_compared", json_text(table->not_compared)) < 0 ||
	    json_add(head, "same_rows", json_count(table, table->same_rows)) < 0 ||
	    json_add(head, "differing_rows", json_count(table, table->differing_rows)) < 0 ||
	    json_add(head, "only_old_rows", json_count(table, table->first_rows)) < 0 ||
	    json_add(head, "only_new_rows", json_count(table, table->second_rows)) < 0 ||
	    json_add(head, "only_old_columns",
		     json_names(table->only_first, table->only_first_count)) < 0 ||
	    json_add(head, "only_new_columns",
		     json_names(table->only_second, table->only_second_count)) < 0)
		return NULL;
	return TAKE(head);
}

static int write_table(const struct skbscope_table_difference *table, uint32_t top, FILE *stream)
{
	size_t rows = top && top < table->row_count ? top : table->row_count;
	int r = json_write(json_text(table->table), 0, stream);

	if (r == 0)
		r = json_write_text(":", stream);
	if (r == 0)
		r = json_write(json_head(table), 1, stream);
	if (r == 0)
		r = json_write_text(",\"rows\":[", stream);
	for (size_t i = 0; i < rows && r == 0; i++) {
		if (i)
			r = json_write_text(",", stream);
		if (r == 0)
			r = json_write(json_row_difference(table, &table->rows[i]), 0, stream);
	}
	return r < 0 ? r : json_write_text("]}", stream);
}

static struct json_object *json_program(const struct skbscope_snapshot *snapshot)
{
	AUTO(json_putp) struct json_object *json = json_object_new_object();

	if (!json || json_add(json, "program", json_text(snapshot->program)) < 0 ||
	    json_add(json, "path", json_text(snapshot->path)) < 0 ||
	    json_add(json, "time_ns", json_object_new_uint64(snapshot->wall_ns)) < 0 ||
	    json_add(json, "enforced", json_object_new_boolean(snapshot->enforced)) < 0 ||
	    json_add(json, "losses", json_losses(snapshot)) < 0)
		return NULL;
	return TAKE(json);
}

static struct json_object *json_verdicts(const struct skbscope_difference *difference)
{
	AUTO(json_putp) struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < difference->verdict_count; i++) {
		const struct skbscope_verdict_difference *verdict = &difference->verdicts[i];
		AUTO(json_putp) struct json_object *json = json_object_new_object();

		if (!json || json_add(json, "function", json_text(verdict->function)) < 0 ||
		    json_add(json, "verdict", json_text(verdict_name(verdict->verdict))) < 0 ||
		    json_add(json, "code",
			     verdict->verdict == INT32_MIN
				     ? json_null()
				     : json_object_new_int(verdict->verdict)) < 0 ||
		    json_add(json, "old", json_object_new_uint64(verdict->first)) < 0 ||
		    json_add(json, "new", json_object_new_uint64(verdict->second)) < 0 ||
		    json_append(array, TAKE(json)) < 0)
			return NULL;
	}
	return TAKE(array);
}

static struct json_object *json_top(const struct skbscope_difference *difference)
{
	AUTO(json_putp) struct json_object *json = json_object_new_object();

	if (!json || json_add(json, "time", json_wall_time(difference->second->wall_ns)) < 0 ||
	    json_add(json, "same", json_object_new_boolean(difference->same)) < 0 ||
	    json_add(json, "old", json_program(difference->first)) < 0 ||
	    json_add(json, "new", json_program(difference->second)) < 0)
		return NULL;
	return TAKE(json);
}

static int write_difference(const struct skbscope_difference *difference, uint32_t top,
			    FILE *stream)
{
	int r = json_write(json_top(difference), 1, stream);

	if (r == 0)
		r = json_write_text(",\"tables\":{", stream);
	for (size_t i = 0; i < difference->table_count && r == 0; i++) {
		r = json_write_text(i ? "," : "", stream);
		if (r == 0)
			r = write_table(&difference->tables[i], top, stream);
	}
	if (r == 0)
		r = json_write_text("},\"verdicts\":", stream);
	if (r == 0)
		r = json_write(json_verdicts(difference), 0, stream);
	return r < 0 ? r : json_write_text("}\n", stream);
}

SKBSCOPE_API int skbscope_render_difference_json(const struct skbscope_difference *difference,
						 const struct skbscope_render_options *options,
						 FILE *stream, struct skbscope_error *error)
{
	struct skbscope_render_options full;
	int r = difference_options_take(options, &full, error);

	if (r < 0)
		return r;
	errno = 0;
	r = write_difference(difference, full.top, stream);
	return render_finish(r, stream, error);
}

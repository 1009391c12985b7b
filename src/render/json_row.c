/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and tables as JSON. */
#include "render/json_row.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/value.h"
#include "render/order.h"

static bool is_part(const struct skbscope_column *column, enum json_part part)
{
	return part == JSON_WHOLE || column->is_key == (part == JSON_KEY);
}

int json_add_cells(struct json_object *row, const struct skbscope_table *table, size_t number,
		   enum json_part part)
{
	const struct skbscope_schema *schema = table->schema;
	int r = 0;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		if (is_part(column, part))
			r = json_add(row, column->name,
				     json_cell(column->type, column->bit_offset, column->bit_size,
					       row_data(table, column, number)));
	}
	return r;
}

static bool has_readable_form(const struct skbscope_type *type)
{
	return type->kind == SKBSCOPE_KIND_ENUM || type->kind == SKBSCOPE_KIND_POINTER ||
	       (type->display != SKBSCOPE_DISPLAY_PLAIN && type->display != SKBSCOPE_DISPLAY_TEXT);
}

int json_add_texts(struct json_object *row, const struct skbscope_table *table, size_t number,
		   enum json_part part)
{
	const struct skbscope_schema *schema = table->schema;
	AUTO(json_putp) struct json_object *texts = NULL;
	AUTO(buffer_free) struct buffer readable = { 0 };
	AUTO(buffer_free) struct buffer raw = { 0 };
	int r = 0;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];
		const uint8_t *data = row_data(table, column, number);

		if (!is_part(column, part) || !has_readable_form(column->type))
			continue;
		buffer_clear(&readable);
		buffer_clear(&raw);
		r = value_format(column, data, true, &readable);
		if (r == 0)
			r = value_format_raw(column, data, &raw);
		if (r == 0 && strcmp(buffer_text(&readable), buffer_text(&raw)) == 0 &&
		    column->type->kind != SKBSCOPE_KIND_ARRAY)
			continue;
		if (r == 0 && !texts) {
			texts = json_object_new_object();
			r = texts ? 0 : -ENOMEM;
		}
		if (r == 0)
			r = json_add(texts, column->name, json_text(buffer_text(&readable)));
	}
	if (r < 0 || !texts)
		return r;
	return json_add(row, "text", TAKE(texts));
}

static int add_rates(struct json_object *row, const struct skbscope_table *table, size_t number)
{
	const struct skbscope_schema *schema = table->schema;
	AUTO(json_putp) struct json_object *rates = json_object_new_object();
	size_t count = 0;
	int r = 0;

	if (!rates)
		return -ENOMEM;
	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		double rate = table->rates[number * schema->column_count + i];

		if (!schema->columns[i].is_counter)
			continue;
		count++;
		r = json_add(rates, schema->columns[i].name, json_double(rate));
	}
	if (r < 0 || !count)
		return r;
	return json_add(row, "rates", TAKE(rates));
}

static int add_cpus(struct json_object *row, const struct skbscope_table *table, size_t number)
{
	const struct skbscope_schema *schema = table->schema;
	AUTO(json_putp) struct json_object *cpus = json_object_new_array();
	int r = 0;

	if (!cpus)
		return -ENOMEM;
	for (uint32_t cpu = 0; cpu < table->cpu_count && r == 0; cpu++) {
		const uint8_t *data =
			table->cpu_values + (number * table->cpu_count + cpu) * schema->value_size;
		struct json_object *values = json_object_new_object();

		r = json_append(cpus, values);
		for (size_t i = 0; i < schema->column_count && r == 0; i++) {
			const struct skbscope_column *column = &schema->columns[i];

			if (!column->is_key)
				r = json_add(values, column->name,
					     json_cell(column->type, column->bit_offset,
						       column->bit_size, data));
		}
	}
	return r < 0 ? r : json_add(row, "cpus", TAKE(cpus));
}

struct json_object *json_row(const struct skbscope_table *table, size_t number, bool per_cpu)
{
	AUTO(json_putp) struct json_object *row = json_object_new_object();
	int r = row ? json_add_cells(row, table, number, JSON_WHOLE) : -ENOMEM;

	if (r == 0 && table->rates)
		r = add_rates(row, table, number);
	if (r == 0)
		r = json_add_texts(row, table, number, JSON_WHOLE);
	if (r == 0 && per_cpu && table->cpu_values)
		r = add_cpus(row, table, number);
	return r < 0 ? NULL : TAKE(row);
}

struct json_object *json_table_head(const struct skbscope_table *table)
{
	const struct skbscope_schema *schema = table->schema;
	AUTO(json_putp) struct json_object *head = json_object_new_object();

	if (!head || json_add(head, "type", json_text(schema->map_type)) < 0 ||
	    json_add(head, "entries",
		     schema->readable ? json_object_new_uint64(table->row_count) : json_null()) <
		    0 ||
	    json_add(head, "max_entries", json_object_new_uint64(schema->max_entries)) < 0 ||
	    json_add(head, "complete", json_object_new_boolean(table->complete)) < 0 ||
	    json_add(head, "full", json_object_new_boolean(table->full)) < 0)
		return NULL;
	return TAKE(head);
}

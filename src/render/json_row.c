/* SPDX-License-Identifier: Apache-2.0 */
/* Rows and tables as JSON. */
#include "render/json_row.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
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

static int append_object(struct json_object *json, struct buffer *out)
{
	AUTO(json_putp) struct json_object *owned = json;
	size_t length;
	const char *text = owned ? json_text_of(owned, &length) : NULL;

	return text ? buffer_append(out, text, length) : -ENOMEM;
}

static int append_digits(uint64_t number, bool negative, struct buffer *out)
{
	char text[24], *at = text + sizeof(text);

	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	if (negative)
		*--at = '-';
	return buffer_append(out, at, (size_t)(text + sizeof(text) - at));
}

static int append_cell(const struct skbscope_column *column, const uint8_t *data,
		       struct buffer *out)
{
	struct value value = value_read(column, data);

	if (column->type->kind != SKBSCOPE_KIND_BOOLEAN) {
		int64_t number = (int64_t)value.u;

		if (value.form == VALUE_UNSIGNED && value.u <= UINT64_MAX)
			return append_digits((uint64_t)value.u, false, out);
		if (value.form == VALUE_SIGNED && (__int128)value.u == number)
			return append_digits(number < 0 ? -(uint64_t)number : (uint64_t)number,
					     number < 0, out);
	}
	return append_object(json_cell(column->type, column->bit_offset, column->bit_size, data),
			     out);
}

static int append_number(double number, struct buffer *out)
{
	if (fpclassify(number) == FP_ZERO) /* most of them */
		return buffer_string(out, signbit(number) ? "-0" : "0");
	return isfinite(number) ? format_double(number, out) : buffer_string(out, "null");
}

/* The column's name, after what separates it from the one before. */
static int append_name(const struct json_rows *rows, size_t column, const char *separator,
		       struct buffer *out)
{
	size_t start = column ? rows->name_end[column - 1] : 0;
	int r = buffer_string(out, separator);

	return r < 0 ? r
		     : buffer_append(out, rows->name.data + start, rows->name_end[column] - start);
}

static int append_rates(const struct json_rows *rows, size_t number, struct buffer *out)
{
	const struct skbscope_schema *schema = rows->table->schema;
	const double *rates = rows->table->rates + number * schema->column_count;
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		if (!schema->columns[i].is_counter)
			continue;
		r = append_name(rows, i, any ? "," : ",\"rates\":{", out);
		if (r == 0)
			r = append_number(rates[i], out);
		any = true;
	}
	return r < 0 || !any ? r : buffer_string(out, "}");
}

static int append_cpus(const struct json_rows *rows, size_t number, struct buffer *out)
{
	const struct skbscope_table *table = rows->table;
	const struct skbscope_schema *schema = table->schema;
	int r = buffer_string(out, ",\"cpus\":[");

	for (uint32_t cpu = 0; cpu < table->cpu_count && r == 0; cpu++) {
		const uint8_t *data =
			table->cpu_values + (number * table->cpu_count + cpu) * schema->value_size;
		const char *separator = "";

		r = buffer_string(out, cpu ? ",{" : "{");
		for (size_t i = 0; i < schema->column_count && r == 0; i++) {
			if (schema->columns[i].is_key)
				continue;
			r = append_name(rows, i, separator, out);
			if (r == 0)
				r = append_cell(&schema->columns[i], data, out);
			separator = ",";
		}
		if (r == 0)
			r = buffer_string(out, "}");
	}
	return r < 0 ? r : buffer_string(out, "]");
}

/* "text" is of values that are rarely numbers: json-c makes it, in an object of its
 * own whose braces are the row's. */
static int append_texts(const struct json_rows *rows, size_t number, struct buffer *out)
{
	AUTO(json_putp) struct json_object *object = json_object_new_object();
	const char *text;
	size_t length;
	int r = object ? json_add_texts(object, rows->table, number, JSON_WHOLE) : -ENOMEM;

	if (r < 0 || !json_object_object_length(object))
		return r;
	text = json_text_of(object, &length);
	if (!text)
		return -ENOMEM;
	r = buffer_string(out, ",");
	return r < 0 ? r : buffer_append(out, text + 1, length - 2);
}

int json_rows_append(const struct json_rows *rows, size_t number, struct buffer *out)
{
	const struct skbscope_table *table = rows->table;
	const struct skbscope_schema *schema = table->schema;
	int r = buffer_string(out, "{");

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		r = append_name(rows, i, i ? "," : "", out);
		if (r == 0)
			r = append_cell(column, row_data(table, column, number), out);
	}
	if (r == 0 && table->rates)
		r = append_rates(rows, number, out);
	if (r == 0 && rows->has_texts)
		r = append_texts(rows, number, out);
	if (r == 0 && rows->per_cpu && table->cpu_values)
		r = append_cpus(rows, number, out);
	return r < 0 ? r : buffer_string(out, "}");
}

int json_rows_init(struct json_rows *rows, const struct skbscope_table *table, bool per_cpu)
{
	const struct skbscope_schema *schema = table->schema;
	int r = 0;

	*rows = (struct json_rows){ .table = table, .per_cpu = per_cpu };
	rows->name_end = calloc(schema->column_count + 1, sizeof(*rows->name_end));
	if (!rows->name_end)
		return -ENOMEM;
	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		rows->has_texts |= has_readable_form(column->type);
		r = append_object(json_object_new_string(column->name), &rows->name);
		if (r == 0)
			r = buffer_string(&rows->name, ":");
		rows->name_end[i] = rows->name.length;
	}
	return r;
}

void json_rows_clear(struct json_rows *rows)
{
	buffer_free(&rows->name);
	free(TAKE(rows->name_end));
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

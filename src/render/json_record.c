/* SPDX-License-Identifier: Apache-2.0 */
/* Cells by their types, records by their columns. */
#include "render/json_record.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/bits.h"
#include "model/format.h"
#include "model/histogram.h"
#include "model/record.h"
#include "model/value.h"

static void cell(struct json_writer *json, const char *key, const struct skbscope_type *type,
		 uint32_t bit_offset, uint32_t bit_size, const uint8_t *data);

static void scalar(struct json_writer *json, const char *key, const struct skbscope_column *column,
		   const struct value *value, const uint8_t *data)
{
	if (column->type->kind == SKBSCOPE_KIND_BOOLEAN && value->u <= 1)
		json_boolean(json, key, value->u == 1);
	else if (value->form == VALUE_SIGNED)
		json_i128(json, key, (__int128)value->u);
	else if (value->form == VALUE_UNSIGNED)
		json_u128(json, key, value->u);
	else if (isfinite(value->f))
		value_format_raw(column, data, json_digits(json, key));
	else
		json_null(json, key);
}

static void elements(struct json_writer *json, const char *key, const uint8_t *bytes,
		     const struct skbscope_type *element, size_t count)
{
	json_begin_array(json, key);
	for (size_t i = 0; i < count; i++)
		cell(json, NULL, element, (uint32_t)i * element->bits, element->bits, bytes);
	json_end_array(json);
}

static void octets(struct json_writer *json, const char *key, const uint8_t *bytes, size_t count)
{
	json_begin_array(json, key);
	for (size_t i = 0; i < count; i++)
		json_u64(json, NULL, bytes[i]);
	json_end_array(json);
}

/* From the first bucket to the last that has something. */
static void buckets(struct json_writer *json, const struct histogram *histogram)
{
	uint64_t seen = 0;

	json_begin_array(json, "buckets");
	for (size_t i = 0; i < histogram->count && seen < histogram->n; i++) {
		const uint64_t high = histogram_high(histogram->type, i);

		seen += histogram->counts[i];
		if (!seen)
			continue;
		json_begin_object(json, NULL);
		json_known(json, "le", high, high != UINT64_MAX);
		json_u64(json, "count", histogram->counts[i]);
		json_u64(json, "cumulative", seen);
		json_end_object(json);
	}
	json_end_array(json);
}

static void write_histogram(struct json_writer *json, const char *key,
			    const struct skbscope_type *type, const uint8_t *bytes)
{
	const struct histogram histogram = histogram_read(type, bytes);

	json_begin_object(json, key);
	for (size_t i = 0; i < HISTOGRAM_FIGURES; i++) {
		uint64_t number;
		bool known = histogram_figure(&histogram, i, &number);

		json_known(json, histogram_figure_name(i), number, known);
	}
	buckets(json, &histogram);
	json_end_object(json);
}

static void members(struct json_writer *json, const struct skbscope_type *type, uint32_t bit_offset,
		    const uint8_t *data)
{
	for (size_t i = 0; i < type->member_count; i++) {
		const struct skbscope_member *member = &type->members[i];
		uint32_t offset = bit_offset + member->bit_offset;

		if (!member->bit_size)
			continue;
		if (*member->name)
			cell(json, member->name, member->type, offset, member->bit_size, data);
		else
			members(json, member->type, offset, data);
	}
}

/* The exact value, whatever its display. */
static void cell(struct json_writer *json, const char *key, const struct skbscope_type *type,
		 uint32_t bit_offset, uint32_t bit_size, const uint8_t *data)
{
	const struct skbscope_column column = {
		.name = "", .type = type, .bit_offset = bit_offset, .bit_size = bit_size
	};
	struct value value = value_read(&column, data);

	if (value.form != VALUE_BYTES) {
		scalar(json, key, &column, &value, data);
	} else if (type->display == SKBSCOPE_DISPLAY_TEXT) {
		json_bytes(json, key, value.bytes, value_text_length(value.bytes, value.length));
	} else if (type_is_histogram(type)) {
		write_histogram(json, key, type, value.bytes);
	} else if (type->kind == SKBSCOPE_KIND_ARRAY) {
		elements(json, key, value.bytes, type->element, type->count);
	} else if (type->display != SKBSCOPE_DISPLAY_PLAIN) {
		octets(json, key, value.bytes, value.length);
	} else {
		json_begin_object(json, key);
		members(json, type, bit_offset, data);
		json_end_object(json);
	}
}

static void name(struct json_writer *json, const struct json_columns *columns, size_t i)
{
	json_quoted_key(json, columns->names.data + columns->columns[i].name,
			columns->columns[i].name_length);
}

static void integer(struct json_writer *json, const struct json_columns *columns, size_t i,
		    const uint8_t *data)
{
	const struct json_column *column = &columns->columns[i];
	const unsigned int unused = 64 - column->plain_bits;
	uint64_t number = (uint64_t)bits_load(data, column->plain_bits);
	bool negative = false;

	if (columns->schema->columns[i].type->is_signed) {
		const int64_t value = (int64_t)(number << unused) >> unused;

		negative = value < 0;
		number = negative ? -(uint64_t)value : (uint64_t)value;
	}
	json_quoted_integer(json, columns->names.data + column->name, column->name_length, number,
			    negative);
}

static bool is_there(const struct json_columns *columns, const struct skbscope_column *column,
		     const uint8_t *data)
{
	return (column->is_key ||
		(uint64_t)column->bit_offset + column->bit_size <= (uint64_t)columns->bytes * 8) &&
	       !value_is_unknown(column, data);
}

static bool is_part(const struct skbscope_column *column, enum json_part part)
{
	return part == JSON_WHOLE || column->is_key == (part == JSON_KEY);
}

void json_cells(struct json_writer *json, const struct json_columns *columns,
		const struct skbscope_record *record, enum json_part part)
{
	for (size_t i = 0; i < columns->schema->column_count; i++) {
		const struct skbscope_column *column = &columns->schema->columns[i];
		const uint8_t *data = record_data(record, column);

		if (!is_part(column, part))
			continue;
		if (columns->columns[i].plain_bits && is_there(columns, column, data)) {
			integer(json, columns, i, data + column->bit_offset / 8);
			continue;
		}
		name(json, columns, i);
		if (!is_there(columns, column, data))
			json_null(json, NULL);
		else
			cell(json, NULL, column->type, column->bit_offset, column->bit_size, data);
	}
}

void json_readable(struct json_writer *json, struct json_columns *columns,
		   const struct skbscope_record *record, enum json_part part)
{
	bool any = false;

	for (size_t i = 0; columns->has_texts && i < columns->schema->column_count; i++) {
		const struct skbscope_column *column = &columns->schema->columns[i];
		const uint8_t *data = record_data(record, column);

		if (!columns->columns[i].is_readable || !is_part(column, part) ||
		    !is_there(columns, column, data))
			continue;
		buffer_clear(&columns->readable);
		buffer_clear(&columns->raw);
		if (column->type->display == SKBSCOPE_DISPLAY_WHEN)
			value_format_when(column, data, columns->now_ns, &columns->readable);
		else
			value_format(column, data, true, &columns->readable);
		value_format_raw(column, data, &columns->raw);
		if (columns->readable.failed || columns->raw.failed)
			json->text.failed = true;
		if (strcmp(buffer_text(&columns->readable), buffer_text(&columns->raw)) == 0 &&
		    column->type->kind != SKBSCOPE_KIND_ARRAY)
			continue;
		if (!any)
			json_begin_object(json, "text");
		any = true;
		name(json, columns, i);
		json_bytes(json, NULL, buffer_text(&columns->readable), columns->readable.length);
	}
	if (any)
		json_end_object(json);
}

void json_rates(struct json_writer *json, const struct json_columns *columns,
		const struct skbscope_record *record)
{
	bool any = false;

	for (size_t i = 0; record->rates && i < columns->schema->column_count; i++) {
		if (!columns->schema->columns[i].is_counter)
			continue;
		if (!any)
			json_begin_object(json, "rates");
		any = true;
		name(json, columns, i);
		json_double(json, NULL, record->rates[columns->schema->columns[i].rate]);
	}
	for (size_t i = 0; record->rates && i < columns->schema->figure_count; i++) {
		const struct skbscope_column *figure = &columns->schema->figures[i];

		if (!figure->is_counter)
			continue;
		if (!any)
			json_begin_object(json, "rates");
		any = true;
		json_double(json, figure->name, record->rates[figure->rate]);
	}
	if (any)
		json_end_object(json);
}

static bool has_readable_form(const struct skbscope_type *type)
{
	return type->kind == SKBSCOPE_KIND_ENUM || type->kind == SKBSCOPE_KIND_POINTER ||
	       (type->display != SKBSCOPE_DISPLAY_PLAIN && type->display != SKBSCOPE_DISPLAY_TEXT);
}

/* Nearly all columns are such integers, and for them what is asked of a value in general
 * takes longer than writing its digits. */
static unsigned int plain_bits(const struct skbscope_column *column)
{
	enum skbscope_kind kind = column->type->kind;

	return (kind == SKBSCOPE_KIND_INTEGER || kind == SKBSCOPE_KIND_ENUM) &&
			       bits_are_bytes(column->bit_offset, column->bit_size) &&
			       column->bit_size <= 64
		       ? column->bit_size
		       : 0;
}

int json_columns_init(struct json_columns *columns, const struct skbscope_schema *schema,
		      uint64_t now_ns)
{
	*columns = (struct json_columns){ .schema = schema, .now_ns = now_ns, .bytes = UINT32_MAX };
	if (!schema)
		return 0;
	columns->columns = calloc(schema->column_count + 1, sizeof(*columns->columns));
	if (!columns->columns)
		return -ENOMEM;
	for (size_t i = 0; i < schema->column_count; i++) {
		const struct skbscope_column *column = &schema->columns[i];
		size_t start = columns->names.length;

		json_quote(&columns->names, column->name);
		columns->columns[i] = (struct json_column){
			.name = start,
			.name_length = columns->names.length - start,
			.plain_bits = plain_bits(column),
			.is_readable = has_readable_form(column->type),
		};
		columns->has_texts |= columns->columns[i].is_readable;
	}
	return columns->names.failed ? -ENOMEM : 0;
}

void json_columns_clear(struct json_columns *columns)
{
	buffer_free(&columns->names);
	buffer_free(&columns->raw);
	buffer_free(&columns->readable);
	free(TAKE(columns->columns));
}

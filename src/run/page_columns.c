/* SPDX-License-Identifier: Apache-2.0 */
#include "run/page_columns.h"

#include "model/histogram.h"
#include "render/json_writer.h"

static const char *unit_of(const struct skbscope_type *type)
{
	if (type->kind == SKBSCOPE_KIND_ARRAY)
		type = type->element;
	switch (type->display) {
	case SKBSCOPE_DISPLAY_BYTES:
	case SKBSCOPE_DISPLAY_BUCKET_BYTES:
		return "bytes";
	case SKBSCOPE_DISPLAY_NS:
	case SKBSCOPE_DISPLAY_BUCKET_NS:
		return "ns";
	default:
		return "";
	}
}

static void write_column(struct json_writer *json, const struct skbscope_column *column)
{
	json_begin_object(json, NULL);
	json_text(json, "name", column->name);
	json_boolean(json, "key", column->is_key);
	json_boolean(json, "counter", column->is_counter);
	json_boolean(json, "histogram", column_is_histogram(column));
	json_text(json, "unit", unit_of(column->type));
	json_end_object(json);
}

static const char *histogram_name(enum skbscope_histogram histogram)
{
	if (histogram == SKBSCOPE_HISTOGRAM_NONE)
		return NULL;
	return histogram == SKBSCOPE_HISTOGRAM_LOG2 ? "log2" : "linear";
}

void page_columns_write(const struct skbscope_snapshot *snapshot, struct buffer *out)
{
	struct json_writer json = { .text = *out };

	json_begin_object(&json, NULL);
	for (size_t i = 0; i < snapshot->table_count; i++) {
		const struct skbscope_schema *schema = snapshot->tables[i].schema;

		json_begin_object(&json, schema->table);
		json_text(&json, "histogram", histogram_name(schema->histogram));
		json_begin_array(&json, "columns");
		for (size_t k = 0; k < schema->column_count; k++)
			write_column(&json, &schema->columns[k]);
		json_end_array(&json);
		json_end_object(&json);
	}
	json_end_object(&json);
	buffer_append(&json.text, "\n", 1);
	*out = json.text;
}

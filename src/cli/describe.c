/* SPDX-License-Identifier: Apache-2.0 */
/* Tables in words: type, columns with the types they were written with, room. */
#include "cli/describe.h"

#include <errno.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "cli/json.h"
#include "cli/listing.h"
#include "model/schema.h"

static void append_column(struct buffer *out, const struct skbscope_column *column)
{
	const struct skbscope_type *type = column->type;
	AUTO(buffer_free) struct buffer dimensions = { 0 };

	for (; type->kind == SKBSCOPE_KIND_ARRAY && !type->name[0]; type = type->element)
		buffer_printf(&dimensions, "[%u]", type->count);
	buffer_printf(out, "%s%s %s%s", out->length ? ", " : "", type->name[0] ? type->name : "?",
		      column->name, buffer_text(&dimensions));
}

static void append_columns(struct buffer *out, const struct skbscope_schema *schema, bool keys)
{
	for (size_t i = 0; i < schema->column_count; i++)
		if (schema->columns[i].is_key == keys)
			append_column(out, &schema->columns[i]);
}

static void describe_table(struct listing *listing, const struct skbscope_schema *schema)
{
	AUTO(buffer_free) struct buffer keys = { 0 };
	AUTO(buffer_free) struct buffer values = { 0 };
	AUTO(buffer_free) struct buffer type = { 0 };
	char room[24];

	append_columns(&keys, schema, true);
	append_columns(&values, schema, false);
	buffer_printf(&type, "%s%s", schema->map_type, schema->histogram ? ", log2 histogram" : "");
	snprintf(room, sizeof(room), "%u", schema->max_entries);
	listing_row(listing,
		    (const char *const[]){ schema->table, buffer_text(&type), room,
					   schema->readable ? buffer_text(&keys) : "-",
					   schema->readable ? buffer_text(&values) : "-" });
}

int describe_tables(const struct skbscope_image *image, FILE *stream)
{
	AUTO(schema_set_unrefp) struct schema_set *set = NULL;
	struct listing *listing;
	int r = schema_set_new(image, &set, NULL);

	if (r < 0)
		return r;
	if (!schema_set_count(set)) {
		fputs("  none\n", stream);
		return 0;
	}
	listing = listing_new(
		(const char *const[]){ "TABLE", "TYPE", ">ROOM", "KEY", "VALUE", NULL }, true);
	for (size_t i = 0; i < schema_set_count(set); i++)
		describe_table(listing, schema_set_get(set, i));
	return listing_end(listing, stream);
}

static struct json_object *column_json(const struct skbscope_column *column)
{
	struct json_object *item = json_object_new_object();

	json_put_text(item, "name", column->name);
	json_put_text(item, "type", column->type->name);
	json_put_number(item, "bits", column->bit_size);
	json_put_bool(item, "key", column->is_key);
	json_put_bool(item, "counter", column->is_counter);
	return item;
}

static struct json_object *table_json(const struct skbscope_schema *schema)
{
	struct json_object *item = json_object_new_object(), *columns;

	json_put_text(item, "table", schema->table);
	json_put_text(item, "type", schema->map_type);
	json_put_number(item, "max_entries", schema->max_entries);
	json_put_number(item, "key_size", schema->key_size);
	json_put_number(item, "value_size", schema->value_size);
	json_put_bool(item, "per_cpu", schema->per_cpu);
	json_put_bool(item, "histogram", schema->histogram);
	json_put_bool(item, "btf", schema->has_btf);
	json_put_bool(item, "readable", schema->readable);
	columns = json_put_list(item, "columns");
	for (size_t i = 0; i < schema->column_count; i++)
		json_object_array_add(columns, column_json(&schema->columns[i]));
	return item;
}

struct json_object *describe_tables_json(const struct skbscope_image *image)
{
	AUTO(schema_set_unrefp) struct schema_set *set = NULL;
	struct json_object *list;

	if (schema_set_new(image, &set, NULL) < 0)
		return NULL;
	list = json_object_new_array();
	for (size_t i = 0; i < schema_set_count(set); i++)
		json_object_array_add(list, table_json(schema_set_get(set, i)));
	return list;
}

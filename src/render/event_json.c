/* SPDX-License-Identifier: Apache-2.0 */
/* Events as JSON, an object a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/schema.h"
#include "render/event_lines.h"
#include "render/json_parts.h"
#include "render/json_record.h"

/* One table's, which its schema knows; that is held, so that no other is taken for it. */
struct table {
	const struct skbscope_schema *schema;
	struct schema_set *set;
	struct json_columns columns;
	/* What its next event most likely begins with, too: its name, the time, which is the same
	 * for all that were read together, and the function. */
	struct json_writer head;
	uint64_t time_ns;
	char function[64];
};

struct json_lines {
	struct event_lines lines; /* the first */
	struct table *tables;
	size_t count, latest;
};

static struct event_lines *open_lines(void)
{
	struct json_lines *json = calloc(1, sizeof(*json));

	return json ? &json->lines : NULL;
}

static void close_lines(struct event_lines *lines)
{
	struct json_lines *json = (struct json_lines *)lines;

	for (size_t i = 0; json && i < json->count; i++) {
		json_columns_clear(&json->tables[i].columns);
		json_clear(&json->tables[i].head);
		schema_set_unref(json->tables[i].set);
	}
	if (json)
		free(json->tables);
	free(json);
}

static struct table *add_table(struct json_lines *json, const struct skbscope_schema *schema)
{
	struct table *grown = reallocarray(json->tables, json->count + 1, sizeof(*grown));
	struct table *table;

	if (!grown)
		return NULL;
	json->tables = grown;
	table = &grown[json->count];
	*table = (struct table){ .schema = schema };
	if (json_columns_init(&table->columns, schema, 0) < 0) {
		json_columns_clear(&table->columns);
		return NULL;
	}
	table->set = schema_set_ref(((const struct table_schema *)schema)->set);
	json->latest = json->count++;
	return table;
}

static struct table *table_of(struct json_lines *json, const struct skbscope_schema *schema)
{
	if (json->count && json->tables[json->latest].schema == schema)
		return &json->tables[json->latest];
	for (size_t i = 0; i < json->count; i++)
		if (json->tables[i].schema == schema) {
			json->latest = i;
			return &json->tables[i];
		}
	return add_table(json, schema);
}

static void put_head(struct table *table, const struct skbscope_event *event, struct buffer *out)
{
	const char *function = event->function ? event->function : "";
	struct json_writer *head = &table->head;

	if (!head->text.length || table->time_ns != event->wall_ns ||
	    strcmp(table->function, function) != 0) {
		buffer_clear(&head->text);
		head->has_before = false;
		json_begin_object(head, NULL);
		json_text(head, "event", table->schema->table);
		json_wall_time(head, "time", event->wall_ns);
		if (event->function)
			json_text(head, "function", event->function);
		table->time_ns = event->wall_ns;
		snprintf(table->function, sizeof(table->function), "%s", function);
	}
	if (head->text.failed)
		out->failed = true;
	buffer_append(out, head->text.data, head->text.length);
}

static void put_hex(struct json_writer *writer, const char *key, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	struct buffer *out = json_digits(writer, key);

	buffer_append(out, "\"", 1);
	for (size_t i = 0; i < count; i++) {
		const char pair[2] = { digits[bytes[i] >> 4], digits[bytes[i] & 15] };

		buffer_append(out, pair, 2);
	}
	buffer_append(out, "\"", 1);
}

static void put_print(struct json_writer *writer, const struct skbscope_event *event)
{
	json_text(writer, "text", event->text);
	if (event->line)
		json_u64(writer, "line", event->line);
	if (event->file)
		json_text(writer, "file", event->file);
}

static void add(struct event_lines *lines, const struct skbscope_event *event, struct buffer *out)
{
	struct json_lines *json = (struct json_lines *)lines;
	struct table *table = table_of(json, event->record.schema);
	struct json_writer writer = { .text = *out };

	if (!table) {
		out->failed = true;
		return;
	}
	table->columns.now_ns = event->monotonic_ns;
	table->columns.bytes = event->size;
	put_head(table, event, &writer.text);
	writer.has_before = true;
	if (event->text)
		put_print(&writer, event);
	json_cells(&writer, &table->columns, &event->record, JSON_VALUE);
	if (!lines->terse)
		json_readable(&writer, &table->columns, &event->record, JSON_VALUE);
	if (event->rest_size && (lines->hex || !event->record.schema->column_count))
		put_hex(&writer, "rest", event->rest, event->rest_size);
	else if (event->rest_size)
		json_u64(&writer, "rest_bytes", event->rest_size);
	json_end_object(&writer);
	buffer_append(&writer.text, "\n", 1);
	*out = writer.text;
}

const struct event_format event_format_json = { open_lines, add, close_lines };

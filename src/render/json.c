/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot as one line of JSON. Every value is made by json-c; tables are
 * written a row at a time, because a million rows must not become a tree first.
 * Numbers are exact: what no C type of json-c holds is written as its digits.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "model/value.h"
#include "render/json_value.h"
#include "render/order.h"

#define NS_PER_S 1000000000u
#define PLAIN (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static bool has_readable_form(const struct skbscope_type *type)
{
	return type->kind == SKBSCOPE_KIND_ENUM || type->kind == SKBSCOPE_KIND_POINTER ||
	       (type->display != SKBSCOPE_DISPLAY_PLAIN && type->display != SKBSCOPE_DISPLAY_TEXT);
}

static int add_texts(struct json_object *row, const struct skbscope_table *table, size_t number)
{
	const struct skbscope_schema *schema = table->schema;
	AUTO(json_putp) struct json_object *texts = NULL;
	AUTO(buffer_free) struct buffer readable = { 0 };
	AUTO(buffer_free) struct buffer raw = { 0 };
	int r = 0;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];
		const uint8_t *data = row_data(table, column, number);

		if (!has_readable_form(column->type))
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

static struct json_object *json_row(const struct skbscope_table *table, size_t number, bool per_cpu)
{
	const struct skbscope_schema *schema = table->schema;
	AUTO(json_putp) struct json_object *row = json_object_new_object();
	int r = row ? 0 : -ENOMEM;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		r = json_add(row, column->name,
			     json_cell(column->type, column->bit_offset, column->bit_size,
				       row_data(table, column, number)));
	}
	if (r == 0 && table->rates)
		r = add_rates(row, table, number);
	if (r == 0)
		r = add_texts(row, table, number);
	if (r == 0 && per_cpu && table->cpu_values)
		r = add_cpus(row, table, number);
	return r < 0 ? NULL : TAKE(row);
}

/* Writes and releases; skip bytes at the end are left out. */
static int write_json(struct json_object *json, size_t skip, FILE *stream)
{
	AUTO(json_putp) struct json_object *owned = json;
	const char *text;
	size_t length;

	if (!owned)
		return -ENOMEM;
	text = json_object_to_json_string_length(owned, PLAIN, &length);
	if (!text)
		return -ENOMEM;
	return fwrite(text, 1, length - skip, stream) == length - skip ? 0 : -EIO;
}

static int write_text(const char *text, FILE *stream)
{
	return fputs(text, stream) < 0 ? -EIO : 0;
}

static struct json_object *json_table_head(const struct skbscope_table *table)
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

static int write_table(const struct skbscope_table *table,
		       const struct skbscope_render_options *options, FILE *stream,
		       struct skbscope_error *error)
{
	AUTO(order_clear) struct order order = { 0 };
	int r = order_rows(table, options, false, &order, error);

	if (r < 0)
		return r;
	r = write_json(json_text(table->schema->table), 0, stream);
	if (r == 0)
		r = write_text(":", stream);
	if (r == 0)
		r = write_json(json_table_head(table), 1, stream);
	if (r == 0)
		r = write_text(",\"rows\":[", stream);
	for (size_t i = 0; i < order.count && r == 0; i++) {
		if (i)
			r = write_text(",", stream);
		if (r == 0)
			r = write_json(json_row(table, order.rows[i], options->per_cpu), 0, stream);
	}
	return r < 0 ? r : write_text("]}", stream);
}

static const char *hook_name(enum skbscope_hook hook)
{
	return hook == SKBSCOPE_HOOK_TCX ? "tcx" : hook == SKBSCOPE_HOOK_CLSACT ? "clsact" : "auto";
}

static struct json_object *json_hook(const struct skbscope_hook_state *hook)
{
	AUTO(json_putp) struct json_object *json = json_object_new_object();

	if (!json || json_add(json, "interface", json_text(hook->interface)) < 0 ||
	    json_add(json, "ifindex", json_object_new_uint64(hook->ifindex)) < 0 ||
	    json_add(json, "direction",
		     json_text(hook->direction == SKBSCOPE_EGRESS ? "egress" : "ingress")) < 0 ||
	    json_add(json, "hook", json_text(hook_name(hook->hook))) < 0 ||
	    json_add(json, "function", json_text(hook->function)) < 0 ||
	    json_add(json, "program_id", json_object_new_uint64(hook->program_id)) < 0 ||
	    json_add(json, "attached", json_object_new_boolean(hook->attached)) < 0)
		return NULL;
	return TAKE(json);
}

static struct json_object *json_verdict(const struct skbscope_verdict_count *verdict)
{
	AUTO(json_putp) struct json_object *json = json_object_new_object();

	if (!json || json_add(json, "function", json_text(verdict->function)) < 0 ||
	    json_add(json, "verdict", json_text(verdict_name(verdict->verdict))) < 0 ||
	    json_add(json, "code",
		     verdict->verdict == INT32_MIN ? json_null()
						   : json_object_new_int(verdict->verdict)) < 0 ||
	    json_add(json, "packets", json_object_new_uint64(verdict->packets)) < 0)
		return NULL;
	return TAKE(json);
}

static struct json_object *json_loss(const struct skbscope_loss *loss)
{
	AUTO(json_putp) struct json_object *json = json_object_new_object();

	if (!json || json_add(json, "table", json_text(loss->table)) < 0 ||
	    json_add(json, "what", json_text(loss->what)) < 0 ||
	    json_add(json, "count",
		     loss->known ? json_object_new_uint64(loss->count) : json_null()) < 0)
		return NULL;
	return TAKE(json);
}

/* RFC 3339 with every nanosecond. */
static struct json_object *json_time(uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char text[64];
	struct tm tm;
	size_t length;

	if (!gmtime_r(&seconds, &tm))
		return json_null();
	length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + length, sizeof(text) - length, ".%09uZ", (unsigned)(wall_ns % NS_PER_S));
	return json_object_new_string(text);
}

static struct json_object *json_head(const struct skbscope_snapshot *snapshot)
{
	AUTO(json_putp) struct json_object *head = json_object_new_object();
	AUTO(json_putp) struct json_object *hooks = json_object_new_array();

	if (!head || !hooks)
		return NULL;
	for (size_t i = 0; i < snapshot->hook_count; i++)
		if (json_append(hooks, json_hook(&snapshot->hooks[i])) < 0)
			return NULL;
	if (json_add(head, "time", json_time(snapshot->wall_ns)) < 0 ||
	    json_add(head, "time_ns", json_object_new_uint64(snapshot->wall_ns)) < 0 ||
	    json_add(head, "monotonic_ns", json_object_new_uint64(snapshot->monotonic_ns)) < 0 ||
	    json_add(head, "interval_ns", json_object_new_uint64(snapshot->interval_ns)) < 0 ||
	    json_add(head, "program", json_text(snapshot->program)) < 0 ||
	    json_add(head, "path", json_text(snapshot->path)) < 0 ||
	    json_add(head, "enforced", json_object_new_boolean(snapshot->enforced)) < 0 ||
	    json_add(head, "hooks", TAKE(hooks)) < 0)
		return NULL;
	return TAKE(head);
}

static struct json_object *json_verdicts(const struct skbscope_snapshot *snapshot)
{
	AUTO(json_putp) struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < snapshot->verdict_count; i++)
		if (json_append(array, json_verdict(&snapshot->verdicts[i])) < 0)
			return NULL;
	return TAKE(array);
}

static struct json_object *json_losses(const struct skbscope_snapshot *snapshot)
{
	AUTO(json_putp) struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < snapshot->loss_count; i++)
		if (json_append(array, json_loss(&snapshot->losses[i])) < 0)
			return NULL;
	return TAKE(array);
}

static int write_snapshot(const struct skbscope_snapshot *snapshot,
			  const struct skbscope_render_options *options, FILE *stream,
			  struct skbscope_error *error)
{
	const char *separator = "";
	int r = write_json(json_head(snapshot), 1, stream);

	if (r == 0)
		r = write_text(",\"tables\":{", stream);
	for (size_t i = 0; i < snapshot->table_count && r == 0; i++) {
		r = write_text(separator, stream);
		if (r == 0)
			r = write_table(&snapshot->tables[i], options, stream, error);
		separator = ",";
	}
	if (r == 0)
		r = write_text("},\"verdicts\":", stream);
	if (r == 0)
		r = write_json(json_verdicts(snapshot), 0, stream);
	if (r == 0)
		r = write_text(",\"losses\":", stream);
	if (r == 0)
		r = write_json(json_losses(snapshot), 0, stream);
	return r < 0 ? r : write_text("}\n", stream);
}

SKBSCOPE_API int skbscope_render_json(const struct skbscope_snapshot *snapshot,
				      const struct skbscope_render_options *options, FILE *stream,
				      struct skbscope_error *error)
{
	struct skbscope_render_options full;
	int r = render_options_take(options, &full, error);

	if (r == 0)
		r = order_check(snapshot, &full, error);
	if (r < 0)
		return r;
	errno = 0;
	r = write_snapshot(snapshot, &full, stream, error);
	return render_finish(r, stream, error);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot as one line of JSON. Every value is made by json-c; tables are
 * written a row at a time, because a million rows must not become a tree first.
 * Numbers are exact: what no C type of json-c holds is written as its digits.
 */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "model/value.h"
#include "render/order.h"

#define NS_PER_S 1000000000u
#define PLAIN (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
/* Keys here are new by construction, and outlive the object. */
#define KEY_FLAGS (JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY)

static void json_putp(struct json_object **object)
{
	json_object_put(*object);
}

/* A number by its digits, or the word null: json-c keeps the text as it is given.
 * Unlike json-c's own null this is an object, so NULL always means no memory. */
static struct json_object *literal(const char *text)
{
	return json_object_new_double_s(0, text);
}

/* A number, or null where it is not known. */
static struct json_object *json_double(double number)
{
	AUTO(buffer_free) struct buffer digits = { 0 };

	if (!isfinite(number))
		return literal("null");
	return format_double(number, &digits) < 0 ? NULL : literal(digits.data);
}

/* The length of the valid UTF-8 sequence that starts here; 0 if none does. */
static size_t utf8_length(const uint8_t *text, size_t left)
{
	uint32_t c = text[0];
	size_t length = c < 0x80   ? 1
			: c < 0xc2 ? 0
			: c < 0xe0 ? 2
			: c < 0xf0 ? 3
			: c < 0xf5 ? 4
				   : 0;

	if (length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and numbers past the end of Unicode. */
	if ((c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] > 0x9f) ||
	    (c == 0xf0 && text[1] < 0x90) || (c == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

/* Bytes that are not UTF-8 become "\xNN": packets and file names may hold any. */
static struct json_object *json_bytes(const void *bytes, size_t length)
{
	AUTO(buffer_free) struct buffer safe = { 0 };
	const uint8_t *text = bytes;
	int r = 0;

	for (size_t i = 0, n; i < length && r == 0; i += n) {
		n = utf8_length(text + i, length - i);
		if (n) {
			r = buffer_append(&safe, text + i, n);
		} else {
			r = buffer_printf(&safe, "\\x%02x", text[i]);
			n = 1;
		}
	}
	return r < 0 ? NULL : json_object_new_string_len(buffer_text(&safe), (int)safe.length);
}

static struct json_object *json_text(const char *text)
{
	return text ? json_bytes(text, strlen(text)) : literal("null");
}

/* Takes the value; a NULL one is a failed allocation. */
static int add(struct json_object *object, const char *key, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_object_add_ex(object, key, value, KEY_FLAGS) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

static int append(struct json_object *array, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_array_add(array, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

static struct json_object *json_cell(const struct skbscope_type *type, uint32_t bit_offset,
				     uint32_t bit_size, const uint8_t *data);

static struct json_object *json_scalar(const struct skbscope_column *column,
				       const struct value *value, const uint8_t *data)
{
	AUTO(buffer_free) struct buffer digits = { 0 };

	if (column->type->kind == SKBSCOPE_KIND_BOOLEAN && value->u <= 1)
		return json_object_new_boolean(value->u == 1);
	if (value->form == VALUE_FLOAT && !isfinite(value->f))
		return literal("null");
	if (value->form == VALUE_UNSIGNED && value->u <= UINT64_MAX)
		return json_object_new_uint64((uint64_t)value->u);
	if (value->form == VALUE_SIGNED && (__int128)value->u == (int64_t)value->u)
		return json_object_new_int64((int64_t)value->u);
	return value_format_raw(column, data, &digits) < 0 ? NULL : literal(digits.data);
}

static struct json_object *json_list(const uint8_t *bytes, const struct skbscope_type *element,
				     uint32_t element_bits, size_t count)
{
	AUTO(json_putp) struct json_object *array = json_object_new_array_ext((int)count);

	for (size_t i = 0; array && i < count; i++) {
		struct json_object *item = element ? json_cell(element, (uint32_t)i * element_bits,
							       element_bits, bytes)
						   : json_object_new_int(bytes[i]);

		if (append(array, item) < 0)
			return NULL;
	}
	return TAKE(array);
}

static int add_members(struct json_object *object, const struct skbscope_type *type,
		       uint32_t bit_offset, const uint8_t *data)
{
	int r = 0;

	for (size_t i = 0; i < type->member_count && r == 0; i++) {
		const struct skbscope_member *member = &type->members[i];
		uint32_t offset = bit_offset + member->bit_offset;

		if (!member->bit_size)
			continue;
		/* Without KEY_FLAGS: names in a stranger's types may repeat. */
		if (*member->name) {
			struct json_object *value =
				json_cell(member->type, offset, member->bit_size, data);

			if (!value || json_object_object_add(object, member->name, value) < 0) {
				json_object_put(value);
				r = -ENOMEM;
			}
		} else {
			r = add_members(object, member->type, offset, data);
		}
	}
	return r;
}

/* The exact value, whatever its display. */
static struct json_object *json_cell(const struct skbscope_type *type, uint32_t bit_offset,
				     uint32_t bit_size, const uint8_t *data)
{
	const struct skbscope_column column = {
		.name = "", .type = type, .bit_offset = bit_offset, .bit_size = bit_size
	};
	AUTO(json_putp) struct json_object *object = NULL;
	struct value value = value_read(&column, data);

	if (value.form != VALUE_BYTES)
		return json_scalar(&column, &value, data);
	if (type->display == SKBSCOPE_DISPLAY_TEXT)
		return json_bytes(value.bytes, strnlen((const char *)value.bytes, value.length));
	if (type->kind == SKBSCOPE_KIND_ARRAY)
		return json_list(value.bytes, type->element, type->element->bits, type->count);
	if (type->display != SKBSCOPE_DISPLAY_PLAIN)
		return json_list(value.bytes, NULL, 8, value.length);
	object = json_object_new_object();
	if (!object || add_members(object, type, bit_offset, data) < 0)
		return NULL;
	return TAKE(object);
}

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
			r = add(texts, column->name, json_text(buffer_text(&readable)));
	}
	if (r < 0 || !texts)
		return r;
	return add(row, "text", TAKE(texts));
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
		r = add(rates, schema->columns[i].name, json_double(rate));
	}
	if (r < 0 || !count)
		return r;
	return add(row, "rates", TAKE(rates));
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

		r = append(cpus, values);
		for (size_t i = 0; i < schema->column_count && r == 0; i++) {
			const struct skbscope_column *column = &schema->columns[i];

			if (!column->is_key)
				r = add(values, column->name,
					json_cell(column->type, column->bit_offset,
						  column->bit_size, data));
		}
	}
	return r < 0 ? r : add(row, "cpus", TAKE(cpus));
}

static struct json_object *json_row(const struct skbscope_table *table, size_t number, bool per_cpu)
{
	const struct skbscope_schema *schema = table->schema;
	AUTO(json_putp) struct json_object *row = json_object_new_object();
	int r = row ? 0 : -ENOMEM;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		r = add(row, column->name,
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

	if (!head || add(head, "type", json_text(schema->map_type)) < 0 ||
	    add(head, "entries",
		schema->readable ? json_object_new_uint64(table->row_count) : literal("null")) <
		    0 ||
	    add(head, "max_entries", json_object_new_uint64(schema->max_entries)) < 0 ||
	    add(head, "complete", json_object_new_boolean(table->complete)) < 0 ||
	    add(head, "full", json_object_new_boolean(table->full)) < 0)
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

	if (!json || add(json, "interface", json_text(hook->interface)) < 0 ||
	    add(json, "ifindex", json_object_new_uint64(hook->ifindex)) < 0 ||
	    add(json, "direction",
		json_text(hook->direction == SKBSCOPE_EGRESS ? "egress" : "ingress")) < 0 ||
	    add(json, "hook", json_text(hook_name(hook->hook))) < 0 ||
	    add(json, "function", json_text(hook->function)) < 0 ||
	    add(json, "program_id", json_object_new_uint64(hook->program_id)) < 0 ||
	    add(json, "attached", json_object_new_boolean(hook->attached)) < 0)
		return NULL;
	return TAKE(json);
}

static struct json_object *json_verdict(const struct skbscope_verdict_count *verdict)
{
	AUTO(json_putp) struct json_object *json = json_object_new_object();

	if (!json || add(json, "function", json_text(verdict->function)) < 0 ||
	    add(json, "verdict", json_text(verdict_name(verdict->verdict))) < 0 ||
	    add(json, "code",
		verdict->verdict == INT32_MIN ? literal("null")
					      : json_object_new_int(verdict->verdict)) < 0 ||
	    add(json, "packets", json_object_new_uint64(verdict->packets)) < 0)
		return NULL;
	return TAKE(json);
}

static struct json_object *json_loss(const struct skbscope_loss *loss)
{
	AUTO(json_putp) struct json_object *json = json_object_new_object();

	if (!json || add(json, "table", json_text(loss->table)) < 0 ||
	    add(json, "what", json_text(loss->what)) < 0 ||
	    add(json, "count",
		loss->known ? json_object_new_uint64(loss->count) : literal("null")) < 0)
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
		return literal("null");
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
		if (append(hooks, json_hook(&snapshot->hooks[i])) < 0)
			return NULL;
	if (add(head, "time", json_time(snapshot->wall_ns)) < 0 ||
	    add(head, "time_ns", json_object_new_uint64(snapshot->wall_ns)) < 0 ||
	    add(head, "monotonic_ns", json_object_new_uint64(snapshot->monotonic_ns)) < 0 ||
	    add(head, "interval_ns", json_object_new_uint64(snapshot->interval_ns)) < 0 ||
	    add(head, "program", json_text(snapshot->program)) < 0 ||
	    add(head, "path", json_text(snapshot->path)) < 0 ||
	    add(head, "enforced", json_object_new_boolean(snapshot->enforced)) < 0 ||
	    add(head, "hooks", TAKE(hooks)) < 0)
		return NULL;
	return TAKE(head);
}

static struct json_object *json_verdicts(const struct skbscope_snapshot *snapshot)
{
	AUTO(json_putp) struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < snapshot->verdict_count; i++)
		if (append(array, json_verdict(&snapshot->verdicts[i])) < 0)
			return NULL;
	return TAKE(array);
}

static struct json_object *json_losses(const struct skbscope_snapshot *snapshot)
{
	AUTO(json_putp) struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < snapshot->loss_count; i++)
		if (append(array, json_loss(&snapshot->losses[i])) < 0)
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

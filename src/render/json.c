/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot as one line of JSON, by json-c; tables are written a row at a time,
 * because a million rows must not become a tree first. Numbers are exact: what no C
 * type of json-c holds is written as its digits.
 */
#include <errno.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "model/value.h"
#include "render/json_parts.h"
#include "render/json_row.h"
#include "render/json_value.h"
#include "render/order.h"

#define CHUNK_BYTES 65536u

static int write_rows(const struct skbscope_table *table, const struct order *order, bool per_cpu,
		      FILE *stream)
{
	AUTO(json_rows_clear) struct json_rows rows = { 0 };
	AUTO(buffer_free) struct buffer text = { 0 };
	int r = json_rows_init(&rows, table, per_cpu);

	for (size_t i = 0; i < order->count && r == 0; i++) {
		if (i)
			r = buffer_string(&text, ",");
		if (r == 0)
			r = json_rows_append(&rows, order->rows[i], &text);
		if (r < 0 || (text.length < CHUNK_BYTES && i + 1 < order->count))
			continue;
		if (fwrite(text.data, 1, text.length, stream) != text.length)
			r = -EIO;
		buffer_clear(&text);
	}
	return r;
}

static int write_table(const struct skbscope_table *table,
		       const struct skbscope_render_options *options, FILE *stream,
		       struct skbscope_error *error)
{
	AUTO(order_clear) struct order order = { 0 };
	int r = order_rows(table, options, false, &order, error);

	if (r < 0)
		return r;
	r = json_write(json_text(table->schema->table), 0, stream);
	if (r == 0)
		r = json_write_text(":", stream);
	if (r == 0)
		r = json_write(json_table_head(table), 1, stream);
	if (r == 0)
		r = json_write_text(",\"rows\":[", stream);
	if (r == 0)
		r = write_rows(table, &order, options->per_cpu, stream);
	return r < 0 ? r : json_write_text("]}", stream);
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

static int add_version(struct json_object *head, const struct skbscope_render_options *options)
{
	if (!options->generation)
		return 0;
	if (json_add(head, "generation", json_object_new_uint64(options->generation)) < 0)
		return -ENOMEM;
	return json_add(head, "stale", options->stale ? json_text(options->stale) : json_null());
}

static struct json_object *json_head(const struct skbscope_snapshot *snapshot,
				     const struct skbscope_render_options *options)
{
	AUTO(json_putp) struct json_object *head = json_object_new_object();
	AUTO(json_putp) struct json_object *hooks = json_object_new_array();

	if (!head || !hooks)
		return NULL;
	for (size_t i = 0; i < snapshot->hook_count; i++)
		if (json_append(hooks, json_hook(&snapshot->hooks[i])) < 0)
			return NULL;
	if (json_add(head, "time", json_wall_time(snapshot->wall_ns)) < 0 ||
	    json_add(head, "time_ns", json_object_new_uint64(snapshot->wall_ns)) < 0 ||
	    json_add(head, "monotonic_ns", json_object_new_uint64(snapshot->monotonic_ns)) < 0 ||
	    json_add(head, "interval_ns", json_object_new_uint64(snapshot->interval_ns)) < 0 ||
	    json_add(head, "program", json_text(snapshot->program)) < 0 ||
	    json_add(head, "path", json_text(snapshot->path)) < 0 ||
	    json_add(head, "enforced", json_object_new_boolean(snapshot->enforced)) < 0 ||
	    add_version(head, options) < 0 || json_add(head, "hooks", TAKE(hooks)) < 0)
		return NULL;
	return TAKE(head);
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

static struct json_object *json_verdicts(const struct skbscope_snapshot *snapshot)
{
	AUTO(json_putp) struct json_object *array = json_object_new_array();

	for (size_t i = 0; array && i < snapshot->verdict_count; i++)
		if (json_append(array, json_verdict(&snapshot->verdicts[i])) < 0)
			return NULL;
	return TAKE(array);
}

static int write_snapshot(const struct skbscope_snapshot *snapshot,
			  const struct skbscope_render_options *options, FILE *stream,
			  struct skbscope_error *error)
{
	const char *separator = "";
	int r = json_write(json_head(snapshot, options), 1, stream);

	if (r == 0)
		r = json_write_text(",\"tables\":{", stream);
	for (size_t i = 0; i < snapshot->table_count && r == 0; i++) {
		r = json_write_text(separator, stream);
		if (r == 0)
			r = write_table(&snapshot->tables[i], options, stream, error);
		separator = ",";
	}
	if (r == 0)
		r = json_write_text("},\"verdicts\":", stream);
	if (r == 0)
		r = json_write(json_verdicts(snapshot), 0, stream);
	if (r == 0)
		r = json_write_text(",\"losses\":", stream);
	if (r == 0)
		r = json_write(json_losses(snapshot), 0, stream);
	return r < 0 ? r : json_write_text("}\n", stream);
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

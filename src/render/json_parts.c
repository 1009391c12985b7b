/* SPDX-License-Identifier: Apache-2.0 */
/* What readings and differences both say in JSON. */
#include "render/json_parts.h"

#include <time.h>

#include "base/cleanup.h"
#include "model/names.h"

#define NS_PER_S 1000000000u

bool wall_time_format(uint64_t wall_ns, struct buffer *out)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char text[64];
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		return false;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buffer_printf(out, "%s.%09uZ", text, (unsigned)(wall_ns % NS_PER_S));
	return true;
}

void json_wall_time(struct json_writer *json, const char *key, uint64_t wall_ns)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	json_text(json, key, wall_time_format(wall_ns, &text) ? buffer_text(&text) : NULL);
}

void json_losses(struct json_writer *json, const struct skbscope_snapshot *snapshot)
{
	json_begin_array(json, "losses");
	for (size_t i = 0; i < snapshot->loss_count; i++) {
		const struct skbscope_loss *loss = &snapshot->losses[i];

		json_begin_object(json, NULL);
		json_text(json, "table", loss->table);
		json_text(json, "what", loss->what);
		json_known(json, "count", loss->count, loss->known);
		json_end_object(json);
	}
	json_end_array(json);
}

void json_verdict(struct json_writer *json, const char *function, int32_t verdict)
{
	json_text(json, "function", function);
	json_text(json, "verdict", verdict_name(verdict));
	if (verdict == INT32_MIN)
		json_null(json, "code");
	else
		json_i64(json, "code", verdict);
}

void json_chosen(struct json_writer *json, const struct skbscope_snapshot *snapshot)
{
	if (snapshot->filter)
		json_text(json, "filter", snapshot->filter);
	if (snapshot->direction)
		json_text(json, "direction", snapshot->direction);
}

void json_table_head(struct json_writer *json, const struct skbscope_table *table)
{
	const struct skbscope_schema *schema = table->schema;

	json_text(json, "type", schema->map_type);
	json_known(json, "entries", table->row_count, schema->readable);
	json_u64(json, "max_entries", schema->max_entries);
	if (schema->is_events) {
		json_u64(json, "received", table->received);
		json_u64(json, "lost", table->lost);
		json_u64(json, "not_shown", table->unseen);
	}
	json_boolean(json, "complete", table->complete);
	json_boolean(json, "full", table->full);
	json_boolean(json, "padding", table->padding);
	json_boolean(json, "cpus_differ", table->cpus_differ);
	if (schema->hidden)
		json_boolean(json, "hidden", true);
}

void json_processes(struct json_writer *json, const struct skbscope_table *table, size_t row)
{
	const struct skbscope_processes *processes = &table->processes[row];

	if (!processes->count) {
		json_null(json, "process");
		return;
	}
	json_begin_array(json, "process");
	for (size_t i = 0; i < processes->count; i++) {
		json_begin_object(json, NULL);
		json_u64(json, "pid", processes->list[i].pid);
		json_text(json, "name", processes->list[i].name);
		json_end_object(json);
	}
	json_end_array(json);
}

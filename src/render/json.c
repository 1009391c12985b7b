/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot as one line of JSON. */
#include <errno.h>

#include "base/cleanup.h"
#include "model/names.h"
#include "model/record.h"
#include "render/common.h"
#include "render/json_parts.h"
#include "render/json_record.h"
#include "render/order.h"

static void write_cpus(struct json_writer *json, const struct json_columns *columns,
		       const struct skbscope_table *table, size_t row)
{
	json_begin_array(json, "cpus");
	for (uint32_t cpu = 0; cpu < table->cpu_count; cpu++) {
		const struct skbscope_record record = record_of_cpu(table, row, cpu);

		json_begin_object(json, NULL);
		json_cells(json, columns, &record, JSON_VALUE);
		json_end_object(json);
	}
	json_end_array(json);
}

#define BLOCK 64u /* rows that the nearest cache holds */

/* Sorted, the rows of a large table lie anywhere in memory, and waiting for one takes
 * longer than writing it. Asked for one after the other, many arrive at the same time. */
static void fetch_block(const struct skbscope_table *table, const struct order *order, size_t first)
{
	size_t left = order->count - first, count = left < BLOCK ? left : BLOCK;

	for (size_t i = first; i < first + count; i++) {
		const struct skbscope_record record = record_of_row(table, order->rows[i]);

		if (table->schema->key_size)
			(void)*(const volatile uint8_t *)record.key;
		if (table->schema->value_size)
			(void)*(const volatile uint8_t *)record.value;
		if (record.rates && table->schema->counter_count)
			(void)*(const volatile double *)record.rates;
	}
}

static int write_rows(struct json_writer *json, const struct skbscope_snapshot *snapshot,
		      const struct skbscope_table *table, const struct order *order, bool per_cpu)
{
	AUTO(json_columns_clear) struct json_columns columns = { 0 };
	int r = json_columns_init(&columns, table->schema, snapshot->monotonic_ns);

	/* Once the stream has failed, the rest would be for nothing. */
	for (size_t i = 0; r == 0 && i < order->count && !json->error; i++) {
		const struct skbscope_record record = record_of_row(table, order->rows[i]);

		if (i % BLOCK == 0)
			fetch_block(table, order, i);
		json_begin_object(json, NULL);
		json_cells(json, &columns, &record, JSON_WHOLE);
		json_rates(json, &columns, &record);
		json_readable(json, &columns, &record, JSON_WHOLE);
		if (per_cpu && table->cpu_values)
			write_cpus(json, &columns, table, order->rows[i]);
		if (table->processes)
			json_processes(json, table, order->rows[i]);
		json_end_object(json);
	}
	return r;
}

static int write_table(struct json_writer *json, const struct skbscope_snapshot *snapshot,
		       const struct skbscope_table *table,
		       const struct skbscope_render_options *options, struct skbscope_error *error)
{
	AUTO(order_clear) struct order order = { 0 };
	int r = 0;

	/* What a program keeps for itself may be a hundred times what it has to show. */
	if (!table->schema->hidden || options->hidden)
		r = order_rows(table, options, false, &order, error);
	if (r < 0)
		return r;
	json_begin_object(json, table->schema->table);
	json_table_head(json, table);
	json_begin_array(json, "rows");
	r = write_rows(json, snapshot, table, &order, options->per_cpu);
	json_end_array(json);
	json_end_object(json);
	return r;
}

static void write_hook(struct json_writer *json, const struct skbscope_hook_state *hook)
{
	json_begin_object(json, NULL);
	json_text(json, "interface", hook->interface);
	json_u64(json, "ifindex", hook->ifindex);
	json_text(json, "direction", direction_name(hook->direction));
	json_text(json, "hook", hook_name(hook->hook));
	json_text(json, "function", hook->function);
	json_u64(json, "program_id", hook->program_id);
	json_boolean(json, "attached", hook->attached);
	json_end_object(json);
}

static void write_head(struct json_writer *json, const struct skbscope_snapshot *snapshot)
{
	json_wall_time(json, "time", snapshot->wall_ns);
	json_u64(json, "time_ns", snapshot->wall_ns);
	json_u64(json, "monotonic_ns", snapshot->monotonic_ns);
	json_u64(json, "interval_ns", snapshot->interval_ns);
	json_text(json, "program", snapshot->program);
	json_text(json, "path", snapshot->path);
	json_boolean(json, "enforced", snapshot->enforced);
	if (snapshot->generation) {
		json_u64(json, "generation", snapshot->generation);
		json_text(json, "stale", snapshot->stale);
	}
	if (snapshot->recording)
		json_text(json, "recording", snapshot->recording);
	json_chosen(json, snapshot);
	json_begin_array(json, "hooks");
	for (size_t i = 0; i < snapshot->hook_count; i++)
		write_hook(json, &snapshot->hooks[i]);
	json_end_array(json);
}

static void write_verdicts(struct json_writer *json, const struct skbscope_snapshot *snapshot)
{
	json_begin_array(json, "verdicts");
	for (size_t i = 0; i < snapshot->verdict_count; i++) {
		const struct skbscope_verdict_count *verdict = &snapshot->verdicts[i];

		json_begin_object(json, NULL);
		json_verdict(json, verdict->function, verdict->verdict);
		json_u64(json, "packets", verdict->packets);
		json_end_object(json);
	}
	json_end_array(json);
}

static int write_snapshot(struct json_writer *json, const struct skbscope_snapshot *snapshot,
			  const struct skbscope_render_options *options,
			  struct skbscope_error *error)
{
	int r = 0;

	json_begin_object(json, NULL);
	write_head(json, snapshot);
	json_begin_object(json, "tables");
	for (size_t i = 0; i < snapshot->table_count && r == 0; i++)
		r = write_table(json, snapshot, &snapshot->tables[i], options, error);
	json_end_object(json);
	write_verdicts(json, snapshot);
	json_losses(json, snapshot);
	json_end_object(json);
	return r < 0 ? r : json_finish(json);
}

SKBSCOPE_API int skbscope_render_json(const struct skbscope_snapshot *snapshot,
				      const struct skbscope_render_options *options, FILE *stream,
				      struct skbscope_error *error)
{
	AUTO(json_clear) struct json_writer json = { .stream = stream };
	struct skbscope_render_options full;
	int r = render_options_take(options, &full, error);

	if (r == 0)
		r = order_check(snapshot, &full, error);
	if (r < 0)
		return r;
	json.pretty = full.pretty;
	r = write_snapshot(&json, snapshot, &full, error);
	return render_finish(r, stream, error);
}

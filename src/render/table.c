/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot as text for people: which tables, which of their rows, and which
 * warnings beside them. The rows themselves are grid.c's.
 */
#include "render/table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "model/names.h"
#include "render/bars.h"
#include "render/common.h"
#include "render/grid.h"
#include "render/histogram.h"
#include "render/order.h"
#include "render/paint.h"

/* Longer arrays do not show the slots that nobody used. */
#define ARRAY_SHORT 16u

/* A map that cannot be walked, in words for its title. */
static const char *obstacle(const struct skbscope_schema *schema)
{
	if (strcmp(schema->map_type, "queue") == 0 || strcmp(schema->map_type, "stack") == 0)
		return "reading it would remove its entries";
	return "no rows to show";
}

static void write_events(struct painter *painter, const struct skbscope_table *table)
{
	paint(painter, NULL, ": ");
	paint_count(painter, table->received);
	paint(painter, NULL, " %s%s", table->schema->is_prints ? "line" : "event",
	      table->received == 1 ? "" : "s");
	if (table->unseen)
		paint(painter, NULL, ", %s of them not shown",
		      paint_count_text(painter, table->unseen));
	if (!table->lost)
		return;
	paint(painter, NULL, ", ");
	paint(painter, RED, "%s lost", paint_count_text(painter, table->lost));
}

void table_write_title(struct painter *painter, const struct skbscope_table *table)
{
	const struct skbscope_schema *schema = table->schema;

	paint(painter, BOLD, "%s", schema->table);
	if (schema->is_events)
		write_events(painter, table);
	else if (!schema->readable)
		paint(painter, NULL, ": %s, %s", schema->map_type, obstacle(schema));
	else if (schema->is_array)
		paint(painter, NULL, ": %s of %u", schema->map_type, schema->max_entries);
	else if (strncmp(schema->map_type, "lru_", 4) == 0) /* it is never full, and evicts early */
		paint(painter, NULL, ": %zu entr%s; an LRU of %u evicts before it is full",
		      table->row_count, table->row_count == 1 ? "y" : "ies", schema->max_entries);
	else
		paint(painter, NULL, ": %zu of %u entries", table->row_count, schema->max_entries);
	if (table->full)
		paint(painter, RED, " FULL");
	if (!table->complete && schema->readable)
		paint(painter, YELLOW, " (incomplete)");
	fputc('\n', painter->stream);
}

static bool saw_packets(const struct skbscope_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->verdict_count; i++)
		if (snapshot->verdicts[i].packets)
			return true;
	return false;
}

/* The program only sets them, and their types do not say what of several CPUs is right. */
static void note_guesses(struct painter *painter, const struct skbscope_schema *schema)
{
	AUTO(buffer_free) struct buffer names = { 0 };

	for (size_t i = 0; i < schema->column_count; i++)
		if (schema->columns[i].type->of_cpus == SKBSCOPE_OF_CPUS_SET)
			buffer_printf(&names, "%s'%s'", names.length ? ", " : "",
				      schema->columns[i].name);
	paint_note(painter,
		   "(CPUs have set %s to different values, and the largest is shown: max_t, min_t "
		   "or when_t say which is meant)",
		   buffer_text(&names));
}

bool table_skips_zeros(const struct skbscope_table *table)
{
	return table->schema->is_array && table->row_count > ARRAY_SHORT;
}

static void note_no_rows(struct painter *painter, const struct skbscope_snapshot *snapshot,
			 const struct skbscope_table *table)
{
	if (!table->row_count)
		paint_note(painter, saw_packets(snapshot) ? "(empty)" : "(no packet yet)");
}

static void note_rows(struct painter *painter, const struct skbscope_table *table,
		      const struct order *order)
{
	if (order->zeros)
		paint_note(painter, "(%zu row%s of zeros not shown)", order->zeros,
			   order->zeros == 1 ? "" : "s");
	if (table->padding)
		paint_note(painter,
			   "(padding in the keys is not 0: rows may differ that look the same)");
	if (table->cpus_differ)
		note_guesses(painter, table->schema);
}

void table_write_notes(struct painter *painter, const struct skbscope_snapshot *snapshot,
		       const struct skbscope_table *table, const struct order *order)
{
	note_no_rows(painter, snapshot, table);
	note_rows(painter, table, order);
}

static int write_table(struct painter *painter, const struct skbscope_snapshot *snapshot,
		       const struct skbscope_table *table, struct skbscope_error *error)
{
	AUTO(order_clear) struct order order = { 0 };
	int r;

	fputc('\n', painter->stream);
	table_write_title(painter, table);
	if (!table->schema->readable)
		return 0;
	if (table->schema->histogram) {
		r = histogram_write(table, painter);
		note_rows(painter, table, &order);
		return r;
	}
	r = order_rows(table, painter->options, table_skips_zeros(table), &order, error);
	if (r < 0)
		return r;
	note_no_rows(painter, snapshot, table);
	if (order.count)
		r = grid_write(painter, snapshot, table, &order);
	if (order.rest)
		paint_note(painter, "… %zu more row%s", order.rest, order.rest == 1 ? "" : "s");
	note_rows(painter, table, &order);
	return r == 0 && painter->options->bars ? bars_write(painter, table, &order) : r;
}

void table_write_head(struct painter *painter, const struct skbscope_snapshot *snapshot)
{
	paint_name(painter, BOLD, snapshot->program ? snapshot->program : "-");
	paint(painter, NULL, " at ");
	paint_clock(painter, snapshot->wall_ns);
	paint_hooks(painter, snapshot);
	if (snapshot->enforced)
		paint(painter, YELLOW, ", enforced");
	fputc('\n', painter->stream);
}

/* What became of the packets, in the word that follows "would have been". */
static const char *verdict_deed(int32_t verdict)
{
	const char *name = verdict_name(verdict);

	if (strcmp(name, "OK") == 0 || strcmp(name, "PIPE") == 0 || strcmp(name, "UNSPEC") == 0)
		return NULL; /* passed on */
	if (strcmp(name, "SHOT") == 0)
		return "dropped";
	if (strcmp(name, "REDIRECT") == 0)
		return "redirected";
	if (strcmp(name, "STOLEN") == 0)
		return "stolen";
	if (strcmp(name, "TRAP") == 0)
		return "trapped";
	if (verdict == INT32_MIN) /* the kernel takes it for TC_ACT_UNSPEC */
		return "passed on with an unknown verdict";
	return "given another verdict";
}

void table_write_verdicts(struct painter *painter, const struct skbscope_snapshot *snapshot)
{
	for (size_t i = 0, shown = 0; i < snapshot->verdict_count; i++) {
		const struct skbscope_verdict_count *verdict = &snapshot->verdicts[i];
		const char *deed = verdict_deed(verdict->verdict);

		if (!deed || !verdict->packets)
			continue;
		if (!shown++)
			fputc('\n', painter->stream);
		paint(painter, YELLOW, "%s%s: ", snapshot->enforced ? "" : "would have been ",
		      deed);
		paint_count(painter, verdict->packets);
		paint(painter, NULL, " %s by ", verdict->packets == 1 ? "packet" : "packets");
		paint_name(painter, NULL, verdict->function);
		paint(painter, NULL, " (%s)\n", verdict_name(verdict->verdict));
	}
}

bool table_is_shown(const struct skbscope_table *table)
{
	return !table->schema->hidden &&
	       (!table->schema->is_prints || table->lost || table->unseen);
}

static int write_snapshot(struct painter *painter, const struct skbscope_snapshot *snapshot,
			  struct skbscope_error *error)
{
	int r = 0;

	table_write_head(painter, snapshot);
	for (size_t i = 0; i < snapshot->table_count && r == 0; i++)
		if (table_is_shown(&snapshot->tables[i]))
			r = write_table(painter, snapshot, &snapshot->tables[i], error);
	if (r < 0)
		return r;
	table_write_verdicts(painter, snapshot);
	paint_losses(painter, snapshot, NULL);
	return 0;
}

SKBSCOPE_API int skbscope_render_table(const struct skbscope_snapshot *snapshot,
				       const struct skbscope_render_options *options, FILE *stream,
				       struct skbscope_error *error)
{
	struct skbscope_render_options full;
	struct painter painter = { .options = &full, .stream = stream };
	int r = render_options_take(options, &full, error);

	if (r == 0)
		r = order_check(snapshot, &full, error);
	if (r < 0)
		return r;
	errno = 0;
	r = paint_end(&painter, write_snapshot(&painter, snapshot, error));
	return render_finish(r, stream, error);
}

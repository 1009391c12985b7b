/* SPDX-License-Identifier: Apache-2.0 */
/* Fields, and readings made of them. */
#include "render/csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/utf8.h"
#include "model/bits.h"
#include "model/format.h"
#include "model/histogram.h"
#include "model/record.h"
#include "render/cell.h"
#include "render/common.h"
#include "render/json_parts.h"
#include "render/order.h"

#define DIGITS_MAX 20 /* of 64 bits */

static void separate(struct buffer *out)
{
	if (out->length && out->data[out->length - 1] != '\n')
		buffer_append(out, ",", 1);
}

static bool needs_quotes(const char *text, size_t length)
{
	return !length || memchr(text, ',', length) || memchr(text, '"', length) ||
	       memchr(text, '\n', length) || text[0] == ' ' || text[length - 1] == ' ';
}

/* Of what is no text, and of what a terminal would obey, the bytes are told. An empty text is
 * quoted: a field without anything is what is not known. */
void csv_text(struct buffer *out, const void *text, size_t length)
{
	AUTO(buffer_free) struct buffer safe = { 0 };
	const char *at, *end;

	utf8_printable(text, length, &safe);
	out->failed |= safe.failed;
	separate(out);
	if (!needs_quotes(buffer_text(&safe), safe.length)) {
		buffer_append(out, buffer_text(&safe), safe.length);
		return;
	}
	buffer_append(out, "\"", 1);
	for (at = buffer_text(&safe); (end = strchr(at, '"')); at = end + 1) {
		buffer_append(out, at, (size_t)(end - at));
		buffer_append(out, "\"\"", 2);
	}
	buffer_string(out, at);
	buffer_append(out, "\"", 1);
}

/* The first field of a line would not part the second from it. */
static void csv_nothing(struct buffer *out)
{
	if (!out->length || out->data[out->length - 1] == '\n')
		buffer_append(out, "\"\"", 2);
	else
		buffer_append(out, ",", 1);
}

void csv_string(struct buffer *out, const char *text)
{
	if (text)
		csv_text(out, text, strlen(text));
	else
		csv_nothing(out);
}

void csv_number(struct buffer *out, uint64_t number)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits);
	const char *start = format_backwards(end, number);

	separate(out);
	buffer_append(out, start, (size_t)(end - start));
}

void csv_time(struct buffer *out, uint64_t wall_ns)
{
	separate(out);
	wall_time_format(wall_ns, out);
}

void csv_end_line(struct buffer *out)
{
	buffer_append(out, "\n", 1);
}

static void put_figure(struct buffer *out, const struct skbscope_column *figure,
		       const uint8_t *data)
{
	const struct histogram histogram =
		histogram_read(figure->histogram, data + figure->bit_offset / 8);
	const uint64_t number = figure_read(figure, data);

	if (figure->figure == SKBSCOPE_FIGURE_N || (histogram.n && number != UINT64_MAX))
		csv_number(out, number);
	else
		csv_nothing(out);
}

/* An instant is told by its time, since nobody else has that clock. */
static void put_when(struct buffer *out, const struct skbscope_snapshot *snapshot,
		     const struct value *value)
{
	if (value->u)
		csv_time(out, snapshot->wall_ns - snapshot->monotonic_ns + (uint64_t)value->u);
	else
		csv_nothing(out);
}

static bool is_raw(const struct skbscope_type *type)
{
	return type->kind == SKBSCOPE_KIND_FLOAT ||
	       (type->kind == SKBSCOPE_KIND_INTEGER &&
		(type->display == SKBSCOPE_DISPLAY_PLAIN || type->display == SKBSCOPE_DISPLAY_NS ||
		 type->display == SKBSCOPE_DISPLAY_BYTES || display_is_bucket(type->display)));
}

/* Nearly all are. */
static bool is_short(const struct skbscope_column *column)
{
	return column->type->kind == SKBSCOPE_KIND_INTEGER && is_raw(column->type) &&
	       !column->type->is_signed && column->bit_size <= 64;
}

void csv_column(struct buffer *out, const struct skbscope_snapshot *snapshot,
		const struct skbscope_column *column, const uint8_t *data)
{
	AUTO(buffer_free) struct buffer cell = { 0 };

	if (column->figure) {
		put_figure(out, column, data);
		return;
	}
	if (value_is_unknown(column, data)) {
		csv_nothing(out);
		return;
	}
	if (snapshot && column->type->display == SKBSCOPE_DISPLAY_WHEN) {
		const struct value value = value_read(column, data);

		put_when(out, snapshot, &value);
		return;
	}
	if (is_short(column)) {
		csv_number(out, (uint64_t)bits_read(data, column->bit_offset, column->bit_size));
		return;
	}
	if (is_raw(column->type))
		value_format_raw(column, data, &cell);
	else
		cell_plain(snapshot, column, data, &cell);
	csv_text(out, buffer_text(&cell), cell.length);
	out->failed |= cell.failed;
}

/* --- which table -------------------------------------------------------------------- */

static bool can_be_chosen(const struct skbscope_schema *schema)
{
	return schema->readable || schema->is_events;
}

static int no_such_table(const struct skbscope_schema *const *schemas, size_t count,
			 const char *name, struct skbscope_error *error)
{
	AUTO(freep) const char **names = calloc(count + 1, sizeof(*names));
	AUTO(buffer_free) struct buffer list = { 0 };
	size_t known = 0;
	int r;

	if (!names)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	for (size_t i = 0; i < count; i++) {
		if (!can_be_chosen(schemas[i]) || (!name && schemas[i]->hidden))
			continue;
		names[known++] = schemas[i]->table;
		buffer_printf(&list, "%s%s", list.length ? ", " : "", schemas[i]->table);
	}
	if (!known)
		return fail(error, ENOENT, SKBSCOPE_STAGE_USAGE,
			    "there is no table to be shown as CSV");
	if (!name) {
		r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			 "CSV is one table, and there are %zu: %s", known, buffer_text(&list));
		return hint(error, r, "choose one: --table %s", names[0]);
	}
	r = fail(error, ENOENT, SKBSCOPE_STAGE_USAGE, "there is no table '%s'", name);
	if (!hint_nearest(error, name, names, known))
		hint(error, r, "the tables are %s", buffer_text(&list));
	return r;
}

int csv_choose(const struct skbscope_schema *const *schemas, size_t count, const char *name,
	       const struct skbscope_schema **out, struct skbscope_error *error)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (!can_be_chosen(schemas[i]) ||
		    (name ? strcmp(schemas[i]->table, name) != 0 : schemas[i]->hidden))
			continue;
		*out = schemas[i];
		found++;
	}
	return found == 1 ? 0 : no_such_table(schemas, count, name, error);
}

/* --- a reading ---------------------------------------------------------------------- */

static int choose(const struct skbscope_snapshot *snapshot,
		  const struct skbscope_render_options *options, const struct skbscope_table **out,
		  struct skbscope_error *error)
{
	AUTO(freep)
	const struct skbscope_schema **schemas =
		calloc(snapshot->table_count + 1, sizeof(*schemas));
	const struct skbscope_schema *chosen = NULL;
	int r;

	if (!schemas)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	for (size_t i = 0; i < snapshot->table_count; i++)
		schemas[i] = snapshot->tables[i].schema;
	r = csv_choose(schemas, snapshot->table_count,
		       options->hidden && snapshot->table_count == 1 ? schemas[0]->table
								     : options->table,
		       &chosen, error);
	for (size_t i = 0; r == 0 && i < snapshot->table_count; i++)
		if (schemas[i] == chosen)
			*out = &snapshot->tables[i];
	return r;
}

static bool has_column(const struct skbscope_schema *schema, const char *name)
{
	return shown_find(schema, name) != NULL;
}

static void put_head(struct buffer *out, const struct skbscope_table *table, bool cpus)
{
	const struct skbscope_schema *schema = table->schema;
	const struct skbscope_column *column;
	struct shown_columns shown = { 0 };

	csv_string(out, has_column(schema, "time") ? "reading.time" : "time");
	if (cpus)
		csv_string(out, has_column(schema, "cpu") ? "reading.cpu" : "cpu");
	while ((column = shown_next(schema, &shown)))
		csv_string(out, column->name);
	if (table->processes)
		csv_string(out, "process");
	csv_end_line(out);
}

static void put_processes(struct buffer *out, const struct skbscope_processes *processes)
{
	AUTO(buffer_free) struct buffer list = { 0 };

	for (size_t i = 0; i < processes->count; i++)
		buffer_printf(&list, "%s%s %u", i ? "; " : "", processes->list[i].name,
			      processes->list[i].pid);
	csv_string(out, list.length ? buffer_text(&list) : NULL);
}

/* TIME is a field. */
static void put_row(struct buffer *out, const struct skbscope_snapshot *snapshot,
		    const struct skbscope_table *table, size_t row, const uint32_t *cpu,
		    const struct buffer *time)
{
	const struct skbscope_record record =
		cpu ? record_of_cpu(table, row, *cpu) : record_of_row(table, row);
	const struct skbscope_column *column;
	struct shown_columns shown = { 0 };

	buffer_append(out, time->data, time->length);
	if (cpu)
		csv_number(out, *cpu);
	while ((column = shown_next(table->schema, &shown)))
		csv_column(out, snapshot, column, record_data(&record, column));
	if (table->processes)
		put_processes(out, &table->processes[row]);
	csv_end_line(out);
}

#define CHUNK_BYTES 65536u

static int flush(struct buffer *text, FILE *stream)
{
	if (text->failed)
		return -ENOMEM;
	if (fwrite(text->data, 1, text->length, stream) != text->length)
		return -EIO;
	buffer_clear(text);
	return 0;
}

static int write_table(const struct skbscope_snapshot *snapshot, const struct skbscope_table *table,
		       const struct skbscope_render_options *options, FILE *stream,
		       struct skbscope_error *error)
{
	const bool cpus = options->per_cpu && table->cpu_values;
	AUTO(buffer_free) struct buffer text = { 0 }, time = { 0 };
	AUTO(order_clear) struct order order = { 0 };
	int r = order_rows(table, options, false, &order, error);

	csv_time(&time, snapshot->wall_ns);
	if (r == 0)
		put_head(&text, table, cpus);
	for (size_t i = 0; r == 0 && i < order.count; i++) {
		for (uint32_t cpu = 0; cpus && cpu < table->cpu_count; cpu++)
			put_row(&text, snapshot, table, order.rows[i], &cpu, &time);
		if (!cpus)
			put_row(&text, snapshot, table, order.rows[i], NULL, &time);
		if (text.length >= CHUNK_BYTES)
			r = flush(&text, stream);
	}
	if (time.failed)
		text.failed = true;
	return r < 0 || (!text.length && !text.failed) ? r : flush(&text, stream);
}

SKBSCOPE_API int skbscope_render_csv(const struct skbscope_snapshot *snapshot,
				     const struct skbscope_render_options *options, FILE *stream,
				     struct skbscope_error *error)
{
	const struct skbscope_table *table = NULL;
	struct skbscope_render_options full;
	int r = render_options_take(options, &full, error);

	if (r == 0)
		r = order_check(snapshot, &full, error);
	if (r == 0)
		r = choose(snapshot, &full, &table, error);
	if (r < 0)
		return r;
	r = table->schema->is_events ? 0 : write_table(snapshot, table, &full, stream, error);
	return render_finish(r, stream, error);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* "ctl get": from operands to rows, a table once, and from rows to text. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "kernel/session.h"
#include "model/snapshot.h"
#include "render/grid.h"
#include "render/histogram.h"
#include "render/registry.h"
#include "run/fill_change.h"
#include "run/fill_plan.h"
#include "run/steer.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE
#define ROWS_MAX 65536 /* of one table */

/* What was asked of one table. */
struct asked_table {
	const struct skbscope_schema *schema;
	struct buffer keys;
	bool all;
};

struct asked {
	struct asked_table *tables; /* as many as the image has, in its order */
	size_t count;
};

static void asked_clear(struct asked *asked)
{
	for (size_t i = 0; asked->tables && i < asked->count; i++)
		buffer_free(&asked->tables[i].keys);
	free(TAKE(asked->tables));
}

static int find_table(const struct steer_get *from, struct asked *asked, struct span name,
		      struct asked_table **out, struct skbscope_error *error)
{
	const struct skbscope_image *image = from->image;
	AUTO(freep) char *copy = strndup(name.text, name.length);
	const char *names[64];
	size_t count = 0;

	if (!copy)
		return fail_memory(error, STAGE);
	for (size_t i = 0; i < asked->count; i++) {
		const bool is_map = i < image->map_count;
		const struct skbscope_schema *schema =
			is_map ? schema_set_get(from->fill->now->schemas, i)
			       : &from->session->tables[i].schema->public;
		const char *called = is_map ? image->maps[i].name : schema->table;

		if (schema->readable && count < 64)
			names[count++] = called;
		if (strcmp(called, copy) != 0)
			continue;
		if (!schema->readable)
			return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				    "'%s' is a %s, which has no rows to read", copy,
				    schema->is_events ? "table of events" : schema->map_type);
		*out = &asked->tables[i];
		(*out)->schema = schema;
		return 0;
	}
	fail(error, ENOENT, SKBSCOPE_STAGE_USAGE, "%s has no table '%s'", image->name, copy);
	hint_nearest(error, copy, names, count);
	return -ENOENT;
}

static bool is_asked(const struct asked_table *table, const uint8_t *key)
{
	const size_t size = table->schema->key_size;

	for (size_t at = 0; at < table->keys.length; at += size)
		if (memcmp(table->keys.data + at, key, size) == 0)
			return true;
	return false;
}

static int add_key(const struct steer_get *from, struct asked_table *table, const char *operand,
		   struct span text, struct skbscope_error *error)
{
	const struct parse_names names = fill_names(from->fill);
	AUTO(freep) uint8_t *key = calloc(1, (size_t)table->schema->key_size + 1);
	char message[sizeof(error->message)];
	const char *at = text.text;
	int r;

	if (!key)
		return fail_memory(error, STAGE);
	r = parse_key(table->schema, &names, text, key, &at, error);
	if (r == 0 && !is_asked(table, key))
		buffer_append(&table->keys, key, table->schema->key_size);
	if (r < 0) {
		memcpy(message, error->message, sizeof(message));
		snprintf(error->message, sizeof(error->message), "'%.160s', column %zu: %.*s",
			 operand, (size_t)(at - operand) + 1, 800, message);
	}
	return table->keys.failed ? fail_memory(error, STAGE) : r;
}

/* TABLE, TABLE[*] or TABLE[KEY]. */
static int ask(const struct steer_get *from, struct asked *asked, const char *operand,
	       struct skbscope_error *error)
{
	struct assignment assignment = { .table = span_trim(span_of(operand)) };
	struct asked_table *table = NULL;
	const char *at;
	int r = 0;

	if (strchr(operand, '['))
		r = assignment_split(span_of(operand), &assignment, &at, error);
	if (r == 0 && (assignment.has_value || assignment.file.length))
		r = hint(error,
			 fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "'%.160s' is not TABLE[KEY]",
			      operand),
			 "rows are written by: skbscope ctl set 'TABLE[KEY]=VALUE'");
	if (r == 0)
		r = find_table(from, asked, assignment.table, &table, error);
	if (r < 0)
		return r;
	if (!assignment.key.text || span_is(assignment.key, "*")) {
		table->all = true;
		return 0;
	}
	return add_key(from, table, operand, assignment.key, error);
}

static int read_asked(const struct steer_get *from, const struct asked *asked,
		      struct skbscope_snapshot **out, struct skbscope_error *error)
{
	const struct skbscope_read_options options = {
		.size = sizeof(options),
		.monotonic_ns = clock_monotonic_ns(),
		.wall_ns = clock_wall_ns(),
		.max_rows = ROWS_MAX,
		.interrupt_fd = -1,
		.stale = from->stale,
	};
	AUTO(freep) struct session_rows *rows = calloc(asked->count + 1, sizeof(*rows));
	size_t count = 0;

	if (!rows)
		return fail_memory(error, STAGE);
	for (size_t i = 0; i < asked->count; i++) {
		const struct asked_table *table = &asked->tables[i];

		if (!table->schema)
			continue;
		rows[count].table = table->schema->table;
		if (!table->all) {
			rows[count].keys = (const uint8_t *)table->keys.data;
			rows[count].key_count = table->keys.length / table->schema->key_size;
		}
		count++;
	}
	return session_read_rows(from->session, rows, count, &options, out, error);
}

static bool is_whole(const struct asked *asked, const struct skbscope_schema *schema)
{
	for (size_t i = 0; i < asked->count; i++)
		if (asked->tables[i].schema &&
		    strcmp(asked->tables[i].schema->table, schema->table) == 0)
			return asked->tables[i].all;
	return true;
}

/* Single rows under their headings, and nothing else. */
static int write_rows(const struct asked *asked, const struct skbscope_snapshot *snapshot,
		      const struct skbscope_render_options *options, FILE *stream,
		      struct skbscope_error *error)
{
	struct painter painter = { .options = options, .stream = stream };
	int r = 0;

	for (size_t i = 0; r == 0 && i < snapshot->table_count; i++) {
		const struct skbscope_table *table = &snapshot->tables[i];
		AUTO(order_clear) struct order order = { 0 };

		if (snapshot->table_count > 1)
			paint(&painter, BOLD, "%s\n", table->schema->table);
		if (table->schema->histogram && is_whole(asked, table->schema)) {
			r = histogram_write(table, &painter);
			continue;
		}
		r = order_rows(table, options, false, &order, error);
		if (r == 0 && order.count)
			r = grid_write(&painter, snapshot, table, &order);
		if (!table->complete && is_whole(asked, table->schema))
			paint_note(&painter, "(incomplete: the first %zu rows)", order.count);
	}
	return paint_end(&painter, r);
}

static int render(const struct asked *asked, const struct control_request *request,
		  const struct skbscope_snapshot *snapshot, struct buffer *out,
		  struct skbscope_error *error)
{
	const struct skbscope_render_options options = { .size = sizeof(options),
							 .exact = request->exact,
							 .colour = request->colour,
							 .hidden = true, /* it was named */
							 .width = request->width };
	const struct render_format *format = render_format_at((size_t)request->format);
	AUTO(freep) char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);
	int r;

	if (!stream)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	if (format->one_table && snapshot->table_count > 1)
		r = fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			 "CSV is one table, and %zu were asked for", snapshot->table_count);
	else if (format->for_people)
		r = write_rows(asked, snapshot, &options, stream, error);
	else
		r = format->snapshot(snapshot, &options, stream, error);
	if (fclose(stream) != 0 && r == 0)
		r = fail_memory(error, SKBSCOPE_STAGE_RENDER);
	if (r == 0)
		buffer_append(out, text, length);
	return r;
}

/* Which of what was named is not there; how many. */
static size_t say_missing(const struct asked *asked, const struct skbscope_snapshot *snapshot,
			  struct buffer *err)
{
	size_t missing = 0, at = 0;

	for (size_t i = 0; i < asked->count; i++) {
		const struct asked_table *table = &asked->tables[i];
		size_t before = missing, count;

		if (!table->schema)
			continue;
		count = table->all ? 0 : table->keys.length / table->schema->key_size;
		for (size_t k = 0; k < count; k++)
			missing += !table_has_row(&snapshot->tables[at],
						  (const uint8_t *)table->keys.data +
							  k * table->schema->key_size);
		if (missing > before)
			buffer_printf(err, "skbscope: %s: %zu of %zu rows %s not there\n",
				      table->schema->table, missing - before, count,
				      missing - before == 1 ? "is" : "are");
		at++;
	}
	return missing;
}

int steer_get(const struct steer_get *from, const struct control_request *request,
	      struct buffer *out, struct buffer *err, struct skbscope_error *error)
{
	AUTO(asked_clear) struct asked asked = { .count = from->session->table_count };
	struct skbscope_snapshot *snapshot = NULL;
	size_t missing = 0;
	int r = 0;

	asked.tables = calloc(asked.count + 1, sizeof(*asked.tables));
	if (!asked.tables)
		return fail_memory(error, STAGE);
	if (request->count > FILL_CHANGES_MAX)
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			    "so many rows are not shown at once: at most %zu, or the whole table",
			    FILL_CHANGES_MAX);
	for (size_t i = 0; r == 0 && i < request->count; i++)
		r = ask(from, &asked, request->operands[i], error);
	if (r == 0)
		r = read_asked(from, &asked, &snapshot, error);
	if (r == 0)
		missing = say_missing(&asked, snapshot, err);
	if (r == 0)
		r = render(&asked, request, snapshot, out, error);
	skbscope_snapshot_free(snapshot);
	return r < 0 ? r : (int)missing;
}

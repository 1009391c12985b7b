/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot as aligned text for people. Columns are laid out by libsmartcols;
 * this file decides what is said: which rows, which headings, which warnings.
 */
#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "model/value.h"
#include "render/histogram.h"
#include "render/order.h"

/* Longer arrays do not show the slots that nobody used. */
#define ARRAY_SHORT 16u

#define GRID_ROWS 4096u

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define RESET "\033[0m"

struct painter {
	const struct skbscope_snapshot *snapshot;
	const struct skbscope_render_options *options;
	FILE *stream;
	struct buffer cell;
};

static void table_unrefp(struct libscols_table **table)
{
	if (*table)
		scols_unref_table(*table);
}

__attribute__((format(printf, 3, 4))) static void say(struct painter *painter, const char *colour,
						      const char *format, ...)
{
	va_list arguments;

	if (painter->options->colour && colour)
		fputs(colour, painter->stream);
	va_start(arguments, format);
	vfprintf(painter->stream, format, arguments);
	va_end(arguments);
	if (painter->options->colour && colour)
		fputs(RESET, painter->stream);
}

/* Names of files, functions and interfaces may hold any byte. */
static void say_name(struct painter *painter, const char *colour, const char *name)
{
	buffer_clear(&painter->cell);
	if (format_text(name, strlen(name), &painter->cell) == 0)
		say(painter, colour, "%s", buffer_text(&painter->cell));
}

/* Interfaces are known by name where we are attached to them. */
static const char *interface_name(const struct skbscope_snapshot *snapshot, unsigned ifindex)
{
	for (size_t i = 0; i < snapshot->hook_count; i++)
		if (snapshot->hooks[i].ifindex == ifindex)
			return snapshot->hooks[i].interface;
	return NULL;
}

static int format_cell(struct painter *painter, const struct skbscope_column *column,
		       const uint8_t *data)
{
	buffer_clear(&painter->cell);
	if (column->type->display == SKBSCOPE_DISPLAY_IFINDEX) {
		struct value value = value_read(column, data);
		const char *name = value.u <= UINT32_MAX
					   ? interface_name(painter->snapshot, (unsigned)value.u)
					   : NULL;

		if (name)
			return format_text(name, strlen(name), &painter->cell);
	}
	return value_format(column, data, painter->options->exact, &painter->cell);
}

static int format_rate_cell(struct painter *painter, const struct skbscope_column *column,
			    double rate)
{
	buffer_clear(&painter->cell);
	if (painter->options->exact && isfinite(rate))
		return buffer_printf(&painter->cell, "%.3f", rate);
	return format_rate(rate, column->type->display, &painter->cell);
}

static bool is_number(const struct skbscope_column *column)
{
	switch (column->type->display) {
	case SKBSCOPE_DISPLAY_PLAIN:
	case SKBSCOPE_DISPLAY_NS:
	case SKBSCOPE_DISPLAY_BYTES:
	case SKBSCOPE_DISPLAY_PORT_BE:
	case SKBSCOPE_DISPLAY_HEX:
	case SKBSCOPE_DISPLAY_LOG2:
		return column->type->kind == SKBSCOPE_KIND_INTEGER ||
		       column->type->kind == SKBSCOPE_KIND_FLOAT ||
		       column->type->kind == SKBSCOPE_KIND_POINTER;
	default:
		return false;
	}
}

static bool shows_cpus(const struct painter *painter, const struct skbscope_table *table,
		       const struct skbscope_column *column)
{
	return painter->options->per_cpu && table->cpu_values && !column->is_key;
}

/* Half a text or half an array is still of use; half a number or half an address
 * is another one. */
static bool may_be_cut(const struct skbscope_column *column)
{
	return column->type->kind == SKBSCOPE_KIND_ARRAY &&
	       (column->type->display == SKBSCOPE_DISPLAY_TEXT ||
		column->type->display == SKBSCOPE_DISPLAY_HEX ||
		column->type->display == SKBSCOPE_DISPLAY_PLAIN);
}

static int add_heading(struct libscols_table *grid, const char *name, int flags)
{
	return scols_table_new_column(grid, name, 0, flags) ? 0 : -ENOMEM;
}

static int add_headings(struct painter *painter, const struct skbscope_table *table,
			struct libscols_table *grid)
{
	const struct skbscope_schema *schema = table->schema;
	int r = 0;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];
		int flags = is_number(column)    ? SCOLS_FL_RIGHT
			    : may_be_cut(column) ? SCOLS_FL_TRUNC
						 : 0;

		r = add_heading(grid, column->name, flags);
		if (r == 0 && table->rates && column->is_counter) {
			buffer_clear(&painter->cell);
			r = buffer_printf(&painter->cell, "%s/s", column->name);
			if (r == 0)
				r = add_heading(grid, buffer_text(&painter->cell), SCOLS_FL_RIGHT);
		}
		for (uint32_t cpu = 0;
		     r == 0 && shows_cpus(painter, table, column) && cpu < table->cpu_count;
		     cpu++) {
			buffer_clear(&painter->cell);
			r = buffer_printf(&painter->cell, "cpu%u", cpu);
			if (r == 0)
				r = add_heading(grid, buffer_text(&painter->cell), flags);
		}
	}
	return r;
}

/* Where the cells of a row go: into a line, or only into the widths they need. */
struct sink {
	struct libscols_line *line; /* NULL: measure */
	size_t *widths;
	size_t column;
};

static int put_cell(struct painter *painter, struct sink *sink)
{
	size_t column = sink->column++;

	if (sink->line)
		return scols_line_set_data(sink->line, column, buffer_text(&painter->cell));
	if (painter->cell.length > sink->widths[column])
		sink->widths[column] = painter->cell.length;
	return 0;
}

static int put_row(struct painter *painter, const struct skbscope_table *table, size_t row,
		   struct sink *sink)
{
	const struct skbscope_schema *schema = table->schema;
	int r = 0;

	sink->column = 0;

	for (size_t i = 0; i < schema->column_count && r == 0; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		r = format_cell(painter, column, row_data(table, column, row));
		if (r == 0)
			r = put_cell(painter, sink);
		if (r == 0 && table->rates && column->is_counter) {
			r = format_rate_cell(painter, column,
					     table->rates[row * schema->column_count + i]);
			if (r == 0)
				r = put_cell(painter, sink);
		}
		for (uint32_t cpu = 0;
		     r == 0 && shows_cpus(painter, table, column) && cpu < table->cpu_count;
		     cpu++) {
			r = format_cell(painter, column,
					table->cpu_values + (row * table->cpu_count + cpu) *
								    schema->value_size);
			if (r == 0)
				r = put_cell(painter, sink);
		}
	}
	return r;
}

static struct libscols_cell *heading_at(struct libscols_table *grid, size_t column)
{
	return scols_column_get_header(scols_table_get_column(grid, column));
}

/* A column is never narrower than its heading, shown or not; its width hint counts
 * only where the cells are wider than that. */
static int widen_headings(struct painter *painter, struct libscols_table *grid,
			  const size_t *widths)
{
	size_t count = scols_table_get_ncols(grid);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct libscols_cell *heading = heading_at(grid, i);
		bool right =
			scols_column_get_flags(scols_table_get_column(grid, i)) & SCOLS_FL_RIGHT;
		int width = (int)widths[i];

		if (!right && i + 1 == count)
			break; /* nothing follows that would have to be aligned */
		buffer_clear(&painter->cell);
		r = buffer_printf(&painter->cell, "%*s", right ? width : -width,
				  scols_cell_get_data(heading));
		if (r == 0)
			r = scols_cell_set_data(heading, buffer_text(&painter->cell));
	}
	return r;
}

/* One grid of some of the rows. Widths, if any, are the least of each column. */
static int write_grid(struct painter *painter, const struct skbscope_table *table,
		      const uint32_t *rows, size_t count, const size_t *widths, bool headings)
{
	AUTO(table_unrefp) struct libscols_table *grid = scols_new_table();
	int r;

	if (!grid)
		return -ENOMEM;
	scols_table_set_stream(grid, painter->stream);
	/* The width is the caller's to know: never ask the terminal. */
	scols_table_set_termforce(grid, painter->options->width ? SCOLS_TERMFORCE_ALWAYS
								: SCOLS_TERMFORCE_NEVER);
	if (painter->options->width)
		scols_table_set_termwidth(grid, painter->options->width);
	scols_table_set_column_separator(grid, "  ");
	scols_table_enable_noencoding(grid, 1); /* cells are printable ASCII already */
	scols_table_enable_noheadings(grid, !headings);
	r = add_headings(painter, table, grid);
	if (r == 0 && widths)
		r = widen_headings(painter, grid, widths);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct sink sink = { .line = scols_table_new_line(grid, NULL) };

		r = sink.line ? put_row(painter, table, rows[i], &sink) : -ENOMEM;
	}
	return r < 0 ? r : scols_print_table(grid);
}

static int measure(struct painter *painter, const struct skbscope_table *table,
		   const struct order *order, size_t **out)
{
	AUTO(table_unrefp) struct libscols_table *grid = scols_new_table();
	AUTO(freep) size_t *widths = NULL;
	struct sink sink = { 0 };
	int r;

	if (!grid)
		return -ENOMEM;
	r = add_headings(painter, table, grid);
	widths = calloc(scols_table_get_ncols(grid) + 1, sizeof(*widths));
	if (r < 0 || !widths)
		return -ENOMEM;
	for (size_t i = 0; i < scols_table_get_ncols(grid); i++)
		widths[i] = strlen(scols_cell_get_data(heading_at(grid, i)));
	sink.widths = widths;
	for (size_t i = 0; i < order->count && r == 0; i++)
		r = put_row(painter, table, order->rows[i], &sink);
	if (r < 0)
		return r;
	*out = TAKE(widths);
	return 0;
}

/* A grid holds every cell in memory, half a kilobyte a row: long tables become
 * several grids that look like one. */
static int write_rows(struct painter *painter, const struct skbscope_table *table,
		      const struct order *order)
{
	AUTO(freep) size_t *widths = NULL;
	int r = 0;

	if (order->count > GRID_ROWS)
		r = measure(painter, table, order, &widths);
	for (size_t at = 0; at < order->count && r == 0; at += GRID_ROWS) {
		size_t left = order->count - at;

		r = write_grid(painter, table, order->rows + at,
			       left < GRID_ROWS ? left : GRID_ROWS, widths, at == 0);
		if (r == 0 && ferror(painter->stream))
			r = -EIO; /* nobody reads on: the rest would be for nothing */
	}
	return r;
}

/* Small print, on a line of its own. */
#define say_note(painter, ...)                                                                     \
	do {                                                                                       \
		say(painter, DIM, __VA_ARGS__);                                                    \
		fputc('\n', (painter)->stream);                                                    \
	} while (0)

static bool is_array(const struct skbscope_schema *schema)
{
	return strcmp(schema->map_type, "array") == 0 ||
	       strcmp(schema->map_type, "percpu_array") == 0;
}

static void write_title(struct painter *painter, const struct skbscope_table *table)
{
	const struct skbscope_schema *schema = table->schema;

	fputc('\n', painter->stream);
	say(painter, BOLD, "%s", schema->table);
	if (!schema->readable)
		say(painter, NULL, ": %s, no rows to show", schema->map_type);
	else if (is_array(schema))
		say(painter, NULL, ": %s of %u", schema->map_type, schema->max_entries);
	else
		say(painter, NULL, ": %zu of %u entries", table->row_count, schema->max_entries);
	if (table->full)
		say(painter, RED, " FULL");
	if (!table->complete)
		say(painter, YELLOW, " (incomplete)");
	fputc('\n', painter->stream);
}

static int write_table(struct painter *painter, const struct skbscope_table *table,
		       struct skbscope_error *error)
{
	AUTO(order_clear) struct order order = { 0 };
	int r;

	write_title(painter, table);
	if (!table->schema->readable)
		return 0;
	if (table->schema->histogram)
		return histogram_write(table, painter->options, painter->stream);
	r = order_rows(table, painter->options,
		       is_array(table->schema) && table->row_count > ARRAY_SHORT, &order, error);
	if (r < 0)
		return r;
	if (!table->row_count)
		say_note(painter, "(empty)");
	if (order.count)
		r = write_rows(painter, table, &order);
	if (order.rest)
		say_note(painter, "… %zu more row%s", order.rest, order.rest == 1 ? "" : "s");
	if (order.zeros)
		say_note(painter, "(%zu row%s of zeros)", order.zeros, order.zeros == 1 ? "" : "s");
	return r;
}

static void write_head(struct painter *painter)
{
	const struct skbscope_snapshot *snapshot = painter->snapshot;
	time_t seconds = (time_t)(snapshot->wall_ns / 1000000000u);
	char clock[32] = "-";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	say_name(painter, BOLD, snapshot->program ? snapshot->program : "-");
	say(painter, NULL, " at %s", clock);
	for (size_t i = 0; i < snapshot->hook_count; i++) {
		const struct skbscope_hook_state *hook = &snapshot->hooks[i];

		say(painter, NULL, i ? ", " : " on ");
		say_name(painter, NULL, hook->interface);
		say(painter, NULL, " %s (%s",
		    hook->direction == SKBSCOPE_EGRESS ? "egress" : "ingress",
		    hook->hook == SKBSCOPE_HOOK_CLSACT ? "clsact" : "tcx");
		if (!hook->attached)
			say(painter, RED, ", detached");
		say(painter, NULL, ")");
	}
	if (!snapshot->hook_count)
		say(painter, NULL, ", not attached");
	if (snapshot->enforced)
		say(painter, YELLOW, ", enforced");
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
	return "answered otherwise";
}

static void write_count(struct painter *painter, uint64_t count)
{
	buffer_clear(&painter->cell);
	if (painter->options->exact || format_count((double)count, &painter->cell) < 0)
		say(painter, NULL, "%llu", (unsigned long long)count);
	else
		say(painter, NULL, "%s", buffer_text(&painter->cell));
}

static void write_verdicts(struct painter *painter)
{
	const struct skbscope_snapshot *snapshot = painter->snapshot;

	for (size_t i = 0, shown = 0; i < snapshot->verdict_count; i++) {
		const struct skbscope_verdict_count *verdict = &snapshot->verdicts[i];
		const char *deed = verdict_deed(verdict->verdict);

		if (!deed || !verdict->packets)
			continue;
		if (!shown++)
			fputc('\n', painter->stream);
		say(painter, YELLOW, "%s%s: ", snapshot->enforced ? "" : "would have been ", deed);
		write_count(painter, verdict->packets);
		say(painter, NULL, " %s by ", verdict->packets == 1 ? "packet" : "packets");
		say_name(painter, NULL, verdict->function);
		say(painter, NULL, " (%s)\n", verdict_name(verdict->verdict));
	}
}

static void write_losses(struct painter *painter)
{
	const struct skbscope_snapshot *snapshot = painter->snapshot;

	for (size_t i = 0; i < snapshot->loss_count; i++) {
		const struct skbscope_loss *loss = &snapshot->losses[i];

		if (!i)
			fputc('\n', painter->stream);
		say(painter, YELLOW, "not counted: ");
		if (loss->known)
			write_count(painter, loss->count);
		else
			say(painter, NULL, "-");
		say(painter, NULL, " (");
		if (loss->table) {
			say_name(painter, NULL, loss->table);
			say(painter, NULL, ": ");
		}
		say_name(painter, NULL, loss->what);
		say(painter, NULL, ")\n");
	}
}

static int write_snapshot(struct painter *painter, struct skbscope_error *error)
{
	const struct skbscope_snapshot *snapshot = painter->snapshot;
	int r = 0;

	write_head(painter);
	for (size_t i = 0; i < snapshot->table_count && r == 0; i++)
		if (!snapshot->tables[i].schema->hidden)
			r = write_table(painter, &snapshot->tables[i], error);
	if (r < 0)
		return r;
	write_verdicts(painter);
	write_losses(painter);
	return ferror(painter->stream) ? -EIO : 0;
}

SKBSCOPE_API int skbscope_render_table(const struct skbscope_snapshot *snapshot,
				       const struct skbscope_render_options *options, FILE *stream,
				       struct skbscope_error *error)
{
	struct skbscope_render_options full;
	struct painter painter = { .snapshot = snapshot, .options = &full, .stream = stream };
	int r = render_options_take(options, &full, error);

	if (r == 0)
		r = order_check(snapshot, &full, error);
	if (r < 0)
		return r;
	errno = 0;
	r = write_snapshot(&painter, error);
	buffer_free(&painter.cell);
	return render_finish(r, stream, error);
}

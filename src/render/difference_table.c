/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A difference as text for people: what is the same in a word, what is not row by
 * row, with both values side by side.
 */
#include <errno.h>
#include <math.h>
#include <skbscope/difference.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "model/difference.h"
#include "model/format.h"
#include "model/names.h"
#include "model/record.h"
#include "render/cell.h"
#include "render/common.h"
#include "render/layout.h"
#include "render/paint.h"

struct drawing {
	struct painter *painter;
	const struct skbscope_snapshot *old, *new;
	const struct skbscope_table_difference *table;
};

/* Columns that are the same in all rows would only hide those that are not. */
static bool is_shown(const struct drawing *drawing, const struct skbscope_column_pair *pair)
{
	return pair->differing || drawing->table->first_rows || drawing->table->second_rows;
}

static bool has_processes(const struct skbscope_table_difference *table)
{
	return (table->first && table->first->processes) ||
	       (table->second && table->second->processes);
}

/* NULL: that side does not know. */
static const struct skbscope_processes *processes_of(const struct skbscope_table_difference *table,
						     const struct skbscope_row_difference *row)
{
	if (row->second != SKBSCOPE_NO_ROW)
		return table->second->processes ? &table->second->processes[row->second] : NULL;
	return table->first->processes ? &table->first->processes[row->first] : NULL;
}

static void put_headings(void *context, struct layout *layout)
{
	struct drawing *drawing = context;
	const struct skbscope_table_difference *table = drawing->table;

	for (size_t i = 0; i < table->key_count; i++)
		layout_heading(layout, cell_align(table->keys[i].second), "%s",
			       table->keys[i].second->name);
	for (size_t i = 0; i < table->value_count; i++) {
		const struct skbscope_column_pair *pair = &table->values[i];

		if (!is_shown(drawing, pair))
			continue;
		layout_heading(layout, cell_align(pair->first), "%s old", pair->second->name);
		layout_heading(layout, cell_align(pair->second), "%s new", pair->second->name);
		if (pair->is_number)
			layout_heading(layout, LAYOUT_RIGHT, "difference");
	}
	if (has_processes(table))
		layout_heading(layout, LAYOUT_LEFT, "process");
}

/* The amount of an integer in the unit of its column. */
static void format_amount(const struct skbscope_column *like, unsigned __int128 amount, bool exact,
			  struct buffer *out)
{
	const struct skbscope_type type = { .kind = SKBSCOPE_KIND_INTEGER,
					    .display = like->type->display,
					    .name = "",
					    .bits = 128,
					    .adds_up = like->type->adds_up };
	const struct skbscope_column column = {
		.name = "", .type = &type, .bit_size = 128, .is_counter = like->is_counter
	};

	value_format(&column, (const uint8_t *)&amount, exact, out);
}

static void put_difference(struct painter *painter, const struct skbscope_column_pair *pair,
			   const uint8_t *first, const uint8_t *second, struct layout *layout)
{
	struct value value = difference_value(pair, first, second);
	bool negative = value.form == VALUE_FLOAT ? value.f < 0 : (__int128)value.u < 0;
	bool zero = value.form == VALUE_FLOAT ? fpclassify(value.f) == FP_ZERO : !value.u;

	buffer_clear(&painter->cell);
	if (!zero)
		buffer_string(&painter->cell, negative ? "-" : "+");
	if (value.form == VALUE_FLOAT)
		format_double(fabs(value.f), &painter->cell);
	else
		format_amount(pair->second, negative ? -value.u : value.u, painter->options->exact,
			      &painter->cell);
	layout_cell(layout, layout_whole(&painter->cell));
}

static void put_row(void *context, size_t number, struct layout *layout)
{
	struct drawing *drawing = context;
	const struct skbscope_table_difference *table = drawing->table;
	const struct skbscope_row_difference *row = &table->rows[number];

	for (size_t i = 0; i < table->key_count; i++) {
		const struct skbscope_column_pair *pair = &table->keys[i];

		if (row->second != SKBSCOPE_NO_ROW)
			cell_put(drawing->painter, drawing->new, pair->second,
				 cell_data(table->second, row->second, pair->second), layout);
		else
			cell_put(drawing->painter, drawing->old, pair->first,
				 cell_data(table->first, row->first, pair->first), layout);
	}
	for (size_t i = 0; i < table->value_count; i++) {
		const struct skbscope_column_pair *pair = &table->values[i];
		const uint8_t *first = cell_data(table->first, row->first, pair->first);
		const uint8_t *second = cell_data(table->second, row->second, pair->second);

		if (!is_shown(drawing, pair))
			continue;
		cell_put(drawing->painter, drawing->old, pair->first, first, layout);
		cell_put(drawing->painter, drawing->new, pair->second, second, layout);
		if (pair->is_number)
			put_difference(drawing->painter, pair, first, second, layout);
	}
	if (has_processes(table))
		cell_put_processes(drawing->painter, processes_of(table, row), layout);
}

static void write_names(struct painter *painter, const char *what, const char *const *names,
			size_t count)
{
	if (!count)
		return;
	paint(painter, DIM, "(only in %s: ", what);
	for (size_t i = 0; i < count; i++)
		paint(painter, DIM, "%s%s", i ? ", " : "", names[i]);
	paint_note(painter, ")");
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* Those that were lost were submitted as well. */
static void write_events(struct painter *painter, const struct skbscope_table_difference *table)
{
	const uint64_t first = table->first->received + table->first->lost;
	const uint64_t second = table->second->received + table->second->lost;

	if (first == second) {
		paint(painter, NULL, "no difference: ");
		paint_count(painter, first);
		paint(painter, NULL, " event%s", first == 1 ? "" : "s");
		return;
	}
	paint(painter, YELLOW, "%s events in old, ", paint_count_text(painter, first));
	paint(painter, YELLOW, "%s in new", paint_count_text(painter, second));
}

static void write_title(struct painter *painter, const struct skbscope_table_difference *table)
{
	const struct skbscope_table *only = table->first ? table->first : table->second;

	fputc('\n', painter->stream);
	paint(painter, BOLD, "%s", table->table);
	paint(painter, NULL, ": ");
	if (!table->first || !table->second) {
		paint(painter, YELLOW, "only in %s", table->first ? "old" : "new");
		if (only->schema->readable)
			paint(painter, NULL, " (%zu row%s)", only->row_count,
			      plural(only->row_count));
	} else if (table->first->schema->is_events && table->second->schema->is_events) {
		write_events(painter, table);
	} else if (table->not_compared) {
		paint(painter, NULL, "not compared, %s", table->not_compared);
	} else if (!table->row_count && !table->same_rows) {
		paint(painter, NULL, "no difference: both are empty");
	} else if (!table->row_count) {
		paint(painter, NULL, "no difference in %zu row%s", table->same_rows,
		      plural(table->same_rows));
	} else {
		const char *separator = "";

		if (table->differing_rows) {
			paint(painter, YELLOW, "%zu row%s", table->differing_rows,
			      table->differing_rows == 1 ? " differs" : "s differ");
			separator = ", ";
		}
		if (table->first_rows) {
			paint(painter, YELLOW, "%s%zu only in old", separator, table->first_rows);
			separator = ", ";
		}
		if (table->second_rows)
			paint(painter, YELLOW, "%s%zu only in new", separator, table->second_rows);
		paint(painter, NULL, ", %zu the same", table->same_rows);
	}
	if ((table->first && table->first->schema->readable && !table->first->complete) ||
	    (table->second && table->second->schema->readable && !table->second->complete))
		paint(painter, YELLOW, " (incomplete)");
	fputc('\n', painter->stream);
}

static int write_table(struct painter *painter, const struct skbscope_difference *difference,
		       const struct skbscope_table_difference *table)
{
	struct drawing drawing = { painter, difference->first, difference->second, table };
	const uint32_t top = painter->options->top;
	size_t rows = top && top < table->row_count ? top : table->row_count;
	const struct layout_source source = { put_headings, put_row, &drawing, rows };
	int r = 0;

	write_title(painter, table);
	if (rows)
		r = layout_write(&source, painter->options->width, painter->stream);
	if (rows < table->row_count)
		paint_note(painter, "… %zu more row%s", table->row_count - rows,
			   plural(table->row_count - rows));
	write_names(painter, "old", table->only_first, table->only_first_count);
	write_names(painter, "new", table->only_second, table->only_second_count);
	return r;
}

static bool is_hidden(const struct skbscope_table_difference *table)
{
	return (!table->first || table->first->schema->hidden) &&
	       (!table->second || table->second->schema->hidden);
}

static void write_program(struct painter *painter, const char *side,
			  const struct skbscope_snapshot *snapshot)
{
	paint(painter, BOLD, "%s:", side);
	paint(painter, NULL, " ");
	paint_name(painter, NULL,
		   snapshot->path && *snapshot->path ? snapshot->path
		   : snapshot->program               ? snapshot->program
						     : "-");
}

static void write_head(struct painter *painter, const struct skbscope_difference *difference)
{
	write_program(painter, "old", difference->first);
	paint(painter, NULL, ", ");
	write_program(painter, "new", difference->second);
	paint(painter, NULL, " at ");
	paint_clock(painter, difference->second->wall_ns);
	paint_hooks(painter, difference->second);
	fputc('\n', painter->stream);
}

static void write_verdicts(struct painter *painter, const struct skbscope_difference *difference)
{
	for (size_t i = 0; i < difference->verdict_count; i++) {
		const struct skbscope_verdict_difference *verdict = &difference->verdicts[i];

		if (!i)
			fputc('\n', painter->stream);
		paint(painter, YELLOW, "%s by ", verdict_name(verdict->verdict));
		paint_name(painter, YELLOW, verdict->function);
		paint(painter, YELLOW, ": ");
		paint_count(painter, verdict->first);
		paint(painter, NULL, " packet%s in old, ", plural(verdict->first));
		paint_count(painter, verdict->second);
		paint(painter, NULL, " in new\n");
	}
}

static int write_difference(struct painter *painter, const struct skbscope_difference *difference)
{
	int r = 0;

	write_head(painter, difference);
	for (size_t i = 0; i < difference->table_count && r == 0; i++)
		if (!is_hidden(&difference->tables[i]))
			r = write_table(painter, difference, &difference->tables[i]);
	if (r < 0)
		return r;
	write_verdicts(painter, difference);
	paint_losses(painter, difference->first, "old");
	paint_losses(painter, difference->second, "new");
	if (difference->same)
		paint(painter, BOLD, "\nno difference\n");
	return 0;
}

SKBSCOPE_API int skbscope_render_difference_table(const struct skbscope_difference *difference,
						  const struct skbscope_render_options *options,
						  FILE *stream, struct skbscope_error *error)
{
	struct skbscope_render_options full;
	struct painter painter = { .options = &full, .stream = stream };
	int r = render_difference_options_take(options, &full, error);

	if (r < 0)
		return r;
	errno = 0;
	r = paint_end(&painter, write_difference(&painter, difference));
	return render_finish(r, stream, error);
}

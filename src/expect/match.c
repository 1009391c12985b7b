/* SPDX-License-Identifier: Apache-2.0 */
#include "expect/match.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "model/format.h"
#include "model/histogram.h"
#include "model/parse.h"
#include "model/record.h"
#include "model/value.h"

static void no_column(const struct expected_cell *cell, const struct skbscope_schema *schema,
		      struct arena *arena, struct match_mistake *mistake)
{
	AUTO(buffer_free) struct buffer list = { 0 };
	const char **names =
		ARENA_ARRAY(arena, const char *, schema->column_count + schema->figure_count + 1);
	const struct skbscope_column *column;
	struct shown_columns shown = { 0 };
	const char *nearest;
	size_t count = 0;

	while (names && (column = shown_next(schema, &shown))) {
		names[count] = column->name;
		buffer_printf(&list, "%s%s", count++ ? ", " : "", column->name);
	}
	nearest = names ? text_nearest(cell->column, names, count) : NULL;
	mistake->what = arena_printf(arena, "%s has no column '%s'", schema->table, cell->column);
	mistake->hint = nearest ? arena_printf(arena, "did you mean %s?", nearest)
				: arena_printf(arena, "its columns are %s", buffer_text(&list));
}

static bool make_cell(const struct expected_cell *cell, const struct skbscope_schema *schema,
		      struct arena *arena, struct matcher_cell *out, struct match_mistake *mistake)
{
	struct skbscope_error error = { 0 };
	const char *at = NULL;
	uint32_t size;
	uint8_t *data, *written;
	struct skbscope_column column;

	out->column = shown_find(schema, cell->column);
	out->relation = cell->relation;
	if (!out->column) {
		no_column(cell, schema, arena, mistake);
		return false;
	}
	size = out->column->is_key ? schema->key_size : schema->value_size;
	data = ARENA_ARRAY(arena, uint8_t, size);
	written = ARENA_ARRAY(arena, uint8_t, size);
	out->data = data;
	if (!data || !written)
		return false;
	column = *out->column;
	if (column.figure) /* a number by itself */
		column.bit_offset = 0;
	if (parse_column(&column, NULL, span_of(cell->text), data, written, &at, &error) == 0)
		return true;
	mistake->what = arena_printf(arena, "%s=%s: %s", cell->column, cell->text, error.message);
	mistake->hint = error.hint[0] ? arena_string(arena, error.hint) : NULL;
	return false;
}

bool matcher_make(const struct expected_row *row, const struct skbscope_schema *schema,
		  struct arena *arena, struct matcher *out, struct match_mistake *mistake)
{
	*mistake = (struct match_mistake){ 0 };
	out->row = row;
	out->cells = ARENA_ARRAY(arena, struct matcher_cell, row->count);
	if (!out->cells)
		return false;
	for (size_t i = 0; i < row->count; i++)
		if (!make_cell(&row->cells[i], schema, arena, &out->cells[i], mistake))
			return false;
	return true;
}

static bool is_there(const struct skbscope_column *column, uint32_t bytes)
{
	const uint32_t bits = column->figure ? column->histogram->bits : column->bit_size;

	return column->is_key || (uint64_t)column->bit_offset + bits <= (uint64_t)bytes * 8;
}

static int compare(const struct matcher_cell *cell, const uint8_t *data)
{
	uint64_t actual, expected;

	if (!cell->column->figure)
		return value_compare(cell->column, data, cell->data);
	actual = figure_read(cell->column, data);
	memcpy(&expected, cell->data, sizeof(expected));
	return (actual > expected) - (actual < expected);
}

bool relation_holds(enum relation relation, int order)
{
	switch (relation) {
	case RELATION_EQUAL:
		return order == 0;
	case RELATION_UNEQUAL:
		return order != 0;
	case RELATION_LESS:
		return order < 0;
	case RELATION_MORE:
		return order > 0;
	case RELATION_AT_MOST:
		return order <= 0;
	case RELATION_AT_LEAST:
		return order >= 0;
	}
	return false;
}

bool matcher_matches(const struct matcher *matcher, const struct skbscope_record *record,
		     uint32_t bytes, bool keys_only)
{
	for (size_t i = 0; i < matcher->row->count; i++) {
		const struct matcher_cell *cell = &matcher->cells[i];
		const uint8_t *data = record_data(record, cell->column);

		if (keys_only && !cell->column->is_key)
			continue;
		if (!is_there(cell->column, bytes) ||
		    !relation_holds(cell->relation, compare(cell, data)))
			return false;
	}
	return true;
}

bool matcher_has_keys(const struct matcher *matcher)
{
	for (size_t i = 0; i < matcher->row->count; i++)
		if (matcher->cells[i].column->is_key)
			return true;
	return false;
}

static void append_value(const char *text, struct buffer *out)
{
	if (*text && *text != '"' && *text != '#' && (*text == '[' || !strpbrk(text, " \t"))) {
		buffer_string(out, text);
		return;
	}
	buffer_string(out, "\"");
	for (; *text; text++)
		buffer_printf(out, *text == '"' ? "\\%c" : "%c", *text);
	buffer_string(out, "\"");
}

void match_cell_text(const struct skbscope_column *column, const struct skbscope_record *record,
		     uint32_t bytes, struct buffer *out)
{
	AUTO(buffer_free) struct buffer value = { 0 };

	buffer_printf(out, "%s%s=", out->length ? " " : "", column->name);
	if (!is_there(column, bytes)) {
		buffer_string(out, "-");
		return;
	}
	if (column->figure) /* without its sign */
		value_format_raw(column, record_data(record, column), &value);
	else
		value_format(column, record_data(record, column), true, &value);
	append_value(buffer_text(&value), out);
}

void match_text(const struct matcher *matcher, const struct skbscope_record *record, uint32_t bytes,
		struct buffer *out)
{
	const struct skbscope_column *column;
	struct shown_columns shown = { 0 };

	if (matcher) {
		for (size_t i = 0; i < matcher->row->count; i++)
			match_cell_text(matcher->cells[i].column, record, bytes, out);
		return;
	}
	while ((column = shown_next(record->schema, &shown)))
		match_cell_text(column, record, bytes, out);
}

void match_row_text(const struct expected_row *row, struct buffer *out)
{
	for (size_t i = 0; i < row->count; i++) {
		const struct expected_cell *cell = &row->cells[i];

		buffer_printf(out, "%s%s%s", i ? " " : "", cell->column,
			      relation_signs[cell->relation]);
		append_value(cell->text, out);
	}
}

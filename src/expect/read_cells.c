/* SPDX-License-Identifier: Apache-2.0 */
/* Names and values of a row. */
#include <string.h>

#include "expect/read.h"

const char *const relation_signs[] = {
	[RELATION_EQUAL] = "=", [RELATION_UNEQUAL] = "!=", [RELATION_LESS] = "<",
	[RELATION_MORE] = ">",  [RELATION_AT_MOST] = "<=", [RELATION_AT_LEAST] = ">=",
};

bool read_relation(struct span *rest, enum relation *relation)
{
	static const enum relation order[] = { RELATION_UNEQUAL,  RELATION_AT_MOST,
					       RELATION_AT_LEAST, RELATION_EQUAL,
					       RELATION_LESS,     RELATION_MORE };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (span_skip(rest, relation_signs[order[i]])) {
			*relation = order[i];
			return true;
		}
	}
	return false;
}

static bool take_name(struct lines *lines, struct span *rest, const char **name)
{
	size_t length = 0;

	while (length < rest->length && !memchr(" \t=!<>,{}\"", rest->text[length], 10))
		length++;
	if (!length)
		return false;
	*name = arena_string_n(lines->arena, rest->text, length);
	*rest = span_from(*rest, length);
	return *name != NULL;
}

static bool read_cell(struct lines *lines, struct span *rest, struct expected_cell *cell)
{
	static const char help[] = "write COLUMN=VALUE; a value with blanks in quotes";
	struct word value;

	cell->at = lines_column(lines, rest->text);
	if (!take_name(lines, rest, &cell->column)) {
		lines_mistake(lines, rest->text, help, "the name of a column is missing");
		return false;
	}
	lines_skip_blanks(rest);
	if (!read_relation(rest, &cell->relation)) {
		lines_mistake(lines, rest->text, help, "'=' is missing behind '%s'", cell->column);
		return false;
	}
	if (!lines_value(lines, rest, &value)) {
		lines_mistake(lines, rest->text, help, "the value of '%s' is missing",
			      cell->column);
		return false;
	}
	cell->text = value.text;
	return true;
}

static void drop_comma(struct lines *lines, struct expected_cell *cell)
{
	size_t length = strlen(cell->text);

	if (length && cell->text[length - 1] == ',')
		cell->text = arena_string_n(lines->arena, cell->text, length - 1);
	if (!cell->text)
		cell->text = "";
}

void read_cells(struct lines *lines, struct span rest, struct expected_row *row)
{
	bool braces = rest.length > 1 && rest.text[0] == '{' && rest.text[rest.length - 1] == '}';

	row->line = lines->number;
	row->place = span_trim(rest);
	if (braces) {
		rest = span_from(rest, 1);
		rest.length--;
	}
	while (lines_skip_blanks(&rest), rest.length) {
		struct expected_cell *cell =
			LINES_ADD(lines->arena, row->cells, row->count, row->room);

		if (!cell || !read_cell(lines, &rest, cell)) {
			row->count -= row->count > 0;
			return;
		}
		if (braces && !span_skip(&rest, ","))
			drop_comma(lines, cell);
	}
	if (!row->count)
		lines_mistake(lines, NULL, NULL, "a row names at least one column");
}

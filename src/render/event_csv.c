/* SPDX-License-Identifier: Apache-2.0 */
/* Events as CSV: those of one table, under the names of its columns. */
#include <stdlib.h>

#include "model/record.h"
#include "render/csv.h"
#include "render/event_lines.h"

struct csv_lines {
	struct event_lines lines; /* the first */
	bool headed;
};

static struct event_lines *open_lines(void)
{
	struct csv_lines *csv = calloc(1, sizeof(*csv));

	return csv ? &csv->lines : NULL;
}

static void close_lines(struct event_lines *lines)
{
	free(lines);
}

/* The members that a JSON event has. */
static void put_head(const struct skbscope_schema *schema, bool is_print, struct buffer *out)
{
	csv_string(out, "time");
	csv_string(out, "function");
	if (is_print) {
		csv_string(out, "text");
		csv_string(out, "line");
	} else {
		for (size_t i = 0; i < schema->column_count; i++)
			csv_string(out, schema->columns[i].name);
		csv_string(out, "rest_bytes");
	}
	csv_end_line(out);
}

static void put_columns(const struct csv_lines *csv, const struct skbscope_event *event,
			struct buffer *out)
{
	const struct skbscope_schema *schema = event->record.schema;

	for (size_t i = 0; i < schema->column_count; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		if (event_has(event, column))
			csv_column(out, csv->lines.snapshot, column,
				   record_data(&event->record, column));
		else
			csv_string(out, NULL);
	}
	csv_number(out, event->rest_size);
}

static void add(struct event_lines *lines, const struct skbscope_event *event, struct buffer *out)
{
	struct csv_lines *csv = (struct csv_lines *)lines;

	if (!csv->headed)
		put_head(event->record.schema, event->text != NULL, out);
	csv->headed = true;
	csv_time(out, event->wall_ns);
	csv_string(out, event->function);
	if (event->text) {
		csv_string(out, event->text);
		if (event->line)
			csv_number(out, event->line);
		else
			csv_string(out, NULL);
	} else {
		put_columns(csv, event, out);
	}
	csv_end_line(out);
}

const struct event_format event_format_csv = { open_lines, add, close_lines };

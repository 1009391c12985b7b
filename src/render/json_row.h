/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and their rows as JSON. */
#ifndef RENDER_JSON_ROW_H
#define RENDER_JSON_ROW_H

#include "base/buffer.h"
#include "render/json_value.h"

enum json_part { JSON_WHOLE, JSON_KEY, JSON_VALUE };

/* The columns of a row by name, exact. */
int json_add_cells(struct json_object *row, const struct skbscope_table *table, size_t number,
		   enum json_part part);
/* "text": the readable forms of those that have one; nothing if none has. */
int json_add_texts(struct json_object *row, const struct skbscope_table *table, size_t number,
		   enum json_part part);

/* The rows of one reading of a table. A row is text at once and no tree of objects:
 * there may be millions. Only values that are more than a number are made by json-c. */
struct json_rows {
	const struct skbscope_table *table;
	bool per_cpu;
	bool has_texts;     /* some column has a readable form */
	struct buffer name; /* '"NAME":' of every column, one after the other */
	size_t *name_end;
};

int json_rows_init(struct json_rows *rows, const struct skbscope_table *table, bool per_cpu);
int json_rows_append(const struct json_rows *rows, size_t number, struct buffer *out);
void json_rows_clear(struct json_rows *rows); /* also for AUTO() */

/* All but the rows. */
struct json_object *json_table_head(const struct skbscope_table *table);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* Tables and their rows as JSON. */
#ifndef RENDER_JSON_ROW_H
#define RENDER_JSON_ROW_H

#include "render/json_value.h"

enum json_part { JSON_WHOLE, JSON_KEY, JSON_VALUE };

/* The columns of a row by name, exact. */
int json_add_cells(struct json_object *row, const struct skbscope_table *table, size_t number,
		   enum json_part part);
/* "text": the readable forms of those that have one; nothing if none has. */
int json_add_texts(struct json_object *row, const struct skbscope_table *table, size_t number,
		   enum json_part part);

/* A whole row of a reading; NULL: no memory. */
struct json_object *json_row(const struct skbscope_table *table, size_t number, bool per_cpu);

/* All but the rows. */
struct json_object *json_table_head(const struct skbscope_table *table);

#endif

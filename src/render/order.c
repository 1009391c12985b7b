/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows: what was wished, sorted and cut. */
#include "render/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "model/bits.h"
#include "render/sort.h"

void order_clear(struct order *order)
{
	free(order->rows);
	*order = (struct order){ 0 };
}

/* "TABLE.COLUMN" or "COLUMN"; column names may hold dots themselves. */
static const struct skbscope_column *find_column(const struct skbscope_schema *schema,
						 const char *name)
{
	size_t length = strlen(schema->table);

	if (strncmp(name, schema->table, length) == 0 && name[length] == '.')
		for (size_t i = 0; i < schema->column_count; i++)
			if (strcmp(schema->columns[i].name, name + length + 1) == 0)
				return &schema->columns[i];
	for (size_t i = 0; i < schema->column_count; i++)
		if (strcmp(schema->columns[i].name, name) == 0)
			return &schema->columns[i];
	return NULL;
}

static const struct skbscope_column *sort_column(const struct skbscope_schema *schema,
						 const char *wish)
{
	const struct skbscope_column *column = wish ? find_column(schema, wish) : NULL;

	if (!column && schema->sort_column)
		column = find_column(schema, schema->sort_column);
	for (size_t i = 0; !column && i < schema->column_count; i++)
		if (schema->columns[i].is_counter)
			column = &schema->columns[i];
	return column;
}

int order_rows(const struct skbscope_table *table, const struct skbscope_render_options *options,
	       bool skip_zeros, struct order *out, struct skbscope_error *error)
{
	struct sorting sorting = { .table = table };
	size_t count = table->row_count, value_size = table->schema->value_size;

	*out = (struct order){ 0 };
	if (!count)
		return 0;
	if (count > UINT32_MAX)
		return fail(error, EOVERFLOW, SKBSCOPE_STAGE_RENDER, "table '%s' has too many rows",
			    table->schema->table);
	out->rows = malloc(count * sizeof(*out->rows));
	if (!out->rows)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	for (size_t i = 0; i < count; i++) {
		if (skip_zeros && bytes_are_zero(table->values + i * value_size, value_size))
			out->zeros++;
		else
			out->rows[out->count++] = (uint32_t)i;
	}
	sorting.column = sort_column(table->schema, options->sort);
	if (options->top && options->top < out->count) {
		sort_select(&sorting, out->rows, out->count, options->top);
		out->rest = out->count - options->top;
		out->count = options->top;
	}
	return sort_rows(&sorting, out->rows, out->count) < 0
		       ? fail_memory(error, SKBSCOPE_STAGE_RENDER)
		       : 0;
}

static int unknown_column(const struct skbscope_snapshot *snapshot, const char *wish,
			  struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer list = { 0 }, names = { 0 }; /* names: of const char * */
	const char *near = NULL;
	int r;

	for (size_t t = 0; t < snapshot->table_count; t++) {
		const struct skbscope_schema *schema = snapshot->tables[t].schema;

		buffer_printf(&list, "%s%s:", t ? "; " : "", schema->table);
		for (size_t c = 0; c < schema->column_count; c++) {
			buffer_append(&names, &schema->columns[c].name, sizeof(const char *));
			buffer_printf(&list, " %s", schema->columns[c].name);
		}
	}
	if (list.failed || names.failed)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	near = text_nearest(wish, (const void *)names.data, names.length / sizeof(const char *));
	r = fail(error, ENOENT, SKBSCOPE_STAGE_RENDER, "no table has a column '%s' to sort by",
		 wish);
	if (near)
		return hint(error, r, "did you mean '%s'? The columns are %s", near,
			    buffer_text(&list));
	return hint(error, r, "the columns are %s", buffer_text(&list));
}

int order_check(const struct skbscope_snapshot *snapshot,
		const struct skbscope_render_options *options, struct skbscope_error *error)
{
	if (!options->sort)
		return 0;
	for (size_t i = 0; i < snapshot->table_count; i++)
		if (find_column(snapshot->tables[i].schema, options->sort))
			return 0;
	return unknown_column(snapshot, options->sort, error);
}

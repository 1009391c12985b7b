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
#include "model/histogram.h"
#include "render/sort.h"

void order_clear(struct order *order)
{
	free(order->rows);
	*order = (struct order){ 0 };
}

/* "TABLE.COLUMN" or "COLUMN"; column names may hold dots themselves. A histogram has no order,
 * its figures have. */
static const struct skbscope_column *find_column(const struct skbscope_schema *schema,
						 const char *name)
{
	const size_t length = strlen(schema->table);
	const struct skbscope_column *column = NULL;

	if (strncmp(name, schema->table, length) == 0 && name[length] == '.')
		column = shown_find(schema, name + length + 1);
	if (!column)
		column = shown_find(schema, name);
	return column && !column_is_histogram(column) ? column : NULL;
}

const struct skbscope_column *order_column(const struct skbscope_schema *schema, const char *wish)
{
	const struct skbscope_column *column = wish ? find_column(schema, wish) : NULL, *next;
	struct shown_columns shown = { 0 };

	if (!column && schema->sort_column)
		column = find_column(schema, schema->sort_column);
	while (!column && (next = shown_next(schema, &shown)))
		if (next->is_counter)
			column = next;
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
	sorting.column = order_column(table->schema, options->sort);
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
		const struct skbscope_column *column;
		struct shown_columns shown = { 0 };

		buffer_printf(&list, "%s%s:", t ? "; " : "", schema->table);
		while ((column = shown_next(schema, &shown))) {
			buffer_append(&names, &column->name, sizeof(const char *));
			buffer_printf(&list, " %s", column->name);
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record: one row of a table, what one CPU holds of it, or one event. Whoever shows
 * or judges values takes a record, and need not know where it came from.
 */
#ifndef MODEL_RECORD_H
#define MODEL_RECORD_H

#include <skbscope/difference.h>
#include <skbscope/snapshot.h>

static inline struct skbscope_record record_of_row(const struct skbscope_table *table, size_t row)
{
	const struct skbscope_schema *schema = table->schema;

	return (struct skbscope_record){
		.schema = schema,
		.key = table->keys + row * schema->key_size,
		.value = table->values + row * schema->value_size,
		.rates = table->rates ? table->rates + row * schema->counter_count : NULL,
	};
}

/* Of a table with cpu_values: the same key, that CPU's value, no rates. */
static inline struct skbscope_record record_of_cpu(const struct skbscope_table *table, size_t row,
						   uint32_t cpu)
{
	const struct skbscope_schema *schema = table->schema;

	return (struct skbscope_record){
		.schema = schema,
		.key = table->keys + row * schema->key_size,
		.value = table->cpu_values + (row * table->cpu_count + cpu) * schema->value_size,
	};
}

/* The bytes that a column's offset counts from. */
static inline const uint8_t *record_data(const struct skbscope_record *record,
					 const struct skbscope_column *column)
{
	return column->is_key ? record->key : record->value;
}

/* The same of a row; NULL for SKBSCOPE_NO_ROW. */
static inline const uint8_t *cell_data(const struct skbscope_table *table, size_t row,
				       const struct skbscope_column *column)
{
	struct skbscope_record record;

	if (row == SKBSCOPE_NO_ROW)
		return NULL;
	record = record_of_row(table, row);
	return record_data(&record, column);
}

#endif

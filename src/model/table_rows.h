/* SPDX-License-Identifier: Apache-2.0 */
/* Rows on their way from where they are counted to a snapshot, or from map to map. */
#ifndef MODEL_TABLE_ROWS_H
#define MODEL_TABLE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As the kernel gives and takes them: keys packed, values value_stride bytes apart. On
 * a per-CPU map a row holds cpu_count values, each at a multiple of 8. */
struct table_rows {
	size_t count;
	void *keys, *values; /* owned where table_rows_clear() is to free them */
	size_t value_stride;
	uint32_t cpu_count; /* 1 unless per-CPU */
	bool complete;      /* false: there may be more */
	size_t key_size, capacity;
};

static inline uint8_t *table_rows_key(const struct table_rows *rows, size_t row)
{
	return (uint8_t *)rows->keys + row * rows->key_size;
}

static inline uint8_t *table_rows_value(const struct table_rows *rows, size_t row)
{
	return (uint8_t *)rows->values + row * rows->value_stride;
}

/* What one CPU's value takes up in a row of a per-CPU map. */
static inline size_t table_rows_cpu_stride(size_t value_size)
{
	return (value_size + 7) / 8 * 8;
}

/* Room for that many more rows. 0 or -ENOMEM. */
int table_rows_reserve(struct table_rows *rows, size_t more);
int table_rows_append(struct table_rows *rows, const void *key, const void *value); /* copies */
void table_rows_clear(struct table_rows *rows); /* for AUTO() too */

#endif

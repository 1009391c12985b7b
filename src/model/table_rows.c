/* SPDX-License-Identifier: Apache-2.0 */
/* Growing rows. */
#include "model/table_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int grow(void **data, size_t rows, size_t size)
{
	size_t bytes;
	void *grown;

	/* One byte more: there may be no key, or no value. */
	if (__builtin_mul_overflow(rows, size, &bytes) || __builtin_add_overflow(bytes, 1, &bytes))
		return -ENOMEM;
	grown = realloc(*data, bytes);
	if (!grown)
		return -ENOMEM;
	*data = grown;
	return 0;
}

int table_rows_reserve(struct table_rows *rows, size_t more)
{
	size_t need, capacity = rows->capacity * 2;

	if (__builtin_add_overflow(rows->count, more, &need))
		return -ENOMEM;
	if (need <= rows->capacity)
		return 0;
	if (capacity < need)
		capacity = need;
	if (grow(&rows->keys, capacity, rows->key_size) < 0 ||
	    grow(&rows->values, capacity, rows->value_stride) < 0)
		return -ENOMEM;
	rows->capacity = capacity;
	return 0;
}

int table_rows_append(struct table_rows *rows, const void *key, const void *value)
{
	int r = table_rows_reserve(rows, 1);

	if (r < 0)
		return r;
	memcpy(table_rows_key(rows, rows->count), key, rows->key_size);
	memcpy(table_rows_value(rows, rows->count), value, rows->value_stride);
	rows->count++;
	return 0;
}

void table_rows_clear(struct table_rows *rows)
{
	free(rows->keys);
	free(rows->values);
	*rows = (struct table_rows){ 0 };
}

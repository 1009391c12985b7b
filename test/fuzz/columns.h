/* SPDX-License-Identifier: Apache-2.0 */
/* Shows every cell of one row, as a renderer would. */
#ifndef TEST_FUZZ_COLUMNS_H
#define TEST_FUZZ_COLUMNS_H

#include "base/buffer.h"
#include "base/cleanup.h"
#include "fuzz.h"
#include "model/format.h"
#include "model/value.h"

static inline void show_row(const struct skbscope_column *columns, size_t count, const uint8_t *key,
			    const uint8_t *value)
{
	for (size_t i = 0; i < count; i++) {
		const uint8_t *data = columns[i].is_key ? key : value;
		AUTO(buffer_free) struct buffer text = { 0 };
		struct value cell = value_read(&columns[i], data);

		PROMISE(columns[i].name && columns[i].type);
		value_double(&cell);
		PROMISE(value_compare(&columns[i], data, data) == 0);
		value_format(&columns[i], data, false, &text);
		value_format(&columns[i], data, true, &text);
		value_format_raw(&columns[i], data, &text);
		PROMISE(!text.failed);
	}
}

/* Bytes that end where a sanitizer can see it; the caller frees them. */
static inline uint8_t *row_bytes(size_t size, uint8_t fill)
{
	uint8_t *bytes = malloc(size ? size : 1);

	PROMISE(bytes);
	memset(bytes, fill, size);
	return bytes;
}

#endif

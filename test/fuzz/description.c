/* SPDX-License-Identifier: Apache-2.0 */
/* bcc's JSON: what it describes fits its own size. */
#include "columns.h"
#include "model/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(freep) char *text = fuzz_string(data, size);
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(freep) uint8_t *bytes = NULL;
	const struct skbscope_column *columns = NULL;
	const struct skbscope_type *type;
	int count;

	PROMISE(arena);
	type = type_from_description(text, arena);
	if (!type || type->bits > (1u << 19))
		return 0;
	count = columns_make(NULL, type, arena, &columns);
	PROMISE(count >= -1 && count <= (int)COLUMN_MAX);
	bytes = row_bytes((type->bits + 7) / 8, 0xa5);
	if (count > 0)
		show_row(columns, (size_t)count, NULL, bytes);
	return 0;
}

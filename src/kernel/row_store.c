/* SPDX-License-Identifier: Apache-2.0 */
/* A mask as stores: as wide as they can be, so that nobody sees half of a number. */
#include "kernel/row_store.h"

#include <string.h>

static bool is_whole(const uint8_t *mask, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++)
		if (mask[i] != 0xff)
			return false;
	return true;
}

static void emit_whole(struct buffer *code, uint32_t argument, uint32_t row, uint32_t bytes)
{
	const uint8_t size = row_size_code(bytes);

	row_emit(code, BPF_LDX | BPF_MEM | size, BPF_REG_1, ROW_ARGUMENT, (int16_t)argument, 0);
	row_emit(code, BPF_STX | BPF_MEM | size, ROW_ROW, BPF_REG_1, (int16_t)row, 0);
}

/* Bit-fields share their byte with others, which only a program can count in that does so
 * itself without any care. */
static void emit_bits(struct buffer *code, uint32_t argument, uint32_t row, uint8_t mask)
{
	row_emit(code, BPF_LDX | BPF_MEM | BPF_B, BPF_REG_1, ROW_ARGUMENT, (int16_t)argument, 0);
	row_emit(code, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_1, 0, 0, mask);
	row_emit(code, BPF_LDX | BPF_MEM | BPF_B, BPF_REG_2, ROW_ROW, (int16_t)row, 0);
	row_emit(code, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, (uint8_t)~mask);
	row_emit(code, BPF_ALU64 | BPF_OR | BPF_X, BPF_REG_2, BPF_REG_1, 0, 0);
	row_emit(code, BPF_STX | BPF_MEM | BPF_B, ROW_ROW, BPF_REG_2, (int16_t)row, 0);
}

struct making {
	const uint8_t *mask;
	uint32_t size;
};

static void emit_stores(void *context, uint32_t values_at, struct buffer *code)
{
	const struct making *making = context;

	for (uint32_t i = 0, bytes; i < making->size; i += bytes) {
		const uint8_t *mask = making->mask + i;

		bytes = 8;
		while (bytes > 1 &&
		       (i % bytes || i + bytes > making->size || !is_whole(mask, bytes)))
			bytes /= 2;
		if (is_whole(mask, bytes))
			emit_whole(code, values_at + i, i, bytes);
		else if (*mask)
			emit_bits(code, values_at + i, i, *mask);
	}
}

int row_store_open(int map, const struct skbscope_schema *schema, const uint8_t *mask,
		   struct row_store *store)
{
	struct making making = { mask, schema->value_size };
	const struct row_body body = {
		.name = "skb_row_store",
		.any_cpu = schema->per_cpu,
		.emit = emit_stores,
		.context = &making,
	};

	if (store->mask && memcmp(store->mask, mask, schema->value_size) == 0)
		return 0;
	row_store_close(store);
	store->mask = mask;
	return row_program_open(map, schema, &body, &store->row);
}

void row_store_close(struct row_store *store)
{
	row_program_close(&store->row);
	store->mask = NULL;
}

int row_store_run(const struct row_store *store, const void *key, const uint8_t *value,
		  uint32_t cpu)
{
	return row_program_run(&store->row, key, value, cpu);
}

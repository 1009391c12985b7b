/* SPDX-License-Identifier: Apache-2.0 */
/* Adding the amounts of the argument to its row, one after another. */
#include "kernel/atomic_add.h"

#include <string.h>

#include "model/bits.h"

/* There are atomic additions for aligned words of 4 and 8 bytes alone; a packet
 * program has no others either. */
static void emit_addition(struct buffer *code, uint32_t argument, uint32_t row, uint32_t bytes)
{
	uint8_t size = row_size_code(bytes);

	row_emit(code, BPF_LDX | BPF_MEM | size, BPF_REG_1, ROW_ARGUMENT, (int16_t)argument, 0);
	if (bytes >= 4 && row % bytes == 0) {
		row_emit(code, BPF_STX | BPF_ATOMIC | size, BPF_REG_0, BPF_REG_1, (int16_t)row,
			 BPF_ADD);
		return;
	}
	row_emit(code, BPF_LDX | BPF_MEM | size, BPF_REG_2, BPF_REG_0, (int16_t)row, 0);
	row_emit(code, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_2, BPF_REG_1, 0, 0);
	row_emit(code, BPF_STX | BPF_MEM | size, BPF_REG_0, BPF_REG_2, (int16_t)row, 0);
}

static bool can_add(const struct sum_step *step)
{
	return step->how == SUM_ADD && step->bit_offset % 8 == 0 &&
	       (step->bit_size == 8 || step->bit_size == 16 || step->bit_size == 32 ||
		step->bit_size == 64);
}

struct making {
	struct atomic_add *add;
	const struct sum_plan *sum;
};

static void emit_additions(void *context, uint32_t values_at, struct buffer *code)
{
	const struct making *making = context;
	const struct sum_plan *sum = making->sum;
	struct atomic_add *add = making->add;

	add->whole = true;
	for (size_t i = 0; i < sum->count; i++) {
		const struct sum_step *step = &sum->steps[i];
		uint32_t bytes = step->bit_size / 8, offset = step->bit_offset / 8;

		if (!can_add(step)) {
			add->whole = add->whole && step->how == SUM_FIRST;
			continue;
		}
		for (uint32_t k = 0; k < step->count; k++, offset += bytes)
			emit_addition(code, values_at + offset, offset, bytes);
	}
}

int atomic_add_open(int map, const struct skbscope_schema *schema, const struct sum_plan *sum,
		    struct atomic_add *out)
{
	struct making making = { out, sum };
	const struct row_body body = { .name = "skb_atomic_add",
				       .emit = emit_additions,
				       .context = &making };

	return row_program_open(map, schema, &body, &out->row);
}

void atomic_add_close(struct atomic_add *add)
{
	row_program_close(&add->row);
}

int atomic_add_run(const struct atomic_add *add, const void *key, const uint8_t *amounts)
{
	return row_program_run(&add->row, key, amounts, 0);
}

void atomic_add_difference(const struct sum_plan *sum, const uint8_t *before, const uint8_t *after,
			   uint32_t cpus, size_t stride, uint8_t *out)
{
	for (size_t i = 0; i < sum->count; i++) {
		const struct sum_step *step = &sum->steps[i];

		for (uint32_t k = 0; can_add(step) && k < step->count; k++) {
			uint32_t at = step->bit_offset + k * step->bit_size;
			bits_t amount = 0;

			for (uint32_t cpu = 0; cpu < cpus; cpu++) {
				if (after)
					amount +=
						bits_read(after + cpu * stride, at, step->bit_size);
				if (before)
					amount -= bits_read(before + cpu * stride, at,
							    step->bit_size);
			}
			bits_write(out, at, step->bit_size, amount);
		}
	}
}

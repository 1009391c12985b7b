/* SPDX-License-Identifier: Apache-2.0 */
/* Per-CPU values, added up. */
#include "model/sum.h"

#include "base/buffer.h"
#include "model/bits.h"

struct planner {
	struct buffer steps; /* of struct sum_step */
	bool failed;         /* no memory, or too many of them */
};

static void add_step(struct planner *planner, enum sum_how how, uint32_t bit_offset,
		     uint32_t bit_size, uint32_t count, bool is_signed, bool is_guess)
{
	const struct sum_step step = { .how = how,
				       .bit_offset = bit_offset,
				       .bit_size = bit_size,
				       .count = count,
				       .is_signed = is_signed,
				       .is_guess = is_guess };

	buffer_append(&planner->steps, &step, sizeof(step));
	planner->failed =
		planner->steps.failed || planner->steps.length > SUM_MAX_STEPS * sizeof(step);
}

static void plan(struct planner *planner, const struct skbscope_type *type, uint32_t bit_offset,
		 uint32_t bit_size, uint32_t count)
{
	if (planner->failed || !bit_size || !count)
		return;
	if (type->of_cpus == SKBSCOPE_OF_CPUS_SET) {
		add_step(planner, type->kind == SKBSCOPE_KIND_INTEGER ? SUM_LARGEST : SUM_FIRST,
			 bit_offset, bit_size, count, type->is_signed, true);
	} else if (type->of_cpus == SKBSCOPE_OF_CPUS_BITS) {
		add_step(planner, SUM_BITS, bit_offset, bit_size, count, false, false);
	} else if (type->kind == SKBSCOPE_KIND_ARRAY && type->display == SKBSCOPE_DISPLAY_PLAIN) {
		const struct skbscope_type *element = type->element;

		/* Elements of elements lie side by side. */
		if (element->kind != SKBSCOPE_KIND_STRUCT &&
		    (uint64_t)count * type->count <= UINT32_MAX) {
			plan(planner, element, bit_offset, element->bits, count * type->count);
			return;
		}
		for (uint32_t i = 0; i < count && !planner->failed; i++)
			for (uint32_t j = 0; j < type->count && !planner->failed; j++)
				plan(planner, element,
				     bit_offset + i * bit_size + j * element->bits, element->bits,
				     1);
	} else if (type->kind == SKBSCOPE_KIND_STRUCT && type->display == SKBSCOPE_DISPLAY_PLAIN) {
		for (uint32_t i = 0; i < count && !planner->failed; i++)
			for (size_t m = 0; m < type->member_count; m++)
				plan(planner, type->members[m].type,
				     bit_offset + i * bit_size + type->members[m].bit_offset,
				     type->members[m].bit_size, 1);
	} else if (type->adds_up && type->kind == SKBSCOPE_KIND_INTEGER) {
		add_step(planner, SUM_ADD, bit_offset, bit_size, count, type->is_signed, false);
	} else if (type->adds_up && type->kind == SKBSCOPE_KIND_FLOAT) {
		add_step(planner, SUM_ADD_FLOAT, bit_offset, bit_size, count, true, false);
	} else if (type->of_cpus) {
		add_step(planner,
			 type->of_cpus == SKBSCOPE_OF_CPUS_LARGEST ? SUM_LARGEST : SUM_SMALLEST,
			 bit_offset, bit_size, count, type->is_signed, false);
	} else {
		add_step(planner, SUM_FIRST, bit_offset, bit_size, count, false, false);
	}
}

struct sum_plan sum_plan_make(const struct skbscope_type *type, uint32_t value_size,
			      struct arena *arena)
{
	struct planner planner = { 0 };
	struct sum_plan result;

	if (type)
		plan(&planner, type, 0, type->bits, 1);
	if (!type || planner.failed) {
		buffer_clear(&planner.steps);
		add_step(&planner, SUM_FIRST, 0, value_size * 8, 1, false, false);
	}
	result.steps = arena_copy(arena, planner.steps.data, 1, planner.steps.length);
	result.count = result.steps ? planner.steps.length / sizeof(*result.steps) : 0;
	result.has_guesses = false;
	for (size_t i = 0; i < result.count; i++)
		result.has_guesses |= result.steps[i].is_guess;
	buffer_free(&planner.steps);
	return result;
}

/* Whether the sum is out of the range of its type. Signed numbers wrap when both
 * have one sign and the sum the other. */
static bool wrapped(bits_t a, bits_t b, bits_t sum, uint32_t size, bool is_signed)
{
	return is_signed ? ((a ^ sum) & (b ^ sum)) >> (size - 1) & 1 : sum < a;
}

static bool add_integer(const struct sum_step *step, uint8_t *total, const uint8_t *value,
			uint32_t offset)
{
	uint32_t size = step->bit_size;
	bits_t a, b, sum;

	if (offset % 8 == 0 && size == 64) { /* nearly all counters there are */
		uint64_t x, y, z;

		memcpy(&x, total + offset / 8, sizeof(x));
		memcpy(&y, value + offset / 8, sizeof(y));
		z = x + y;
		memcpy(total + offset / 8, &z, sizeof(z));
		return !wrapped(x, y, z, size, step->is_signed);
	}
	a = bits_read(total, offset, size);
	b = bits_read(value, offset, size);
	sum = bits_mask(a + b, size);
	bits_write(total, offset, size, sum);
	return !wrapped(a, b, sum, size, step->is_signed);
}

static void add_float(uint8_t *total, const uint8_t *value, uint32_t offset, uint32_t size)
{
	double a = bits_to_double(bits_read(total, offset, size), size);
	double b = bits_to_double(bits_read(value, offset, size), size);

	bits_write(total, offset, size, bits_of_double(a + b, size));
}

/* 0 is what a CPU has that has seen nothing. */
static void keep_extreme(const struct sum_step *step, uint8_t *total, const uint8_t *value,
			 uint32_t offset)
{
	const bits_t sign = step->is_signed ? (bits_t)1 << (step->bit_size - 1) : 0;
	bits_t a = bits_read(total, offset, step->bit_size);
	bits_t b = bits_read(value, offset, step->bit_size);

	if (b && (!a || (step->how == SUM_LARGEST) == ((b ^ sign) > (a ^ sign))))
		bits_write(total, offset, step->bit_size, b);
}

static void keep_bits(uint8_t *total, const uint8_t *value, uint32_t offset, uint32_t size)
{
	if (offset % 8 || size % 8) {
		bits_write(total, offset, size,
			   bits_read(total, offset, size) | bits_read(value, offset, size));
		return;
	}
	for (uint32_t i = offset / 8; i < (offset + size) / 8; i++)
		total[i] |= value[i];
}

static void keep_first(uint8_t *total, const uint8_t *value, uint32_t offset, uint32_t size)
{
	if (offset % 8 || size % 8) {
		if (!bits_read(total, offset, size))
			bits_write(total, offset, size, bits_read(value, offset, size));
		return;
	}
	for (uint32_t i = offset / 8; i < (offset + size) / 8; i++)
		if (total[i])
			return;
	memcpy(total + offset / 8, value + offset / 8, size / 8);
}

bool sum_add(const struct sum_plan *plan, uint8_t *total, const uint8_t *value)
{
	bool fits = true;

	for (size_t i = 0; i < plan->count; i++) {
		const struct sum_step *step = &plan->steps[i];
		uint32_t offset = step->bit_offset;

		for (uint32_t n = 0; n < step->count; n++, offset += step->bit_size) {
			if (step->how == SUM_ADD)
				fits &= add_integer(step, total, value, offset);
			else if (step->how == SUM_ADD_FLOAT)
				add_float(total, value, offset, step->bit_size);
			else if (step->how == SUM_BITS)
				keep_bits(total, value, offset, step->bit_size);
			else if (step->how != SUM_FIRST)
				keep_extreme(step, total, value, offset);
			else
				keep_first(total, value, offset, step->bit_size);
		}
	}
	return fits;
}

static bool differs(const struct sum_step *step, const uint8_t *total, const uint8_t *value,
		    uint32_t offset)
{
	const uint32_t bytes = step->bit_size / 8;
	bits_t bits;

	if (offset % 8 || step->bit_size % 8) {
		bits = bits_read(value, offset, step->bit_size);
		return bits && bits != bits_read(total, offset, step->bit_size);
	}
	return !bytes_are_zero(value + offset / 8, bytes) &&
	       memcmp(total + offset / 8, value + offset / 8, bytes) != 0;
}

bool sum_differs(const struct sum_plan *plan, const uint8_t *total, const uint8_t *value)
{
	for (size_t i = 0; plan->has_guesses && i < plan->count; i++) {
		const struct sum_step *step = &plan->steps[i];

		for (uint32_t n = 0; step->is_guess && n < step->count; n++)
			if (differs(step, total, value, step->bit_offset + n * step->bit_size))
				return true;
	}
	return false;
}

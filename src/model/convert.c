/* SPDX-License-Identifier: Apache-2.0 */
/* Planning and running conversions. */
#include "model/convert.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/buffer.h"
#include "model/bits.h"
#include "model/histogram.h"
#include "model/value.h"

/* Beyond, enumerators are compared by number alone: every one against every other
 * would take longer than anyone waits. */
#define ENUMERATOR_PAIRS (1u << 22)

struct planner {
	struct arena *arena;
	struct buffer steps; /* of struct convert_step */
};

static bool can_compare(const struct skbscope_type *a, const struct skbscope_type *b)
{
	return (uint64_t)a->enumerator_count * b->enumerator_count <= ENUMERATOR_PAIRS;
}

static const struct skbscope_enumerator *find_enumerator(const struct skbscope_type *type,
							 const char *name, size_t likely)
{
	if (likely < type->enumerator_count && strcmp(type->enumerators[likely].name, name) == 0)
		return &type->enumerators[likely];
	for (size_t i = 0; i < type->enumerator_count; i++)
		if (strcmp(type->enumerators[i].name, name) == 0)
			return &type->enumerators[i];
	return NULL;
}

/* Calls it a move where both have an enumerator of the name, with another number. */
static size_t count_moves(const struct skbscope_type *from, const struct skbscope_type *to,
			  struct convert_renumber *moves)
{
	size_t count = 0;

	if (from->kind != SKBSCOPE_KIND_ENUM || to->kind != SKBSCOPE_KIND_ENUM ||
	    !can_compare(from, to))
		return 0;
	for (size_t i = 0; i < from->enumerator_count; i++) {
		const struct skbscope_enumerator *old = &from->enumerators[i];
		const struct skbscope_enumerator *new = find_enumerator(to, old->name, i);

		if (!new || new->value == old->value)
			continue;
		if (moves)
			moves[count] = (struct convert_renumber){ old->value, new->value };
		count++;
	}
	return count;
}

static bool same_members(const struct skbscope_type *a, const struct skbscope_type *b)
{
	if (a->member_count != b->member_count)
		return false;
	for (size_t i = 0; i < a->member_count; i++) {
		const struct skbscope_member *x = &a->members[i], *y = &b->members[i];

		if (strcmp(x->name, y->name) != 0 || x->bit_offset != y->bit_offset ||
		    x->bit_size != y->bit_size || !convert_is_same(x->type, y->type))
			return false;
	}
	return true;
}

bool convert_is_same(const struct skbscope_type *a, const struct skbscope_type *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->bits != b->bits || a->is_signed != b->is_signed)
		return false;
	if (a->kind == SKBSCOPE_KIND_ENUM)
		return !count_moves(a, b, NULL);
	if (a->kind == SKBSCOPE_KIND_ARRAY)
		return a->count == b->count && convert_is_same(a->element, b->element);
	return !type_is_record(a) || same_members(a, b);
}

static int plan_leaf(struct planner *planner, const struct skbscope_column *from,
		     const struct skbscope_column *to, uint32_t count)
{
	struct convert_step step = { .from = *from, .to = *to, .count = count };
	struct convert_renumber *renumbers = NULL;

	if (planner->steps.length == CONVERT_MAX_STEPS * sizeof(step))
		return -EOPNOTSUPP;
	step.renumber_count = count_moves(from->type, to->type, NULL);
	if (step.renumber_count) {
		renumbers =
			ARENA_ARRAY(planner->arena, struct convert_renumber, step.renumber_count);
		if (!renumbers)
			return -ENOMEM;
		count_moves(from->type, to->type, renumbers);
		step.renumbers = renumbers;
	}
	buffer_append(&planner->steps, &step, sizeof(step));
	return planner->steps.failed ? -ENOMEM : 0;
}

static bool are_numbers(const struct skbscope_type *from, const struct skbscope_type *to)
{
	return type_is_number(from) && type_is_number(to);
}

static int plan(struct planner *planner, const struct skbscope_column *from,
		const struct skbscope_column *to);

static struct skbscope_column part_of(const struct skbscope_column *whole, uint32_t bit_offset,
				      uint32_t bit_size, const struct skbscope_type *type)
{
	return (struct skbscope_column){ .name = whole->name,
					 .type = type,
					 .bit_offset = whole->bit_offset + bit_offset,
					 .bit_size = bit_size };
}

static int plan_arrays(struct planner *planner, const struct skbscope_column *from,
		       const struct skbscope_column *to)
{
	const struct skbscope_type *old = from->type->element, *new = to->type->element;
	uint32_t count = from->type->count < to->type->count ? from->type->count : to->type->count;
	int r = 0;

	/* The last bucket of a histogram counts all that is larger: in one with more or fewer
	 * buckets there is no place for what it holds. */
	if ((type_is_histogram(from->type) || type_is_histogram(to->type)) &&
	    from->type->count != to->type->count)
		return -EOPNOTSUPP;
	if (are_numbers(old, new)) {
		struct skbscope_column a = part_of(from, 0, old->bits, old);
		struct skbscope_column b = part_of(to, 0, new->bits, new);

		return plan_leaf(planner, &a, &b, count);
	}
	for (uint32_t i = 0; i < count && r == 0; i++) {
		struct skbscope_column a = part_of(from, i * old->bits, old->bits, old);
		struct skbscope_column b = part_of(to, i * new->bits, new->bits, new);

		r = plan(planner, &a, &b);
	}
	return r;
}

static const struct skbscope_member *find_member(const struct skbscope_type *type, const char *name)
{
	for (size_t i = 0; i < type->member_count; i++)
		if (strcmp(type->members[i].name, name) == 0)
			return &type->members[i];
	return NULL;
}

static int plan_records(struct planner *planner, const struct skbscope_column *from,
			const struct skbscope_column *to)
{
	size_t before = planner->steps.length;

	for (size_t i = 0; i < to->type->member_count; i++) {
		const struct skbscope_member *new = &to->type->members[i];
		const struct skbscope_member *old = find_member(from->type, new->name);
		struct skbscope_column a, b;
		int r;

		if (!old || !old->bit_size || !new->bit_size)
			continue;
		a = part_of(from, old->bit_offset, old->bit_size, old->type);
		b = part_of(to, new->bit_offset, new->bit_size, new->type);
		r = plan(planner, &a, &b);
		if (r < 0 && r != -EOPNOTSUPP)
			return r;
	}
	return planner->steps.length > before ? 0 : -EOPNOTSUPP;
}

/* Addresses may be structs, arrays or numbers; memory order is the same in all. */
static bool is_same_memory(const struct skbscope_column *from, const struct skbscope_column *to)
{
	const struct skbscope_type *old = from->type, *new = to->type;

	return from->bit_size == to->bit_size &&
	       (convert_is_same(old, new) ||
		(old->display == new->display && old->display != SKBSCOPE_DISPLAY_PLAIN));
}

static int plan(struct planner *planner, const struct skbscope_column *from,
		const struct skbscope_column *to)
{
	if (are_numbers(from->type, to->type) || is_same_memory(from, to))
		return plan_leaf(planner, from, to, 1);
	if (from->type->kind == SKBSCOPE_KIND_ARRAY && to->type->kind == SKBSCOPE_KIND_ARRAY)
		return plan_arrays(planner, from, to);
	if (type_is_record(from->type) && type_is_record(to->type))
		return plan_records(planner, from, to);
	return -EOPNOTSUPP;
}

int convert_plan(const struct skbscope_column *from, const struct skbscope_column *to,
		 struct arena *arena, struct conversion *out)
{
	struct planner planner = { .arena = arena };
	int r = plan(&planner, from, to);

	if (r == 0) {
		out->steps = arena_copy(arena, planner.steps.data, 1, planner.steps.length);
		out->count = planner.steps.length / sizeof(*out->steps);
		r = out->steps ? 0 : -ENOMEM;
	}
	buffer_free(&planner.steps);
	return r;
}

static void renumber(const struct convert_step *step, struct value *value)
{
	for (size_t i = 0; i < step->renumber_count; i++) {
		int64_t number = step->renumbers[i].to;

		if (step->renumbers[i].from != (int64_t)value->u)
			continue;
		value->form = step->to.type->is_signed ? VALUE_SIGNED : VALUE_UNSIGNED;
		value->u = step->to.type->is_signed ? (bits_t)(__int128)number
						    : (bits_t)(uint64_t)number;
		return;
	}
}

static int write_float(const struct skbscope_column *to, const struct value *value, uint8_t *data)
{
	double number = value_double(value);

	if (to->bit_size == 32 && isinf((float)number) && !isinf(number))
		return -ERANGE;
	bits_write(data, to->bit_offset, to->bit_size, bits_of_double(number, to->bit_size));
	return 0;
}

/* A fraction is cut off, as C does. */
static int from_float(struct value *value)
{
	const double limit = 0x1p127;
	double number = trunc(value->f);

	if (isnan(number) || number >= limit || number <= -limit)
		return -ERANGE;
	value->form = number < 0 ? VALUE_SIGNED : VALUE_UNSIGNED;
	value->u = number < 0 ? (bits_t)(__int128)number : (bits_t)number;
	return 0;
}

static int write_integer(const struct skbscope_column *to, struct value *value, uint8_t *data)
{
	bits_t sign = (bits_t)1 << (to->bit_size - 1);
	bool negative;

	if (value->form == VALUE_FLOAT && from_float(value) < 0)
		return -ERANGE;
	negative = value->form == VALUE_SIGNED && (__int128)value->u < 0;
	if (to->type->is_signed) {
		if (negative ? (__int128)value->u < -(__int128)(sign - 1) - 1 : value->u >= sign)
			return -ERANGE;
	} else if (negative || value->u != bits_mask(value->u, to->bit_size)) {
		return -ERANGE;
	}
	bits_write(data, to->bit_offset, to->bit_size, value->u);
	return 0;
}

static int write_number(const struct convert_step *step, const struct skbscope_column *to,
			struct value value, uint8_t *data)
{
	renumber(step, &value);
	if (to->type->kind == SKBSCOPE_KIND_FLOAT)
		return write_float(to, &value, data);
	if (to->type->kind == SKBSCOPE_KIND_BOOLEAN) {
		bool truth =
			value.form == VALUE_FLOAT ? fpclassify(value.f) != FP_ZERO : value.u != 0;

		value.form = VALUE_UNSIGNED;
		value.u = truth;
	}
	return write_integer(to, &value, data);
}

static int run_step(const struct convert_step *step, const uint8_t *from, uint8_t *to)
{
	struct skbscope_column old = step->from, new = step->to;
	int r = 0;

	if (!are_numbers(old.type, new.type)) {
		memcpy(to + new.bit_offset / 8, from + old.bit_offset / 8, old.bit_size / 8);
		return 0;
	}
	for (uint32_t i = 0; i < step->count && r == 0; i++) {
		r = write_number(step, &new, value_read(&old, from), to);
		old.bit_offset += old.bit_size;
		new.bit_offset += new.bit_size;
	}
	return r;
}

int convert_run(const struct conversion *conversion, const uint8_t *from, uint8_t *to)
{
	int r = 0;

	for (size_t i = 0; i < conversion->count && r == 0; i++)
		r = run_step(&conversion->steps[i], from, to);
	return r;
}

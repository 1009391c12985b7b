/* SPDX-License-Identifier: Apache-2.0 */
/* What a register or a slot may hold, and what is left of two such where paths meet. */
#include "image/audit_value.h"

struct abstract abstract_scalar(void)
{
	return (struct abstract){
		.kinds = ABSTRACT_SCALAR,
		.verdicts = ABSTRACT_OTHER_VERDICT,
		.map = ABSTRACT_NO_MAP,
		.origin_map = ABSTRACT_NO_MAP,
	};
}

struct abstract abstract_constant(int64_t constant)
{
	struct abstract value = abstract_scalar();
	int32_t verdict = (int32_t)(uint64_t)constant;

	if (verdict >= -1 && verdict <= 8)
		value.verdicts = (uint16_t)(1u << (verdict + 1));
	if (constant >= INT32_MIN && constant <= INT32_MAX) {
		value.known = true;
		value.amount = (int32_t)constant;
	}
	return value;
}

struct abstract abstract_pointer(enum abstract_kind kind, int16_t map)
{
	struct abstract value = abstract_scalar();

	value.kinds = (uint8_t)kind;
	value.known = true;
	value.map = map;
	return value;
}

struct abstract abstract_anything(void)
{
	struct abstract value = abstract_scalar();

	value.kinds = 0xff;
	value.mixed = true;
	return value;
}

/* A null beside a pointer leaves the pointer's offset as it was: only the pointer
 * can be used for anything. */
static void join_amounts(struct abstract *a, const struct abstract *b)
{
	if (abstract_is_constant(b) && b->amount == 0 && abstract_has_pointer(a))
		return;
	if (abstract_is_constant(a) && a->amount == 0 && abstract_has_pointer(b)) {
		a->known = b->known;
		a->amount = b->amount;
		return;
	}
	if (!a->known || !b->known || a->amount != b->amount) {
		a->known = false;
		a->amount = 0;
	}
}

static void join_maps(struct abstract *a, const struct abstract *b)
{
	const uint8_t mapped = ABSTRACT_MAP | ABSTRACT_MAP_VALUE;

	if (a->map == b->map || !(b->kinds & mapped))
		return;
	a->map = a->kinds & mapped ? ABSTRACT_NO_MAP : b->map;
}

void abstract_join_origins(struct abstract *a, const struct abstract *b)
{
	a->mixed |= b->mixed;
	a->partly |= b->partly;
	if (b->origin_map == ABSTRACT_NO_MAP)
		return;
	if (a->origin_map == ABSTRACT_NO_MAP) {
		a->origin_map = b->origin_map;
		a->origin_offset = b->origin_offset;
		a->changed = b->changed;
		a->counted = b->counted;
		a->cleared = b->cleared;
		a->scaled = b->scaled;
		return;
	}
	a->changed |= b->changed;
	a->counted |= b->counted;
	a->cleared |= b->cleared;
	a->scaled |= b->scaled;
	a->mixed |= a->origin_map != b->origin_map;
	if (a->origin_offset != b->origin_offset)
		a->origin_offset = ABSTRACT_NO_OFFSET;
}

/* What is set to 0 begins anew. */
static bool is_zero(const struct abstract *value)
{
	return abstract_is_constant(value) && value->amount == 0;
}

/* A value that nobody has set has no kinds: on that path it cannot be used. */
struct abstract abstract_join(struct abstract a, struct abstract b)
{
	if (!a.kinds)
		return b;
	if (!b.kinds)
		return a;
	a.partly |= (a.origin_map == ABSTRACT_NO_MAP && !is_zero(&a) &&
		     b.origin_map != ABSTRACT_NO_MAP) ||
		    (b.origin_map == ABSTRACT_NO_MAP && !is_zero(&b) &&
		     a.origin_map != ABSTRACT_NO_MAP);
	join_amounts(&a, &b);
	join_maps(&a, &b);
	abstract_join_origins(&a, &b);
	a.host_order = a.host_order == b.host_order ? a.host_order : 0;
	a.field = a.field == b.field ? a.field : 0;
	a.wide = a.wide == b.wide ? a.wide : 0;
	a.raw = a.raw == b.raw ? a.raw : 0;
	a.born = a.born == b.born ? a.born : 0;
	a.instant = a.instant && b.instant;
	a.picked_smaller = a.picked_smaller || b.picked_smaller;
	a.picked_larger = a.picked_larger || b.picked_larger;
	a.verdicts |= b.verdicts;
	a.kinds |= b.kinds;
	return a;
}

static bool same(const struct abstract *a, const struct abstract *b)
{
	return a->kinds == b->kinds && a->known == b->known && a->changed == b->changed &&
	       a->counted == b->counted && a->cleared == b->cleared && a->scaled == b->scaled &&
	       a->partly == b->partly && a->mixed == b->mixed && a->host_order == b->host_order &&
	       a->field == b->field && a->born == b->born && a->instant == b->instant &&
	       a->picked_smaller == b->picked_smaller && a->picked_larger == b->picked_larger &&
	       a->wide == b->wide && a->raw == b->raw && a->verdicts == b->verdicts &&
	       a->amount == b->amount && a->map == b->map && a->origin_map == b->origin_map &&
	       a->origin_offset == b->origin_offset;
}

bool abstract_join_into(struct abstract *into, const struct abstract *from)
{
	struct abstract joined = abstract_join(*into, *from);
	bool grew = !same(&joined, into);

	*into = joined;
	return grew;
}

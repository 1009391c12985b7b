/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domain of the audit. Wherever the kernel's verifier would call a result a
 * scalar, so does this; wherever it follows a pointer, this follows it too. The
 * facts used are listed in docs/image.md.
 */
#include "image/audit_state.h"

#include <string.h>

void state_enter(struct state *state)
{
	*state = (struct state){ .reached = true, .unset_map = ABSTRACT_NO_MAP };
	/* A slot may be read before it is written, and a register where code was put in front
	 * of the function: whatever was there. */
	for (size_t i = 0; i < STATE_REGISTERS; i++)
		state->registers[i] = abstract_scalar();
	for (size_t i = 0; i < STATE_SLOTS; i++)
		state->slots[i] = abstract_scalar();
	memset(state->bytes, BYTE_UNSET, sizeof(state->bytes));
	state->registers[1] = abstract_pointer(ABSTRACT_CONTEXT, ABSTRACT_NO_MAP);
	state->registers[10] = abstract_pointer(ABSTRACT_STACK, ABSTRACT_NO_MAP);
}

static bool join_rivals(struct state *into, const struct state *from)
{
	const struct state before = { .rival = into->rival,
				      .rival_smaller = into->rival_smaller,
				      .rival_larger = into->rival_larger };

	if (!from->rival)
		return false;
	if (!into->rival) {
		into->rival = from->rival;
		into->rival_map = from->rival_map;
		into->rival_offset = from->rival_offset;
		into->rival_smaller = into->rival_larger = false;
	} else if (into->rival != from->rival || into->rival_map != from->rival_map ||
		   into->rival_offset != from->rival_offset) {
		into->rival = STATE_RIVALS;
	}
	into->rival_smaller |= from->rival_smaller;
	into->rival_larger |= from->rival_larger;
	return into->rival != before.rival || into->rival_smaller != before.rival_smaller ||
	       into->rival_larger != before.rival_larger;
}

static struct abstract picked(const struct state *state, struct abstract value)
{
	if (state->rival && value.born == state->rival) {
		value.picked_smaller = value.picked_smaller || state->rival_smaller;
		value.picked_larger = value.picked_larger || state->rival_larger;
	}
	return value;
}

/* Where the numbers are two, the comparison on the way may have picked one of them. */
static bool join_values(const struct state *into_state, struct abstract *into,
			const struct state *from_state, const struct abstract *from)
{
	struct abstract other = *from;
	bool grew = false;

	if (into->born != from->born) {
		const struct abstract mine = picked(into_state, *into);

		grew = mine.picked_smaller != into->picked_smaller ||
		       mine.picked_larger != into->picked_larger;
		*into = mine;
		other = picked(from_state, other);
	}
	return abstract_join_into(into, &other) || grew;
}

bool state_join(struct state *into, const struct state *from)
{
	bool grew = false;

	if (!into->reached) {
		*into = *from;
		return true;
	}
	for (size_t i = 0; i < STATE_REGISTERS; i++)
		grew |= join_values(into, &into->registers[i], from, &from->registers[i]);
	for (size_t i = 0; i < STATE_SLOTS; i++)
		grew |= join_values(into, &into->slots[i], from, &from->slots[i]);
	if (memcmp(into->bytes, from->bytes, sizeof(into->bytes)) != 0)
		for (size_t i = 0; i < sizeof(into->bytes); i++)
			if (into->bytes[i] != from->bytes[i] && into->bytes[i] != BYTE_ANY) {
				into->bytes[i] = BYTE_ANY;
				grew = true;
			}
	grew |= join_rivals(into, from);
	if (into->unset_map != ABSTRACT_NO_MAP &&
	    (into->unset_map != from->unset_map || into->unset_offset != from->unset_offset)) {
		into->unset_map = ABSTRACT_NO_MAP;
		grew = true;
	}
	if (into->locked && !from->locked) {
		into->locked = false;
		grew = true;
	}
	return grew;
}

/* Both known, by the machine's rules; false where the result is not worth it. */
static bool fold(uint8_t op, bool wide, int32_t left, int32_t right, int64_t *out)
{
	const uint64_t mask = wide ? UINT64_MAX : UINT32_MAX;
	const unsigned bits = wide ? 64 : 32;
	uint64_t a = (uint64_t)(int64_t)left & mask, b = (uint64_t)(int64_t)right & mask;

	switch (op) {
	case BPF_ADD:
		a += b;
		break;
	case BPF_SUB:
		a -= b;
		break;
	case BPF_MUL:
		a *= b;
		break;
	case BPF_AND:
		a &= b;
		break;
	case BPF_OR:
		a |= b;
		break;
	case BPF_XOR:
		a ^= b;
		break;
	case BPF_LSH:
		a <<= b % bits;
		break;
	case BPF_RSH:
		a >>= b % bits;
		break;
	case BPF_ARSH:
		a = wide ? (uint64_t)((int64_t)a >> (b % bits))
			 : (uint64_t)(int64_t)((int32_t)(uint32_t)a >> (b % bits));
		break;
	default:
		return false;
	}
	*out = (int64_t)(a & mask);
	return true;
}

static bool is_shift(uint8_t op)
{
	return op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
}

/* Shifts by so much are how narrower numbers are extended. */
static bool is_extension(uint8_t op, const struct abstract *by)
{
	return is_shift(op) && abstract_is_constant(by) &&
	       (by->amount == 32 || by->amount == 48 || by->amount == 56);
}

static bool is_scaling(uint8_t op, const struct abstract *by)
{
	return op == BPF_MUL || op == BPF_DIV || op == BPF_MOD ||
	       ((op == BPF_RSH || op == BPF_ARSH) && !is_extension(op, by));
}

/* What a map entry's value becomes in a computation is still remembered. */
static struct abstract computed(uint8_t op, const struct abstract *a, const struct abstract *b)
{
	struct abstract value = abstract_scalar();

	abstract_join_origins(&value, a);
	abstract_join_origins(&value, b);
	value.changed = value.origin_map != ABSTRACT_NO_MAP;
	value.counted |= value.changed && op != BPF_OR && op != BPF_AND && op != BPF_XOR;
	value.cleared |= value.changed && op != BPF_OR;
	value.scaled |= value.changed && is_scaling(op, b);
	if (is_extension(op, b)) {
		value.born = a->born;
		value.instant = a->instant;
	}
	return value;
}

/* Addition and subtraction carry pointers; the other operations make scalars of
 * them, and so does everything in 32 bits. */
static struct abstract move_pointer(uint8_t op, const struct abstract *a, const struct abstract *b)
{
	const uint8_t left = a->kinds & ABSTRACT_KIND_POINTERS;
	const uint8_t right = op == BPF_ADD ? b->kinds & ABSTRACT_KIND_POINTERS : 0;
	struct abstract value = computed(op, a, b);
	int32_t amount;

	value.kinds = left | right;
	if ((a->kinds & ABSTRACT_SCALAR) || abstract_has_pointer(b))
		value.kinds |= ABSTRACT_SCALAR;
	if (left && right)
		return value; /* which of them, nobody can tell */
	value.map = left ? a->map : b->map;
	/* The amount of what may be a pointer is the pointer's offset, and no number. */
	if ((abstract_is_constant(b) ? a->known
				     : op == BPF_ADD && abstract_is_constant(a) && b->known) &&
	    !(op == BPF_ADD ? __builtin_add_overflow(a->amount, b->amount, &amount)
			    : __builtin_sub_overflow(a->amount, b->amount, &amount))) {
		value.known = true;
		value.amount = amount;
	}
	return value;
}

static struct abstract move(const struct bpf_insn *insn, struct abstract from)
{
	const bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	struct abstract value = abstract_scalar();

	if (wide && insn->off == 0)
		return from;
	/* Sign extension, or a cast between address spaces: a scalar, or a pointer
	 * into an arena. */
	if (insn->off != 0) {
		value.kinds |= from.kinds & ABSTRACT_LOST ? 0xff : ABSTRACT_OTHER;
		return value;
	}
	abstract_join_origins(&value, &from);
	value.born = from.born;
	value.instant = from.instant;
	value.host_order = from.host_order;
	value.field = from.field;
	value.wide = from.wide;
	value.raw = from.raw;
	if (from.kinds != ABSTRACT_SCALAR)
		return value;
	value.verdicts = from.verdicts;
	value.known = from.known && from.amount >= 0;
	value.amount = value.known ? from.amount : 0;
	return value;
}

/* The byte that is the second of two in a packet is the high one of a number as it lies there. */
static bool is_put_together(const struct abstract *high, const struct abstract *low)
{
	const int of_low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? -1 : 1;

	return high->field >= ABSTRACT_FIELD_SHIFTED && high->field < ABSTRACT_FIELD_NO_TYPE &&
	       low->field >= ABSTRACT_FIELD_BYTE && low->field < ABSTRACT_FIELD_SHIFTED &&
	       low->field - ABSTRACT_FIELD_BYTE == high->field - ABSTRACT_FIELD_SHIFTED + of_low;
}

static bool is_byte(const struct abstract *value)
{
	return value->kinds == ABSTRACT_SCALAR && value->field >= ABSTRACT_FIELD_BYTE &&
	       value->field < ABSTRACT_FIELD_SHIFTED;
}

static struct abstract combine(const struct bpf_insn *insn, const struct abstract *a,
			       const struct abstract *b)
{
	const bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	const uint8_t op = BPF_OP(insn->code);
	struct abstract value;
	int64_t constant;

	if (abstract_is_constant(a) && abstract_is_constant(b) &&
	    fold(op, wide, a->amount, b->amount, &constant))
		return abstract_constant(constant);
	if (wide && (op == BPF_ADD || op == BPF_SUB) &&
	    (abstract_has_pointer(a) || abstract_has_pointer(b)))
		return move_pointer(op, a, b);
	value = computed(op, a, b);
	if (op == BPF_AND && abstract_is_constant(b) &&
	    (b->amount == UINT8_MAX || b->amount == UINT16_MAX))
		value.born = a->born; /* as much of it as is stored */
	if (op == BPF_AND && abstract_is_constant(b) && (b->amount & UINT16_MAX) == UINT16_MAX) {
		value.field = a->field; /* a cast to u16 */
		value.raw = a->raw == 2 ? 2 : 0;
	}
	if (op == BPF_LSH && abstract_is_constant(b) && b->amount == 8 && is_byte(a))
		value.field = (uint16_t)(a->field - ABSTRACT_FIELD_BYTE + ABSTRACT_FIELD_SHIFTED);
	if (op == BPF_OR && (is_put_together(a, b) || is_put_together(b, a)))
		value.wide = value.raw = 2;
	return value;
}

void state_arithmetic(struct state *state, const struct bpf_insn *insn)
{
	const uint8_t op = BPF_OP(insn->code);
	const bool in_register = BPF_SRC(insn->code) == BPF_X;
	const bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	struct abstract constant = abstract_constant(insn->imm), *target, *operand;

	if (insn->dst_reg >= STATE_REGISTERS || insn->src_reg >= STATE_REGISTERS)
		return; /* the kernel refuses those */
	target = &state->registers[insn->dst_reg];
	operand = in_register ? &state->registers[insn->src_reg] : &constant;
	if (op == BPF_MOV && !in_register)
		*target =
			abstract_constant(wide ? (int64_t)insn->imm : (int64_t)(uint32_t)insn->imm);
	else if (op == BPF_MOV)
		*target = move(insn, *operand);
	else if (op == BPF_NEG || op == BPF_END) {
		const uint8_t wide_before = op == BPF_END ? target->wide : 0;

		*target = computed(op, target, target);
		target->wide = wide_before;
	} else
		*target = combine(insn, target, operand);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domain of the audit. Wherever the kernel's verifier would call a result a
 * scalar, so does this; wherever it follows a pointer, this follows it too. The
 * facts used are listed in docs/image.md.
 */
#include "image/audit_state.h"

#include <stddef.h>
#include <string.h>

#include "image/opcode.h"
#include "image/scratch.h"

#define STACK_BYTES (STATE_SLOTS * 8)
#define HEADERS_BYTES 54 /* Ethernet, IPv4 and TCP without options */
#define MODE_MEMSX 0x80  /* newer than some <linux/bpf.h> */

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

static bool is_constant(const struct abstract *value)
{
	return value->kinds == ABSTRACT_SCALAR && value->known;
}

static bool has_pointer(const struct abstract *value)
{
	return value->kinds & ABSTRACT_KIND_POINTERS;
}

/* A null beside a pointer leaves the pointer's offset as it was: only the pointer
 * can be used for anything. */
static void join_amounts(struct abstract *a, const struct abstract *b)
{
	if (is_constant(b) && b->amount == 0 && has_pointer(a))
		return;
	if (is_constant(a) && a->amount == 0 && has_pointer(b)) {
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

static void join_origins(struct abstract *a, const struct abstract *b)
{
	a->mixed |= b->mixed;
	if (b->origin_map == ABSTRACT_NO_MAP)
		return;
	if (a->origin_map == ABSTRACT_NO_MAP) {
		a->origin_map = b->origin_map;
		a->origin_offset = b->origin_offset;
		a->changed = b->changed;
		return;
	}
	a->changed |= b->changed;
	a->mixed |= a->origin_map != b->origin_map;
	if (a->origin_offset != b->origin_offset)
		a->origin_offset = ABSTRACT_NO_OFFSET;
}

/* A value that nobody has set has no kinds: on that path it cannot be used. */
static struct abstract join(struct abstract a, struct abstract b)
{
	if (!a.kinds)
		return b;
	if (!b.kinds)
		return a;
	join_amounts(&a, &b);
	join_maps(&a, &b);
	join_origins(&a, &b);
	a.host_order = a.host_order == b.host_order ? a.host_order : 0;
	a.field = a.field == b.field ? a.field : 0;
	a.wide = a.wide == b.wide ? a.wide : 0;
	a.verdicts |= b.verdicts;
	a.kinds |= b.kinds;
	return a;
}

static bool same(const struct abstract *a, const struct abstract *b)
{
	return a->kinds == b->kinds && a->known == b->known && a->changed == b->changed &&
	       a->mixed == b->mixed && a->host_order == b->host_order && a->field == b->field &&
	       a->wide == b->wide && a->verdicts == b->verdicts && a->amount == b->amount &&
	       a->map == b->map && a->origin_map == b->origin_map &&
	       a->origin_offset == b->origin_offset;
}

static bool join_into(struct abstract *into, const struct abstract *from)
{
	struct abstract joined = join(*into, *from);
	bool grew = !same(&joined, into);

	*into = joined;
	return grew;
}

void state_enter(struct state *state)
{
	*state = (struct state){ .reached = true };
	/* A slot may be read before it is written, and a register where code was put in front
	 * of the function: whatever was there. */
	for (size_t i = 0; i < STATE_REGISTERS; i++)
		state->registers[i] = abstract_scalar();
	for (size_t i = 0; i < STATE_SLOTS; i++)
		state->slots[i] = abstract_scalar();
	state->registers[1] = abstract_pointer(ABSTRACT_CONTEXT, ABSTRACT_NO_MAP);
	state->registers[10] = abstract_pointer(ABSTRACT_STACK, ABSTRACT_NO_MAP);
}

bool state_join(struct state *into, const struct state *from)
{
	bool grew = false;

	if (!into->reached) {
		*into = *from;
		return true;
	}
	for (size_t i = 0; i < STATE_REGISTERS; i++)
		grew |= join_into(&into->registers[i], &from->registers[i]);
	for (size_t i = 0; i < STATE_SLOTS; i++)
		grew |= join_into(&into->slots[i], &from->slots[i]);
	if (memcmp(into->bytes, from->bytes, sizeof(into->bytes)) != 0)
		for (size_t i = 0; i < sizeof(into->bytes); i++)
			if (into->bytes[i] != from->bytes[i] && into->bytes[i] != BYTE_ANY) {
				into->bytes[i] = BYTE_ANY;
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

/* What a map entry's value becomes in a computation is still remembered. */
static struct abstract computed(const struct abstract *a, const struct abstract *b)
{
	struct abstract value = abstract_scalar();

	join_origins(&value, a);
	join_origins(&value, b);
	value.changed = value.origin_map != ABSTRACT_NO_MAP;
	return value;
}

/* Addition and subtraction carry pointers; the other operations make scalars of
 * them, and so does everything in 32 bits. */
static struct abstract move_pointer(uint8_t op, const struct abstract *a, const struct abstract *b)
{
	const uint8_t left = a->kinds & ABSTRACT_KIND_POINTERS;
	const uint8_t right = op == BPF_ADD ? b->kinds & ABSTRACT_KIND_POINTERS : 0;
	struct abstract value = computed(a, b);
	int32_t amount;

	value.kinds = left | right;
	if ((a->kinds & ABSTRACT_SCALAR) || has_pointer(b))
		value.kinds |= ABSTRACT_SCALAR;
	if (left && right)
		return value; /* which of them, nobody can tell */
	value.map = left ? a->map : b->map;
	/* The amount of what may be a pointer is the pointer's offset, and no number. */
	if ((is_constant(b) ? a->known : op == BPF_ADD && is_constant(a) && b->known) &&
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
	join_origins(&value, &from);
	value.host_order = from.host_order;
	value.field = from.field;
	value.wide = from.wide;
	if (from.kinds != ABSTRACT_SCALAR)
		return value;
	value.verdicts = from.verdicts;
	value.known = from.known && from.amount >= 0;
	value.amount = value.known ? from.amount : 0;
	return value;
}

static struct abstract combine(const struct bpf_insn *insn, const struct abstract *a,
			       const struct abstract *b)
{
	const bool wide = BPF_CLASS(insn->code) == BPF_ALU64;
	const uint8_t op = BPF_OP(insn->code);
	struct abstract value;
	int64_t constant;

	if (is_constant(a) && is_constant(b) && fold(op, wide, a->amount, b->amount, &constant))
		return abstract_constant(constant);
	if (wide && (op == BPF_ADD || op == BPF_SUB) && (has_pointer(a) || has_pointer(b)))
		return move_pointer(op, a, b);
	value = computed(a, b);
	if (op == BPF_AND && is_constant(b) && (b->amount & UINT16_MAX) == UINT16_MAX)
		value.field = a->field; /* a cast to u16 */
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

		*target = computed(target, target);
		target->wide = wide_before;
	} else
		*target = combine(insn, target, operand);
}

/* The slots that SIZE bytes at OFFSET touch; false if some lie outside. */
static bool slots_at(int64_t offset, int size, unsigned *first, unsigned *last)
{
	if (offset < -STACK_BYTES || offset + size > 0)
		return false;
	*first = (unsigned)(offset + STACK_BYTES) / 8;
	*last = (unsigned)(offset + STACK_BYTES + size - 1) / 8;
	return true;
}

static struct abstract load_stack(const struct state *state, const struct abstract *address,
				  int64_t offset, int size)
{
	struct abstract value = abstract_scalar();
	unsigned first, last;

	if (!address->known) { /* exact to the kernel perhaps, not to us */
		for (size_t i = 0; i < STATE_SLOTS; i++)
			value = join(value, state->slots[i]);
		return value;
	}
	if (!slots_at(offset, size, &first, &last))
		return value;
	if (size == 8 && offset % 8 == 0)
		return state->slots[first].kinds ? state->slots[first] : value;
	for (unsigned i = first; i <= last; i++)
		join_origins(&value, &state->slots[i]);
	value.wide = (size == 2 || size == 4) ? (uint8_t)size : 0;
	for (int i = 0; i < size; i++)
		if (state->bytes[offset + STACK_BYTES + i] != BYTE_PACKET)
			value.wide = 0;
	return value;
}

static struct abstract load_context(const struct abstract *address, int64_t offset, int size)
{
	static const uint16_t pointers[] = {
		offsetof(struct __sk_buff, data),
		offsetof(struct __sk_buff, data_end),
		offsetof(struct __sk_buff, data_meta),
	};
	const int64_t sk = offsetof(struct __sk_buff, sk);
	struct abstract value = abstract_scalar();

	if (!address->known) {
		value.kinds |= ABSTRACT_PACKET | ABSTRACT_OTHER;
		return value;
	}
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++)
		if (offset < pointers[i] + 4 && offset + size > pointers[i])
			value.kinds = ABSTRACT_PACKET;
	value.known = offset == offsetof(struct __sk_buff, data) && size == 4;
	if (offset < sk + 8 && offset + size > sk)
		value.kinds = ABSTRACT_OTHER | ABSTRACT_SCALAR;
	if (value.kinds == ABSTRACT_SCALAR && offset >= 0)
		value.field = (uint16_t)(offset + 1);
	return value;
}

bool state_is_scratch(const struct abstract *address, const struct bpf_insn *insn)
{
	const uint8_t mode = BPF_MODE(insn->code);

	return address->kinds == ABSTRACT_CONTEXT && address->known && address->amount == 0 &&
	       insn->off >= SCRATCH_FIELD &&
	       insn->off + opcode_size(insn->code) <= SCRATCH_FIELD + SCRATCH_BYTES &&
	       (mode == BPF_MEM || (BPF_CLASS(insn->code) == BPF_LDX && mode == MODE_MEMSX));
}

struct abstract state_load(const struct state *state, const struct bpf_insn *insn, unsigned base)
{
	struct abstract none = { 0 }, value = none, part;
	const int size = opcode_size(insn->code);
	const struct abstract *address;
	int64_t offset;

	if (base >= STATE_REGISTERS)
		return abstract_anything();
	address = &state->registers[base];
	offset = (int64_t)address->amount + insn->off;
	if (address->kinds & ABSTRACT_LOST)
		return abstract_anything();
	if (address->kinds & ABSTRACT_STACK)
		value = join(value, load_stack(state, address, offset, size));
	if (address->kinds & ABSTRACT_CONTEXT)
		value = join(value, load_context(address, offset, size));
	if (state_is_scratch(address, insn))
		value = join(value, load_stack(state, &state->registers[10],
					       insn->off - SCRATCH_FIELD + SCRATCH_PLACE, size));
	if (address->kinds & ABSTRACT_MAP_VALUE) {
		part = abstract_scalar();
		part.kinds |= ABSTRACT_OTHER; /* an entry may hold kernel pointers */
		part.origin_map = address->map;
		part.mixed = address->map == ABSTRACT_NO_MAP;
		part.origin_offset = address->known ? (int32_t)offset : ABSTRACT_NO_OFFSET;
		value = join(value, part);
	}
	if (address->kinds & (ABSTRACT_MAP | ABSTRACT_OTHER)) {
		part = abstract_scalar();
		part.kinds |= ABSTRACT_OTHER;
		value = join(value, part);
	}
	if (!value.kinds || (address->kinds & ABSTRACT_PACKET)) {
		part = abstract_scalar();
		if (address->kinds == ABSTRACT_PACKET &&
		    (!address->known || offset >= HEADERS_BYTES))
			part.field = ABSTRACT_FIELD_PAYLOAD;
		if (address->kinds == ABSTRACT_PACKET && (size == 2 || size == 4))
			part.wide = (uint8_t)size;
		value = join(value, part);
	}
	return value;
}

static uint8_t byte_of(const struct abstract *value, int size, int index)
{
	const int shift = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? index : size - 1 - index;

	if (is_constant(value))
		return (uint64_t)(int64_t)value->amount >> shift * 8 & 0xff ? BYTE_CONSTANT
									    : BYTE_ZERO;
	if (size == 4 && value->kinds == ABSTRACT_SCALAR && value->field &&
	    value->field <= sizeof(struct __sk_buff))
		return (uint8_t)(BYTE_FIELD + (value->field - 1) / 4);
	if (size > 1 && value->host_order == size)
		return BYTE_HOST_ORDER;
	if (size == 4 && value->kinds == ABSTRACT_SCALAR && value->wide)
		return value->wide == 2 ? BYTE_WIDE_2 : BYTE_WIDE_4;
	return BYTE_ANY;
}

static void store_bytes(struct state *state, const struct abstract *address, int64_t offset,
			int size, bool certain, const struct abstract *value)
{
	if (!address->known) {
		memset(state->bytes, BYTE_ANY, sizeof(state->bytes));
		return;
	}
	if (offset < -STACK_BYTES || offset + size > 0)
		return;
	for (int i = 0; i < size; i++) {
		uint8_t *byte = &state->bytes[offset + STACK_BYTES + i];
		const uint8_t now = byte_of(value, size, i);

		*byte = certain || *byte == now ? now : BYTE_ANY;
	}
}

/* CERTAIN: the value lies there now, and not what lay there before. */
static void store_stack(struct state *state, const struct abstract *address, int64_t offset,
			int size, bool certain, struct abstract value)
{
	unsigned first, last;

	store_bytes(state, address, offset, size, certain, &value);
	if (!address->known) {
		for (size_t i = 0; i < STATE_SLOTS; i++)
			state->slots[i] = join(state->slots[i], value);
		return;
	}
	if (!slots_at(offset, size, &first, &last))
		return;
	for (unsigned i = first; i <= last; i++) {
		struct abstract part = value;

		if (size != 8 || offset % 8 != 0) { /* a number, of this and of what was beside */
			part = abstract_scalar();
			join_origins(&part, &value);
			join_origins(&part, &state->slots[i]);
		}
		state->slots[i] = certain ? part : join(state->slots[i], part);
	}
}

void state_store(struct state *state, const struct bpf_insn *insn, struct abstract value)
{
	const int size = opcode_size(insn->code);
	const struct abstract *address;

	if (insn->dst_reg >= STATE_REGISTERS)
		return;
	address = &state->registers[insn->dst_reg];
	if (address->kinds & ABSTRACT_STACK)
		store_stack(state, address, (int64_t)address->amount + insn->off, size,
			    address->kinds == ABSTRACT_STACK, value);
	else if (state_is_scratch(address, insn))
		store_stack(state, &state->registers[10], insn->off - SCRATCH_FIELD + SCRATCH_PLACE,
			    size, false, value);
}

void state_smear(struct state *state)
{
	struct abstract written = abstract_scalar();

	for (size_t i = 1; i <= 5; i++) /* copied from there, perhaps */
		written.mixed |= (state->registers[i].kinds & ABSTRACT_MAP_VALUE) != 0;
	for (size_t i = 1; i <= 5; i++) {
		const struct abstract *argument = &state->registers[i];
		int64_t first = argument->known ? ((int64_t)argument->amount + STACK_BYTES) / 8 : 0;

		if (!(argument->kinds & ABSTRACT_STACK))
			continue;
		first = first < 0 ? 0 : first;
		for (int64_t byte = first * 8; byte < STACK_BYTES; byte++)
			state->bytes[byte] = BYTE_ANY;
		for (int64_t slot = first; slot < STATE_SLOTS; slot++)
			state->slots[slot] = join(state->slots[slot], written);
	}
}

void state_forget_arguments(struct state *state)
{
	for (size_t i = 1; i <= 5; i++)
		state->registers[i] = (struct abstract){ 0 };
}

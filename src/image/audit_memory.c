/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores, as the domain of the audit has them: the stack is followed slot by slot
 * and byte by byte, of everything else it is known only what kind of thing is read there.
 */
#include <stddef.h>
#include <string.h>

#include "image/audit_state.h"
#include "image/opcode.h"
#include "image/scratch.h"

#define STACK_BYTES (STATE_SLOTS * 8)
#define HEADERS_BYTES 54 /* Ethernet, IPv4 and TCP without options */
#define TYPE_AT 12       /* without a tag; with one, or two, 4 bytes later each */
#define MODE_MEMSX 0x80  /* newer than some <linux/bpf.h> */

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
			value = abstract_join(value, state->slots[i]);
		return value;
	}
	if (!slots_at(offset, size, &first, &last))
		return value;
	if (size == 8 && offset % 8 == 0)
		return state->slots[first].kinds ? state->slots[first] : value;
	for (unsigned i = first; i <= last; i++)
		abstract_join_origins(&value, &state->slots[i]);
	value.wide = (size == 2 || size == 4) ? (uint8_t)size : 0;
	for (int i = 0; i < size; i++)
		if (state->bytes[offset + STACK_BYTES + i] != BYTE_PACKET)
			value.wide = 0;
	value.raw = value.wide;
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
		value = abstract_join(value, load_stack(state, address, offset, size));
	if (address->kinds & ABSTRACT_CONTEXT)
		value = abstract_join(value, load_context(address, offset, size));
	if (state_is_scratch(address, insn))
		value = abstract_join(value,
				      load_stack(state, &state->registers[10],
						 insn->off - SCRATCH_FIELD + SCRATCH_PLACE, size));
	if (address->kinds & ABSTRACT_MAP_VALUE) {
		part = abstract_scalar();
		part.kinds |= ABSTRACT_OTHER; /* an entry may hold kernel pointers */
		part.origin_map = address->map;
		part.mixed = address->map == ABSTRACT_NO_MAP;
		part.origin_offset = address->known ? (int32_t)offset : ABSTRACT_NO_OFFSET;
		value = abstract_join(value, part);
	}
	if (address->kinds & (ABSTRACT_MAP | ABSTRACT_OTHER)) {
		part = abstract_scalar();
		part.kinds |= ABSTRACT_OTHER;
		value = abstract_join(value, part);
	}
	if (!value.kinds || (address->kinds & ABSTRACT_PACKET)) {
		part = abstract_scalar();
		if (address->kinds == ABSTRACT_PACKET &&
		    (!address->known || offset >= HEADERS_BYTES))
			part.field = ABSTRACT_FIELD_PAYLOAD;
		else if (address->kinds == ABSTRACT_PACKET && size == 1 && offset >= 0)
			part.field = (uint16_t)(ABSTRACT_FIELD_BYTE + offset);
		else if (address->kinds == ABSTRACT_PACKET && size == 2 && offset != TYPE_AT &&
			 offset != TYPE_AT + 4 && offset != TYPE_AT + 8)
			part.field = ABSTRACT_FIELD_NO_TYPE;
		if (address->kinds == ABSTRACT_PACKET && (size == 2 || size == 4))
			part.wide = part.raw = (uint8_t)size;
		value = abstract_join(value, part);
	}
	return value;
}

static uint8_t byte_of(const struct abstract *value, int size, int index)
{
	const int shift = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? index : size - 1 - index;

	if (abstract_is_constant(value))
		return (uint64_t)(int64_t)value->amount >> shift * 8 & 0xff ? BYTE_CONSTANT
									    : BYTE_ZERO;
	if (size == 4 && value->kinds == ABSTRACT_SCALAR && value->field &&
	    value->field <= sizeof(struct __sk_buff))
		return (uint8_t)(BYTE_FIELD + (value->field - 1) / 4);
	if (size > 1 && value->host_order == size)
		return BYTE_HOST_ORDER;
	if ((size == 4 || size == value->raw) && value->kinds == ABSTRACT_SCALAR && value->raw)
		return value->raw == 2 ? BYTE_RAW_2 : BYTE_RAW_4;
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
			state->slots[i] = abstract_join(state->slots[i], value);
		return;
	}
	if (!slots_at(offset, size, &first, &last))
		return;
	for (unsigned i = first; i <= last; i++) {
		struct abstract part = value;

		if (size != 8 || offset % 8 != 0) { /* a number, of this and of what was beside */
			part = abstract_scalar();
			abstract_join_origins(&part, &value);
			abstract_join_origins(&part, &state->slots[i]);
		}
		state->slots[i] = certain ? part : abstract_join(state->slots[i], part);
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
			state->slots[slot] = abstract_join(state->slots[slot], written);
	}
}

void state_forget_arguments(struct state *state)
{
	for (size_t i = 1; i <= 5; i++)
		state->registers[i] = (struct abstract){ 0 };
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: what is made of the values. */
#include "tc_programs.h"

#include <string.h>

#include "tc_maker.h"

static void add_or_subtract(struct maker *maker, uint32_t to, uint32_t by, bool subtract)
{
	struct known *left = &maker->now.registers[to];
	const struct known right = maker->now.registers[by];

	maker_emit(maker, ALU_REG(subtract ? BPF_SUB : BPF_ADD, to, by));
	if (left->kind == CONSTANT && right.kind != CONSTANT && !subtract) {
		left->kind = right.kind;
		left->amount += right.amount;
	} else if (right.kind == CONSTANT) {
		left->amount += subtract ? -right.amount : right.amount;
	} else {
		left->kind = NUMBER;
	}
}

static void arithmetic(struct maker *maker)
{
	static const uint8_t others[] = { BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_RSH, BPF_ARSH };
	uint32_t to = maker_target(maker);

	switch (maker_pick(maker, 4)) {
	case 0: /* what leads a pointer's offset into a number, if anything does */
		maker_constant(maker, to);
		add_or_subtract(maker, to, maker_any_of(maker, NUMBERS), maker_pick(maker, 2));
		break;
	case 1:
		maker_stack_address(maker, to);
		add_or_subtract(maker, to, maker_any_of(maker, NUMBERS), maker_pick(maker, 2));
		break;
	case 2:
		to = maker_any_of(maker, NUMBERS);
		if (to == 6)
			return;
		maker_emit(maker, INSN((maker_pick(maker, 2) ? BPF_ALU : BPF_ALU64) |
					       others[maker_pick(maker, LENGTH(others))] | BPF_K,
				       to, 0, 0, maker_pick(maker, 8)));
		maker_set(maker, to, NUMBER, 0);
		break;
	default:
		to = maker_any_of(maker, READABLE & ~(1u << CONTEXT));
		if (to == 6 || to == 7)
			return;
		maker_emit(maker, ALU_IMM(BPF_ADD, to, 8));
		maker->now.registers[to].amount += 8;
	}
}

static void store_into_context(struct maker *maker, uint32_t address)
{
	static const int16_t fields[] = { FIELD(mark),      FIELD(priority), FIELD(tc_index),
					  FIELD(cb),        FIELD(cb) + 4,   FIELD(cb) + 12,
					  FIELD(tc_classid) };
	const int16_t field = fields[maker_pick(maker, LENGTH(fields))];

	maker_emit(maker, STORE(BPF_W, address, field, maker_any_of(maker, NUMBERS)));
}

/* Whatever it leads to. */
static void store_through(struct maker *maker, uint32_t address)
{
	static const uint8_t sizes[] = { BPF_DW, BPF_DW, BPF_B, BPF_H, BPF_W };
	const struct known *pointer = &maker->now.registers[address];
	const uint32_t from = maker_any_of(maker, READABLE);
	uint8_t size = sizes[maker_pick(maker, LENGTH(sizes))];
	uint32_t slot;

	if (pointer->kind == CONTEXT) {
		store_into_context(maker, address);
	} else if (pointer->kind == STACK && size == BPF_DW) {
		maker_emit(maker, STORE(size, address, 0, from));
		if (maker_slot_of(pointer, 0, &slot))
			maker->now.slots[slot] = maker->now.registers[from];
	} else if (POINTERS & 1u << pointer->kind) {
		if (pointer->kind == STACK && maker_slot_of(pointer, 0, &slot))
			maker->now.slots[slot] = (struct known){ NUMBER, 0 };
		maker_emit(maker, STORE_IMM(size, address, 0, 0x55));
	}
}

static void call_helper(struct maker *maker)
{
	static const int32_t plain[] = { BPF_FUNC_get_prandom_u32, BPF_FUNC_ktime_get_ns };

	switch (maker_pick(maker, 5)) {
	case 0:
		maker_value(maker, maker_pick(maker, 2) ? 8 : 0);
		return;
	case 1:
		maker_emit(maker, MOV_REG(1, 6));
		maker_emit(maker, MOV_IMM(2, 0));
		maker_stack_address(maker, 3);
		maker_emit(maker, MOV_IMM(4, 8));
		maker_emit(maker, CALL(BPF_FUNC_skb_load_bytes));
		maker->now.slots[-maker->now.registers[3].amount / 8 - 1] =
			(struct known){ NUMBER, 0 };
		break;
	case 2:
		maker_emit(maker, MOV_REG(1, 6));
		maker_emit(maker, CALL(BPF_FUNC_get_socket_cookie));
		break;
	default:
		maker_emit(maker, CALL(plain[maker_pick(maker, LENGTH(plain))]));
	}
	maker_lose_arguments(maker);
	maker_set(maker, 0, NUMBER, 0);
}

/* A harmless pointer in a slot is replaced through an address that was computed from a
 * constant; then the slot's pointer is used. Misjudge the constant, miss the store. */
static void detour(struct maker *maker, uint32_t by)
{
	const uint32_t to = by == 8 ? 4 : 8;
	const uint32_t address = by == 5 ? 3 : 5, slot = maker_pick(maker, SLOTS);
	const int32_t place = -8 * (int32_t)(slot + 1);
	const bool subtract = maker_pick(maker, 2);
	const int64_t amount = maker->now.registers[by].amount;

	if (maker->now.registers[by].kind != CONSTANT || by == 7)
		return;
	maker_stack_address(maker, to);
	maker_emit(maker, STORE(BPF_DW, 10, (int16_t)place, to));
	maker_emit(maker, MOV_IMM(to, subtract ? place + amount : place - amount));
	maker_emit(maker, ALU_REG(subtract ? BPF_SUB : BPF_ADD, to, by));
	maker_emit(maker, MOV_REG(address, 10));
	maker_emit(maker, ALU_REG(BPF_ADD, address, to));
	maker_set(maker, to, CONSTANT, place);
	maker_set(maker, address, STACK, place);
	maker_packet(maker, to);
	if (maker_pick(maker, 2))
		maker_move(maker, to, 6);
	maker_emit(maker, STORE(BPF_DW, address, 0, to));
	maker->now.slots[slot] = maker->now.registers[to];
	maker_emit(maker, LOAD(BPF_DW, to, 10, (int16_t)place));
	store_through(maker, to);
}

static void scratch(struct maker *maker)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	const uint8_t size = sizes[maker_pick(maker, LENGTH(sizes))];
	const int16_t field = FIELD(cb) + (int16_t)(8 * maker_pick(maker, 2));
	const uint32_t to = maker_target(maker);

	if (maker_pick(maker, 2)) {
		maker_emit(maker, STORE(size, 6, field, maker_any_of(maker, NUMBERS)));
		return;
	}
	maker_emit(maker, LOAD(size, to, 6, field));
	maker_set(maker, to, NUMBER, 0);
}

static void statements(struct maker *maker, uint32_t count);

static void forget_differences(struct frame *into, const struct frame *other)
{
	for (size_t i = 0; i < LENGTH(into->registers); i++)
		if (into->registers[i].kind != other->registers[i].kind ||
		    into->registers[i].amount != other->registers[i].amount)
			into->registers[i].kind = MIXED;
	for (size_t i = 0; i < LENGTH(into->slots); i++)
		if (into->slots[i].kind != other->slots[i].kind ||
		    into->slots[i].amount != other->slots[i].amount)
			into->slots[i].kind = MIXED;
}

/* Two things meet in a register, and behind a second branch, which follows from the first,
 * it is one of them alone. r9 says which, or a slot where nothing else lies. */
#define FLAG ((int16_t)(-8 * (SLOTS + 2)))

static void raise_flag(struct maker *maker, int32_t flag)
{
	if (maker->depth == 1)
		maker_emit(maker, MOV_IMM(9, flag));
	else
		maker_emit(maker, STORE_IMM(BPF_DW, 10, FLAG, flag));
}

static uint32_t test_flag(struct maker *maker, uint32_t through, uint8_t op)
{
	if (maker->depth == 1)
		return maker_emit(maker, JUMP_IMM(op, 9, 0, 0));
	maker_emit(maker, LOAD(BPF_DW, through, 10, FLAG));
	return maker_emit(maker, JUMP_IMM(op, through, 0, 0));
}

static void confusion(struct maker *maker)
{
	const uint32_t to = maker_target(maker), condition = to == 5 ? 4 : 5;
	const bool first = maker_pick(maker, 2);
	struct frame one, other;
	uint32_t jump;

	if (maker->depth == 2)
		return;
	maker->depth++;
	raise_flag(maker, 0);
	maker_something(maker, to);
	maker_emit(maker, LOAD(BPF_W, condition, 6, FIELD(len)));
	maker_set(maker, condition, NUMBER, 0);
	one = maker->now;
	jump = maker_emit(maker, JUMP_IMM(BPF_JEQ, condition, 60 + maker_pick(maker, 2), 0));
	raise_flag(maker, 1);
	maker_something(maker, to);
	if (maker_pick(maker, 2))
		maker_spill(maker);
	other = maker->now;
	maker_land(maker, jump);
	maker->now = first ? one : other;
	maker_set(maker, condition, NUMBER, 0);
	jump = test_flag(maker, condition, first ? BPF_JNE : BPF_JEQ);
	switch (maker_pick(maker, 4)) {
	case 0:
		store_through(maker, to);
		break;
	case 1:
	case 2:
		detour(maker, to);
	}
	statements(maker, 2 + maker_pick(maker, 5));
	maker_land(maker, jump);
	forget_differences(&maker->now, &one);
	forget_differences(&maker->now, &other);
	maker->depth--;
}

static void statement(struct maker *maker)
{
	switch (maker_pick(maker, 17)) {
	case 0:
	case 1:
		maker_something(maker, maker_target(maker));
		break;
	case 2:
	case 3:
		maker_spill(maker);
		break;
	case 4:
		maker_fill(maker);
		break;
	case 5:
	case 6:
		store_through(maker, maker_fill(maker));
		break;
	case 7:
	case 8:
	case 9:
		arithmetic(maker);
		break;
	case 10:
		call_helper(maker);
		break;
	case 11:
	case 12:
		store_through(maker,
			      maker_any_of(maker, maker_pick(maker, 3) ? 1u << STACK : POINTERS));
		break;
	case 13:
		detour(maker, maker_any_of(maker, 1u << CONSTANT));
		break;
	case 14:
		scratch(maker);
		break;
	default:
		confusion(maker);
	}
}

static void statements(struct maker *maker, uint32_t count)
{
	while (count-- > 0 && maker->out->count < ROOM)
		statement(maker);
}

static void begin(struct maker *maker)
{
	maker_move(maker, 6, 1);
	maker_emit(maker, MOV_IMM(7, 0));
	maker_set(maker, 7, CONSTANT, 0);
	if (maker->packet_data) {
		maker_emit(maker, LOAD(BPF_W, 7, 6, FIELD(data)));
		maker_emit(maker, LOAD(BPF_W, 3, 6, FIELD(data_end)));
		maker_emit(maker, MOV_REG(2, 7));
		maker_emit(maker, ALU_IMM(BPF_ADD, 2, 40));
		maker_emit(maker, JUMP_REG(BPF_JLE, 2, 3, 2));
		maker_emit(maker, MOV_IMM(0, 0));
		maker_emit(maker, EXIT);
		maker_set(maker, 7, PACKET, 0);
		maker_set(maker, 2, MIXED, 0);
		maker_set(maker, 3, MIXED, 0);
	}
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		if (maker_pick(maker, 8) == 0) /* not written at all */
			continue;
		maker_emit(maker, STORE_IMM(BPF_DW, 10, (int16_t)(-8 * (int)(slot + 1)), 0));
		maker->now.slots[slot] = (struct known){ CONSTANT, 0 };
	}
	maker_emit(maker, MOV_IMM(0, 0));
	maker_set(maker, 0, CONSTANT, 0);
}

void tc_program_make(uint64_t seed, bool packet_data, int map, struct tc_program *out)
{
	struct maker maker = {
		.out = out,
		.random = (seed + 1) * 0x9e3779b97f4a7c15,
		.packet_data = packet_data,
		.map = map,
	};

	memset(out, 0, sizeof(*out));
	maker_set(&maker, 1, CONTEXT, 0);
	for (size_t i = 0; i < SLOTS; i++)
		maker.now.slots[i].kind = MIXED;
	begin(&maker);
	statements(&maker, 6 + maker_pick(&maker, 12));
	maker_emit(&maker, MOV_IMM(0, (int32_t)maker_pick(&maker, 9) - 1));
	maker_emit(&maker, EXIT);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Values in registers and slots. */
#include "tc_maker.h"

static const int32_t amounts[] = { 0, 0, 1, 2, 4, 8, 16, 48, 64, 72, -4, -8, -16, -24, -64, -72 };

uint32_t maker_pick(struct maker *maker, uint32_t limit)
{
	maker->random ^= maker->random << 13;
	maker->random ^= maker->random >> 7;
	maker->random ^= maker->random << 17;
	return (uint32_t)((maker->random >> 24) % limit);
}

uint32_t maker_emit(struct maker *maker, struct bpf_insn insn)
{
	if (maker->out->count < TC_PROGRAM_MAX)
		maker->out->insns[maker->out->count++] = insn;
	return maker->out->count - 1;
}

void maker_land(struct maker *maker, uint32_t at)
{
	maker->out->insns[at].off = (int16_t)(maker->out->count - at - 1);
}

void maker_set(struct maker *maker, uint32_t target, enum kind kind, int64_t amount)
{
	maker->now.registers[target] = (struct known){ kind, amount };
}

void maker_lose_arguments(struct maker *maker)
{
	for (uint32_t i = 1; i <= 5; i++)
		maker_set(maker, i, NOTHING, 0);
}

bool maker_slot_of(const struct known *address, int64_t offset, uint32_t *slot)
{
	const int64_t at = address->amount + offset;

	*slot = (uint32_t)(-at / 8 - 1);
	return address->kind == STACK && at < 0 && at >= -8 * SLOTS && at % 8 == 0;
}

uint32_t maker_any_of(struct maker *maker, uint32_t kinds)
{
	const uint32_t start = maker_pick(maker, 10);

	for (uint32_t i = 0; i < 10; i++)
		if (kinds & 1u << maker->now.registers[(start + i) % 10].kind)
			return (start + i) % 10;
	return 6;
}

uint32_t maker_target(struct maker *maker)
{
	static const uint32_t registers[] = { 0, 1, 2, 3, 4, 5, 8 };

	return registers[maker_pick(maker, LENGTH(registers))];
}

void maker_move(struct maker *maker, uint32_t to, uint32_t from)
{
	maker_emit(maker, MOV_REG(to, from));
	maker->now.registers[to] = maker->now.registers[from];
}

void maker_constant(struct maker *maker, uint32_t to)
{
	const int32_t amount = amounts[maker_pick(maker, LENGTH(amounts))];

	maker_emit(maker, MOV_IMM(to, amount));
	maker_set(maker, to, CONSTANT, amount);
}

void maker_stack_address(struct maker *maker, uint32_t to)
{
	const int32_t offset = -8 * (int32_t)(1 + maker_pick(maker, SLOTS));

	maker_emit(maker, MOV_REG(to, 10));
	maker_emit(maker, ALU_IMM(BPF_ADD, to, offset));
	maker_set(maker, to, STACK, offset);
}

static void number(struct maker *maker, uint32_t to)
{
	maker_emit(maker, LOAD(BPF_W, to, 6, FIELD(len)));
	maker_set(maker, to, NUMBER, 0);
	if (maker_pick(maker, 2)) {
		maker_emit(maker, ALU_IMM(BPF_AND, to, 7));
		if (maker_pick(maker, 2))
			maker_emit(maker, ALU_IMM(BPF_LSH, to, 3));
	}
}

void maker_packet(struct maker *maker, uint32_t to)
{
	if (!maker->packet_data) {
		maker_stack_address(maker, to);
		return;
	}
	maker_move(maker, to, 7);
	if (maker_pick(maker, 3) == 0) {
		maker_emit(maker, ALU_IMM(BPF_ADD, to, 4));
		maker->now.registers[to].amount += 4;
	}
}

void maker_value(struct maker *maker, uint32_t to)
{
	uint32_t jump;

	if (maker->out->map_load_count == LENGTH(maker->out->map_loads))
		return;
	maker_emit(maker, STORE_IMM(BPF_W, 10, -8 * (SLOTS + 1), 0));
	maker_emit(maker, MOV_REG(2, 10));
	maker_emit(maker, ALU_IMM(BPF_ADD, 2, -8 * (SLOTS + 1)));
	maker->out->map_loads[maker->out->map_load_count++] = maker->out->count;
	maker_emit(maker, INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, maker->map));
	maker_emit(maker, INSN(0, 0, 0, 0, 0));
	maker_emit(maker, CALL(BPF_FUNC_map_lookup_elem));
	jump = maker_emit(maker, JUMP_IMM(BPF_JNE, 0, 0, 0));
	maker_emit(maker, MOV_IMM(0, 0));
	maker_emit(maker, EXIT);
	maker_land(maker, jump);
	maker_lose_arguments(maker);
	maker_set(maker, 0, VALUE, 0);
	if (to)
		maker_move(maker, to, 0);
}

/* A pointer that goes by way of skb->cb, or into its copy by one way and back by the other:
 * a number as long as there is no copy. */
static void hidden(struct maker *maker, uint32_t to)
{
	const uint32_t from = maker_any_of(maker, POINTERS), address = to == 8 ? 4 : 8;
	const int16_t word = (int16_t)(8 * maker_pick(maker, 2));

	if (from == address || from == to)
		return;
	if (maker_pick(maker, 2)) {
		maker_emit(maker, STORE(BPF_DW, 6, FIELD(cb) + word, from));
	} else {
		maker_emit(maker, MOV_REG(address, 10));
		maker_emit(maker, MOV_IMM(to, -512 + word));
		maker_emit(maker, ALU_REG(BPF_ADD, address, to));
		maker_emit(maker, STORE(BPF_DW, address, 0, from));
		maker_set(maker, address, MIXED, 0);
	}
	maker_emit(maker, LOAD(BPF_DW, to, 6, FIELD(cb) + word));
	maker->now.registers[to] = maker->now.registers[from];
}

void maker_something(struct maker *maker, uint32_t to)
{
	switch (maker_pick(maker, 9)) {
	case 0:
	case 1:
		maker_constant(maker, to);
		break;
	case 2:
	case 3:
		maker_stack_address(maker, to);
		break;
	case 4:
		number(maker, to);
		break;
	case 5:
		maker_move(maker, to, 6);
		break;
	case 6:
		maker_packet(maker, to);
		break;
	case 7:
		hidden(maker, to);
		break;
	default:
		maker_move(maker, to, maker_any_of(maker, READABLE));
	}
}

void maker_spill(struct maker *maker)
{
	const uint32_t slot = maker_pick(maker, SLOTS), from = maker_any_of(maker, READABLE);

	maker_emit(maker, STORE(BPF_DW, 10, (int16_t)(-8 * (int)(slot + 1)), from));
	maker->now.slots[slot] = maker->now.registers[from];
}

uint32_t maker_fill(struct maker *maker)
{
	const uint32_t start = maker_pick(maker, SLOTS), to = maker_target(maker);

	for (uint32_t i = 0; i < SLOTS; i++) {
		const uint32_t slot = (start + i) % SLOTS;

		if (maker->now.slots[slot].kind == MIXED)
			continue;
		maker_emit(maker, LOAD(BPF_DW, to, 10, (int16_t)(-8 * (int)(slot + 1))));
		maker->now.registers[to] = maker->now.slots[slot];
		return to;
	}
	return 6;
}

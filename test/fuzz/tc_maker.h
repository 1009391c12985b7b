/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a random program: what is known of its registers and slots, on the path that the
 * verifier finds possible, and the instructions that put something there.
 */
#ifndef TEST_FUZZ_TC_MAKER_H
#define TEST_FUZZ_TC_MAKER_H

#include <stddef.h>

#include "image/assemble.h"
#include "tc_programs.h"

#define FIELD(name) ((int16_t)offsetof(struct __sk_buff, name))
#define SLOTS 10 /* of 8 bytes, below r10 */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define ROOM (TC_PROGRAM_MAX - 96)

enum kind { NOTHING, NUMBER, CONSTANT, CONTEXT, STACK, PACKET, VALUE, MIXED };

struct known {
	enum kind kind;
	int64_t amount; /* of CONSTANT, and the offset of pointers */
};

struct frame {
	struct known registers[10], slots[SLOTS];
};

struct maker {
	struct tc_program *out;
	struct frame now;
	uint64_t random;
	bool packet_data;
	int map;
	int depth;
};

#define READABLE (~(1u << NOTHING | 1u << MIXED))
#define POINTERS (1u << CONTEXT | 1u << STACK | 1u << PACKET | 1u << VALUE)
#define NUMBERS (1u << NUMBER | 1u << CONSTANT)

/* Below the limit. */
uint32_t maker_pick(struct maker *maker, uint32_t limit);
uint32_t maker_emit(struct maker *maker, struct bpf_insn insn);
/* Makes the jump AT lead to what comes next. */
void maker_land(struct maker *maker, uint32_t at);
void maker_set(struct maker *maker, uint32_t target, enum kind kind, int64_t amount);
void maker_lose_arguments(struct maker *maker);
/* The slot that is meant, if it is a whole one. */
bool maker_slot_of(const struct known *address, int64_t offset, uint32_t *slot);
/* One that can be read, of the KINDS (bits) if there is any; r6 is always the context. */
uint32_t maker_any_of(struct maker *maker, uint32_t kinds);
uint32_t maker_target(struct maker *maker);
void maker_move(struct maker *maker, uint32_t to, uint32_t from);
void maker_constant(struct maker *maker, uint32_t to);
void maker_stack_address(struct maker *maker, uint32_t to);
/* Of packet data, at least 36 bytes of it; or of the stack where there shall be none. */
void maker_packet(struct maker *maker, uint32_t to);
/* Of the map: in r0, and in TO unless that is 0. */
void maker_value(struct maker *maker, uint32_t to);
/* Of any kind. */
void maker_something(struct maker *maker, uint32_t to);
void maker_spill(struct maker *maker);
/* The register that is filled. */
uint32_t maker_fill(struct maker *maker);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the audit knows at one instruction: for each register and each stack slot
 * the set of things it may hold. Sets only grow when paths meet, so a kind that
 * is absent is one that no path can bring, and the walk ends.
 */
#ifndef IMAGE_AUDIT_STATE_H
#define IMAGE_AUDIT_STATE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

enum value_kind {
	VALUE_SCALAR = 1 << 0,
	VALUE_CONTEXT = 1 << 1,   /* struct __sk_buff */
	VALUE_PACKET = 1 << 2,    /* data, data_meta and what is reached from there */
	VALUE_STACK = 1 << 3,     /* this frame's; amount is from r10 */
	VALUE_MAP = 1 << 4,       /* a map itself */
	VALUE_MAP_VALUE = 1 << 5, /* inside an entry of one */
	VALUE_OTHER = 1 << 6,     /* a pointer that leads neither to packet nor context */
	VALUE_LOST = 1 << 7,      /* a pointer to no one knows what */
};

#define VALUE_KIND_POINTERS (0xff & ~VALUE_SCALAR)

/* Verdicts a scalar may be in its low half: bit v + 1 for -1 to 8, and this one
 * for all others. */
#define VALUE_OTHER_VERDICT (1u << 15)

#define VALUE_NO_MAP (-1)
#define VALUE_NO_OFFSET INT32_MIN

struct value {
	uint8_t kinds;
	bool known;   /* amount is exact */
	bool changed; /* computed from what was loaded at origin */
	uint16_t verdicts;
	int32_t amount;        /* a scalar's value, a pointer's offset */
	int16_t map;           /* of MAP and MAP_VALUE; VALUE_NO_MAP: one of several */
	int16_t origin_map;    /* the map whose entry it was loaded from; VALUE_NO_MAP: none */
	int32_t origin_offset; /* where in the entry; VALUE_NO_OFFSET: unknown */
};

#define STATE_REGISTERS 11
#define STATE_SLOTS 64 /* of 8 bytes; MAX_BPF_STACK is 512 */

struct state {
	bool reached;
	bool locked; /* under bpf_spin_lock on every path */
	struct value registers[STATE_REGISTERS];
	struct value slots[STATE_SLOTS]; /* [0] is at r10 - 512 */
};

struct value value_scalar(void);
struct value value_constant(int64_t constant);
struct value value_pointer(enum value_kind kind, int16_t map);
struct value value_anything(void);

void state_enter(struct state *state);                         /* at the first instruction */
bool state_join(struct state *into, const struct state *from); /* whether it grew */

/* The effect of instructions. */
void state_arithmetic(struct state *state, const struct bpf_insn *insn);
struct value state_load(const struct state *state, const struct bpf_insn *insn, unsigned base);
void state_store(struct state *state, const struct bpf_insn *insn, struct value value);
/* A helper that may write behind the stack pointers among its arguments. */
void state_smear(struct state *state);
void state_forget_arguments(struct state *state); /* r1 to r5, as every call does */

#endif

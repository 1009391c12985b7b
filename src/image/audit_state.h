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

enum abstract_kind {
	ABSTRACT_SCALAR = 1 << 0,
	ABSTRACT_CONTEXT = 1 << 1,   /* struct __sk_buff */
	ABSTRACT_PACKET = 1 << 2,    /* data, data_meta and what is reached from there */
	ABSTRACT_STACK = 1 << 3,     /* this frame's; amount is from r10 */
	ABSTRACT_MAP = 1 << 4,       /* a map itself */
	ABSTRACT_MAP_VALUE = 1 << 5, /* inside an entry of one */
	ABSTRACT_OTHER = 1 << 6,     /* a pointer that leads neither to packet nor context */
	ABSTRACT_LOST = 1 << 7,      /* a pointer of unknown origin */
};

#define ABSTRACT_KIND_POINTERS (0xff & ~ABSTRACT_SCALAR)

/* Verdicts a scalar may be in its low half: bit v + 1 for -1 to 8, and this one
 * for all others. */
#define ABSTRACT_OTHER_VERDICT (1u << 15)

#define ABSTRACT_NO_MAP (-1)
#define ABSTRACT_NO_OFFSET INT32_MIN

struct abstract {
	uint8_t kinds;
	bool known;         /* amount is exact */
	uint8_t host_order; /* bytes of a word of the packet that it is for certain; or 0 */
	bool changed;       /* computed from what was loaded at origin, if it has one */
	bool mixed;         /* something of another origin, or of any, may be in it as well */
	uint8_t wide;       /* bytes of the packet that it is as they were loaded, 2 or 4; or 0 */
	uint16_t verdicts;
	int32_t amount;        /* a scalar's value, a pointer's offset */
	int16_t map;           /* of MAP and MAP_VALUE; ABSTRACT_NO_MAP: one of several */
	int16_t origin_map;    /* the map whose entry it was loaded from; ABSTRACT_NO_MAP: none */
	int32_t origin_offset; /* where in the entry; ABSTRACT_NO_OFFSET: unknown */
	/* 1 + the offset in the context of what it is, or one of those; 0: something else */
	uint16_t field;
};

/* Loaded from a packet, where headers of usual length have ended. */
#define ABSTRACT_FIELD_PAYLOAD UINT16_MAX

#define STATE_REGISTERS 11
#define STATE_SLOTS 64 /* of 8 bytes; MAX_BPF_STACK is 512 */

/* What is known of single bytes of the stack. */
enum stack_byte {
	BYTE_ANY,
	BYTE_ZERO,
	BYTE_CONSTANT,
	BYTE_HOST_ORDER,
	BYTE_PACKET, /* loaded from there by a helper */
	BYTE_WIDE_2, /* of a number that is two bytes of the packet */
	BYTE_WIDE_4,
	BYTE_FIELD, /* and more, by a quarter of its offset: a field of the context as it is */
};

struct state {
	bool reached;
	bool locked; /* under bpf_spin_lock on every path */
	struct abstract registers[STATE_REGISTERS];
	struct abstract slots[STATE_SLOTS]; /* [0] is at r10 - 512 */
	uint8_t bytes[STATE_SLOTS * 8];     /* enum stack_byte */
};

struct abstract abstract_scalar(void);
struct abstract abstract_constant(int64_t constant);
struct abstract abstract_pointer(enum abstract_kind kind, int16_t map);
struct abstract abstract_anything(void);

void state_enter(struct state *state);                         /* at the first instruction */
bool state_join(struct state *into, const struct state *from); /* whether it grew */

/* The effect of instructions. */
void state_arithmetic(struct state *state, const struct bpf_insn *insn);
struct abstract state_load(const struct state *state, const struct bpf_insn *insn, unsigned base);
/* An access of skb->cb that may become one of its copy on the stack (image/scratch.c). For
 * loads and stores such an access is one of either. */
bool state_is_scratch(const struct abstract *address, const struct bpf_insn *insn);
void state_store(struct state *state, const struct bpf_insn *insn, struct abstract value);
/* A helper that may write behind the stack pointers among its arguments. */
void state_smear(struct state *state);
void state_forget_arguments(struct state *state); /* r1 to r5, as every call does */

#endif

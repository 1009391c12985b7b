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

#include "image/audit_value.h"

#define STATE_REGISTERS 11
#define STATE_SLOTS 64          /* of 8 bytes; MAX_BPF_STACK is 512 */
#define STATE_RIVALS UINT16_MAX /* more than one */

/* What is known of single bytes of the stack. */
enum stack_byte {
	BYTE_ANY,
	BYTE_ZERO,
	BYTE_CONSTANT,
	BYTE_HOST_ORDER,
	BYTE_PACKET, /* loaded from there by a helper */
	BYTE_WIDE_2, /* of a number that is two bytes of the packet */
	BYTE_WIDE_4,
	BYTE_RAW_2, /* the same, in the packet's order */
	BYTE_RAW_4,
	BYTE_UNSET, /* nothing was stored there */
	BYTE_FIELD, /* and more, by a quarter of its offset: a field of the context as it is */
};

struct state {
	bool reached;
	bool locked; /* under bpf_spin_lock on every path */
	/* What was compared with this value of a map on one way here at least, by where it was
	 * born (0: nothing was); and how it may compare to it */
	uint16_t rival;
	bool rival_smaller, rival_larger;
	int16_t rival_map;
	int32_t rival_offset;
	/* A value of a map that is 0 on every way here; ABSTRACT_NO_MAP: none is */
	int16_t unset_map;
	int32_t unset_offset;
	struct abstract registers[STATE_REGISTERS];
	struct abstract slots[STATE_SLOTS]; /* [0] is at r10 - 512 */
	uint8_t bytes[STATE_SLOTS * 8];     /* enum stack_byte */
};

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

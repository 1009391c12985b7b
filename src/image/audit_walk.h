/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of the audit, shared by the walk (audit.c), what calls do (audit_calls.c), and what
 * it notes (audit_notes.c, audit_note_maps.c). */
#ifndef IMAGE_AUDIT_WALK_H
#define IMAGE_AUDIT_WALK_H

#include "image/audit.h"
#include "image/audit_state.h"
#include "image/opcode.h"

/* Of a map, on any way: 1 + the last instruction that looks in it, and which of the first 64
 * bytes of a value something is added to. */
struct map_use {
	uint32_t looked_up;
	uint64_t added;
	bool added_somewhere; /* nobody knows where */
};

struct walk {
	const struct skbscope_image *image;
	const struct skbscope_image_program *program;
	const struct bpf_insn *insns;
	uint32_t count;
	int16_t *map_at;      /* by instruction, from the relocations */
	uint32_t *leader_at;  /* by instruction: index into states, or NO_LEADER */
	uint32_t *leaders;    /* their instructions, ascending */
	struct state *states; /* on entry to each leader */
	bool *pending;
	uint32_t leader_count;
	uint64_t steps_left;
	bool gave_up;
	struct map_use *map_uses; /* by map */
	uint64_t bounded[4];      /* fields of the context that are compared, by a quarter of their
				     offset */

	bool wide_bounded; /* a number from the packet is compared, or computed with */

	bool uses;    /* of maps, are asked for; else all the rest */
	bool writing; /* the findings, in the last walk */
	bool packet_load_seen;
	struct audit_finding *findings;
	size_t finding_count, finding_capacity;
	int result;
};

/* The effect of a call, whose findings it adds (audit_calls.c). */
void walk_call(struct walk *walk, struct state *state, uint32_t at);

/* Findings are written in the last walk only, when what is known has stopped growing. */
void add_finding(struct walk *walk, struct audit_finding finding);
void add_kind(struct walk *walk, enum audit_kind kind, uint32_t at, const char *what);
void add_length(struct walk *walk, uint32_t at, int32_t offset);
/* Of a load from there. */
void note_length(struct walk *walk, const struct abstract *address, uint32_t at);
void add_use(struct walk *walk, enum audit_kind kind, uint32_t at, int32_t map);
void add_verdict(struct walk *walk, uint32_t at, int32_t verdict);
void note_uses(struct walk *walk, const struct state *state, uint32_t at);
void note_write(struct walk *walk, const struct state *state, uint32_t at);
void note_exit(struct walk *walk, const struct state *state, uint32_t at);
void note_comparison(struct walk *walk, const struct state *state, uint32_t at);

/* Of maps (audit_note_maps.c). */
void note_bound(struct walk *walk, const struct abstract *value);
void note_map_call(struct walk *walk, const struct state *state, uint32_t at, int32_t helper);
void add_value_write(struct walk *walk, uint32_t at, int32_t map, int32_t offset, uint32_t size,
		     bool adds);
void note_value_helper(struct walk *walk, const struct state *state, uint32_t at, int32_t helper);
/* STORED NULL: added to it. BITS: so many of them are set, in one instruction. */
void note_value_store(struct walk *walk, uint32_t at, const struct abstract *address,
		      const struct abstract *stored, bool bits, enum skbscope_image_keeps keeps);
/* Whether CPUs share an entry of this map, so that an increment can be lost. */
bool map_is_shared(const struct walk *walk, int16_t map);
void note_increment(struct walk *walk, const struct state *state, uint32_t at,
		    const struct abstract *address, const struct abstract *stored);

/* A comparison with a value of a map (audit_extremes.c), or that of one with 0. */
struct comparison {
	uint16_t rival; /* what it is compared with; 0: with 0 */
	int16_t map;    /* ABSTRACT_NO_MAP: it is none of those */
	int32_t offset;
	bool smaller; /* the jump is taken where the rival is: or as large */
	bool equal;   /* the jump is taken where it is 0 */
	/* What was known before. */
	uint16_t rival_before;
	int16_t unset_map;
	int32_t unset_offset;
};

void comparison_make(const struct state *state, const struct bpf_insn *insn,
		     struct comparison *out);
/* What is known behind it, where the jump is taken, then where it is not. */
void comparison_taken(struct state *state, struct comparison *comparison);
void comparison_passed(struct state *state, const struct comparison *comparison);
/* Which of several numbers a store leaves there. */
enum skbscope_image_keeps store_keeps(const struct state *state, const struct bpf_insn *insn,
				      const struct abstract *stored);
void forget_unset(struct state *state, const struct bpf_insn *insn);
void note_extreme(struct walk *walk, const struct state *state, uint32_t at,
		  const struct abstract *address, const struct abstract *stored);

#endif

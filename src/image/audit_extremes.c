/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maxima, minima and first and last times among a map's values: what is compared with such a
 * value and takes its place. Numbers are known again wherever they lie, since the compiler
 * compares a copy as often as not.
 */
#include "image/audit_walk.h"

/* Of "!*value || x < *value" the compiler makes one comparison, with a number less. */
static bool is_of_value(const struct abstract *value)
{
	return value->origin_map != ABSTRACT_NO_MAP && !value->mixed &&
	       value->origin_offset != ABSTRACT_NO_OFFSET;
}

static void compare_two(const struct state *state, const struct bpf_insn *insn,
			struct comparison *out)
{
	const uint8_t op = BPF_OP(insn->code);
	const bool above = op == BPF_JGT || op == BPF_JGE || op == BPF_JSGT || op == BPF_JSGE;

	if (!above && op != BPF_JLT && op != BPF_JLE && op != BPF_JSLT && op != BPF_JSLE)
		return;
	for (int i = 0; i < 2; i++) {
		const struct abstract *value = &state->registers[i ? insn->src_reg : insn->dst_reg];
		const struct abstract *rival = &state->registers[i ? insn->dst_reg : insn->src_reg];

		if (!is_of_value(value) || !rival->born)
			continue;
		if (value->changed && is_of_value(rival) && !rival->changed)
			continue; /* it is the other one's rival, and was computed from another */
		*out = (struct comparison){ .rival = rival->born,
					    .map = value->origin_map,
					    .offset = value->origin_offset,
					    /* taken where the left one is above */
					    .smaller = above == (i == 0) };
	}
}

void comparison_make(const struct state *state, const struct bpf_insn *insn, struct comparison *out)
{
	const uint8_t op = BPF_OP(insn->code);
	const struct abstract *value;

	*out = (struct comparison){ .map = ABSTRACT_NO_MAP };
	if (opcode_is_always_jump(insn->code) || insn->dst_reg >= STATE_REGISTERS ||
	    insn->src_reg >= STATE_REGISTERS)
		return;
	value = &state->registers[insn->dst_reg];
	if (BPF_SRC(insn->code) == BPF_X) {
		compare_two(state, insn, out);
	} else if ((op == BPF_JEQ || op == BPF_JNE) && insn->imm == 0 && is_of_value(value) &&
		   !value->partly && !value->counted) {
		out->map = value->origin_map;
		out->offset = value->origin_offset;
		out->equal = op == BPF_JEQ;
	}
}

/* What was compared before is of another value: here this one is what may be set. */
static void set_unset(struct state *state, const struct comparison *comparison)
{
	state->rival = 0;
	state->unset_map = comparison->map;
	state->unset_offset = comparison->offset;
}

void comparison_taken(struct state *state, struct comparison *comparison)
{
	if (comparison->map == ABSTRACT_NO_MAP)
		return;
	comparison->unset_map = state->unset_map;
	comparison->unset_offset = state->unset_offset;
	comparison->rival_before = state->rival;
	if (comparison->rival) {
		state->rival = comparison->rival;
		state->rival_map = comparison->map;
		state->rival_offset = comparison->offset;
		state->rival_smaller = comparison->smaller;
		state->rival_larger = !comparison->smaller;
	} else if (comparison->equal) {
		set_unset(state, comparison);
	}
}

void comparison_passed(struct state *state, const struct comparison *comparison)
{
	if (comparison->map == ABSTRACT_NO_MAP)
		return;
	state->unset_map = comparison->unset_map;
	state->unset_offset = comparison->unset_offset;
	state->rival = comparison->rival ? comparison->rival : comparison->rival_before;
	if (comparison->rival) {
		state->rival_smaller = !comparison->smaller;
		state->rival_larger = comparison->smaller;
	} else if (!comparison->equal) {
		set_unset(state, comparison);
	}
}

static bool is_rival(const struct state *state, const struct bpf_insn *insn,
		     const struct abstract *stored)
{
	const struct abstract *address = &state->registers[insn->dst_reg];

	return state->rival && state->rival == stored->born && state->rival_map == address->map &&
	       state->rival_offset == (int64_t)address->amount + insn->off;
}

/* What the entry has, or what it was compared with. */
static bool is_either(const struct bpf_insn *insn, const struct abstract *address,
		      const struct abstract *stored)
{
	return stored->partly && !stored->changed && !stored->mixed &&
	       stored->origin_map == address->map &&
	       stored->origin_offset == (int64_t)address->amount + insn->off;
}

static enum skbscope_image_keeps one_of(bool smallest, bool largest)
{
	if (smallest == largest)
		return SKBSCOPE_KEEPS_ANY;
	return smallest ? SKBSCOPE_KEEPS_SMALLEST : SKBSCOPE_KEEPS_LARGEST;
}

enum skbscope_image_keeps store_keeps(const struct state *state, const struct bpf_insn *insn,
				      const struct abstract *stored)
{
	const struct abstract *address = &state->registers[insn->dst_reg];
	const bool unset = state->unset_map == address->map &&
			   state->unset_offset == (int64_t)address->amount + insn->off;

	if (!(address->kinds & ABSTRACT_MAP_VALUE) || !address->known ||
	    address->map == ABSTRACT_NO_MAP || BPF_CLASS(insn->code) != BPF_STX)
		return SKBSCOPE_KEEPS_ANY;
	if (is_rival(state, insn, stored))
		return one_of(state->rival_smaller, state->rival_larger);
	if (is_either(insn, address, stored))
		return one_of(stored->picked_smaller, stored->picked_larger);
	if (stored->instant && opcode_size(insn->code) == 8) /* else it wraps */
		return one_of(unset, !unset);
	return unset ? SKBSCOPE_KEEPS_FIRST : SKBSCOPE_KEEPS_ANY;
}

/* What was 0 there is not any more. */
void forget_unset(struct state *state, const struct bpf_insn *insn)
{
	const struct abstract *address = &state->registers[insn->dst_reg];

	if ((address->kinds & ABSTRACT_MAP_VALUE) &&
	    (!address->known || address->map == ABSTRACT_NO_MAP ||
	     (address->map == state->unset_map &&
	      state->unset_offset == (int64_t)address->amount + insn->off)))
		state->unset_map = ABSTRACT_NO_MAP;
}

/* "if (*value < x) *value = x", and "*value = x > *value ? x : *value": between the two another
 * CPU may store a larger one. */
void note_extreme(struct walk *walk, const struct state *state, uint32_t at,
		  const struct abstract *address, const struct abstract *stored)
{
	const struct bpf_insn *insn = &walk->insns[at];

	if (!(address->kinds & ABSTRACT_MAP_VALUE) || !address->known || state->locked ||
	    !map_is_shared(walk, address->map) || BPF_CLASS(insn->code) != BPF_STX ||
	    (!is_rival(state, insn, stored) && !is_either(insn, address, stored)))
		return;
	add_finding(walk, (struct audit_finding){ .kind = AUDIT_RACY_EXTREME,
						  .instruction = at,
						  .map = address->map });
}

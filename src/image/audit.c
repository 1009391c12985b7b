/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk over a function's control flow. States are kept where paths meet (at
 * jump targets); rounds over them in program order go on until nothing grows,
 * and then one more walk writes the findings down. A function too large or too
 * tangled for the budget is not guessed at: it counts as one that changes packets.
 */
#include "image/audit.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "image/audit_walk.h"

#define LEADERS_MAX 32768u /* some 70 MB of states */
#define NO_LEADER UINT32_MAX
#define BORN_FIELDS 60000u /* and beyond: by the field of the context */

static void meet(struct walk *walk, int64_t target, const struct state *state)
{
	uint32_t leader;

	if (walk->writing || target < 0 || target >= walk->count)
		return; /* out of bounds: the kernel refuses the function */
	leader = walk->leader_at[target];
	if (leader != NO_LEADER && state_join(&walk->states[leader], state))
		walk->pending[leader] = true;
}

/* Returns whether control goes on to the next instruction. */
static bool branch(struct walk *walk, struct state *state, uint32_t at)
{
	const struct bpf_insn *insn = &walk->insns[at];
	struct comparison comparison;
	int64_t target;

	if (opcode_is_exit(insn->code)) {
		note_exit(walk, state, at);
		return false;
	}
	if (opcode_is_call(insn->code)) {
		walk_call(walk, state, at);
		return true;
	}
	if (!opcode_target(insn, at, &target)) {
		walk->gave_up = true;
		return false;
	}
	note_comparison(walk, state, at);
	if (insn->dst_reg < STATE_REGISTERS && insn->src_reg < STATE_REGISTERS &&
	    BPF_OP(insn->code) != BPF_JEQ && BPF_OP(insn->code) != BPF_JNE) {
		note_bound(walk, &state->registers[insn->dst_reg]);
		note_bound(walk, &state->registers[insn->src_reg]);
	}
	comparison_make(state, insn, &comparison);
	comparison_taken(state, &comparison);
	meet(walk, target, state);
	comparison_passed(state, &comparison);
	return !opcode_is_always_jump(insn->code);
}

static void load_special(struct walk *walk, struct state *state, uint32_t at)
{
	const struct bpf_insn *insn = &walk->insns[at];
	struct abstract *target;

	if (opcode_is_packet_load(insn->code)) {
		/* A packet too short ends the program with verdict 0; said once. */
		if (walk->writing && !walk->packet_load_seen)
			add_verdict(walk, at, 0);
		walk->packet_load_seen |= walk->writing;
		state->registers[0] = abstract_scalar();
		state->registers[0].host_order = (uint8_t)opcode_size(insn->code);
		if (opcode_size(insn->code) > 1)
			state->registers[0].wide = (uint8_t)opcode_size(insn->code);
		if (opcode_size(insn->code) == 2 && BPF_MODE(insn->code) == BPF_ABS &&
		    insn->imm == offsetof(struct ethhdr, h_proto))
			state->registers[0].field = ABSTRACT_FIELD_TYPE;
		state_forget_arguments(state);
		return;
	}
	if (insn->dst_reg >= STATE_REGISTERS)
		return;
	target = &state->registers[insn->dst_reg];
	if (!opcode_is_wide(insn->code) || at + 1 >= walk->count)
		*target = abstract_anything();
	else if (insn->src_reg == 0)
		*target = abstract_constant((int64_t)((uint64_t)(uint32_t)insn->imm |
						      (uint64_t)(uint32_t)insn[1].imm << 32));
	else if (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_IDX)
		*target = abstract_pointer(ABSTRACT_MAP, walk->map_at[at]);
	else if (insn->src_reg == BPF_PSEUDO_MAP_VALUE || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE)
		*target = abstract_pointer(ABSTRACT_MAP_VALUE, walk->map_at[at]);
	else if (insn->src_reg == BPF_PSEUDO_FUNC)
		walk->gave_up = true; /* a callback: when, and on what, is the helper's affair */
	else
		*target = abstract_pointer(ABSTRACT_OTHER, ABSTRACT_NO_MAP);
}

#define ATOMIC_LOAD_ACQUIRE 0x100 /* newer than some <linux/bpf.h> */
#define ATOMIC_STORE_RELEASE 0x110

static bool is_atomic_on_bits(const struct bpf_insn *insn)
{
	const int32_t op = insn->imm & ~BPF_FETCH;

	return op == BPF_OR || op == BPF_AND || op == BPF_XOR;
}

static void store(struct walk *walk, struct state *state, uint32_t at)
{
	const struct bpf_insn *insn = &walk->insns[at];
	const bool from_register = BPF_CLASS(insn->code) == BPF_STX;
	const bool atomic = from_register && BPF_MODE(insn->code) == BPF_ATOMIC;
	struct abstract value = abstract_constant(insn->imm), fetched;

	if (insn->dst_reg >= STATE_REGISTERS || insn->src_reg >= STATE_REGISTERS)
		return;
	if (from_register)
		value = state->registers[insn->src_reg];
	if (atomic && insn->imm == ATOMIC_LOAD_ACQUIRE) {
		state->registers[insn->dst_reg] = state_load(state, insn, insn->src_reg);
		return;
	}
	note_write(walk, state, at);
	if (!atomic || insn->imm == ATOMIC_STORE_RELEASE) {
		if (!atomic) {
			note_increment(walk, state, at, &state->registers[insn->dst_reg], &value);
			note_extreme(walk, state, at, &state->registers[insn->dst_reg], &value);
			note_value_store(walk, at, &state->registers[insn->dst_reg], &value, false,
					 store_keeps(state, insn, &value));
			forget_unset(state, insn);
		}
		state_store(state, insn, value);
		return;
	}
	note_value_store(walk, at, &state->registers[insn->dst_reg],
			 is_atomic_on_bits(insn) ? &value : NULL,
			 (insn->imm & ~BPF_FETCH) == BPF_OR, SKBSCOPE_KEEPS_ANY);
	fetched = state_load(state, insn, insn->dst_reg);
	fetched.origin_map = ABSTRACT_NO_MAP;
	state_store(state, insn, abstract_scalar());
	if (insn->imm == BPF_CMPXCHG)
		state->registers[0] = fetched;
	else if (insn->imm & BPF_FETCH)
		state->registers[insn->src_reg] = fetched;
}

static bool walk_step(struct walk *walk, struct state *state, uint32_t at)
{
	const struct bpf_insn *insn = &walk->insns[at];

	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		load_special(walk, state, at);
		return true;
	case BPF_LDX:
		if (insn->dst_reg >= STATE_REGISTERS || insn->src_reg >= STATE_REGISTERS)
			return true;
		if (state_is_scratch(&state->registers[insn->src_reg], insn))
			add_kind(walk, AUDIT_SCRATCH_ACCESS, at, NULL);
		note_length(walk, &state->registers[insn->src_reg], at);
		state->registers[insn->dst_reg] = state_load(state, insn, insn->src_reg);
		return true;
	case BPF_ST:
	case BPF_STX:
		store(walk, state, at);
		return true;
	case BPF_ALU:
	case BPF_ALU64:
		/* The first half of a sign extension, behind which it is compared. */
		if (BPF_OP(insn->code) == BPF_LSH && insn->dst_reg < STATE_REGISTERS)
			note_bound(walk, &state->registers[insn->dst_reg]);
		/* What it is computed with may be compared in its place. */
		if (BPF_OP(insn->code) != BPF_MOV && BPF_OP(insn->code) != BPF_END)
			for (int i = 0; i < 2; i++) {
				const unsigned r = i ? insn->src_reg : insn->dst_reg;

				if (r < STATE_REGISTERS && (i == 0 || BPF_SRC(insn->code) == BPF_X))
					walk->wide_bounded |= state->registers[r].wide != 0;
			}
		state_arithmetic(state, insn);
		return true;
	default:
		return branch(walk, state, at);
	}
}

/* What an instruction makes, and did not copy from elsewhere, is a number of its own; in a loop
 * it is another one each time. A field of the context is the same wherever it is loaded. */
static void bear(struct state *state, const struct bpf_insn *insn, uint32_t at)
{
	const uint8_t class = BPF_CLASS(insn->code);
	const unsigned made = opcode_is_call(insn->code) ? 0 : insn->dst_reg;
	struct abstract *value = &state->registers[made < STATE_REGISTERS ? made : 0];

	if ((class != BPF_LD && class != BPF_LDX && class != BPF_ALU && class != BPF_ALU64 &&
	     !opcode_is_call(insn->code)) ||
	    made >= STATE_REGISTERS || value->born)
		return;
	if (class == BPF_LDX && value->field && value->field <= sizeof(struct __sk_buff)) {
		value->born = (uint16_t)(BORN_FIELDS + value->field);
		return;
	}
	value->born = (uint16_t)(1 + at % BORN_FIELDS);
	if (state->rival == value->born)
		state->rival = 0;
}

/* One instruction; returns whether control goes on behind it. */
static bool step(struct walk *walk, struct state *state, uint32_t at)
{
	const bool goes_on = walk_step(walk, state, at);

	bear(state, &walk->insns[at], at);
	return goes_on;
}

/* From a leader to the next one or to where control ends. */
static void walk_block(struct walk *walk, uint32_t leader)
{
	struct state state = walk->states[leader];
	uint32_t at = walk->leaders[leader];

	while (!walk->gave_up) {
		if (walk->steps_left-- == 0) {
			walk->gave_up = true;
			return;
		}
		if (!step(walk, &state, at))
			return;
		at += opcode_is_wide(walk->insns[at].code) ? 2 : 1;
		if (at >= walk->count)
			return; /* runs off the end: the kernel refuses the function */
		if (walk->leader_at[at] != NO_LEADER) {
			meet(walk, at, &state);
			return;
		}
	}
}

static void walk_all(struct walk *walk)
{
	bool again = true;

	state_enter(&walk->states[0]);
	walk->pending[0] = true;
	while (again && !walk->gave_up) {
		again = false;
		for (uint32_t leader = 0; leader < walk->leader_count; leader++) {
			if (!walk->pending[leader])
				continue;
			walk->pending[leader] = false;
			again = true;
			walk_block(walk, leader);
		}
	}
	walk->writing = true;
	walk->steps_left = walk->count; /* once each */
	for (uint32_t leader = 0; leader < walk->leader_count && !walk->gave_up; leader++)
		if (walk->states[leader].reached)
			walk_block(walk, leader);
}

/* Marks every target with 0 first, then numbers them. */
static uint32_t number_leaders(struct walk *walk)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < walk->count; i++)
		walk->leader_at[i] = NO_LEADER;
	walk->leader_at[0] = 0;
	for (uint32_t i = 0; i < walk->count; i++) {
		const struct bpf_insn *insn = &walk->insns[i];
		int64_t target = -1;

		if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL)
			target = (int64_t)i + 1 + insn->imm;
		else if (opcode_is_branch(insn->code) && !opcode_is_call(insn->code) &&
			 !opcode_is_exit(insn->code) && !opcode_target(insn, i, &target))
			target = -1;
		if (target >= 0 && target < walk->count)
			walk->leader_at[target] = 0;
		i += opcode_is_wide(insn->code);
	}
	for (uint32_t i = 0; i < walk->count; i++) {
		if (walk->leader_at[i] != NO_LEADER)
			walk->leader_at[i] = count++;
		/* The kernel refuses a jump into the second half of a load. */
		if (opcode_is_wide(walk->insns[i].code) && ++i < walk->count)
			walk->leader_at[i] = NO_LEADER;
	}
	return count;
}

static int prepare(struct walk *walk)
{
	walk->map_uses = calloc(walk->image->map_count + 1, sizeof(*walk->map_uses));
	walk->map_at = malloc(walk->count * sizeof(*walk->map_at));
	walk->leader_at = malloc(walk->count * sizeof(*walk->leader_at));
	if (!walk->map_at || !walk->leader_at || !walk->map_uses)
		return -ENOMEM;
	for (uint32_t i = 0; i < walk->count; i++)
		walk->map_at[i] = ABSTRACT_NO_MAP;
	for (size_t i = 0; i < walk->program->relocation_count; i++) {
		const struct skbscope_relocation *relocation = &walk->program->relocations[i];

		if (relocation->instruction < walk->count && relocation->map <= INT16_MAX)
			walk->map_at[relocation->instruction] = (int16_t)relocation->map;
	}
	walk->leader_count = number_leaders(walk);
	if (walk->leader_count > LEADERS_MAX) {
		walk->gave_up = true;
		return 0;
	}
	walk->leaders = malloc(walk->leader_count * sizeof(*walk->leaders));
	walk->states = calloc(walk->leader_count, sizeof(*walk->states));
	walk->pending = calloc(walk->leader_count, sizeof(*walk->pending));
	if (!walk->leaders || !walk->states || !walk->pending)
		return -ENOMEM;
	for (uint32_t i = 0; i < walk->count; i++)
		if (walk->leader_at[i] != NO_LEADER)
			walk->leaders[walk->leader_at[i]] = i;
	return 0;
}

static void walk_clear(struct walk *walk)
{
	free(walk->map_at);
	free(walk->map_uses);
	free(walk->leader_at);
	free(walk->leaders);
	free(walk->states);
	free(walk->pending);
	free(walk->findings);
}

static int audit(const struct skbscope_image *image, const struct skbscope_image_program *program,
		 bool uses, struct audit_finding **findings, size_t *count)
{
	AUTO(walk_clear)
	struct walk walk = {
		.image = image,
		.program = program,
		.insns = program->instructions,
		.count = program->instruction_count,
		.uses = uses,
		.steps_left = 100000 + 16 * (uint64_t)program->instruction_count,
	};

	if (walk.count > 0) {
		walk.result = prepare(&walk);
		if (walk.result == 0 && !walk.gave_up)
			walk_all(&walk);
		if (walk.gave_up) {
			walk.writing = true;
			walk.finding_count = 0;
			add_kind(&walk, AUDIT_MUTATING_HELPER, 0,
				 "code that is too tangled to follow");
			add_use(&walk, AUDIT_FILLS, 0, -1);
			add_length(&walk, 0, -1);
			add_value_write(&walk, 0, ABSTRACT_NO_MAP, -1, 0, true);
		}
	}
	if (walk.result < 0)
		return walk.result;
	*count = walk.finding_count;
	*findings = TAKE(walk.findings);
	return 0;
}

int audit_program(const struct skbscope_image *image, const struct skbscope_image_program *program,
		  struct audit_finding **findings, size_t *count)
{
	return audit(image, program, false, findings, count);
}

int audit_uses(const struct skbscope_image *image, const struct skbscope_image_program *program,
	       struct audit_finding **findings, size_t *count)
{
	return audit(image, program, true, findings, count);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event that finds no room is lost, and only the answer of the helper says so. So each
 * call that submits an event becomes a jump to the same call and a look at its answer: what
 * failed is counted, by table, in a value that the code reaches directly. r1 to r5 are lost
 * behind any call, so neither stack nor saved registers are needed.
 *
 * On the way a buffer a CPU becomes one ring buffer, where its map is one; and what is put
 * into a ring buffer wakes its reader only while that one waits to be woken.
 *
 * Of a recording it is noted what goes into which table, for which packet, and how much it is:
 * so events come in their order, at the packets' times, and are read before room runs out.
 */
#include <errno.h>
#include <stddef.h>

#include "image/audit.h"
#include "image/events.h"
#include "image/opcode.h"
#include "image/replay.h"
#include "image/rewrite_pass.h"

struct call {
	uint32_t at; /* where it stands by now */
	struct bpf_insn insn;
	uint32_t map; /* of those that count; the image's number of maps: not known */
};

static bool is_helper_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == 0;
}

static bool submits(const struct bpf_insn *insn)
{
	return is_helper_call(insn) &&
	       (insn->imm == BPF_FUNC_ringbuf_reserve || insn->imm == BPF_FUNC_ringbuf_output ||
		insn->imm == BPF_FUNC_perf_event_output);
}

static bool ends_reservation(const struct bpf_insn *insn)
{
	return is_helper_call(insn) &&
	       (insn->imm == BPF_FUNC_ringbuf_submit || insn->imm == BPF_FUNC_ringbuf_discard);
}

/* Where the call stands that the audit found there: another pass may have displaced it,
 * and left a jump. */
static bool find_call(const struct rewrite *rewrite, struct call *call)
{
	int64_t target;

	call->insn = rewrite_at(rewrite, call->at);
	if (opcode_is_always_jump(call->insn.code) &&
	    opcode_target(&call->insn, call->at, &target) && target >= 0 &&
	    target < rewrite_count(rewrite)) {
		call->at = (uint32_t)target;
		call->insn = rewrite_at(rewrite, call->at);
	}
	return submits(&call->insn);
}

/* Or'es what the reader wishes into the register, by way of another. */
static void append_flags(struct rewrite *rewrite, uint8_t flags, uint8_t scratch)
{
	rewrite_append_map(rewrite, scratch, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_EVENTS,
			   events_flags_offset(rewrite->request->map_count));
	rewrite_append(rewrite, LOAD(BPF_DW, scratch, scratch, 0));
	rewrite_append(rewrite, ALU_REG(BPF_OR, flags, scratch));
}

static void append_state(struct rewrite *rewrite, uint8_t target, size_t field)
{
	rewrite_append_map(rewrite, target, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_REPLAY,
			   (uint32_t)field);
}

/* r0 is nothing before a call, and the call does not change what is added: r2 of a
 * reservation, r3 of what goes into a ring, r5 and the flags otherwise. */
static void append_size(struct rewrite *rewrite, int32_t helper)
{
	const size_t bytes = offsetof(struct replay_state, event_bytes);

	append_state(rewrite, 0, bytes);
	rewrite_append(rewrite, ATOMIC(BPF_DW, BPF_ADD, 0, 0,
				       helper == BPF_FUNC_ringbuf_reserve  ? 2
				       : helper == BPF_FUNC_ringbuf_output ? 3
									   : 5));
	if (helper == BPF_FUNC_perf_event_output)
		rewrite_append(rewrite,
			       ATOMIC(BPF_DW, BPF_ADD, 0,
				      (int16_t)(offsetof(struct replay_state, event_flags) - bytes),
				      3));
}

/* One that found its room. Nothing else runs meanwhile. r0 stays. */
#define NOTE_LENGTH 15
static void append_note(struct rewrite *rewrite, uint32_t map)
{
	append_state(rewrite, 1, offsetof(struct replay_state, packet_ns));
	rewrite_append(rewrite, LOAD(BPF_DW, 3, 1, 0));
	rewrite_append(rewrite, LOAD(BPF_DW, 2, 1,
				     offsetof(struct replay_state, event_count) -
					     offsetof(struct replay_state, packet_ns)));
	rewrite_append(rewrite, MOV_REG(4, 2));
	rewrite_append(rewrite, ALU_IMM(BPF_ADD, 4, 1));
	rewrite_append(rewrite, STORE(BPF_DW, 1,
				      offsetof(struct replay_state, event_count) -
					      offsetof(struct replay_state, packet_ns),
				      4));
	rewrite_append(rewrite, JUMP_IMM(BPF_JGE, 2, REPLAY_EVENTS, 7));
	rewrite_append(rewrite, ALU_IMM(BPF_MUL, 2, sizeof(struct replay_event)));
	append_state(rewrite, 1, offsetof(struct replay_state, events));
	rewrite_append(rewrite, ALU_REG(BPF_ADD, 1, 2));
	rewrite_append(rewrite, STORE(BPF_DW, 1, offsetof(struct replay_event, time_ns), 3));
	rewrite_append(rewrite, MOV_IMM(2, (int32_t)map));
	rewrite_append(rewrite, STORE(BPF_W, 1, offsetof(struct replay_event, map), 2));
}

/* bpf_perf_event_output(context, map, flags, data, size) is
 * bpf_ringbuf_output(map, data, size, flags) with flags that say something else. */
static void append_as_ring(struct rewrite *rewrite)
{
	rewrite_append(rewrite, MOV_REG(1, 2));
	rewrite_append(rewrite, MOV_REG(2, 4));
	rewrite_append(rewrite, MOV_REG(3, 5));
	rewrite_append(rewrite, MOV_IMM(4, 0));
	if (rewrite->request->notes)
		append_size(rewrite, BPF_FUNC_ringbuf_output);
	append_flags(rewrite, 4, 5);
	rewrite_append(rewrite, CALL(BPF_FUNC_ringbuf_output));
}

/* The answer is compared with a register: with a constant 0, the verifier of some kernels
 * takes a reservation for given behind the comparison, and wants it released. */
static void append_count(struct rewrite *rewrite, const struct call *call)
{
	const uint8_t fine = call->insn.imm == BPF_FUNC_ringbuf_reserve ? BPF_JNE : BPF_JEQ;
	const bool notes = rewrite->request->notes;

	rewrite_append(rewrite, MOV_IMM(1, 0));
	rewrite_append(rewrite, JUMP_REG(fine, 0, 1, notes ? 5 : 4));
	rewrite_append_map(rewrite, 1, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_EVENTS,
			   events_loss_offset(call->map));
	rewrite_append(rewrite, MOV_IMM(2, 1));
	rewrite_append(rewrite, ATOMIC(BPF_DW, BPF_ADD, 1, 0, 2));
	if (!notes)
		return;
	rewrite_append(rewrite, JUMP(NOTE_LENGTH));
	append_note(rewrite, call->map);
}

/* Who feeds packets may read the events of one before the next. */
static void append_submitted(struct rewrite *rewrite)
{
	rewrite_append_map(rewrite, 1, BPF_PSEUDO_MAP_VALUE, REWRITE_MAP_REPLAY,
			   offsetof(struct replay_state, submitted));
	rewrite_append(rewrite, STORE_IMM(BPF_W, 1, 0, 1));
}

static bool go_back(struct rewrite *rewrite, uint32_t at, uint32_t start)
{
	const uint32_t back = rewrite_append(rewrite, JUMP(0));

	return rewrite_jump(rewrite, at, start) && rewrite_jump(rewrite, back, at + 1);
}

static bool replace_submission(struct rewrite *rewrite, const struct call *call)
{
	const struct rewrite_request *request = rewrite->request;
	const uint32_t start = rewrite_count(rewrite);

	if (call->insn.imm == BPF_FUNC_perf_event_output && request->as_ring &&
	    call->map < request->map_count && request->as_ring[call->map]) {
		append_as_ring(rewrite);
	} else {
		if (request->notes)
			append_size(rewrite, call->insn.imm);
		if (call->insn.imm == BPF_FUNC_ringbuf_output)
			append_flags(rewrite, 4, 5);
		rewrite_append(rewrite, call->insn);
	}
	if (request->notes)
		append_submitted(rewrite);
	append_count(rewrite, call);
	return go_back(rewrite, call->at, start);
}

static bool replace_end(struct rewrite *rewrite, uint32_t at, struct bpf_insn insn)
{
	const uint32_t start = rewrite_count(rewrite);

	append_flags(rewrite, 2, 3);
	rewrite_append(rewrite, insn);
	return go_back(rewrite, at, start);
}

static int too_long(const struct rewrite *rewrite)
{
	return rewrite_refuse(rewrite, E2BIG,
			      "is too long: an event is submitted more than 32767 instructions "
			      "from the end");
}

int events_apply(struct rewrite *rewrite)
{
	const struct rewrite_request *request = rewrite->request;
	const uint32_t count = rewrite_count(rewrite);

	for (uint32_t i = 0; i < count; i++) {
		const struct bpf_insn insn = rewrite_at(rewrite, i);

		if (ends_reservation(&insn) && !replace_end(rewrite, i, insn))
			return too_long(rewrite);
		i += opcode_is_wide(insn.code);
	}
	for (size_t i = 0; i < request->use_count; i++) {
		const struct audit_finding *use = &request->uses[i];
		struct call call = { .at = use->instruction + rewrite->front,
				     .map = request->map_count };

		/* Of maps that stand in several registers the helper's own is the first. */
		if (use->kind != AUDIT_SUBMITS || (i && use[-1].instruction == use->instruction) ||
		    !find_call(rewrite, &call))
			continue;
		if (use->map >= 0 && (uint32_t)use->map < request->map_count)
			call.map = (uint32_t)use->map;
		if (!replace_submission(rewrite, &call))
			return too_long(rewrite);
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the passes, and what they have in common. See docs/image.md. */
#include "image/rewrite.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/opcode.h"
#include "image/replay.h"
#include "image/rewrite_pass.h"

/*
 * The order: each pass works on all the code that those before it left.
 * 0. What the audit named by its instruction (accesses of skb->cb and skb->len, events, indexes)
 *    is changed where it is. The copy of skb->cb in front is no way out.
 * 1. What displaces instructions (executed lines): the others find them behind the end.
 * 2. What replaces calls (a capture's clock, redirects), displaced ones too.
 *    What is counted as not sent is still called, for redirects to answer.
 * 3. Guards make the hidden ways out into exits.
 * 4. Verdicts make every exit into a jump to the epilogue.
 * 5. What is put in front (a filter): its answer is no verdict of the function's.
 */
static const struct rewrite_pass passes[] = {
	{ REWRITE_SCRATCH, "scratch", scratch_apply },
	{ REWRITE_LENGTH, "length", length_apply },
	{ REWRITE_EVENTS, "events", events_apply },
	{ REWRITE_INDEXES, "indexes", indexes_apply },
	{ REWRITE_POINTS, "points", points_apply },
	{ REWRITE_CLOCK, "clock", clock_apply },
	{ REWRITE_HARMLESS, "harmless", harmless_apply },
	{ REWRITE_REDIRECTS, "redirects", redirects_apply },
	{ REWRITE_GUARDS, "guards", guards_apply },
	{ REWRITE_VERDICTS, "verdicts", passive_apply },
	{ REWRITE_FILTER, "filter", filter_apply },
};

const struct rewrite_pass *rewrite_passes(size_t *count)
{
	*count = sizeof(passes) / sizeof(passes[0]);
	return passes;
}

int rewrite_refuse(const struct rewrite *rewrite, int code, const char *what)
{
	return fail(rewrite->error, code, SKBSCOPE_STAGE_LOAD, "function '%s' %s", rewrite->name,
		    what);
}

uint32_t rewrite_count(const struct rewrite *rewrite)
{
	return (uint32_t)(rewrite->instructions.length / sizeof(struct bpf_insn));
}

struct bpf_insn rewrite_at(const struct rewrite *rewrite, uint32_t at)
{
	struct bpf_insn insn = { 0 };

	if (at < rewrite_count(rewrite))
		memcpy(&insn, rewrite->instructions.data + at * sizeof(insn), sizeof(insn));
	return insn;
}

uint32_t rewrite_append(struct rewrite *rewrite, struct bpf_insn insn)
{
	buffer_append(&rewrite->instructions, &insn, sizeof(insn));
	return rewrite_count(rewrite) - 1;
}

void rewrite_append_map(struct rewrite *rewrite, uint8_t target, uint8_t kind, uint32_t map,
			uint32_t offset)
{
	const struct skbscope_relocation relocation = { rewrite_count(rewrite), map };

	buffer_append(&rewrite->relocations, &relocation, sizeof(relocation));
	rewrite_append(rewrite, INSN(BPF_LD | BPF_IMM | BPF_DW, target, kind, 0, 0));
	rewrite_append(rewrite, INSN(0, 0, 0, 0, offset));
}

void rewrite_put(struct rewrite *rewrite, uint32_t at, struct bpf_insn insn)
{
	if (at < rewrite_count(rewrite))
		memcpy(rewrite->instructions.data + at * sizeof(insn), &insn, sizeof(insn));
}

bool rewrite_jump(struct rewrite *rewrite, uint32_t at, uint32_t target)
{
	const int64_t distance = (int64_t)target - (int64_t)at - 1;

	if (distance > INT16_MAX || distance < INT16_MIN)
		return false;
	rewrite_put(rewrite, at, JUMP((int16_t)distance));
	return true;
}

static void put_in_front(struct buffer *buffer, const void *data, size_t length)
{
	const size_t old = buffer->length;

	buffer_append(buffer, data, length); /* for the room */
	if (buffer->failed)
		return;
	memmove(buffer->data + length, buffer->data, old);
	memcpy(buffer->data, data, length);
}

/* Each record begins with the index of its instruction. */
static void shift(struct buffer *records, size_t size, uint32_t distance)
{
	for (size_t i = 0; i < records->length; i += size) {
		uint32_t instruction;

		memcpy(&instruction, records->data + i, sizeof(instruction));
		instruction += distance;
		memcpy(records->data + i, &instruction, sizeof(instruction));
	}
}

_Static_assert(offsetof(struct skbscope_relocation, instruction) == 0, "see shift()");
_Static_assert(offsetof(struct bpf_func_info, insn_off) == 0, "see shift()");
_Static_assert(offsetof(struct bpf_line_info, insn_off) == 0, "see shift()");

void rewrite_prepend(struct rewrite *rewrite, const struct bpf_insn *insns, uint32_t count)
{
	struct bpf_line_info line;

	put_in_front(&rewrite->instructions, insns, count * sizeof(*insns));
	rewrite->front += count;
	shift(&rewrite->relocations, sizeof(struct skbscope_relocation), count);
	shift(&rewrite->functions, sizeof(struct bpf_func_info), count);
	if (rewrite->functions.length) /* the first function begins where it began */
		memset(rewrite->functions.data, 0, sizeof(uint32_t));
	if (!rewrite->lines.length)
		return;
	memcpy(&line, rewrite->lines.data, sizeof(line));
	line.insn_off = 0;
	shift(&rewrite->lines, sizeof(line), count);
	put_in_front(&rewrite->lines, &line, sizeof(line));
}

/* Whether control can only leave the function through its exits, so that what is
 * appended is reached by our jumps alone. The kernel would refuse a function that
 * runs off its end; with more code behind it, it no longer could. */
static int check_flow(const struct rewrite *rewrite)
{
	const uint32_t count = rewrite_count(rewrite);
	bool exits = false, ends = false;

	for (uint32_t i = 0; i < count; i++) {
		const struct bpf_insn insn = rewrite_at(rewrite, i);
		int64_t target;

		ends = opcode_is_exit(insn.code) || opcode_is_always_jump(insn.code);
		if (opcode_is_wide(insn.code)) {
			if (insn.src_reg == BPF_PSEUDO_FUNC)
				return rewrite_refuse(
					rewrite, ENOTSUP,
					"hands a function of its own to the kernel, which "
					"skbscope cannot keep passive");
			if (++i < count && rewrite_at(rewrite, i).code != 0)
				return rewrite_refuse(rewrite, EINVAL, "has half of a 64-bit load");
			continue;
		}
		if (insn.code == (BPF_JMP | BPF_EXIT)) {
			exits = true;
			continue;
		}
		if (insn.code == (BPF_JMP | BPF_CALL)) {
			if (insn.src_reg != 0)
				return rewrite_refuse(
					rewrite, ENOTSUP,
					insn.src_reg == BPF_PSEUDO_CALL
						? "calls a function that was not inlined, "
						  "which skbscope cannot keep passive"
						: "calls a kernel function (kfunc), which "
						  "skbscope cannot keep passive");
			continue;
		}
		if (!opcode_is_branch(insn.code))
			continue;
		if (!opcode_target(&insn, i, &target) || opcode_is_exit(insn.code) ||
		    opcode_is_call(insn.code))
			return rewrite_refuse(rewrite, ENOTSUP,
					      "jumps in a way that skbscope does not know");
		if (target < 0 || target >= count)
			return hint(rewrite->error,
				    rewrite_refuse(rewrite, EINVAL, "jumps out of its own code"),
				    "this is what calling a function that is not defined compiles "
				    "to");
	}
	if (!exits && ends)
		return hint(
			rewrite->error,
			rewrite_refuse(rewrite, EINVAL, "never returns: nothing leaves its loop"),
			"give the loop a constant bound: for (u32 i = 0; i < 64; i++)");
	if (!exits || !ends)
		return hint(rewrite->error,
			    rewrite_refuse(rewrite, EINVAL, "does not end in a return"),
			    "this is what calling a function that is not defined compiles to");
	return 0;
}

static void begin(struct rewrite *rewrite, const struct skbscope_image_program *program)
{
	buffer_append(&rewrite->instructions, program->instructions,
		      program->instruction_count * sizeof(*program->instructions));
	buffer_append(&rewrite->relocations, program->relocations,
		      program->relocation_count * sizeof(*program->relocations));
	buffer_append(&rewrite->functions, program->functions,
		      program->function_count * sizeof(*program->functions));
	buffer_append(&rewrite->lines, program->lines,
		      program->line_count * sizeof(*program->lines));
}

static void *take(struct buffer *buffer)
{
	return TAKE(buffer->data);
}

static struct rewritten finish(struct rewrite *rewrite)
{
	const struct buffer *relocations = &rewrite->relocations;

	return (struct rewritten){
		.instruction_count = rewrite_count(rewrite),
		.relocation_count = relocations->length / sizeof(struct skbscope_relocation),
		.function_count =
			(uint32_t)(rewrite->functions.length / sizeof(struct bpf_func_info)),
		.line_count = (uint32_t)(rewrite->lines.length / sizeof(struct bpf_line_info)),
		.instructions = take(&rewrite->instructions),
		.relocations = take(&rewrite->relocations),
		.functions = take(&rewrite->functions),
		.lines = take(&rewrite->lines),
		.front = rewrite->front,
	};
}

static void rewrite_clear(struct rewrite *rewrite)
{
	buffer_free(&rewrite->instructions);
	buffer_free(&rewrite->relocations);
	buffer_free(&rewrite->functions);
	buffer_free(&rewrite->lines);
}

int rewrite_by(const struct rewrite_pass *table, size_t count,
	       const struct skbscope_image_program *program, const struct rewrite_request *request,
	       struct rewritten *out, struct skbscope_error *error)
{
	AUTO(rewrite_clear)
	struct rewrite rewrite = {
		.request = request, .program = program, .name = program->name, .error = error
	};
	int r;

	begin(&rewrite, program);
	r = rewrite.instructions.failed ? 0 : check_flow(&rewrite);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (request->passes & table[i].bit)
			r = table[i].apply(&rewrite);
	if (rewrite.instructions.failed || rewrite.relocations.failed || rewrite.functions.failed ||
	    rewrite.lines.failed)
		return fail_memory(error, SKBSCOPE_STAGE_LOAD);
	if (r < 0)
		return r;
	*out = finish(&rewrite);
	return 0;
}

int rewrite_program(const struct skbscope_image_program *program,
		    const struct rewrite_request *request, struct rewritten *out,
		    struct skbscope_error *error)
{
	return rewrite_by(passes, sizeof(passes) / sizeof(passes[0]), program, request, out, error);
}

void rewritten_clear(struct rewritten *rewritten)
{
	free(TAKE(rewritten->instructions));
	free(TAKE(rewritten->relocations));
	free(TAKE(rewritten->functions));
	free(TAKE(rewritten->lines));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A function made passive, without a kernel: what is refused, and that nothing moves. */
#include "image/passive.h"

#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "harness.h"
#include "image/assemble.h"
#include "image/audit.h"
#include "image/rewrite.h"

struct outcome {
	struct rewritten made;
	struct skbscope_error error;
	int result;
};

static void outcome_clear(struct outcome *outcome)
{
	rewritten_clear(&outcome->made);
}

static struct outcome rewrite(const struct bpf_insn *insns, size_t count)
{
	const struct skbscope_image image = { .path = "tested.c" };
	AUTO(freep) struct audit_finding *findings = NULL;
	const struct skbscope_image_program program = {
		.name = "tested",
		.instructions = insns,
		.instruction_count = (uint32_t)count,
	};
	struct rewrite_request request = { .passes = REWRITE_PASSIVE, .first_slot = 22 };
	struct outcome out = { 0 };

	CHECK_NUMBER(audit_program(&image, &program, &findings, &request.finding_count), 0);
	request.findings = findings;
	out.result = rewrite_program(&program, &request, &out.made, &out.error);
	return out;
}

#define REWRITE(name, ...)                                                                         \
	const struct bpf_insn name##_insns[] = { __VA_ARGS__ };                                    \
	AUTO(outcome_clear)                                                                        \
	struct outcome name = rewrite(name##_insns, sizeof(name##_insns) / sizeof(name##_insns[0]))

TEST(nothing_moves_and_only_exits_change)
{
	REWRITE(out, MOV_IMM(0, 0), JUMP_IMM(BPF_JEQ, 1, 0, 1), EXIT, WIDE(2, 0x9500000095),
		MAP(3, 0), EXIT);
	const size_t count = sizeof(out_insns) / sizeof(out_insns[0]);
	uint32_t map_at;

	REQUIRE(out.result == 0 && out.made.instruction_count > count);
	for (size_t i = 0; i < count; i++) {
		if (out_insns[i].code != (BPF_JMP | BPF_EXIT)) {
			CHECK(memcmp(&out.made.instructions[i], &out_insns[i],
				     sizeof(out_insns[i])) == 0);
			continue;
		}
		CHECK_NUMBER(out.made.instructions[i].code, BPF_JMP | BPF_JA);
		CHECK_NUMBER(i + 1 + (size_t)out.made.instructions[i].off, count);
	}
	REQUIRE(out.made.relocation_count == 1);
	map_at = out.made.relocations[0].instruction;
	CHECK_NUMBER(out.made.relocations[0].map, REWRITE_MAP_VERDICTS);
	REQUIRE(map_at >= count && map_at < out.made.instruction_count);
	CHECK_NUMBER(out.made.instructions[map_at].code, BPF_LD | BPF_IMM | BPF_DW);
	CHECK_NUMBER(out.made.instructions[map_at].src_reg, BPF_PSEUDO_MAP_FD);
	CHECK_NUMBER(out.made.instructions[map_at].imm, 0);
	CHECK_NUMBER(out.made.instructions[out.made.instruction_count - 1].code,
		     BPF_JMP | BPF_EXIT);
}

TEST(no_redirect_is_called)
{
	REWRITE(out, CALL(BPF_FUNC_redirect), CALL(BPF_FUNC_redirect_peer), WIDE(2, 23),
		CALL(BPF_FUNC_redirect_neigh), CALL(BPF_FUNC_ktime_get_ns), EXIT);
	uint32_t clock = 0;

	REQUIRE(out.result == 0);
	for (uint32_t i = 0; i < out.made.instruction_count; i++) {
		const struct bpf_insn *insn = &out.made.instructions[i];

		if (insn->code != (BPF_JMP | BPF_CALL))
			continue;
		CHECK(insn->imm != BPF_FUNC_redirect && insn->imm != BPF_FUNC_redirect_peer &&
		      insn->imm != BPF_FUNC_redirect_neigh);
		clock += insn->imm == BPF_FUNC_ktime_get_ns;
	}
	CHECK_NUMBER(clock, 1);
}

#define CB ((int16_t)offsetof(struct __sk_buff, cb))
#define REFUSED(code, words, ...)                                                                  \
	do {                                                                                       \
		REWRITE(out, __VA_ARGS__);                                                         \
		CHECK_NUMBER(out.result, code);                                                    \
		CHECK(!out.made.instructions);                                                     \
		CHECK_CONTAINS(out.error.message, "function 'tested'");                            \
		CHECK_CONTAINS(out.error.message, words);                                          \
	} while (0)

TEST(a_function_that_could_reach_the_epilogue_by_itself_is_refused)
{
	REFUSED(-EINVAL, "does not end in a return", MOV_IMM(0, 0));
	REFUSED(-EINVAL, "does not end in a return", EXIT, MOV_IMM(0, 0));
	REFUSED(-EINVAL, "does not end in a return", EXIT, JUMP_IMM(BPF_JEQ, 0, 0, -1));
	REFUSED(-EINVAL, "does not end in a return", EXIT, CALL(1));
	REFUSED(-EINVAL, "does not end in a return", EXIT, WIDE(0, 1));
	REFUSED(-EINVAL, "does not end in a return", EXIT,
		INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0));
	REFUSED(-EINVAL, "never returns", JUMP(-1));
	REFUSED(-EINVAL, "never returns", MOV_IMM(0, 0), CALL(BPF_FUNC_ktime_get_ns), JUMP(-2));
	REFUSED(-EINVAL, "jumps out of its own code", MOV_IMM(0, 0), JUMP_IMM(BPF_JEQ, 0, 0, 1),
		EXIT);
	REFUSED(-EINVAL, "jumps out of its own code", JUMP(-2), EXIT);
	REFUSED(-EINVAL, "jumps out of its own code", INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, 1), EXIT);
	REFUSED(-EINVAL, "half of a 64-bit load", INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0), EXIT,
		EXIT);
}

TEST(ways_out_that_are_no_plain_exit_are_refused)
{
	REFUSED(-ENOTSUP, "not inlined", INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), EXIT,
		EXIT);
	REFUSED(-ENOTSUP, "kernel function",
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 9), EXIT);
	REFUSED(-ENOTSUP, "function of its own",
		INSN(BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_FUNC, 0, 1), INSN(0, 0, 0, 0, 0),
		EXIT);
	REFUSED(-ENOTSUP, "does not know", INSN(BPF_JMP | BPF_JA | BPF_X, 1, 0, 0, 0), EXIT);
	REFUSED(-ENOTSUP, "does not know", INSN(BPF_JMP32 | BPF_EXIT, 0, 0, 0, 0), EXIT);
	REFUSED(-ENOTSUP, "does not know", INSN(BPF_JMP | BPF_EXIT | BPF_X, 0, 0, 0, 0), EXIT);
	REFUSED(-ENOTSUP, "does not know", INSN(BPF_JMP | BPF_CALL | BPF_X, 0, 0, 0, 0), EXIT);
	REFUSED(-ENOTSUP, "negative offset", MOV_REG(6, 1), LOAD_ABS(BPF_B, -4096), EXIT);
	REFUSED(-ENOTSUP, "negative offset", MOV_REG(6, 1), LOAD_IND(BPF_B, 2, -4096), EXIT);
}

TEST(the_packets_own_cb_is_not_touched_but_to_copy_it)
{
	REWRITE(out, MOV_REG(6, 1), STORE(BPF_W, 6, CB + 4, 6), LOAD(BPF_H, 2, 6, CB + 18),
		LOAD(BPF_W, 0, 6, 0), EXIT);

	REQUIRE(out.result == 0);
	CHECK_NUMBER(out.made.front, 10);
	for (uint32_t i = 0; i < 10; i++)
		CHECK_NUMBER(out.made.instructions[i].code,
			     i % 2 ? BPF_STX | BPF_MEM | BPF_W : BPF_LDX | BPF_MEM | BPF_W);
	CHECK_NUMBER(out.made.instructions[11].dst_reg, 10);
	CHECK_NUMBER(out.made.instructions[11].off, -512 + 4);
	CHECK_NUMBER(out.made.instructions[12].src_reg, 10);
	CHECK_NUMBER(out.made.instructions[12].off, -512 + 18);
	CHECK_NUMBER(out.made.instructions[13].src_reg, 6);
}

TEST(a_copy_of_cb_that_would_be_overwritten_or_lost_is_refused)
{
	REFUSED(-ENOTSUP, "all of its stack", STORE_IMM(BPF_W, 1, CB, 1),
		STORE_IMM(BPF_DW, 10, -512, 1), EXIT);
	REFUSED(-ENOTSUP, "all of its stack", LOAD(BPF_W, 3, 1, CB), MOV_REG(2, 10),
		ALU_IMM(BPF_ADD, 2, -500), EXIT);
	REFUSED(-ENOTSUP, "tail-calls", STORE_IMM(BPF_W, 1, CB, 1), MAP(2, 0), MOV_IMM(3, 0),
		CALL(BPF_FUNC_tail_call), EXIT);
	REWRITE(reader, LOAD(BPF_W, 6, 1, CB), MAP(2, 0), MOV_IMM(3, 0), CALL(BPF_FUNC_tail_call),
		EXIT);
	REWRITE(shallow, STORE_IMM(BPF_W, 1, CB, 1), STORE_IMM(BPF_DW, 10, -488, 1), EXIT);
	REWRITE(deep, STORE_IMM(BPF_DW, 10, -512, 1), EXIT);

	CHECK_NUMBER(reader.result, 0);
	CHECK_NUMBER(shallow.result, 0);
	CHECK_NUMBER(deep.result, 0);
}

TEST(an_exit_without_a_relay_in_reach_is_refused)
{
	enum { COUNT = 40000 };
	AUTO(freep) struct bpf_insn *insns = calloc(COUNT, sizeof(*insns));

	REQUIRE(insns);
	for (size_t i = 0; i < COUNT; i++)
		insns[i] = MOV_IMM(0, 0);
	insns[1] = insns[COUNT - 1] = EXIT;
	{
		AUTO(outcome_clear) struct outcome out = rewrite(insns, COUNT);

		CHECK_NUMBER(out.result, -E2BIG);
		CHECK_CONTAINS(out.error.message, "too long");
	}
	insns[20000] = EXIT;
	{
		AUTO(outcome_clear) struct outcome out = rewrite(insns, COUNT);

		CHECK_NUMBER(out.result, 0);
		REQUIRE(out.made.instructions);
		CHECK_NUMBER(out.made.instructions[1].off, 20000 - 2);
	}
	insns[1] = LOAD_ABS(BPF_B, 0);
	{
		AUTO(outcome_clear) struct outcome out = rewrite(insns, COUNT);

		CHECK_NUMBER(out.result, -E2BIG);
	}
}

TEST(a_slot_is_a_verdict)
{
	CHECK_NUMBER(passive_slot_verdict(0), -1);
	CHECK_NUMBER(passive_slot_verdict(1), 0);
	CHECK_NUMBER(passive_slot_verdict(9), 8);
	CHECK_NUMBER(passive_slot_verdict(10), INT32_MIN);
	CHECK_NUMBER(passive_slot_verdict(PASSIVE_SLOTS + 3), 2);
}

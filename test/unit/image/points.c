/* SPDX-License-Identifier: Apache-2.0 */
/* image/points and image/liveness without a kernel. */
#include "image/points.h"

#include <errno.h>

#include "base/cleanup.h"
#include "harness.h"
#include "image/assemble.h"
#include "image/liveness.h"
#include "image/rewrite.h"

/* if (r1 == 0) r0 = 1; if (r0) r0 += 2; return r0: the second condition is reached two ways. */
static const struct bpf_insn diamond[] = {
	MOV_IMM(0, 0),              /* 0 */
	JUMP_IMM(BPF_JNE, 1, 0, 1), /* 1 */
	MOV_IMM(0, 1),              /* 2 */
	JUMP_IMM(BPF_JEQ, 0, 0, 1), /* 3 */
	ALU_IMM(BPF_ADD, 0, 2),     /* 4 */
	EXIT,                       /* 5 */
};

static struct skbscope_image_program program_of(const struct bpf_insn *insns, uint32_t count)
{
	return (struct skbscope_image_program){ .name = "tested",
						.instructions = insns,
						.instruction_count = count };
}

TEST(a_block_begins_where_control_may_come_from_elsewhere)
{
	const struct skbscope_image_program program = program_of(diamond, 6);
	AUTO(points_clear) struct points points = { 0 };

	REQUIRE(points_find(&program, &points) == 0);
	CHECK_NUMBER(points.of_block[0], 0);
	CHECK_NUMBER(points.of_block[1], POINTS_NONE);
	CHECK_NUMBER(points.of_block[2], 1);
	CHECK_NUMBER(points.of_block[3], 2);
	CHECK_NUMBER(points.of_block[4], 3);
	CHECK_NUMBER(points.of_block[5], 4);
	CHECK_NUMBER(points_at(&points, 1), 0);
	CHECK_NUMBER(points_at(&points, 5), 4);
}

TEST(a_way_that_others_share_the_end_of_has_a_point_of_its_own)
{
	const struct skbscope_image_program program = program_of(diamond, 6);
	AUTO(points_clear) struct points points = { 0 };

	REQUIRE(points_find(&program, &points) == 0);
	REQUIRE(points.branch_count == 2);
	CHECK_NUMBER(points.branches[0].at, 1);
	CHECK_NUMBER(points.branches[0].target, 3);
	CHECK(points.branches[0].own_taken && !points.branches[0].own_passed);
	CHECK_NUMBER(points.branches[0].passed, 1); /* that of the block behind it */
	CHECK(points.branches[1].own_taken && !points.branches[1].own_passed);
	CHECK(points.branches[0].taken != points.branches[1].taken);
	CHECK_NUMBER(points.count, 5 + 2);
}

TEST(packet_loads_and_tail_calls_end_a_block_and_other_calls_do_not)
{
	static const struct bpf_insn insns[] = {
		LOAD_ABS(BPF_B, 0),
		CALL(BPF_FUNC_ktime_get_ns),
		CALL(BPF_FUNC_tail_call),
		MOV_IMM(0, 0),
		EXIT,
	};
	const struct skbscope_image_program program = program_of(insns, 5);
	AUTO(points_clear) struct points points = { 0 };

	REQUIRE(points_find(&program, &points) == 0);
	CHECK(points.of_block[1] != POINTS_NONE);
	CHECK_NUMBER(points.of_block[2], POINTS_NONE);
	CHECK(points.of_block[3] != POINTS_NONE);
	CHECK_NUMBER(points.of_block[4], POINTS_NONE);
}

TEST(the_way_back_to_the_first_instruction_is_not_the_way_in)
{
	static const struct bpf_insn insns[] = {
		ALU_IMM(BPF_ADD, 2, 1),
		JUMP_IMM(BPF_JLT, 2, 8, -2),
		MOV_IMM(0, 0),
		EXIT,
	};
	const struct skbscope_image_program program = program_of(insns, 4);
	AUTO(points_clear) struct points points = { 0 };

	REQUIRE(points_find(&program, &points) == 0);
	REQUIRE(points.branch_count == 1);
	CHECK(points.branches[0].own_taken);
}

TEST(a_register_is_live_from_where_it_is_set_to_where_it_is_read)
{
	static const struct bpf_insn insns[] = {
		MOV_IMM(6, 5),               /* 0 */
		MOV_REG(1, 6),               /* 1 */
		CALL(BPF_FUNC_trace_printk), /* 2: may read r1 to r5 */
		LOAD_IND(BPF_B, 7, 0),       /* 3: r6 is the context */
		ATOMIC(BPF_DW, BPF_ADD, 8, 0, 9),
		EXIT,
	};
	AUTO(freep) uint16_t *live = liveness_find(insns, 6);

	REQUIRE(live);
	CHECK_NUMBER(live[5], 1 << 0);
	CHECK_NUMBER(live[4], 1 << 0 | 1 << 8 | 1 << 9);
	CHECK_NUMBER(live[3], 1 << 6 | 1 << 7 | 1 << 8 | 1 << 9);
	CHECK_NUMBER(live[2], 0x3e | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 9);
	CHECK_NUMBER(live[0], 0x3c | 1 << 7 | 1 << 8 | 1 << 9);
	CHECK_NUMBER(liveness_free_register(live[2]), 0);
	CHECK_NUMBER(liveness_free_register(0x3ff), -1);
}

TEST(what_a_loop_reads_is_live_in_all_of_it)
{
	static const struct bpf_insn insns[] = {
		MOV_IMM(0, 0),
		ALU_REG(BPF_ADD, 0, 7),
		JUMP_IMM(BPF_JLT, 0, 9, -2),
		EXIT,
	};
	AUTO(freep) uint16_t *live = liveness_find(insns, 4);

	REQUIRE(live);
	CHECK_NUMBER(live[2], 1 << 0 | 1 << 7);
}

/* A load of a map is displaced with its relocation, and the way back misses its second slot. */
TEST(a_displaced_load_of_a_map_takes_its_relocation_along)
{
	static const struct bpf_insn insns[] = { MAP(1, 0), MOV_IMM(0, 0), EXIT };
	static const struct skbscope_relocation relocation = { 0, 3 };
	static const struct bpf_line_info line = { 0, 1, 2, 23 << 10 };
	struct skbscope_image_program program = program_of(insns, 4);
	const struct rewrite_request request = { .passes = REWRITE_POINTS, .first_point = 100 };
	AUTO(rewritten_clear) struct rewritten out = { 0 };

	program.relocations = &relocation;
	program.relocation_count = 1;
	program.lines = &line;
	program.line_count = 1;
	REQUIRE(rewrite_program(&program, &request, &out, NULL) == 0);
	REQUIRE(out.instruction_count == 4 + 3 + 2 + 1);
	CHECK_NUMBER(out.instructions[0].code, BPF_JMP | BPF_JA);
	CHECK_NUMBER(out.instructions[0].off, 3); /* to 4 */
	CHECK_NUMBER(out.instructions[1].code, BPF_JMP | BPF_JA);
	CHECK_NUMBER(out.instructions[1].off, 0);
	CHECK_NUMBER(out.instructions[5].imm, 100); /* the point, behind the address of the map */
	CHECK_NUMBER(out.instructions[9].off, 1 - 9 - 1);
	REQUIRE(out.relocation_count == 2);
	CHECK_NUMBER(out.relocations[0].instruction, 7);
	CHECK_NUMBER(out.relocations[0].map, 3);
	CHECK_NUMBER(out.relocations[1].map, REWRITE_MAP_POINTS);
	REQUIRE(out.line_count == 2);
	CHECK_NUMBER(out.lines[1].insn_off, 4);
	CHECK_NUMBER(out.lines[1].line_col, line.line_col);
}

/* A jump back to the first of two jumps: between them all registers are read. */
TEST(where_no_register_is_free_one_is_kept_below_the_frame)
{
	struct bpf_insn insns[16] = { STORE(BPF_W, 10, -20, 1) };
	const struct rewrite_request request = { .passes = REWRITE_POINTS };
	AUTO(rewritten_clear) struct rewritten out = { 0 };
	struct skbscope_image_program program;
	uint32_t count = 1, spills = 0;

	/* each a block, with all that follow alive in it */
	for (uint8_t i = 0; i <= 8; i += 2, count++)
		insns[count] = JUMP_REG(BPF_JNE, i, i + 1, (int16_t)(5 - count));
	insns[count++] = EXIT;
	program = program_of(insns, count);
	REQUIRE(rewrite_program(&program, &request, &out, NULL) == 0);
	for (uint32_t i = count; i < out.instruction_count; i++)
		if (out.instructions[i].code == (BPF_STX | BPF_MEM | BPF_DW) &&
		    out.instructions[i].dst_reg == 10) {
			spills++;
			CHECK_NUMBER(out.instructions[i].src_reg, 6);
			CHECK_NUMBER(out.instructions[i].off, -32);
		}
	CHECK_NUMBER(spills, 1);
}

TEST(where_there_is_no_room_for_it_either_the_function_is_refused)
{
	struct bpf_insn insns[16] = { STORE(BPF_W, 10, -508, 1) };
	const struct rewrite_request request = { .passes = REWRITE_POINTS };
	AUTO(rewritten_clear) struct rewritten out = { 0 };
	struct skbscope_error error = { 0 };
	struct skbscope_image_program program;
	uint32_t count = 1;

	for (uint8_t i = 0; i <= 8; i += 2, count++)
		insns[count] = JUMP_REG(BPF_JNE, i, i + 1, (int16_t)(5 - count));
	insns[count++] = EXIT;
	program = program_of(insns, count);
	REQUIRE(rewrite_program(&program, &request, &out, &error) == -ENOTSUP);
	CHECK_CONTAINS(error.message, "all registers and all of the stack");
}

TEST(a_function_that_a_jump_does_not_reach_beyond_is_refused)
{
	const uint32_t count = 40000;
	AUTO(freep) struct bpf_insn *insns = calloc(count, sizeof(*insns));
	struct skbscope_error error = { 0 };
	const struct rewrite_request request = { .passes = REWRITE_POINTS };
	AUTO(rewritten_clear) struct rewritten out = { 0 };
	struct skbscope_image_program program;

	REQUIRE(insns);
	for (uint32_t i = 0; i + 1 < count; i++)
		insns[i] = MOV_IMM(0, 0);
	insns[count - 1] = EXIT;
	program = program_of(insns, count);
	REQUIRE(rewrite_program(&program, &request, &out, &error) == -E2BIG);
	CHECK_CONTAINS(error.message, "too long to note which lines run");
}

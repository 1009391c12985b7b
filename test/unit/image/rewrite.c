/* SPDX-License-Identifier: Apache-2.0 */
/* image/rewrite without a kernel: what passes share, and their order. */
#include "image/rewrite.h"

#include <fcntl.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "harness.h"
#include "image/audit.h"
#include "passes.h"

static const struct bpf_insn insns[] = {
	MAP(1, 0), CALL(1), JUMP_IMM(BPF_JEQ, 0, 0, -2), MAP(2, 0), EXIT,
};
static const struct skbscope_relocation relocations[] = { { 0, 3 }, { 4, 5 } };
static const struct bpf_func_info functions[] = { { 0, 7 }, { 3, 8 } };
static const struct bpf_line_info lines[] = { { 0, 1, 2, 23 << 10 }, { 4, 1, 2, 24 << 10 } };

static const struct skbscope_image_program program = {
	.name = "tested",
	.instructions = insns,
	.instruction_count = sizeof(insns) / sizeof(insns[0]),
	.relocations = relocations,
	.relocation_count = 2,
	.functions = functions,
	.function_count = 2,
	.lines = lines,
	.line_count = 2,
};

static int rewrite(uint32_t passes, struct rewritten *out)
{
	const struct rewrite_request request = { .passes = passes, .filter = test_filter() };
	struct rewrite_pass table[TEST_PASSES_MAX];
	size_t count = test_passes(table);

	return rewrite_by(table, count, &program, &request, out, NULL);
}

TEST(without_a_pass_a_function_is_as_it_was)
{
	AUTO(rewritten_clear) struct rewritten out = { 0 };

	REQUIRE(rewrite(0, &out) == 0);
	REQUIRE(out.instruction_count == program.instruction_count);
	REQUIRE(out.relocation_count == 2 && out.function_count == 2 && out.line_count == 2);
	CHECK(memcmp(out.instructions, insns, sizeof(insns)) == 0);
	CHECK(memcmp(out.relocations, relocations, sizeof(relocations)) == 0);
	CHECK(memcmp(out.functions, functions, sizeof(functions)) == 0);
	CHECK(memcmp(out.lines, lines, sizeof(lines)) == 0);
	CHECK_NUMBER(out.front, 0);
}

TEST(code_in_front_shifts_all_that_speaks_of_the_code_behind_it)
{
	AUTO(rewritten_clear) struct rewritten out = { 0 };

	REQUIRE(rewrite(REWRITE_FILTER, &out) == 0);
	REQUIRE(out.front > 4);
	REQUIRE(out.instruction_count == program.instruction_count + out.front);
	CHECK(memcmp(&out.instructions[out.front], insns, sizeof(insns)) == 0);
	CHECK_NUMBER(out.relocations[0].instruction, out.front);
	CHECK_NUMBER(out.relocations[1].instruction, out.front + 4);
	CHECK_NUMBER(out.relocations[1].map, 5);
	CHECK_NUMBER(out.functions[0].insn_off, 0);
	CHECK_NUMBER(out.functions[1].insn_off, out.front + 3);
	CHECK_NUMBER(out.functions[1].type_id, 8);
	REQUIRE(out.line_count == 3);
	CHECK_NUMBER(out.lines[0].insn_off, 0);
	CHECK_NUMBER(out.lines[0].line_col, 23 << 10);
	CHECK_NUMBER(out.lines[1].insn_off, out.front);
	CHECK_NUMBER(out.lines[2].insn_off, out.front + 4);
	CHECK_NUMBER(out.lines[2].line_col, 24 << 10);
}

TEST(what_is_appended_has_relocations_of_its_own)
{
	AUTO(rewritten_clear) struct rewritten out = { 0 };

	REQUIRE(rewrite(TEST_PASS_CALLS | REWRITE_VERDICTS | REWRITE_FILTER, &out) == 0);
	REQUIRE(out.relocation_count == 4);
	CHECK_NUMBER(out.relocations[2].map, TEST_MAP_CALLS);
	CHECK_NUMBER(out.relocations[3].map, REWRITE_MAP_VERDICTS);
	for (size_t i = 0; i < out.relocation_count; i++) {
		const uint32_t at = out.relocations[i].instruction;

		REQUIRE(at + 1 < out.instruction_count);
		CHECK(i == 0 || at > out.relocations[i - 1].instruction);
		CHECK(opcode_is_wide(out.instructions[at].code));
		CHECK_NUMBER(out.instructions[at].imm, 0);
	}
}

static const struct bpf_insn submitting[] = { MAP(1, 0), CALL(BPF_FUNC_ringbuf_reserve), EXIT };

/* With the call displaced before, or not. */
static void check_losses(uint32_t passes)
{
	const struct audit_finding uses[] = {
		{ .kind = AUDIT_SUBMITS, .instruction = 2, .map = 3 },
		{ .kind = AUDIT_SUBMITS, .instruction = 2, .map = 4 }
	};
	const struct skbscope_image_program submits = { .name = "submits",
							.instructions = submitting,
							.instruction_count = 4 };
	const struct rewrite_request request = {
		.passes = passes, .uses = uses, .use_count = 2, .map_count = 5
	};
	AUTO(rewritten_clear) struct rewritten out = { 0 };
	struct rewrite_pass table[TEST_PASSES_MAX];
	size_t count = test_passes(table), counting = 0;

	REQUIRE(rewrite_by(table, count, &submits, &request, &out, NULL) == 0);
	for (size_t i = 0; i < out.relocation_count; i++) {
		const uint32_t at = out.relocations[i].instruction;

		if (out.relocations[i].map != REWRITE_MAP_EVENTS)
			continue;
		counting++;
		CHECK_NUMBER(out.instructions[at + 1].imm, 3 * 8);
		CHECK_NUMBER(out.instructions[at - 3].imm, BPF_FUNC_ringbuf_reserve);
		CHECK_NUMBER(out.instructions[at - 1].code, BPF_JMP | BPF_JNE | BPF_X);
	}
	CHECK_NUMBER(counting, 1);
}

TEST(a_call_that_submits_is_counted_once_and_for_its_own_table)
{
	check_losses(REWRITE_EVENTS);
}

TEST(so_is_one_that_another_pass_displaced)
{
	check_losses(REWRITE_EVENTS | TEST_PASS_CALLS);
}

/* docs/image.md has a row for each, in this order. */
TEST(the_manual_has_the_passes_in_their_order)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(closep) int fd = open(TEST_DIR "/../docs/image.md", O_RDONLY | O_CLOEXEC);
	const char *rest;
	size_t count;
	const struct rewrite_pass *table = rewrite_passes(&count);

	REQUIRE(fd >= 0 && read_descriptor(fd, 1u << 20, &text) == 0);
	rest = buffer_text(&text);
	for (size_t i = 0; rest && i < count; i++) {
		char row[64];

		snprintf(row, sizeof(row), "\n| %s |", table[i].name);
		CHECK_CONTAINS(rest, row);
		rest = strstr(rest, row);
	}
}

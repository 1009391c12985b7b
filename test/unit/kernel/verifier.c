/* SPDX-License-Identifier: Apache-2.0 */
/* Reading verifier logs in the words of kernels from 5.10 on. */
#include "kernel/verifier.h"

#include "harness.h"

static const char log_5_10[] =
	"; int look(struct __sk_buff *skb)\n"
	"0: (b7) r1 = 0\n"
	"1: (63) *(u32 *)(r10 -4) = r1\n"
	" R1_w=invP0 R10=fp0\n"
	"2: (18) r1 = 0xffff888004c5a000\n"
	"4: (85) call bpf_map_lookup_elem#1\n"
	"5: (79) r1 = *(u64 *)(r0 +0)\n"
	" R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R10=fp0 fp-8=mmmm????\n"
	"R0 invalid mem access 'map_value_or_null'\n"
	"processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 "
	"mark_read 0\n";
static const char log_6_1[] =
	"func#0 @0\n"
	"0: R1=ctx(off=0,imm=0) R10=fp0\n"
	"; u8 *d = (void *)(long)skb->data;\n"
	"0: (61) r1 = *(u32 *)(r1 +76)         ; R1_w=pkt(off=0,r=0,imm=0)\n"
	"1: (71) r0 = *(u8 *)(r1 +3)\n"
	"invalid access to packet, off=3 size=1, R1(id=0,off=3,r=0)\n"
	"R1 offset is outside of the packet\n"
	"verification time 41 usec\n"
	"stack depth 0\n"
	"processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 "
	"mark_read 0\n";

TEST(the_reason_and_the_instruction_are_found_in_an_old_log)
{
	struct verifier_reading reading;

	verifier_read(log_5_10, 100, NULL, &reading);
	CHECK_NUMBER(reading.instruction, 5);
	CHECK_TEXT(reading.reason, "R0 invalid mem access 'map_value_or_null'");
	CHECK_CONTAINS(reading.hint, "test the pointer");
}

TEST(reasons_on_two_lines_stay_together)
{
	struct verifier_reading reading;

	verifier_read(log_6_1, 100, NULL, &reading);
	CHECK_NUMBER(reading.instruction, 1);
	CHECK_TEXT(reading.reason, "invalid access to packet, off=3 size=1, R1(id=0,off=3,r=0); R1 "
				   "offset is outside of the packet");
	CHECK_CONTAINS(reading.hint, "data_end");
}

TEST(a_complaint_in_the_epilogue_is_about_the_exit_that_led_there)
{
	static const char log[] = "0: R1=ctx() R10=fp0\n"
				  "0: (61) r2 = *(u32 *)(r1 +0)\n"
				  "1: (05) goto pc+7\n"
				  "9: (bf) r6 = r0\n"
				  "R0 !read_ok\n"
				  "processed 3 insns (limit 1000000)\n";
	struct verifier_reading reading;

	verifier_read(log, 9, NULL, &reading);
	CHECK_NUMBER(reading.instruction, 1);
	CHECK_CONTAINS(reading.hint, "return 0;");
}

TEST(complaints_before_the_walk_name_their_instruction)
{
	struct verifier_reading reading;

	verifier_read("back-edge from insn 23 to 5\nprocessed 0 insns (limit 1000000)\n", 100, NULL,
		      &reading);
	CHECK_NUMBER(reading.instruction, 23);
	CHECK_CONTAINS(reading.hint, "unroll");
	verifier_read("unreachable insn 7\n", 100, NULL, &reading);
	CHECK_NUMBER(reading.instruction, 7);
	verifier_read("jump out of range from insn 3 to 400\n", 100, NULL, &reading);
	CHECK_NUMBER(reading.instruction, 3);
	CHECK_CONTAINS(reading.hint, "missing function");
}

TEST(a_log_cut_at_its_beginning_still_has_its_end)
{
	static const char log[] = "(07) r2 += -4                       ; R2_w=fp-4\n"
				  "812: (85) call bpf_get_prandom_u32#7   ; R0=scalar()\n"
				  "813: (55) if r0 != 0x17 goto pc-2\n"
				  "infinite loop detected at insn 811\n"
				  "cur state: R0=scalar() R10=fp0\n"
				  "old state: R0=scalar() R10=fp0\n"
				  "processed 900 insns (limit 1000000)\n";
	struct verifier_reading reading;

	verifier_read(log, 1000, NULL, &reading);
	CHECK_NUMBER(reading.instruction, 811);
	CHECK_TEXT(reading.reason, "infinite loop detected at insn 811"); /* and no registers */
	CHECK_CONTAINS(reading.hint, "bound");
}

TEST(each_wording_of_a_common_mistake_has_its_hint)
{
	static const struct {
		const char *words, *hint;
	} known[] = {
		{ "R1 invalid mem access 'inv'", "not a pointer" },
		{ "R1 invalid mem access 'scalar'", "not a pointer" },
		{ "R6 invalid mem access 'alloc_mem_or_null'", "may be NULL" },
		{ "invalid indirect read from stack off -16+4 size 16", "padding" },
		{ "invalid indirect read from stack R2 off -16+4 size 16", "padding" },
		{ "invalid read from stack off -16+0 size 8", "never set" },
		{ "invalid read from stack R10 off=-520 size=8", "leaves the 512 bytes" },
		{ "R2 !read_ok", "before it is set" },
		{ "R0 !read_ok", "return 0;" },
		{ "R0 leaks addr as return value", "return a number" },
		{ "R1 leaks addr into map", "address" },
		{ "R2 unbounded memory access, use 'var &= const' or 'if (var < const)'", "bound" },
		{ "R2 unbounded memory access, make sure to bounds check any such access",
		  "bound" },
		{ "R2 min value is negative, either use unsigned or 'var &= const'", "bound" },
		{ "unknown func bpf_override_return#58", "tc programs cannot call" },
		{ "program of this type cannot use helper bpf_xdp_adjust_head#44",
		  "tc programs cannot call" },
		{ "invalid func unknown#210", "older than the helper" },
		{ "cannot call GPL only function from proprietary program", "GPL" },
		{ "cannot call GPL-restricted function from non-GPL compatible program", "GPL" },
		{ "the sequence of 8193 jumps is too complex.", "branches" },
		{ "BPF program is too large. Processed 1000001 insn", "million" },
		{ "combined stack size of 2 calls is 544. Too large", "512 bytes" },
		{ "math between pkt pointer and register with unbounded min value is not allowed",
		  "bound the offset" },
		{ "cannot write into packet", "--enforce" },
		{ "dereference of modified ctx ptr R1 off=8 disallowed", "skb->field" },
		{ "Unreleased reference id=2 alloc_insn=4", "released" },
		{ "last insn is not an exit or jmp", "missing function" },
	};
	struct verifier_reading reading;
	char log[512];

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		snprintf(log, sizeof(log), "3: (b7) r0 = 0\n%s\nprocessed 4 insns\n",
			 known[i].words);
		verifier_read(log, 100, NULL, &reading);
		CHECK_CONTAINS(reading.reason, known[i].words);
		CHECK_CONTAINS(reading.hint, known[i].hint);
		CHECK_NUMBER(reading.instruction, 3);
	}
}

/* The paragraphs that Linux 7.3 adds. */
#define REPORT                                                                                     \
	"\n"                                                                                       \
	"Verification failed: Register Type Safety: Unreadable register\n"                         \
	"\n"                                                                                       \
	"Reason:\n"                                                                                \
	"  R3 has never been initialized on this path.\n"                                          \
	"\n"                                                                                       \
	"At:\n"                                                                                    \
	"  insn 4\n"                                                                               \
	"        | ^-- error: R3 is not readable\n"                                                \
	"  Instruction context:\n"                                                                 \
	"  >>> 4 | (95) exit\n"                                                                    \
	"\n"                                                                                       \
	"Suggestion:\n"                                                                            \
	"  Initialize R3 on every path\n"                                                          \
	"  before this instruction.\n"                                                             \
	"\n"                                                                                       \
	"processed 1 insns (limit 1000000)\n"

TEST(the_report_of_newer_kernels_adds_to_the_complaint)
{
	struct verifier_reading reading;

	verifier_read("4: (95) exit\nR3 !read_ok\n" REPORT, 100, NULL, &reading);
	CHECK_NUMBER(reading.instruction, 4);
	CHECK_TEXT(reading.reason, "R3 !read_ok");
	CHECK_CONTAINS(reading.hint, "before it is set"); /* ours, in the language of C */
	CHECK_TEXT(reading.suggestion, "Initialize R3 on every path before this instruction.");
}

TEST(the_report_of_newer_kernels_is_enough_without_the_complaint)
{
	struct verifier_reading reading;

	verifier_read(REPORT, 100, NULL, &reading);
	CHECK_NUMBER(reading.instruction, 4);
	CHECK_TEXT(reading.reason, "Register Type Safety: Unreadable register");
	CHECK_TEXT(reading.hint, "Initialize R3 on every path before this instruction.");
}

TEST(what_newer_kernels_count_at_the_end_is_no_reason)
{
	struct verifier_reading reading;

	verifier_read("4: (95) exit\nThe sequence of 8193 jumps is too complex.\n"
		      "subprog 0 (look) main insns_self 62844 insns_total 62844 stack 8\n"
		      "processed 62844 insns (limit 1000000)\n",
		      100, NULL, &reading);
	CHECK_TEXT(reading.reason, "The sequence of 8193 jumps is too complex.");
}

TEST(an_unknown_reason_is_quoted_without_a_hint)
{
	struct verifier_reading reading;

	verifier_read("3: (b7) r0 = 0\nthe moon is in the wrong quarter\n", 100, NULL, &reading);
	CHECK_TEXT(reading.reason, "the moon is in the wrong quarter");
	CHECK(!reading.hint);
}

TEST(rubbish_and_nothing_are_read_without_a_reason_to_crash)
{
	static const char *const logs[] = { "",     "\n\n\n", "9999999999999: (b7)\n",
					    "0:",   "0: ",    "R",
					    "arg#", "insn " };
	struct verifier_reading reading;
	char *longest = malloc(100001);

	for (size_t i = 0; i < sizeof(logs) / sizeof(*logs); i++)
		verifier_read(logs[i], 100, NULL, &reading);
	verifier_read("", 0, NULL, &reading);
	CHECK_NUMBER(reading.instruction, -1);
	CHECK_TEXT(reading.reason, "");
	REQUIRE(longest);
	memset(longest, 'x', 100000);
	longest[100000] = '\0';
	verifier_read(longest, 100, NULL, &reading);
	CHECK_NUMBER(strlen(reading.reason), sizeof(reading.reason) - 1);
	free(longest);
}

TEST(what_was_walked_and_the_stack_are_told_in_two_ways)
{
	static const struct {
		const char *log;
		uint32_t walked, stack;
	} cases[] = {
		{ "verification time 15 usec\nstack depth 16\n"
		  "processed 4 insns (limit 1000000) max_states_per_insn 0\n",
		  4, 16 },
		{ "stack depth 72+0+16\nprocessed 448 insns\n", 448, 88 },
		{ "verification time 10732 usec\nstack depth max 16\n"
		  "subprog 0 (<unknown>) main insns_self 4 insns_total 4 stack 8\n"
		  "processed 4 insns (limit 1000000)\n",
		  4, 8 },
		{ "stack depth max 112\nsubprog 0 (look) main insns_self 9 insns_total 12 stack "
		  "72\n"
		  "subprog 1 (cut) static insns_self 3 insns_total 3 stack 24\nprocessed 12 "
		  "insns\n",
		  12, 96 },
		{ "stack depth 0\nprocessed 2 insns\n", 2, 0 },
		{ "", 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t walked = 23, stack = 46;

		verifier_count(cases[i].log, &walked, &stack);
		CHECK_NUMBER(walked, cases[i].walked);
		CHECK_NUMBER(stack, cases[i].stack);
	}
}

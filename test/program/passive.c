/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The passive rewrite on the running kernel: hand-written functions are rewritten,
 * verified, loaded and run on real packets by BPF_PROG_TEST_RUN.
 */
#include "image/passive.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/pkt_cls.h>

#include "base/cleanup.h"
#include "harness.h"
#include "image/assemble.h"
#include "image/audit.h"
#include "image/rewrite.h"

#define FUNCTIONS 3u
#define NOT_RUN (-1000)
#define SHORTEST 15u /* the kernel runs nothing on an Ethernet header alone */
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static int verdict_map(void)
{
	static int map = -1;

	if (map < 0)
		map = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "verdicts", 4, 8,
				     PASSIVE_SLOTS * FUNCTIONS, NULL);
	if (map < 0)
		test_skip("the kernel lets only root create maps");
	return map;
}

static void forget_counts(void)
{
	static const uint64_t zeroes[4096];

	for (uint32_t slot = 0; slot < PASSIVE_SLOTS * FUNCTIONS; slot++)
		bpf_map_update_elem(verdict_map(), &slot, zeroes, BPF_ANY);
}

static uint64_t counted(uint32_t slot)
{
	uint64_t values[4096] = { 0 }, sum = 0;

	if (bpf_map_lookup_elem(verdict_map(), &slot, values) == 0)
		for (size_t i = 0; i < LENGTH(values); i++)
			sum += values[i];
	return sum;
}

static uint64_t counted_in_all(void)
{
	uint64_t sum = 0;

	for (uint32_t slot = 0; slot < PASSIVE_SLOTS * FUNCTIONS; slot++)
		sum += counted(slot);
	return sum;
}

static int load(const struct bpf_insn *insns, size_t count)
{
	static char log[1 << 20];
	LIBBPF_OPTS(bpf_prog_load_opts, options, .log_buf = log, .log_size = sizeof(log),
		    .log_level = 1);
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "passive_test", "GPL", insns, count,
			       &options);

	if (fd < 0) /* a short load again, because a full log is an error too */
		fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "passive_test", "GPL", insns, count,
				   NULL);
	if (fd < 0)
		fprintf(stderr, "not loaded: %s\n%s\n", strerror(errno), log);
	return fd;
}

static int rewrite_and_load(const struct bpf_insn *insns, size_t count, bool enforce,
			    uint32_t first_slot)
{
	const struct skbscope_image_program program = {
		.name = "tested",
		.instructions = insns,
		.instruction_count = (uint32_t)count,
	};
	struct rewrite_request request = {
		.passes = enforce ? REWRITE_ENFORCED : REWRITE_PASSIVE,
		.enforce = enforce,
		.first_slot = first_slot,
	};
	const struct skbscope_image image = { .path = "tested.c" };
	AUTO(freep) struct audit_finding *findings = NULL;
	AUTO(rewritten_clear) struct rewritten code = { 0 };
	struct skbscope_error error = { 0 };

	if (audit_program(&image, &program, &findings, &request.finding_count) < 0)
		return -1;
	request.findings = findings;
	if (rewrite_program(&program, &request, &code, &error) < 0) {
		fprintf(stderr, "%s\n", error.message);
		return -1;
	}
	for (size_t i = 0; i < code.relocation_count; i++)
		code.instructions[code.relocations[i].instruction].imm = verdict_map();
	return load(code.instructions, code.instruction_count);
}

static int32_t run(int fd, uint32_t frame_length, int repeat)
{
	static uint8_t frame[2048] = { [12] = 0x88, 0xb5, [20] = 0xfe, 0xdc, 0xba, 0x98 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = frame_length,
		    .repeat = repeat);

	if (bpf_prog_test_run_opts(fd, &options) < 0)
		return NOT_RUN;
	return (int32_t)options.retval;
}

/* tcx has no other word for a packet that is to go no further. */
static int32_t answer_to(int32_t verdict)
{
	return verdict == TC_ACT_STOLEN || verdict == TC_ACT_TRAP ? TC_ACT_SHOT : verdict;
}

/* Both ways, 23 packets each: what comes back, and what is counted where. */
static void check_verdict(const struct bpf_insn *insns, size_t count, int32_t verdict,
			  uint32_t slot)
{
	AUTO(closep) int passive = rewrite_and_load(insns, count, false, 0);
	AUTO(closep) int enforced = rewrite_and_load(insns, count, true, PASSIVE_SLOTS);

	REQUIRE(passive >= 0 && enforced >= 0);
	forget_counts();
	CHECK_NUMBER(run(passive, 64, 23), TC_ACT_UNSPEC);
	CHECK_NUMBER(counted(slot), 23);
	CHECK_NUMBER(run(enforced, 64, 19), answer_to(verdict));
	CHECK_NUMBER(counted(PASSIVE_SLOTS + slot), 19);
	CHECK_NUMBER(counted_in_all(), 42);
}

TEST(every_verdict_is_counted_and_held_back_or_honoured)
{
	for (int32_t verdict = -1; verdict <= 8; verdict++) {
		const struct bpf_insn insns[] = { MOV_IMM(0, verdict), EXIT };

		CHECK_NUMBER(passive_slot_verdict((uint32_t)(verdict + 1)), verdict);
		check_verdict(insns, LENGTH(insns), verdict, (uint32_t)(verdict + 1));
	}
}

TEST(a_verdict_the_kernel_does_not_know_is_counted_as_other)
{
	static const int32_t others[] = { 9, 10, 99, -2, -3, INT32_MIN, INT32_MAX };

	CHECK_NUMBER(passive_slot_verdict(10), INT32_MIN);
	for (size_t i = 0; i < LENGTH(others); i++) {
		const struct bpf_insn insns[] = { MOV_IMM(0, others[i]), EXIT };

		check_verdict(insns, LENGTH(insns), others[i], 10);
	}
}

TEST(only_the_low_half_of_r0_is_the_verdict)
{
	const struct bpf_insn two[] = { WIDE(0, 0xdeadbeef00000002), EXIT };
	const struct bpf_insn unspecified[] = { WIDE(0, 0x00000000ffffffff), EXIT };

	check_verdict(two, LENGTH(two), 2, 3);
	check_verdict(unspecified, LENGTH(unspecified), -1, 0);
}

TEST(a_constant_that_looks_like_an_exit_is_none)
{
	const struct bpf_insn insns[] = { WIDE(2, 0x0000009500000095), MOV_IMM(0, 5), EXIT };

	check_verdict(insns, LENGTH(insns), 5, 6);
}

TEST(a_function_may_use_its_whole_stack_and_every_register)
{
	struct bpf_insn insns[80];
	size_t count = 0;

	for (unsigned i = 0; i < 64; i++)
		insns[count++] = STORE_IMM(BPF_DW, 10, (int16_t)(-8 * (int)i - 8), 0x5555);
	for (unsigned i = 6; i < 10; i++)
		insns[count++] = MOV_REG(i, 10);
	insns[count++] = MOV_IMM(0, 2);
	insns[count++] = EXIT;
	check_verdict(insns, count, 2, 3);
}

TEST(every_exit_is_redirected)
{
	/* check_verdict's frames are 64 bytes long. */
	const struct bpf_insn first[] = {
		LOAD(BPF_W, 2, 1, 0), MOV_IMM(0, 7), JUMP_IMM(BPF_JNE, 2, 64, 1), EXIT,
		MOV_IMM(0, 3),        EXIT,
	};
	const struct bpf_insn last[] = {
		LOAD(BPF_W, 2, 1, 0), MOV_IMM(0, 7), JUMP_IMM(BPF_JEQ, 2, 64, 2),
		MOV_IMM(0, 3),        EXIT,          EXIT,
	};

	check_verdict(first, LENGTH(first), 7, 8);
	check_verdict(last, LENGTH(last), 7, 8);
}

TEST(a_function_may_end_in_a_backward_jump)
{
	const struct bpf_insn insns[] = { JUMP(2), MOV_IMM(0, 4), EXIT, JUMP(-3) };

	check_verdict(insns, LENGTH(insns), 4, 5);
}

TEST(far_exits_go_by_way_of_nearer_ones)
{
	enum { HALF = 30000 };
	AUTO(freep) struct bpf_insn *insns = calloc(2 * HALF + 16, sizeof(*insns));
	size_t count = 0;

	REQUIRE(insns);
	insns[count++] = LOAD(BPF_W, 2, 1, 0);
	insns[count++] = MOV_IMM(0, 6);
	insns[count++] = JUMP_IMM(BPF_JNE, 2, 64, 1);
	insns[count++] = EXIT; /* taken: from here it is 60000 to the epilogue */
	for (int i = 0; i < HALF; i++)
		insns[count++] = MOV_IMM(3, i);
	insns[count++] = JUMP_IMM(BPF_JNE, 2, 65, 1);
	insns[count++] = EXIT;
	for (int i = 0; i < HALF; i++)
		insns[count++] = MOV_IMM(3, i);
	insns[count++] = EXIT;
	check_verdict(insns, count, 6, 7);
}

/* What the function answers as it is, and enforced, must be the same on every
 * length of packet; passive it must be counted. */
static void check_like_original(const struct bpf_insn *insns, size_t count)
{
	AUTO(closep) int original = load(insns, count);
	AUTO(closep) int enforced = rewrite_and_load(insns, count, true, 0);
	AUTO(closep) int passive = rewrite_and_load(insns, count, false, 0);

	REQUIRE(original >= 0 && enforced >= 0 && passive >= 0);
	for (uint32_t length = SHORTEST; length < 80; length += 3) {
		int32_t verdict = run(original, length, 1);
		uint32_t slot = verdict >= -1 && verdict <= 8 ? (uint32_t)(verdict + 1) : 10;

		REQUIRE(verdict != NOT_RUN);
		CHECK_NUMBER(run(enforced, length, 1), answer_to(verdict));
		forget_counts();
		CHECK_NUMBER(run(passive, length, 23), TC_ACT_UNSPEC);
		CHECK_NUMBER(counted(slot), 23);
		CHECK_NUMBER(counted_in_all(), 23);
	}
}

TEST(a_packet_load_past_the_end_does_not_escape)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W };
	static const int32_t offsets[] = { 0, 12, 20, 22, 40, 63, 64, 2000, INT32_MAX };

	for (size_t size = 0; size < LENGTH(sizes); size++) {
		for (size_t i = 0; i < LENGTH(offsets); i++) {
			const struct bpf_insn insns[] = {
				MOV_REG(6, 1),
				MOV_IMM(7, 23),
				LOAD_ABS(sizes[size], offsets[i]),
				ALU_REG(BPF_ADD, 0, 7),
				EXIT,
			};

			check_like_original(insns, LENGTH(insns));
		}
	}
}

TEST(an_indexed_packet_load_works_with_any_register)
{
	static const int32_t offsets[] = { 0, 20, 50, -1, -4, INT32_MIN, INT32_MAX };

	for (unsigned source = 0; source < 10; source++) {
		for (size_t i = 0; i < LENGTH(offsets) && source != 6; i++) {
			const struct bpf_insn insns[] = {
				MOV_REG(6, 1),
				MOV_IMM(source, offsets[i]),
				LOAD_IND(BPF_W, source, 2),
				EXIT,
			};

			check_like_original(insns, LENGTH(insns));
		}
	}
}

TEST(a_packet_load_in_a_loop_of_branches_comes_back)
{
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1),       MOV_IMM(7, 0),
		LOAD_ABS(BPF_B, 14), ALU_REG(BPF_ADD, 7, 0),
		LOAD_ABS(BPF_B, 20), ALU_REG(BPF_ADD, 7, 0),
		LOAD_ABS(BPF_H, 50), ALU_REG(BPF_ADD, 7, 0),
		MOV_REG(0, 7),       EXIT,
	};

	check_like_original(insns, LENGTH(insns));
}

/* An interface that is not there: what is wrong with the flags is told before. */
TEST(a_redirect_that_is_held_back_answers_as_the_helper_does)
{
	static const int64_t flags[] = { 0, 1, 2, 3, -1, 1LL << 32, (1LL << 32) + 1, INT64_MIN };
	static const int32_t lengths[] = { 0, 1, 19, 20, 64 };

	for (size_t i = 0; i < LENGTH(flags); i++) {
		const struct bpf_insn plain[] = {
			MOV_IMM(1, 1),
			WIDE(2, flags[i]),
			CALL(BPF_FUNC_redirect),
			EXIT,
		};
		const struct bpf_insn peer[] = {
			MOV_IMM(1, 1),
			WIDE(2, flags[i]),
			CALL(BPF_FUNC_redirect_peer),
			EXIT,
		};

		check_like_original(plain, LENGTH(plain));
		check_like_original(peer, LENGTH(peer));
		for (size_t j = 0; j < LENGTH(lengths); j++) {
			const struct bpf_insn neighbour[] = {
				STORE_IMM(BPF_DW, 10, -64, 0),
				STORE_IMM(BPF_DW, 10, -56, 0),
				STORE_IMM(BPF_DW, 10, -48, 0),
				STORE_IMM(BPF_DW, 10, -40, 0),
				STORE_IMM(BPF_DW, 10, -32, 0),
				STORE_IMM(BPF_DW, 10, -24, 0),
				STORE_IMM(BPF_DW, 10, -16, 0),
				STORE_IMM(BPF_DW, 10, -8, 0),
				MOV_IMM(1, 1),
				MOV_REG(2, 10),
				ALU_IMM(BPF_ADD, 2, -64),
				MOV_IMM(3, lengths[j]),
				WIDE(4, flags[i]),
				CALL(BPF_FUNC_redirect_neigh),
				EXIT,
			};

			check_like_original(neighbour, LENGTH(neighbour));
		}
	}
}

static const uint32_t left_there[5] = { 11, 22, 33, 44, 55 };

/* Of a function on a packet whose cb was not empty: the verdict is what it found there. */
static int32_t run_with_cb(int fd, uint32_t *cb)
{
	const uint8_t frame[64] = { [12] = 0x88, 0xb5 };
	struct __sk_buff before = { 0 }, after = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &before, .ctx_size_in = sizeof(before), .ctx_out = &after,
		    .ctx_size_out = sizeof(after), .repeat = 1);

	memcpy(before.cb, left_there, sizeof(before.cb));
	if (bpf_prog_test_run_opts(fd, &options) < 0)
		return NOT_RUN;
	memcpy(cb, after.cb, sizeof(after.cb));
	return (int32_t)options.retval;
}

TEST(what_a_function_keeps_in_cb_is_its_own)
{
#define CB ((int16_t)offsetof(struct __sk_buff, cb))
	/* cb[2] doubles twice, to 132; cb[0] and cb[1] become 6 and 7. */
	static const struct bpf_insn insns[] = {
		MOV_REG(6, 1),
		LOAD(BPF_W, 2, 6, CB + 8),
		ALU_IMM(BPF_LSH, 2, 1),
		STORE(BPF_W, 6, CB + 8, 2),
		MOV_REG(7, 6),
		LOAD(BPF_B, 3, 7, CB + 8),
		ALU_IMM(BPF_LSH, 3, 1),
		STORE(BPF_W, 7, CB + 8, 3),
		WIDE(4, 0x700000006),
		STORE(BPF_DW, 6, CB, 4),
		LOAD(BPF_W, 0, 6, CB + 8),
		ALU_IMM(BPF_SUB, 0, 132),
		LOAD(BPF_W, 5, 6, CB + 4),
		ALU_REG(BPF_ADD, 0, 5),
		EXIT,
	};
	AUTO(closep) int passive = rewrite_and_load(insns, LENGTH(insns), false, 0);
	AUTO(closep) int enforced = rewrite_and_load(insns, LENGTH(insns), true, 0);
	uint32_t cb[5];

	REQUIRE(passive >= 0 && enforced >= 0);
	forget_counts();
	CHECK_NUMBER(run_with_cb(passive, cb), TC_ACT_UNSPEC);
	CHECK_NUMBER(counted(7 + 1), 1);
	CHECK(memcmp(cb, left_there, sizeof(cb)) == 0);
	CHECK_NUMBER(run_with_cb(enforced, cb), 7);
	CHECK(cb[0] == 6 && cb[1] == 7 && cb[2] == 132 && cb[3] == 44 && cb[4] == 55);
}

TEST(a_function_that_is_tail_called_is_passive_too)
{
	AUTO(closep) int jumps = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "jumps", 4, 4, 2, NULL);
	const struct bpf_insn target[] = { MOV_IMM(0, 2), EXIT };
	const struct bpf_insn entry[] = {
		MAP(2, jumps), MOV_IMM(3, 1), CALL(BPF_FUNC_tail_call), MOV_IMM(0, 0), EXIT,
	};
	AUTO(closep) int callee = rewrite_and_load(target, LENGTH(target), false, 0);
	AUTO(closep) int caller = rewrite_and_load(entry, LENGTH(entry), false, PASSIVE_SLOTS);
	uint32_t index = 1;

	REQUIRE(jumps >= 0 && callee >= 0 && caller >= 0);
	forget_counts();
	CHECK_NUMBER(run(caller, 64, 23), TC_ACT_UNSPEC); /* nobody there yet */
	CHECK_NUMBER(counted(PASSIVE_SLOTS + 1), 23);
	CHECK_NUMBER(counted_in_all(), 23);

	REQUIRE(bpf_map_update_elem(jumps, &index, &callee, BPF_ANY) == 0);
	forget_counts();
	CHECK_NUMBER(run(caller, 64, 23), TC_ACT_UNSPEC);
	CHECK_NUMBER(counted(3), 23);
	CHECK_NUMBER(counted_in_all(), 23);
}

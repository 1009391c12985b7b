/* SPDX-License-Identifier: Apache-2.0 */
/* kernel/prologue on the running kernel: every way to write packet data directly is
 * seen, and nothing else is. */
#include "kernel/prologue.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "harness.h"
#include "image/assemble.h"
#include "kernel/passive.h"

#define CTX(member) ((short)offsetof(struct __sk_buff, member))
/* r2: the packet, r3: its end, of which at least 20 bytes are there. */
#define PACKET                                                                                     \
	LOAD(BPF_W, 2, 1, CTX(data)), LOAD(BPF_W, 3, 1, CTX(data_end)), MOV_REG(4, 2),             \
		ALU_IMM(BPF_ADD, 4, 20), JUMP_REG(BPF_JLE, 4, 3, 2), MOV_IMM(0, -1), EXIT
#define END MOV_IMM(0, -1), EXIT

static int query(const struct bpf_insn *instructions, size_t count)
{
	AUTO(closep)
	int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "prologue", "GPL", instructions, count,
			       NULL);

	if (fd < 0 && errno == EPERM)
		test_skip("loading programs needs root");
	return fd < 0 ? -errno : prologue_query(fd);
}

#define QUERY(...)                                                                                 \
	query((const struct bpf_insn[]){ __VA_ARGS__ },                                            \
	      sizeof((const struct bpf_insn[]){ __VA_ARGS__ }) / sizeof(struct bpf_insn))

TEST(whatever_only_reads_has_none)
{
	CHECK_NUMBER(QUERY(END), 0);
	CHECK_NUMBER(QUERY(PACKET, LOAD(BPF_B, 0, 2, 6), EXIT), 0);
	CHECK_NUMBER(QUERY(MOV_IMM(2, 0), CALL(BPF_FUNC_skb_pull_data), END), 0);
	CHECK_NUMBER(QUERY(STORE_IMM(BPF_DW, 10, -8, 1), END), 0);
	CHECK_NUMBER(QUERY(MOV_IMM(2, 7), STORE(BPF_W, 1, CTX(cb), 2), END), 0);
}

TEST(a_store_into_the_packet_has_one)
{
	CHECK_NUMBER(QUERY(PACKET, STORE_IMM(BPF_B, 2, 6, 1), END), 1);
	CHECK_NUMBER(QUERY(PACKET, STORE_IMM(BPF_DW, 2, 0, 1), END), 1);
	CHECK_NUMBER(QUERY(PACKET, ALU_IMM(BPF_ADD, 2, 6), STORE(BPF_H, 2, 0, 3), END), 1);
}

TEST(a_store_through_a_spilled_pointer_has_one)
{
	CHECK_NUMBER(QUERY(PACKET, STORE(BPF_DW, 10, -8, 2), LOAD(BPF_DW, 5, 10, -8),
			   STORE_IMM(BPF_B, 5, 6, 1), END),
		     1);
}

TEST(a_store_in_front_of_the_packet_has_one)
{
	CHECK_NUMBER(QUERY(LOAD(BPF_W, 2, 1, CTX(data_meta)), LOAD(BPF_W, 3, 1, CTX(data)),
			   MOV_REG(4, 2), ALU_IMM(BPF_ADD, 4, 4), JUMP_REG(BPF_JGT, 4, 3, 1),
			   STORE_IMM(BPF_W, 2, 0, 1), END),
		     1);
}

TEST(a_store_on_a_path_that_no_packet_takes_has_one)
{
	CHECK_NUMBER(QUERY(PACKET, LOAD(BPF_W, 5, 1, CTX(mark)), JUMP_IMM(BPF_JNE, 5, 0x1234, 1),
			   STORE_IMM(BPF_B, 2, 6, 1), END),
		     1);
}

TEST(a_descriptor_of_something_else_is_an_error)
{
	CHECK(prologue_query(-1) < 0);
}

/* The second judge alone: whatever the walk over the instructions may miss. */
TEST(a_loaded_program_that_writes_packets_is_refused)
{
	static const struct bpf_insn writes[] = { PACKET, STORE_IMM(BPF_B, 2, 6, 1), END };
	static const struct bpf_insn reads[] = { PACKET, LOAD(BPF_B, 0, 2, 6), EXIT };
	const struct skbscope_image image = { .path = "tested.c" };
	const struct skbscope_image_program program = { .name = "tested", .line = 23 };
	struct skbscope_error error = { 0 };
	AUTO(closep)
	int writer = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "writes", "GPL", writes,
				   sizeof(writes) / sizeof(writes[0]), NULL);
	AUTO(closep)
	int reader = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "reads", "GPL", reads,
				   sizeof(reads) / sizeof(reads[0]), NULL);

	if (writer < 0 && errno == EPERM)
		test_skip("loading programs needs root");
	REQUIRE(writer >= 0 && reader >= 0);
	CHECK_NUMBER(passive_require_loaded(&image, &program, reader, NULL, &error), 0);
	CHECK_NUMBER(passive_require_loaded(&image, &program, writer, NULL, &error), -EPERM);
	CHECK_CONTAINS(error.message, "tested.c:23");
	CHECK_CONTAINS(error.message, "writes into packets");
	CHECK_CONTAINS(error.hint, "--enforce");
	CHECK(passive_require_loaded(&image, &program, -1, NULL, &error) < 0);
}

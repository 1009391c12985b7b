/* SPDX-License-Identifier: Apache-2.0 */
/* image/audit: hand-written functions, and what must be found in them. */
#include "image/audit.h"

#include <stdint.h>

#include "base/cleanup.h"
#include "harness.h"
#include "image/assemble.h"
#include "image/audit_helpers.h"

enum { SHARED, PER_CPU, OUTER, JUMPS, PINNED, COPIES, SOCKETS, MAPS };

static const struct skbscope_image_map maps[MAPS] = {
	[SHARED] = { .name = "shared", .type = BPF_MAP_TYPE_HASH, .inner_map = -1 },
	[PER_CPU] = { .name = "per_cpu", .type = BPF_MAP_TYPE_PERCPU_HASH, .inner_map = -1 },
	[OUTER] = { .name = "outer", .type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .inner_map = SHARED },
	[JUMPS] = { .name = "jumps", .type = BPF_MAP_TYPE_PROG_ARRAY, .inner_map = -1 },
	[PINNED] = { .name = "pinned",
		     .type = BPF_MAP_TYPE_PROG_ARRAY,
		     .inner_map = -1,
		     .pin_path = "/sys/fs/bpf/jumps" },
	[COPIES] = { .name = "copies",
		     .type = BPF_MAP_TYPE_HASH,
		     .key_size = 8,
		     .value_size = 8,
		     .inner_map = -1 },
	[SOCKETS] = { .name = "sockets", .type = BPF_MAP_TYPE_SOCKHASH, .inner_map = -1 },
};

struct report {
	struct audit_finding *findings;
	size_t count;
};

static void report_clear(struct report *report)
{
	free(report->findings);
}

/* The immediate of a map load is the map's index here. */
static struct report audit(const struct bpf_insn *insns, size_t count)
{
	const struct skbscope_image image = { .maps = maps, .map_count = MAPS };
	AUTO(freep) struct skbscope_relocation *relocations = calloc(count, sizeof(*relocations));
	struct skbscope_image_program program = {
		.name = "audited",
		.instructions = insns,
		.instruction_count = (uint32_t)count,
		.relocations = relocations,
	};
	struct report report = { 0 };

	for (uint32_t i = 0; i < count; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) &&
		    insns[i].src_reg == BPF_PSEUDO_MAP_FD)
			relocations[program.relocation_count++] =
				(struct skbscope_relocation){ i, (uint32_t)insns[i].imm };
	CHECK_NUMBER(audit_program(&image, &program, &report.findings, &report.count), 0);
	return report;
}

#define AUDIT(name, ...)                                                                           \
	const struct bpf_insn name##_insns[] = { __VA_ARGS__ };                                    \
	AUTO(report_clear)                                                                         \
	struct report name = audit(name##_insns, sizeof(name##_insns) / sizeof(name##_insns[0]))

static const struct audit_finding *find(const struct report *report, enum audit_kind kind)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->findings[i].kind == kind)
			return &report->findings[i];
	return NULL;
}

static size_t changes(const struct report *report)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		count += audit_changes_packets(&report->findings[i]);
	return count;
}

static bool gives(const struct report *report, int32_t verdict)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->findings[i].kind == AUDIT_VERDICT &&
		    report->findings[i].verdict == verdict)
			return true;
	return false;
}

#define RETURN_0 MOV_IMM(0, 0), EXIT
#define FIELD(name) offsetof(struct __sk_buff, name)

TEST(a_function_that_only_returns_changes_nothing)
{
	AUDIT(report, RETURN_0);

	REQUIRE(report.count == 1);
	CHECK_NUMBER(report.findings[0].kind, AUDIT_VERDICT);
	CHECK_NUMBER(report.findings[0].verdict, 0);
	CHECK_NUMBER(report.findings[0].instruction, 1);
}

TEST(every_helper_that_is_not_known_to_be_harmless_is_named)
{
	static const struct {
		uint32_t helper;
		const char *name;
	} mutating[] = {
		{ BPF_FUNC_skb_store_bytes, "bpf_skb_store_bytes" },
		{ BPF_FUNC_l3_csum_replace, "bpf_l3_csum_replace" },
		{ BPF_FUNC_l4_csum_replace, "bpf_l4_csum_replace" },
		{ BPF_FUNC_clone_redirect, "bpf_clone_redirect" },
		{ BPF_FUNC_skb_vlan_push, "bpf_skb_vlan_push" },
		{ BPF_FUNC_skb_vlan_pop, "bpf_skb_vlan_pop" },
		{ BPF_FUNC_skb_set_tunnel_key, "bpf_skb_set_tunnel_key" },
		{ BPF_FUNC_skb_set_tunnel_opt, "bpf_skb_set_tunnel_opt" },
		{ BPF_FUNC_skb_change_proto, "bpf_skb_change_proto" },
		{ BPF_FUNC_skb_change_type, "bpf_skb_change_type" },
		{ BPF_FUNC_skb_change_tail, "bpf_skb_change_tail" },
		{ BPF_FUNC_skb_change_head, "bpf_skb_change_head" },
		{ BPF_FUNC_skb_adjust_room, "bpf_skb_adjust_room" },
		{ BPF_FUNC_csum_update, "bpf_csum_update" },
		{ BPF_FUNC_set_hash, "bpf_set_hash" },
		{ BPF_FUNC_set_hash_invalid, "bpf_set_hash_invalid" },
		{ BPF_FUNC_skb_ecn_set_ce, "bpf_skb_ecn_set_ce" },
		{ BPF_FUNC_skb_set_tstamp, "bpf_skb_set_tstamp" },
		{ BPF_FUNC_sk_assign, "bpf_sk_assign" },
		{ 4096, "a helper unknown to skbscope" },
		{ UINT32_MAX, "a helper unknown to skbscope" },
	};

	for (size_t i = 0; i < sizeof(mutating) / sizeof(mutating[0]); i++) {
		AUDIT(report, CALL((int32_t)mutating[i].helper), RETURN_0);
		const struct audit_finding *found = find(&report, AUDIT_MUTATING_HELPER);

		REQUIRE(found);
		CHECK_TEXT(found->what, mutating[i].name);
		CHECK_NUMBER(found->instruction, 0);
		CHECK(audit_changes_packets(found));
		CHECK(!helper_is_harmless(mutating[i].helper));
	}
}

TEST(a_redirect_is_a_verdict_and_no_change)
{
	AUDIT(report, MOV_IMM(1, 1), MOV_IMM(2, 0), CALL(BPF_FUNC_redirect), EXIT);

	CHECK_NUMBER(changes(&report), 0);
	CHECK(gives(&report, 7) && gives(&report, 2));
	CHECK_NUMBER(report.count, 2);
}

TEST(asking_for_the_checksum_level_changes_nothing)
{
	AUDIT(query, MOV_IMM(2, BPF_CSUM_LEVEL_QUERY), CALL(BPF_FUNC_csum_level), RETURN_0);
	AUDIT(reset, MOV_IMM(2, BPF_CSUM_LEVEL_RESET), CALL(BPF_FUNC_csum_level), RETURN_0);

	CHECK_NUMBER(changes(&query), 0);
	CHECK_NUMBER(changes(&reset), 1);
}

TEST(a_store_into_the_context_names_its_field)
{
	static const struct {
		size_t offset;
		const char *name;
	} fields[] = {
		{ FIELD(mark), "mark" },
		{ FIELD(priority), "priority" },
		{ FIELD(tc_index), "tc_index" },
		{ FIELD(queue_mapping), "queue_mapping" },
		{ FIELD(tc_classid), "tc_classid" },
		{ FIELD(tstamp), "tstamp" },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		AUDIT(report, MOV_REG(6, 1), MOV_IMM(2, 5),
		      STORE(BPF_W, 6, (int16_t)fields[i].offset, 2), RETURN_0);
		const struct audit_finding *found = find(&report, AUDIT_METADATA_WRITE);

		REQUIRE(found);
		CHECK_TEXT(found->what, fields[i].name);
		CHECK_NUMBER(found->instruction, 2);
	}
}

TEST(an_access_of_cb_is_no_change_if_it_can_be_one_of_a_copy)
{
	AUDIT(report, STORE_IMM(BPF_W, 1, FIELD(cb), 1), LOAD(BPF_B, 2, 1, FIELD(cb) + 19),
	      LOAD(BPF_W, 3, 1, FIELD(len)), RETURN_0);
	AUDIT(moved, ALU_IMM(BPF_ADD, 1, 8), STORE_IMM(BPF_W, 1, FIELD(cb), 1), RETURN_0);
	AUDIT(beyond, STORE_IMM(BPF_DW, 1, FIELD(cb) + 16, 1), RETURN_0);
	AUDIT(atomic, MOV_IMM(2, 1), ATOMIC(BPF_W, BPF_ADD, 1, FIELD(cb), 2), RETURN_0);
	size_t accesses = 0;

	for (size_t i = 0; i < report.count; i++)
		accesses += report.findings[i].kind == AUDIT_SCRATCH_ACCESS;
	CHECK_NUMBER(accesses, 2);
	CHECK_NUMBER(changes(&report), 0);
	CHECK_NUMBER(changes(&moved), 1);
	CHECK_NUMBER(changes(&beyond), 1);
	CHECK_NUMBER(changes(&atomic), 1);
	CHECK_TEXT(find(&atomic, AUDIT_METADATA_WRITE)->what, "cb[0]");
}

/* As it is once there is a copy on the stack: what is stored there comes back, by either way. */
TEST(a_pointer_that_is_kept_in_cb_is_one_still)
{
	AUDIT(through_cb, STORE(BPF_DW, 1, FIELD(cb), 1), LOAD(BPF_DW, 2, 1, FIELD(cb)),
	      STORE_IMM(BPF_W, 2, FIELD(mark), 1), RETURN_0);
	AUDIT(through_stack, STORE(BPF_DW, 10, -512, 1), LOAD(BPF_DW, 2, 1, FIELD(cb)),
	      STORE_IMM(BPF_W, 2, FIELD(mark), 1), RETURN_0);

	CHECK(find(&through_cb, AUDIT_METADATA_WRITE));
	CHECK(find(&through_stack, AUDIT_METADATA_WRITE));
}

TEST(a_store_into_the_context_is_found_behind_a_spill)
{
	AUDIT(report, STORE(BPF_DW, 10, -8, 1), MOV_IMM(1, 0), LOAD(BPF_DW, 3, 10, -8),
	      ALU_IMM(BPF_ADD, 3, 4), STORE_IMM(BPF_W, 3, (int16_t)FIELD(mark) - 4, 1), RETURN_0);

	REQUIRE(find(&report, AUDIT_METADATA_WRITE));
	CHECK_TEXT(find(&report, AUDIT_METADATA_WRITE)->what, "mark");
}

TEST(a_store_through_a_packet_pointer_is_found)
{
	AUDIT(direct, LOAD(BPF_W, 2, 1, FIELD(data)), STORE_IMM(BPF_B, 2, 0, 1), RETURN_0);
	AUDIT(meta, LOAD(BPF_W, 2, 1, FIELD(data_meta)), STORE_IMM(BPF_W, 2, 0, 1), RETURN_0);
	AUDIT(indexed, LOAD(BPF_W, 2, 1, FIELD(data)), LOAD(BPF_B, 3, 2, 0), ALU_REG(BPF_ADD, 3, 2),
	      STORE_IMM(BPF_H, 3, 4, 1), RETURN_0);
	AUDIT(spilled, LOAD(BPF_W, 2, 1, FIELD(data)), MOV_REG(7, 10), ALU_IMM(BPF_ADD, 7, -16),
	      STORE(BPF_DW, 7, 8, 2), LOAD(BPF_DW, 4, 10, -8), STORE_IMM(BPF_H, 4, 4, 1), RETURN_0);
	AUDIT(atomic, LOAD(BPF_W, 2, 1, FIELD(data)), MOV_IMM(3, 1),
	      ATOMIC(BPF_W, BPF_ADD, 2, 0, 3), RETURN_0);

	CHECK(find(&direct, AUDIT_PACKET_WRITE));
	CHECK(find(&meta, AUDIT_PACKET_WRITE));
	CHECK(find(&indexed, AUDIT_PACKET_WRITE));
	CHECK(find(&spilled, AUDIT_PACKET_WRITE));
	CHECK(find(&atomic, AUDIT_PACKET_WRITE));
	CHECK_NUMBER(find(&spilled, AUDIT_PACKET_WRITE)->instruction, 5);
}

TEST(a_packet_pointer_from_only_one_path_is_found)
{
	/* r2 is a stack address or the packet, and both paths store through it. */
	AUDIT(report, LOAD(BPF_W, 3, 1, FIELD(len)), MOV_REG(2, 10), ALU_IMM(BPF_ADD, 2, -8),
	      JUMP_IMM(BPF_JEQ, 3, 0, 1), LOAD(BPF_W, 2, 1, FIELD(data)), STORE_IMM(BPF_B, 2, 0, 1),
	      RETURN_0);

	CHECK(find(&report, AUDIT_PACKET_WRITE));
}

TEST(a_packet_pointer_carried_around_a_loop_is_found)
{
	/* The first round stores to the stack, the second to the packet. */
	AUDIT(report, MOV_REG(2, 10), MOV_IMM(4, 0), STORE_IMM(BPF_B, 2, -8, 1),
	      LOAD(BPF_W, 2, 1, FIELD(data)), ALU_IMM(BPF_ADD, 2, 8), ALU_IMM(BPF_ADD, 4, 1),
	      JUMP_IMM(BPF_JLT, 4, 2, -5), RETURN_0);

	REQUIRE(find(&report, AUDIT_PACKET_WRITE));
	CHECK_NUMBER(find(&report, AUDIT_PACKET_WRITE)->instruction, 2);
}

TEST(reading_the_packet_and_writing_elsewhere_changes_nothing)
{
	AUDIT(report, MOV_REG(6, 1), LOAD(BPF_W, 2, 6, FIELD(data)),
	      LOAD(BPF_W, 3, 6, FIELD(data_end)), MOV_REG(4, 2), ALU_IMM(BPF_ADD, 4, 14),
	      JUMP_REG(BPF_JGT, 4, 3, 10), LOAD(BPF_H, 5, 2, 12), STORE(BPF_DW, 10, -8, 5),
	      MOV_REG(2, 10), ALU_IMM(BPF_ADD, 2, -8), MAP(1, PER_CPU),
	      CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(BPF_JEQ, 0, 0, 2), LOAD(BPF_DW, 1, 0, 0),
	      STORE(BPF_DW, 0, 8, 1), RETURN_0);

	CHECK_NUMBER(changes(&report), 0);
	CHECK(!find(&report, AUDIT_RACY_INCREMENT));
}

TEST(packet_bytes_copied_to_the_stack_are_no_pointer_to_it)
{
	AUDIT(report, MOV_REG(6, 1), MOV_IMM(2, 0), MOV_REG(3, 10), ALU_IMM(BPF_ADD, 3, -16),
	      MOV_IMM(4, 16), CALL(BPF_FUNC_skb_load_bytes), STORE_IMM(BPF_DW, 10, -8, 0),
	      RETURN_0);

	CHECK_NUMBER(changes(&report), 0);
}

/* For the kernel's verifier r1 is 0 where r8 is computed; for a walk that joins the paths
 * it is 0 or a stack address. */
TEST(the_offset_of_what_may_be_a_pointer_is_no_number)
{
#define ATTACK(op, sign)                                                                           \
	STORE_IMM(BPF_DW, 10, -8, 0), MOV_REG(5, 10), ALU_IMM(BPF_ADD, 5, -16),                    \
		STORE(BPF_DW, 10, -72, 5), LOAD(BPF_W, 2, 1, FIELD(data)),                         \
		LOAD(BPF_W, 3, 1, FIELD(len)), MOV_IMM(1, 0), MOV_IMM(7, 0),                       \
		JUMP_IMM(BPF_JNE, 3, 77, 3), MOV_REG(1, 10), ALU_IMM(BPF_ADD, 1, -64),             \
		MOV_IMM(7, 1), JUMP_IMM(BPF_JNE, 7, 0, 7), MOV_IMM(8, (sign)*72),                  \
		ALU_REG(op, 8, 1), MOV_REG(9, 10), ALU_REG(op, 9, 8), STORE(BPF_DW, 9, 0, 2),      \
		LOAD(BPF_DW, 9, 10, -72), STORE_IMM(BPF_B, 9, 6, 0x66), RETURN_0
	AUDIT(subtracted, ATTACK(BPF_SUB, 1));
	AUDIT(added, ATTACK(BPF_ADD, -1));

	CHECK(changes(&subtracted) > 0);
	CHECK(changes(&added) > 0);
}

TEST(a_stack_slot_that_one_path_leaves_unwritten_is_no_constant)
{
	AUDIT(report, LOAD(BPF_W, 3, 1, FIELD(len)), JUMP_IMM(BPF_JNE, 3, 77, 1),
	      STORE_IMM(BPF_DW, 10, -8, BPF_CSUM_LEVEL_QUERY), LOAD(BPF_DW, 2, 10, -8),
	      CALL(BPF_FUNC_csum_level), RETURN_0);

	CHECK_NUMBER(changes(&report), 1);
}

#define LOOK_UP(map)                                                                               \
	STORE_IMM(BPF_DW, 10, -8, 0), MOV_REG(2, 10), ALU_IMM(BPF_ADD, 2, -8), MAP(1, map),        \
		CALL(BPF_FUNC_map_lookup_elem)

TEST(an_increment_of_a_shared_value_is_found)
{
	AUDIT(report, LOOK_UP(SHARED), JUMP_IMM(BPF_JEQ, 0, 0, 3), LOAD(BPF_DW, 1, 0, 8),
	      ALU_IMM(BPF_ADD, 1, 1), STORE(BPF_DW, 0, 8, 1), RETURN_0);
	const struct audit_finding *found = find(&report, AUDIT_RACY_INCREMENT);

	REQUIRE(found);
	CHECK_NUMBER(found->map, SHARED);
	CHECK_NUMBER(found->instruction, 9);
	CHECK(!audit_changes_packets(found));
	CHECK_NUMBER(changes(&report), 0);
}

TEST(an_increment_by_a_register_or_through_an_inner_map_is_found)
{
	AUDIT(by_register, LOAD(BPF_W, 7, 1, FIELD(len)), LOOK_UP(SHARED),
	      JUMP_IMM(BPF_JEQ, 0, 0, 3), LOAD(BPF_DW, 1, 0, 8), ALU_REG(BPF_ADD, 7, 1),
	      STORE(BPF_DW, 0, 8, 7), RETURN_0);
	AUDIT(inner, LOOK_UP(OUTER), JUMP_IMM(BPF_JEQ, 0, 0, 8), MOV_REG(1, 0), MOV_REG(2, 10),
	      ALU_IMM(BPF_ADD, 2, -8), CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(BPF_JEQ, 0, 0, 3),
	      LOAD(BPF_W, 1, 0, 0), ALU32_IMM(BPF_ADD, 1, 1), STORE(BPF_W, 0, 0, 1), RETURN_0);

	CHECK(find(&by_register, AUDIT_RACY_INCREMENT));
	REQUIRE(find(&inner, AUDIT_RACY_INCREMENT));
	CHECK_NUMBER(find(&inner, AUDIT_RACY_INCREMENT)->map, SHARED);
}

#define UPDATE(map)                                                                                \
	MOV_REG(2, 10), ALU_IMM(BPF_ADD, 2, -8), MOV_REG(3, 10), ALU_IMM(BPF_ADD, 3, -16),         \
		MOV_IMM(4, 0), MAP(1, map), CALL(BPF_FUNC_map_update_elem)

TEST(so_is_one_whose_sum_is_written_back_by_an_update)
{
	AUDIT(sum, LOOK_UP(COPIES), MOV_IMM(1, 1), JUMP_IMM(BPF_JEQ, 0, 0, 2),
	      LOAD(BPF_DW, 1, 0, 0), ALU_IMM(BPF_ADD, 1, 1), STORE(BPF_DW, 10, -16, 1),
	      UPDATE(COPIES), RETURN_0);
	AUDIT(half, LOOK_UP(COPIES), MOV_IMM(1, 1), STORE(BPF_DW, 10, -16, 1),
	      JUMP_IMM(BPF_JEQ, 0, 0, 3), LOAD(BPF_W, 1, 0, 4), ALU_IMM(BPF_ADD, 1, 1),
	      STORE(BPF_W, 10, -12, 1), UPDATE(COPIES), RETURN_0);
	AUDIT(same, LOOK_UP(COPIES), MOV_IMM(1, 1), JUMP_IMM(BPF_JEQ, 0, 0, 1),
	      LOAD(BPF_DW, 1, 0, 0), STORE(BPF_DW, 10, -16, 1), UPDATE(COPIES), RETURN_0);

	REQUIRE(find(&sum, AUDIT_RACY_INCREMENT));
	CHECK_NUMBER(find(&sum, AUDIT_RACY_INCREMENT)->map, COPIES);
	CHECK(find(&half, AUDIT_RACY_INCREMENT));
	CHECK(!find(&same, AUDIT_RACY_INCREMENT));
}

TEST(a_socket_in_a_table_is_a_change)
{
	AUDIT(other, STORE_IMM(BPF_DW, 10, -8, 0), STORE_IMM(BPF_DW, 10, -16, 0), UPDATE(COPIES),
	      RETURN_0);
	AUDIT(socket, STORE_IMM(BPF_DW, 10, -8, 0), STORE_IMM(BPF_DW, 10, -16, 0), UPDATE(SOCKETS),
	      RETURN_0);

	CHECK_NUMBER(changes(&other), 0);
	CHECK_NUMBER(changes(&socket), 1);
}

TEST(what_is_exact_is_not_called_racy)
{
	AUDIT(per_cpu, LOOK_UP(PER_CPU), JUMP_IMM(BPF_JEQ, 0, 0, 3), LOAD(BPF_DW, 1, 0, 8),
	      ALU_IMM(BPF_ADD, 1, 1), STORE(BPF_DW, 0, 8, 1), RETURN_0);
	AUDIT(atomic, LOOK_UP(SHARED), JUMP_IMM(BPF_JEQ, 0, 0, 2), MOV_IMM(1, 1),
	      ATOMIC(BPF_DW, BPF_ADD | BPF_FETCH, 0, 8, 1), RETURN_0);
	AUDIT(copied, LOOK_UP(SHARED), JUMP_IMM(BPF_JEQ, 0, 0, 2), LOAD(BPF_DW, 1, 0, 8),
	      STORE(BPF_DW, 0, 8, 1), RETURN_0);
	AUDIT(elsewhere, LOOK_UP(SHARED), JUMP_IMM(BPF_JEQ, 0, 0, 3), LOAD(BPF_DW, 1, 0, 8),
	      ALU_IMM(BPF_ADD, 1, 1), STORE(BPF_DW, 0, 16, 1), RETURN_0);
	AUDIT(locked, LOOK_UP(SHARED), JUMP_IMM(BPF_JEQ, 0, 0, 6), MOV_REG(6, 0), MOV_REG(1, 6),
	      CALL(BPF_FUNC_spin_lock), LOAD(BPF_DW, 1, 6, 8), ALU_IMM(BPF_ADD, 1, 1),
	      STORE(BPF_DW, 6, 8, 1), RETURN_0);

	CHECK(!find(&per_cpu, AUDIT_RACY_INCREMENT));
	CHECK(!find(&atomic, AUDIT_RACY_INCREMENT));
	CHECK(!find(&copied, AUDIT_RACY_INCREMENT));
	CHECK(!find(&elsewhere, AUDIT_RACY_INCREMENT));
	CHECK(!find(&locked, AUDIT_RACY_INCREMENT));
}

TEST(constant_verdicts_are_told_from_computed_ones)
{
	AUDIT(two, LOAD(BPF_W, 2, 1, 0), MOV_IMM(0, 2), JUMP_IMM(BPF_JEQ, 2, 5, 1), MOV_IMM(0, -1),
	      EXIT);
	AUDIT(low_half, MOV32_IMM(0, -1), EXIT);
	AUDIT(computed, LOAD(BPF_W, 0, 1, 0), EXIT);
	AUDIT(far, MOV_IMM(0, 99), EXIT);
	AUDIT(folded, MOV_IMM(0, 1), ALU_IMM(BPF_LSH, 0, 1), EXIT);
	AUDIT(kept, MOV_IMM(6, 7), CALL(BPF_FUNC_ktime_get_ns), MOV32_REG(0, 6), EXIT);

	CHECK(gives(&two, 2) && gives(&two, -1) && !gives(&two, 0));
	CHECK(!find(&two, AUDIT_VARIABLE_VERDICT));
	CHECK(gives(&low_half, -1) && low_half.count == 1);
	CHECK(find(&computed, AUDIT_VARIABLE_VERDICT) && computed.count == 1);
	CHECK(gives(&far, 99) && far.count == 1);
	CHECK(gives(&folded, 2) && folded.count == 1);
	CHECK(gives(&kept, 7) && kept.count == 1);
}

TEST(a_packet_load_gives_verdict_0_when_the_packet_is_short)
{
	AUDIT(report, MOV_REG(6, 1), LOAD_ABS(BPF_B, 12), LOAD_ABS(BPF_B, 13), MOV_IMM(0, -1),
	      EXIT);

	REQUIRE(report.count == 2);
	CHECK(gives(&report, 0) && gives(&report, -1));
	CHECK_NUMBER(report.findings[0].instruction, 1);
}

TEST(findings_are_in_instruction_order)
{
	AUDIT(report, STORE_IMM(BPF_W, 1, FIELD(mark), 1), LOAD(BPF_W, 2, 1, FIELD(data)),
	      JUMP_IMM(BPF_JEQ, 2, 0, 2), STORE_IMM(BPF_W, 2, 0, 1), JUMP(0), RETURN_0);

	for (size_t i = 1; i < report.count; i++)
		CHECK(report.findings[i - 1].instruction <= report.findings[i].instruction);
	CHECK_NUMBER(report.count, 3);
}

TEST(unreachable_code_is_not_judged)
{
	AUDIT(report, RETURN_0, CALL(BPF_FUNC_skb_store_bytes), RETURN_0);

	CHECK_NUMBER(changes(&report), 0);
}

TEST(a_tail_call_into_a_pinned_table_may_reach_strangers)
{
	AUDIT(own, MAP(2, JUMPS), MOV_IMM(3, 0), CALL(BPF_FUNC_tail_call), RETURN_0);
	AUDIT(pinned, MAP(2, PINNED), MOV_IMM(3, 0), CALL(BPF_FUNC_tail_call), RETURN_0);

	CHECK_NUMBER(changes(&own), 0);
	CHECK_NUMBER(changes(&pinned), 1);
}

TEST(functions_beside_the_program_are_never_trusted)
{
	AUDIT(own, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 2), RETURN_0, RETURN_0);
	AUDIT(kfunc, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 1234), RETURN_0);
	AUDIT(callback, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_FUNC, 0, 1),
	      INSN(0, 0, 0, 0, 0), RETURN_0);
	AUDIT(anywhere, INSN(BPF_JMP | BPF_JA | BPF_X, 3, 0, 0, 0), RETURN_0);

	CHECK(find(&kfunc, AUDIT_MUTATING_HELPER));
	CHECK(find(&own, AUDIT_MUTATING_HELPER));
	CHECK(find(&callback, AUDIT_MUTATING_HELPER));
	CHECK(find(&anywhere, AUDIT_MUTATING_HELPER));
}

TEST(code_that_the_kernel_would_refuse_is_survived)
{
	AUDIT(off_the_end, MOV_IMM(0, 0));
	AUDIT(half, INSN(BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 0));
	AUDIT(away, JUMP(30000), JUMP_IMM(BPF_JEQ, 1, 0, -30000), EXIT);
	AUDIT(registers, INSN(BPF_ALU64 | BPF_MOV | BPF_X, 15, 14, 0, 0),
	      INSN(BPF_LDX | BPF_MEM | BPF_DW, 12, 13, 0, 0),
	      INSN(BPF_STX | BPF_MEM | BPF_DW, 11, 12, 0, 0),
	      INSN(BPF_LD | BPF_IMM | BPF_DW, 11, 0, 0, 0), INSN(0, 0, 0, 0, 0), RETURN_0);
	AUDIT(forever, JUMP(-1));

	CHECK_NUMBER(off_the_end.count + half.count + away.count + forever.count, 0);
	CHECK(gives(&registers, 0));
}

TEST(a_hostile_tangle_ends_soon_and_is_not_trusted)
{
	enum { COUNT = 100000 };
	AUTO(freep) struct bpf_insn *insns = calloc(COUNT, sizeof(*insns));
	uint32_t random = 23;

	REQUIRE(insns);
	for (uint32_t i = 0; i < COUNT; i++) {
		random = random * 1664525u + 1013904223u;
		insns[i] = i % 2 ? JUMP_IMM(BPF_JEQ, 2, 5, (int16_t)(random >> 16))
				 : STORE(BPF_DW, 10, (int16_t) - (8 * (random % 64 + 1)),
					 random >> 28);
	}
	insns[COUNT - 1] = EXIT;
	AUTO(report_clear) struct report report = audit(insns, COUNT);
	CHECK(find(&report, AUDIT_MUTATING_HELPER));
}

TEST(a_long_plain_function_is_followed_to_its_end)
{
	enum { COUNT = 1000000 };
	AUTO(freep) struct bpf_insn *insns = calloc(COUNT, sizeof(*insns));

	REQUIRE(insns);
	for (uint32_t i = 0; i < COUNT; i++)
		insns[i] = MOV_IMM(3, 1);
	insns[0] = LOAD(BPF_W, 2, 1, FIELD(data));
	insns[COUNT - 3] = STORE_IMM(BPF_B, 2, 0, 1);
	insns[COUNT - 2] = MOV_IMM(0, 0);
	insns[COUNT - 1] = EXIT;
	AUTO(report_clear) struct report report = audit(insns, COUNT);
	REQUIRE(find(&report, AUDIT_PACKET_WRITE));
	CHECK_NUMBER(find(&report, AUDIT_PACKET_WRITE)->instruction, COUNT - 3);
}

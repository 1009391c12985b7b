/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The feeder's program: the next record, made of the packet that was there before.
 *
 * There is no way to set skb->protocol; but when a tag that is in the packet is taken out
 * of it, the kernel looks at what was behind the tag, as it does for a card that leaves
 * tags in. So a packet of another protocol or tag gets two tags, of which the kernel keeps
 * the second beside the packet and puts the first into it; then the frame is stored with
 * its own tag in the place of the first, and popped: what was beside the packet goes, and
 * the tag in the packet takes its place. Of an untagged frame it is popped once more.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "image/assemble.h"
#include "image/replay.h"
#include "kernel/feed_record.h"

#define ADDRESSES_BYTES 12
#define TAG_BYTES 4
#define BE16(value) __builtin_bswap16(value)
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#undef BE16
#define BE16(value) (value)
#endif

enum label {
	OUT,
	SAME_TYPE,
	SAME_TIME,
	TAGGED,
	STORE,
	OTHER,
	ONE_TAG,
	TWO_TAGS,
	POPPED,
	READY,
	LABELS
};

#define ROOM 256

struct code {
	struct bpf_insn insns[ROOM];
	uint32_t count;
	uint32_t labels[LABELS]; /* where they are */
	uint8_t targets[ROOM];   /* of jumps: a label and one; 0: resolved */
};

static void emit(struct code *code, struct bpf_insn insn)
{
	code->insns[code->count++] = insn;
}

static void emit_map(struct code *code, uint8_t target, uint8_t kind, int fd)
{
	emit(code, INSN(BPF_LD | BPF_IMM | BPF_DW, target, kind, 0, fd));
	emit(code, INSN(0, 0, 0, 0, 0));
}

static void jump(struct code *code, enum label label, struct bpf_insn insn)
{
	code->targets[code->count] = (uint8_t)(label + 1);
	emit(code, insn);
}

static void label(struct code *code, enum label label)
{
	code->labels[label] = code->count;
}

static void resolve(struct code *code)
{
	for (uint32_t i = 0; i < code->count; i++)
		if (code->targets[i])
			code->insns[i].off = (int16_t)(code->labels[code->targets[i] - 1] - i - 1);
}

#define PACKET(field) offsetof(struct __sk_buff, field)
#define RECORD(field) offsetof(struct feed_record, field)
#define STATE(field) offsetof(struct replay_state, field)

/* replay_has_room() */
static void need_room(struct code *code)
{
	emit(code, LOAD(BPF_DW, 1, 7, STATE(event_count)));
	emit(code, LOAD(BPF_DW, 2, 7, STATE(events_wanted)));
	jump(code, OUT, JUMP_REG(BPF_JGT, 1, 2, 0));
	emit(code, ALU_IMM(BPF_MUL, 1, REPLAY_EVENT_BYTES));
	emit(code, LOAD(BPF_DW, 2, 7, STATE(event_flags)));
	emit(code, ALU_IMM(BPF_RSH, 2, 32));
	emit(code, ALU_REG(BPF_ADD, 1, 2));
	emit(code, LOAD(BPF_DW, 2, 7, STATE(event_bytes)));
	emit(code, ALU_REG(BPF_ADD, 1, 2));
	emit(code, LOAD(BPF_DW, 2, 7, STATE(bytes_wanted)));
	jump(code, OUT, JUMP_REG(BPF_JGT, 1, 2, 0));
}

/* r6: the packet, r7: the state, r8: the record, r9: how much of the frame it has. */
static void take_record(struct code *code, const struct feed_maps *maps)
{
	emit(code, MOV_REG(6, 1));
	emit_map(code, 7, BPF_PSEUDO_MAP_VALUE, maps->state);
	emit(code, LOAD(BPF_W, 1, 7, STATE(submitted)));
	emit(code, LOAD(BPF_W, 2, 7, STATE(stops)));
	emit(code, ALU_REG(BPF_AND, 1, 2));
	jump(code, OUT, JUMP_IMM(BPF_JNE, 1, 0, 0));
	need_room(code);
	emit(code, LOAD(BPF_W, 1, 7, STATE(runs)));
	emit(code, ALU_IMM(BPF_ADD, 1, 1));
	emit(code, STORE(BPF_W, 7, STATE(runs), 1));
	emit(code, LOAD(BPF_W, 1, 7, STATE(at)));
	jump(code, OUT,
	     JUMP_IMM(BPF_JGT, 1, FEED_AREA_BYTES - sizeof(struct feed_record) - FEED_LONGEST, 0));
	emit_map(code, 8, BPF_PSEUDO_MAP_VALUE, maps->area);
	emit(code, ALU_REG(BPF_ADD, 8, 1));
	emit(code, LOAD(BPF_W, 9, 8, RECORD(stored)));
	jump(code, OUT, JUMP_IMM(BPF_JGT, 9, FEED_LONGEST, 0));
	jump(code, OUT, JUMP_IMM(BPF_JLT, 9, ETH_HLEN, 0));
	emit(code, ALU_REG(BPF_ADD, 1, 9));
	emit(code, ALU_IMM(BPF_ADD, 1, sizeof(struct feed_record) + 7));
	emit(code, ALU_IMM(BPF_AND, 1, -8));
	emit(code, STORE(BPF_W, 7, STATE(at), 1));
	/* Time does not go back, whatever the order in which packets were recorded. */
	emit(code, LOAD(BPF_DW, 1, 8, RECORD(time_ns)));
	emit(code, STORE(BPF_DW, 7, STATE(packet_ns), 1));
	emit(code, LOAD(BPF_W, 3, 8, RECORD(said)));
	emit(code, STORE(BPF_W, 7, STATE(length), 3));
	emit(code, LOAD(BPF_DW, 2, 7, STATE(now_ns)));
	jump(code, SAME_TIME, JUMP_REG(BPF_JLE, 1, 2, 0));
	emit(code, STORE(BPF_DW, 7, STATE(now_ns), 1));
	label(code, SAME_TIME);
	emit(code, LOAD(BPF_W, 1, 6, PACKET(pkt_type)));
	emit(code, LOAD(BPF_B, 2, 8, RECORD(type)));
	jump(code, SAME_TYPE, JUMP_REG(BPF_JEQ, 1, 2, 0));
	emit(code, MOV_REG(1, 6));
	emit(code, CALL(BPF_FUNC_skb_change_type));
	label(code, SAME_TYPE);
	emit(code, LOAD(BPF_B, 1, 8, RECORD(is_there)));
	jump(code, READY, JUMP_IMM(BPF_JNE, 1, 0, 0));
}

/* A frame that can be stored as it is comes to STORE, another to OTHER. */
static void compare(struct code *code)
{
	emit(code, LOAD(BPF_W, 1, 6, PACKET(protocol)));
	emit(code, LOAD(BPF_H, 2, 8, RECORD(protocol)));
	jump(code, OTHER, JUMP_REG(BPF_JNE, 1, 2, 0));
	emit(code, LOAD(BPF_W, 1, 6, PACKET(vlan_present)));
	emit(code, LOAD(BPF_H, 2, 8, RECORD(vlan_protocol)));
	jump(code, TAGGED, JUMP_IMM(BPF_JNE, 2, 0, 0));
	jump(code, OTHER, JUMP_IMM(BPF_JNE, 1, 0, 0));
	jump(code, STORE, JUMP(0));
	label(code, TAGGED);
	jump(code, OTHER, JUMP_IMM(BPF_JEQ, 1, 0, 0));
	emit(code, LOAD(BPF_W, 1, 6, PACKET(vlan_proto)));
	jump(code, OTHER, JUMP_REG(BPF_JNE, 1, 2, 0));
	emit(code, LOAD(BPF_W, 1, 6, PACKET(vlan_tci)));
	emit(code, LOAD(BPF_H, 2, 8, RECORD(vlan_tci)));
	jump(code, OTHER, JUMP_REG(BPF_JNE, 1, 2, 0));
}

static void fail_if_refused(struct code *code)
{
	emit(code, JUMP_IMM(BPF_JEQ, 0, 0, 4));
	emit(code, LOAD(BPF_W, 1, 7, STATE(fails)));
	emit(code, ALU_IMM(BPF_ADD, 1, 1));
	emit(code, STORE(BPF_W, 7, STATE(fails), 1));
	jump(code, OUT, JUMP(0));
}

/* The packet gets the frame's length, and more for a tag; from where the record ends on, it
 * is zeros: what the kernel adds is. */
static void set_length(struct code *code, int32_t more)
{
	emit(code, LOAD(BPF_W, 1, 8, RECORD(length)));
	emit(code, JUMP_REG(BPF_JLE, 1, 9, 8)); /* nothing is missing */
	emit(code, MOV_REG(2, 9));
	emit(code, ALU_IMM(BPF_ADD, 2, more));
	emit(code, LOAD(BPF_W, 1, 6, PACKET(len)));
	emit(code, JUMP_REG(BPF_JLE, 1, 2, 3));
	emit(code, MOV_REG(1, 6));
	emit(code, MOV_IMM(3, 0));
	emit(code, CALL(BPF_FUNC_skb_change_tail));
	emit(code, LOAD(BPF_W, 1, 8, RECORD(length)));
	emit(code, MOV_REG(2, 1));
	emit(code, ALU_IMM(BPF_ADD, 2, more));
	emit(code, LOAD(BPF_W, 1, 6, PACKET(len)));
	emit(code, JUMP_REG(BPF_JEQ, 1, 2, 8));
	emit(code, MOV_REG(1, 6));
	emit(code, MOV_IMM(3, 0));
	emit(code, CALL(BPF_FUNC_skb_change_tail));
	fail_if_refused(code);
}

/* r1 to r5 but r3, which is the source. */
static void store(struct code *code, int32_t at)
{
	emit(code, MOV_REG(1, 6));
	emit(code, MOV_IMM(2, at));
	emit(code, MOV_IMM(5, BPF_F_INVALIDATE_HASH));
	emit(code, CALL(BPF_FUNC_skb_store_bytes));
	fail_if_refused(code);
}

static void store_part(struct code *code, int32_t at, int32_t from, int32_t length)
{
	emit(code, MOV_REG(3, 8));
	emit(code, ALU_IMM(BPF_ADD, 3, from));
	emit(code, MOV_IMM(4, length));
	store(code, at);
}

static void store_frame(struct code *code)
{
	set_length(code, 0);
	emit(code, MOV_REG(3, 8));
	emit(code, ALU_IMM(BPF_ADD, 3, RECORD(frame)));
	emit(code, MOV_REG(4, 9));
	store(code, 0);
	jump(code, READY, JUMP(0));
}

static void push(struct code *code)
{
	emit(code, MOV_REG(1, 6));
	emit(code, MOV_IMM(3, 0));
	emit(code, CALL(BPF_FUNC_skb_vlan_push));
	fail_if_refused(code);
}

static void push_any(struct code *code)
{
	emit(code, MOV_IMM(2, BE16(ETH_P_8021Q)));
	push(code);
}

static void pop(struct code *code)
{
	emit(code, MOV_REG(1, 6));
	emit(code, CALL(BPF_FUNC_skb_vlan_pop));
	fail_if_refused(code);
}

/* A tag that is beside the packet already may be the one in the packet, if it is of the
 * right kind or will not remain. */
static void push_tags(struct code *code)
{
	emit(code, LOAD(BPF_W, 1, 6, PACKET(vlan_present)));
	jump(code, TWO_TAGS, JUMP_IMM(BPF_JEQ, 1, 0, 0));
	emit(code, LOAD(BPF_H, 2, 8, RECORD(vlan_protocol)));
	jump(code, ONE_TAG, JUMP_IMM(BPF_JEQ, 2, 0, 0));
	emit(code, LOAD(BPF_W, 1, 6, PACKET(vlan_proto)));
	jump(code, ONE_TAG, JUMP_REG(BPF_JEQ, 1, 2, 0));
	push_any(code);
	emit(code, STORE_IMM(BPF_H, 10, -8, BE16(ETH_P_IP)));
	emit(code, MOV_REG(3, 10));
	emit(code, ALU_IMM(BPF_ADD, 3, -8));
	emit(code, MOV_IMM(4, 2));
	store(code, ADDRESSES_BYTES + TAG_BYTES);
	pop(code);
	pop(code);
	label(code, TWO_TAGS);
	emit(code, LOAD(BPF_H, 2, 8, RECORD(vlan_protocol))); /* 0 counts as ETH_P_8021Q */
	push(code);
	label(code, ONE_TAG);
	push_any(code);
}

static void store_with_tag(struct code *code)
{
	push_tags(code);
	set_length(code, TAG_BYTES);
	store_part(code, 0, RECORD(frame), ADDRESSES_BYTES);
	store_part(code, ADDRESSES_BYTES, RECORD(vlan_tag), TAG_BYTES);
	emit(code, MOV_REG(3, 8));
	emit(code, ALU_IMM(BPF_ADD, 3, RECORD(frame) + ADDRESSES_BYTES));
	emit(code, MOV_REG(4, 9));
	emit(code, ALU_IMM(BPF_SUB, 4, ADDRESSES_BYTES));
	store(code, ADDRESSES_BYTES + TAG_BYTES);
	pop(code);
	emit(code, LOAD(BPF_H, 1, 8, RECORD(vlan_protocol)));
	jump(code, POPPED, JUMP_IMM(BPF_JNE, 1, 0, 0));
	pop(code);
	label(code, POPPED);
}

static void call_function(struct code *code, const struct feed_maps *maps)
{
	static const int16_t fields[] = {
		PACKET(priority), PACKET(tc_index), PACKET(queue_mapping), PACKET(cb[0]),
		PACKET(cb[1]),    PACKET(cb[2]),    PACKET(cb[3]),         PACKET(cb[4]),
	};

	emit(code, MOV_IMM(1, 0));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		emit(code, STORE(BPF_W, 6, fields[i], 1));
	emit(code, LOAD(BPF_W, 1, 8, RECORD(mark)));
	emit(code, STORE(BPF_W, 6, PACKET(mark), 1));
	emit(code, LOAD(BPF_DW, 1, 8, RECORD(time_ns)));
	emit(code, STORE(BPF_DW, 6, PACKET(tstamp), 1));
	emit(code, MOV_REG(1, 6));
	emit_map(code, 2, BPF_PSEUDO_MAP_FD, maps->functions);
	emit(code, LOAD(BPF_B, 3, 8, RECORD(direction)));
	emit(code, CALL(BPF_FUNC_tail_call));
}

int feed_program_load(const struct feed_maps *maps)
{
	struct code code = { .count = 0 };
	LIBBPF_OPTS(bpf_prog_load_opts, options);
	int fd;

	take_record(&code, maps);
	compare(&code);
	label(&code, STORE);
	store_frame(&code);
	label(&code, OTHER);
	store_with_tag(&code);
	label(&code, READY);
	call_function(&code, maps);
	label(&code, OUT);
	emit(&code, MOV_IMM(0, -1));
	emit(&code, EXIT);
	resolve(&code);
	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "skb_feeder", "Apache-2.0", code.insns,
			   code.count, &options);
	return fd < 0 ? -errno : fd;
}

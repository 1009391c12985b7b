/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From classic BPF to code in front of a function. A packet that does not match, or is too
 * short for what the expression reads, is answered with TC_ACT_UNSPEC. Where frames begin
 * with Ethernet there are two copies: for a tagged frame whose tag the kernel keeps beside it
 * everything is as if the tag were in the frame, as it is in a capture file.
 */
#include "image/filter.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/filter_code.h"
#include "image/replay.h"
#include "image/rewrite_pass.h"

#define FIELD(name) offsetof(struct __sk_buff, name)
#define TAG_BYTES 4
#define MEMORY(k) ((int16_t)(-4 * ((int)(k) + 1)))

static void field_in_network_order(struct filter_code *code, size_t field)
{
	filter_load_field(code, FILTER_A, field);
	filter_emit(code, INSN(BPF_ALU | BPF_END | BPF_TO_BE, FILTER_A, 0, 0, 16));
}

/* At tc egress the field is not what it is to a packet socket. */
static void direction(struct filter_code *code)
{
	if (code->direction == FILTER_OUTGOING)
		filter_emit(code, MOV32_IMM(FILTER_A, PACKET_OUTGOING));
	else
		filter_load_field(code, FILTER_A, FIELD(pkt_type));
}

static void metadata(struct filter_code *code, uint32_t k)
{
	switch ((int32_t)(k - (uint32_t)SKF_AD_OFF)) {
	case SKF_AD_PROTOCOL:
		field_in_network_order(code, FIELD(protocol));
		break;
	case SKF_AD_PKTTYPE:
		direction(code);
		break;
	case SKF_AD_IFINDEX:
		filter_load_field(code, FILTER_A, FIELD(ifindex));
		break;
	case SKF_AD_MARK:
		filter_load_field(code, FILTER_A, FIELD(mark));
		break;
	case SKF_AD_VLAN_TAG:
		filter_load_field(code, FILTER_A, FIELD(vlan_tci));
		break;
	case SKF_AD_VLAN_TAG_PRESENT:
		filter_load_field(code, FILTER_A, FIELD(vlan_present));
		break;
	default:
		field_in_network_order(code, FIELD(vlan_proto));
		break;
	}
}

static uint32_t load_size(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

static void load(struct filter_code *code, const struct sock_filter *insn)
{
	const uint8_t target = BPF_CLASS(insn->code) == BPF_LD ? FILTER_A : FILTER_X;

	switch (BPF_MODE(insn->code)) {
	case BPF_IMM:
		filter_emit(code, MOV32_IMM(target, insn->k));
		break;
	case BPF_MEM:
		filter_emit(code, LOAD(BPF_W, target, BPF_REG_10, MEMORY(insn->k)));
		break;
	case BPF_LEN:
		filter_load_field(code, target, FIELD(len));
		if (code->tagged)
			filter_emit(code, ALU32_IMM(BPF_ADD, target, TAG_BYTES));
		break;
	case BPF_MSH:
		filter_load(code, target, 1, insn->k, false);
		filter_emit(code, ALU32_IMM(BPF_AND, target, 0xf));
		filter_emit(code, ALU32_IMM(BPF_LSH, target, 2));
		break;
	case BPF_IND:
		filter_load(code, target, load_size(insn->code), insn->k, true);
		break;
	default:
		if (insn->k > INT32_MAX)
			metadata(code, insn->k);
		else
			filter_load(code, target, load_size(insn->code), insn->k, false);
		break;
	}
}

/* As libpcap has it: a shift by 32 or more leaves nothing. */
static void shift_by_x(struct filter_code *code, uint8_t op)
{
	filter_emit(code, INSN(BPF_JMP32 | BPF_JLT | BPF_K, FILTER_X, 0, 2, 32));
	filter_emit(code, MOV32_IMM(FILTER_A, 0));
	filter_emit(code, JUMP(1));
	filter_emit(code, INSN(BPF_ALU | op | BPF_X, FILTER_A, FILTER_X, 0, 0));
}

static void arithmetic(struct filter_code *code, const struct sock_filter *insn)
{
	const uint8_t op = (uint8_t)BPF_OP(insn->code);
	const bool shifts = op == BPF_LSH || op == BPF_RSH;

	if (op == BPF_NEG) {
		filter_emit(code, INSN(BPF_ALU | BPF_NEG, FILTER_A, 0, 0, 0));
	} else if (BPF_SRC(insn->code) == BPF_K) {
		filter_emit(code, shifts && insn->k > 31 ? MOV32_IMM(FILTER_A, 0)
							 : ALU32_IMM(op, FILTER_A, insn->k));
	} else if (shifts) {
		shift_by_x(code, op);
	} else {
		if (op == BPF_DIV || op == BPF_MOD)
			filter_jump(code, INSN(BPF_JMP32 | BPF_JEQ | BPF_K, FILTER_X, 0, 0, 0),
				    FILTER_NO_MATCH, 0);
		filter_emit(code, INSN(BPF_ALU | op | BPF_X, FILTER_A, FILTER_X, 0, 0));
	}
}

static void go(struct filter_code *code, uint32_t at, uint32_t distance)
{
	if (distance)
		filter_jump(code, JUMP(0), FILTER_CLASSIC, at + 1 + distance);
}

static void jump(struct filter_code *code, const struct sock_filter *insn, uint32_t at)
{
	const bool x = BPF_SRC(insn->code) == BPF_X;

	if (BPF_OP(insn->code) == BPF_JA) {
		go(code, at, insn->k);
		return;
	}
	filter_jump(code,
		    INSN((uint8_t)(BPF_JMP32 | BPF_OP(insn->code) | BPF_SRC(insn->code)), FILTER_A,
			 x ? FILTER_X : 0, 0, x ? 0 : insn->k),
		    FILTER_CLASSIC, at + 1 + insn->jt);
	go(code, at, insn->jf);
}

static void answer(struct filter_code *code, const struct sock_filter *insn)
{
	if (BPF_RVAL(insn->code) == BPF_A)
		filter_jump(code, INSN(BPF_JMP32 | BPF_JEQ | BPF_K, FILTER_A, 0, 0, 0),
			    FILTER_NO_MATCH, 0);
	filter_jump(code, JUMP(0),
		    BPF_RVAL(insn->code) == BPF_A || insn->k ? FILTER_MATCH : FILTER_NO_MATCH, 0);
}

static void translate(struct filter_code *code, const struct sock_filter *insn, uint32_t at)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		load(code, insn);
		break;
	case BPF_ST:
	case BPF_STX:
		filter_emit(code, STORE(BPF_W, BPF_REG_10, MEMORY(insn->k),
					BPF_CLASS(insn->code) == BPF_ST ? FILTER_A : FILTER_X));
		break;
	case BPF_ALU:
		arithmetic(code, insn);
		break;
	case BPF_JMP:
		jump(code, insn, at);
		break;
	case BPF_RET:
		answer(code, insn);
		break;
	default:
		filter_emit(code, insn->code == (BPF_MISC | BPF_TAX)
					  ? MOV32_REG(FILTER_X, FILTER_A)
					  : MOV32_REG(FILTER_A, FILTER_X));
		break;
	}
}

static int copy(struct filter_code *code, const struct classic *classic, bool tagged)
{
	AUTO(freep) bool *reached = calloc(classic->count, sizeof(*reached));
	AUTO(freep) uint32_t *starts = calloc(classic->count, sizeof(*starts));

	if (!reached || !starts)
		return -ENOMEM;
	classic_reach(classic, reached);
	code->starts = starts;
	code->tagged = tagged;
	for (uint32_t i = 0; i < classic->count; i++) {
		starts[i] = filter_count(code);
		if (reached[i])
			translate(code, &classic->code[i], i);
	}
	filter_finish_copy(code);
	code->starts = NULL;
	return 0;
}

static int both_copies(struct filter_code *code, const struct classic *classic)
{
	uint32_t untagged;
	int r;

	filter_load_field(code, BPF_REG_0, FIELD(vlan_present));
	untagged = filter_emit(code, JUMP_IMM(BPF_JEQ, BPF_REG_0, 0, 0));
	r = copy(code, classic, true);
	if (r < 0)
		return r;
	filter_land(code, untagged);
	return copy(code, classic, false);
}

/* Each interface has the code of its link layer. */
static int by_interface(struct filter_code *code, const struct skbscope_filter *filter)
{
	const size_t count = filter->bare_interface_count;
	AUTO(freep) uint32_t *jumps = calloc(count + 1, sizeof(*jumps));
	int r;

	if (!jumps)
		return -ENOMEM;
	filter_load_field(code, BPF_REG_0, FIELD(ifindex));
	for (size_t i = 0; i < count; i++)
		jumps[i] = filter_emit(code, INSN(BPF_JMP32 | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0,
						  filter->bare_interfaces[i]));
	r = both_copies(code, &filter->ethernet);
	for (size_t i = 0; i < count; i++)
		filter_land(code, jumps[i]);
	return r < 0 ? r : copy(code, &filter->bare, false);
}

static void filter_code_clear(struct filter_code *code)
{
	buffer_free(&code->instructions);
	buffer_free(&code->jumps);
	buffer_free(&code->slow);
}

static int refuse_direction(struct rewrite *rewrite)
{
	return hint(rewrite->error,
		    fail(rewrite->error, EINVAL, SKBSCOPE_STAGE_USAGE,
			 "'inbound' and 'outbound' cannot be told apart in '%s', which is on both",
			 rewrite->name),
		    "-Q in or -Q out chooses packets by their direction");
}

static int make(struct filter_code *code, const struct skbscope_filter *filter)
{
	filter_emit(code, MOV_REG(FILTER_CONTEXT, BPF_REG_1));
	filter_emit(code, MOV_IMM(FILTER_A, 0));
	filter_emit(code, MOV_IMM(FILTER_X, 0));
	if (!filter->bare.count)
		return both_copies(code, &filter->ethernet);
	if (!filter->ethernet.count)
		return copy(code, &filter->bare, false);
	return by_interface(code, filter);
}

int filter_apply(struct rewrite *rewrite)
{
	AUTO(filter_code_clear) struct filter_code code = { 0 };
	const struct skbscope_filter *filter = rewrite->request->filter;
	int r;

	code.direction = rewrite->request->direction;
	if (code.direction == FILTER_BOTH &&
	    (classic_asks_direction(&filter->ethernet) || classic_asks_direction(&filter->bare)))
		return refuse_direction(rewrite);
	r = make(&code, filter);
	if (r < 0)
		return fail_memory(rewrite->error, SKBSCOPE_STAGE_LOAD);
	filter_finish(&code);
	if (code.far)
		return hint(rewrite->error,
			    fail(rewrite->error, E2BIG, SKBSCOPE_STAGE_USAGE,
				 "the filter is too long: it is %u instructions in front of '%s', "
				 "and a jump reaches 32767",
				 filter_count(&code), rewrite->name),
			    "write networks in the place of many addresses");
	if (code.instructions.failed)
		return fail_memory(rewrite->error, SKBSCOPE_STAGE_LOAD);
	rewrite_prepend(rewrite, (const struct bpf_insn *)(const void *)code.instructions.data,
			filter_count(&code));
	return rewrite->request->passes & REWRITE_LENGTH ? length_apply_filter(rewrite) : 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classic BPF that a compiler process answered with: what is accepted becomes code in front
 * that stays in its bounds. All of it can be reached, and it touches nothing but registers, its
 * part of the frame and the packet's bytes, which it only reads.
 *
 * The first byte: bits 0 and 1 the direction, bit 2 for packets without a link-layer header,
 * bit 3 for both kinds. The rest are instructions.
 */
#include "base/cleanup.h"
#include "fuzz.h"
#include "image/filter_code.h"
#include "image/rewrite_pass.h"

#define FRAME 96

static const struct bpf_insn answer[] = { MOV_IMM(BPF_REG_0, 7), EXIT };

static void check_access(const struct bpf_insn *insn)
{
	const uint8_t class = BPF_CLASS(insn->code);

	if (class == BPF_STX)
		PROMISE(insn->dst_reg == BPF_REG_10 && insn->off < 0 && insn->off >= -FRAME);
	else if (class == BPF_LDX && insn->src_reg == BPF_REG_10)
		PROMISE(insn->off < 0 && insn->off >= -FRAME);
	else if (class == BPF_LDX && insn->src_reg == FILTER_CONTEXT)
		PROMISE(insn->off >= 0 && (size_t)insn->off + 4 <= sizeof(struct __sk_buff));
	else if (class == BPF_LDX)
		PROMISE(insn->src_reg == BPF_REG_3 && insn->off >= 0);
	else
		PROMISE(class == BPF_ALU || class == BPF_ALU64 || class == BPF_JMP ||
			class == BPF_JMP32);
	if (class == BPF_ALU || class == BPF_ALU64 || class == BPF_LDX)
		PROMISE(insn->dst_reg < BPF_REG_9);
}

/* Notes where an instruction leads to: at most the function's first. */
static void follow(const struct bpf_insn *insn, uint32_t at, uint32_t front, bool *reached)
{
	const uint8_t class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);
	const bool jumps = class == BPF_JMP || class == BPF_JMP32;
	const int64_t target = (int64_t)at + 1 + insn->off;

	if (jumps && op == BPF_EXIT)
		return;
	if (jumps && op == BPF_CALL) {
		PROMISE(insn->imm == BPF_FUNC_skb_load_bytes && insn->src_reg == 0);
	} else if (jumps) {
		PROMISE(target >= 0 && target <= front);
		reached[target] = true;
	}
	if (!jumps || op != BPF_JA)
		reached[at + 1] = true;
}

static void check_front(const struct rewritten *code)
{
	AUTO(freep) bool *reached = calloc(code->front + 1, sizeof(*reached));
	uint32_t left = code->front + 1, before;

	PROMISE(reached && code->front > 0);
	reached[0] = true;
	do { /* loads out of line lead backwards */
		before = left;
		left = 0;
		for (uint32_t i = 0; i < code->front; i++) {
			if (reached[i])
				follow(&code->instructions[i], i, code->front, reached);
			left += !reached[i];
		}
	} while (left < before && left > 0);
	PROMISE(left == 0);
	for (uint32_t i = 0; i < code->front; i++)
		check_access(&code->instructions[i]);
	PROMISE(memcmp(&code->instructions[code->front], answer, sizeof(answer)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t bare_interface = 23;
	static const struct skbscope_image_program program = { .name = "function",
							       .instructions = answer,
							       .instruction_count = 2 };
	AUTO(classic_clear) struct classic classic = { 0 };
	AUTO(rewritten_clear) struct rewritten code = { 0 };
	struct skbscope_filter filter = { .bare_interfaces = (uint32_t *)&bare_interface,
					  .bare_interface_count = 1 };
	struct rewrite_request request = { .passes = REWRITE_FILTER, .filter = &filter };
	struct skbscope_error error = { 0 };

	if (!size)
		return 0;
	if (classic_read(data + 1, size - 1, &classic, &error) < 0) {
		PROMISE(!classic.code && error.code < 0 && error.message[0]);
		return 0;
	}
	request.direction = (enum filter_direction)(FILTER_INCOMING + (data[0] & 3) % 3);
	if (data[0] & 12)
		filter.bare = classic;
	if (!(data[0] & 4))
		filter.ethernet = classic;
	if (rewrite_program(&program, &request, &code, &error) < 0)
		PROMISE(error.code < 0 && error.message[0]);
	else
		check_front(&code);
	return 0;
}

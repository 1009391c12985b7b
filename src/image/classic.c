/* SPDX-License-Identifier: Apache-2.0 */
/* What classic BPF may be before it is translated. Jumps lead forward, so it ends. */
#include "image/classic.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define STAGE SKBSCOPE_STAGE_USAGE

static int bad(struct skbscope_error *error, uint32_t at, const char *what)
{
	return fail(error, EBADMSG, STAGE, "the filter that came back is none: instruction %u %s",
		    at, what);
}

/* Fields of the packet's metadata that an expression has words for. */
static bool is_metadata(uint32_t k)
{
	switch ((int32_t)(k - (uint32_t)SKF_AD_OFF)) {
	case SKF_AD_PROTOCOL:
	case SKF_AD_PKTTYPE:
	case SKF_AD_IFINDEX:
	case SKF_AD_MARK:
	case SKF_AD_VLAN_TAG:
	case SKF_AD_VLAN_TAG_PRESENT:
	case SKF_AD_VLAN_TPID:
		return true;
	default:
		return false;
	}
}

static const char *check_load(const struct sock_filter *insn)
{
	const bool x = BPF_CLASS(insn->code) == BPF_LDX;
	const uint16_t size = BPF_SIZE(insn->code);

	switch (insn->code & ~(BPF_CLASS(insn->code) | size)) {
	case BPF_IMM:
	case BPF_LEN:
		return size == BPF_W ? NULL : "has a size that it has no use for";
	case BPF_MEM:
		if (size != BPF_W)
			return "has a size that it has no use for";
		return insn->k < BPF_MEMWORDS ? NULL : "is about scratch memory beyond its end";
	case BPF_MSH:
		return x && size == BPF_B && insn->k <= INT32_MAX ? NULL : "is a strange load";
	case BPF_ABS:
		if (x || size == BPF_DW)
			return "is a strange load";
		return insn->k <= INT32_MAX || is_metadata(insn->k)
			       ? NULL
			       : "reads something other than the packet";
	case BPF_IND:
		return x || size == BPF_DW ? "is a strange load" : NULL;
	default:
		return "has an unknown code";
	}
}

static const char *check_arithmetic(const struct sock_filter *insn)
{
	const uint16_t op = BPF_OP(insn->code);
	const bool k = BPF_SRC(insn->code) == BPF_K;

	if (insn->code & ~0xffu || op > BPF_XOR)
		return "has an unknown code";
	if (k && !insn->k && (op == BPF_DIV || op == BPF_MOD))
		return "divides by zero";
	return NULL;
}

static const char *check_jump(const struct sock_filter *insn, uint32_t at, uint32_t count)
{
	switch (insn->code) {
	case BPF_JMP | BPF_JA:
		return classic_target(at, insn->k) < count ? NULL : "jumps out of bounds";
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return classic_target(at, insn->jt) < count && classic_target(at, insn->jf) < count
			       ? NULL
			       : "jumps out of bounds";
	default:
		return "has an unknown code";
	}
}

static const char *check(const struct sock_filter *insn, uint32_t at, uint32_t count)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		return insn->code & ~0xffu ? "has an unknown code" : check_load(insn);
	case BPF_ST:
	case BPF_STX:
		if (insn->code != BPF_CLASS(insn->code))
			return "has an unknown code";
		return insn->k < BPF_MEMWORDS ? NULL : "is about scratch memory beyond its end";
	case BPF_ALU:
		return check_arithmetic(insn);
	case BPF_JMP:
		return check_jump(insn, at, count);
	case BPF_RET:
		return insn->code == (BPF_RET | BPF_K) || insn->code == (BPF_RET | BPF_A)
			       ? NULL
			       : "has an unknown code";
	default:
		return insn->code == (BPF_MISC | BPF_TAX) || insn->code == (BPF_MISC | BPF_TXA)
			       ? NULL
			       : "has an unknown code";
	}
}

/* Jumps backwards are what "protochain" compiles to, and nothing else. */
static bool has_loop(const struct sock_filter *code, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (code[i].code == (BPF_JMP | BPF_JA) && code[i].k > INT32_MAX)
			return true;
	return false;
}

static int check_all(const struct sock_filter *code, uint32_t count, struct skbscope_error *error)
{
	if (has_loop(code, count))
		return hint(error,
			    fail(error, ENOTSUP, STAGE,
				 "'protochain' needs a loop, which the kernel has no bound for"),
			    "'proto' looks at the first header; for others write their bytes: "
			    "'ip6[40] = 58'");
	for (uint32_t i = 0; i < count; i++) {
		const char *what = check(&code[i], i, count);

		if (what)
			return bad(error, i, what);
	}
	return BPF_CLASS(code[count - 1].code) == BPF_RET
		       ? 0
		       : bad(error, count - 1, "is the last and no answer");
}

int classic_read(const void *data, size_t size, struct classic *out, struct skbscope_error *error)
{
	struct sock_filter *code;
	int r;

	if (!size || size % sizeof(*code))
		return fail(error, EBADMSG, STAGE,
			    "the filter that came back is none: it has %zu bytes", size);
	if (size > CLASSIC_MAX_INSTRUCTIONS * sizeof(*code))
		return fail(error, E2BIG, STAGE,
			    "the filter is too long: libpcap makes %zu instructions of it, and "
			    "%u are the most",
			    size / sizeof(*code), CLASSIC_MAX_INSTRUCTIONS);
	code = malloc(size);
	if (!code)
		return fail_memory(error, STAGE);
	memcpy(code, data, size);
	r = check_all(code, (uint32_t)(size / sizeof(*code)), error);
	if (r < 0) {
		free(code);
		return r;
	}
	*out = (struct classic){ code, (uint32_t)(size / sizeof(*code)) };
	return 0;
}

void classic_clear(struct classic *classic)
{
	free(classic->code);
	*classic = (struct classic){ 0 };
}

bool classic_asks_direction(const struct classic *classic)
{
	for (uint32_t i = 0; i < classic->count; i++)
		if (BPF_CLASS(classic->code[i].code) == BPF_LD &&
		    BPF_MODE(classic->code[i].code) == BPF_ABS &&
		    classic->code[i].k == (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE))
			return true;
	return false;
}

void classic_reach(const struct classic *classic, bool *reached)
{
	memset(reached, 0, classic->count * sizeof(*reached));
	reached[0] = true;
	for (uint32_t i = 0; i < classic->count; i++) {
		const struct sock_filter *insn = &classic->code[i];

		if (!reached[i] || BPF_CLASS(insn->code) == BPF_RET)
			continue;
		if (BPF_CLASS(insn->code) != BPF_JMP) {
			reached[i + 1] = true;
		} else if (BPF_OP(insn->code) == BPF_JA) {
			reached[classic_target(i, insn->k)] = true;
		} else {
			reached[classic_target(i, insn->jt)] = true;
			reached[classic_target(i, insn->jf)] = true;
		}
	}
}

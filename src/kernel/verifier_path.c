/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier walks one branch to its end, then goes on with one that waits: "from X to Y: …"
 * in front of Y.
 */
#include "kernel/verifier_path.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "kernel/verifier_step.h"

#define STEPS_MAX 1000 /* farther away is not worth it: each comparison starts a search */
#define DEPTH_MAX 4    /* pointers added to pointers */
#define STACK BPF_REG_10

static bool previous_line(struct span *before, struct span *line)
{
	const char *newline;

	if (!before->length)
		return false;
	before->length--; /* its newline */
	newline = before->length ? memrchr(before->text, '\n', before->length) : NULL;
	line->text = newline ? newline + 1 : before->text;
	line->length = (size_t)(before->text + before->length - line->text);
	before->length = (size_t)(line->text - before->text);
	return true;
}

struct path path_before(const char *log, const char *instruction)
{
	struct path path = { { log, (size_t)(instruction - log) }, -1, STEPS_MAX };
	struct span line = span_of(instruction);

	step_index(&line, &path.next);
	return path;
}

/* The instruction before this one on the path. */
static bool step_back(struct path *path, struct step *out)
{
	int32_t branch = -1;
	struct span line;

	while (path->left && previous_line(&path->before, &line)) {
		if (step_read(line, out)) {
			if (branch >= 0 && out->index != branch)
				continue;
			path->left--;
			path->next = out->index;
			return true;
		}
		if (branch < 0 && span_skip(&line, "from "))
			branch = step_index(&line, &branch) ? branch : -1;
	}
	return false;
}

static bool is_helper(struct span name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_is(name, names[i]))
			return true;
	return false;
}

static bool moves_packet(struct span helper)
{
	static const char *const names[] = {
		"bpf_skb_store_bytes",  "bpf_l3_csum_replace", "bpf_l4_csum_replace",
		"bpf_clone_redirect",   "bpf_skb_vlan_push",   "bpf_skb_vlan_pop",
		"bpf_skb_change_proto", "bpf_skb_change_tail", "bpf_skb_change_head",
		"bpf_skb_pull_data",    "bpf_skb_adjust_room", "bpf_skb_set_tunnel_key",
	};

	return is_helper(helper, names, sizeof(names) / sizeof(*names));
}

static bool releases(struct span helper)
{
	static const char *const names[] = { "bpf_ringbuf_submit", "bpf_ringbuf_discard",
					     "bpf_sk_release" };

	return is_helper(helper, names, sizeof(names) / sizeof(*names));
}

static bool is_pointer(enum origin_kind kind)
{
	return kind == ORIGIN_CONTEXT || kind == ORIGIN_PACKET || kind == ORIGIN_PACKET_END ||
	       kind == ORIGIN_SYMBOL;
}

/* What is looked for: a register, or (REG is -1) eight bytes of the stack. */
struct search {
	struct path path;
	int reg;
	int64_t slot;
	unsigned int depth;
	struct origin found;
};

static void follow(struct search *search);

static struct origin origin_of(const struct search *search, int reg)
{
	struct search other = {
		.path = search->path, .reg = reg, .depth = search->depth + 1, .found.added = -1
	};

	if (other.depth <= DEPTH_MAX && reg >= 0)
		follow(&other);
	return other.found;
}

static void follow_load(struct search *search, const struct step *step)
{
	struct origin base;

	if (step->right == STACK && BPF_SIZE(step->code) == BPF_DW) {
		struct search spilled = *search;

		spilled.reg = -1;
		spilled.slot = step->number;
		follow(&spilled);
		/* What a helper wrote there would not be seen. */
		if (is_pointer(spilled.found.kind) || spilled.found.kind == ORIGIN_HELPER)
			search->found = spilled.found;
		else
			search->found.kind = ORIGIN_MEMORY;
		return;
	}
	base = origin_of(search, step->right);
	if (base.kind != ORIGIN_CONTEXT)
		search->found.kind = base.kind == ORIGIN_UNKNOWN ? ORIGIN_UNKNOWN : ORIGIN_MEMORY;
	else if (step->number == offsetof(struct __sk_buff, data) ||
		 step->number == offsetof(struct __sk_buff, data_meta))
		search->found.kind = ORIGIN_PACKET;
	else if (step->number == offsetof(struct __sk_buff, data_end))
		search->found.kind = ORIGIN_PACKET_END;
	else
		search->found.kind = ORIGIN_FIELD;
}

/* LEFT += RIGHT, or any other operation on two registers. */
static void follow_operation(struct search *search, const struct step *step)
{
	struct origin left = origin_of(search, step->left), right = origin_of(search, step->right);
	struct origin found = is_pointer(left.kind) || !is_pointer(right.kind) ? left : right;

	found.added = found.added < 0 ? step->index : found.added;
	if (search->found.added >= 0)
		found.added = search->found.added;
	found.narrowed |= search->found.narrowed;
	found.moved |= search->found.moved;
	found.released |= search->found.released;
	if (BPF_OP(step->code) == BPF_SUB && is_pointer(right.kind))
		found.kind = ORIGIN_DIFFERENCE;
	search->found = found;
}

/* Whether the search ends here. */
static bool meet_arithmetic(struct search *search, const struct step *step)
{
	const uint8_t operation = BPF_OP(step->code);

	search->found.narrowed |=
		BPF_CLASS(step->code) == BPF_ALU || span_contains(step->text, "(s") ||
		(operation == BPF_LSH && BPF_SRC(step->code) == BPF_K && step->number == 32);
	if (operation == BPF_MOV && step->right < 0) {
		search->found.kind = ORIGIN_CONSTANT;
		return true;
	}
	if (operation == BPF_MOV) {
		search->reg = step->right;
		return false;
	}
	if (BPF_SRC(step->code) == BPF_K || step->right < 0 || operation == BPF_END)
		return false;
	follow_operation(search, step);
	return true;
}

static bool meet_call(struct search *search, struct span helper)
{
	if (search->reg == BPF_REG_0) {
		search->found.kind = ORIGIN_HELPER;
		search->found.helper = helper;
		return true;
	}
	search->found.moved |= moves_packet(helper);
	search->found.released |= releases(helper);
	return search->reg >= BPF_REG_1 && search->reg <= BPF_REG_5;
}

static bool meet(struct search *search, const struct step *step)
{
	const uint8_t class = BPF_CLASS(step->code);
	struct span helper;

	if (step_is_call(step, &helper))
		return meet_call(search, helper);
	if (step_reads_packet(step)) {
		if (search->reg == BPF_REG_0)
			search->found.kind = ORIGIN_PACKET_LOAD;
		return search->reg >= BPF_REG_0 && search->reg <= BPF_REG_5;
	}
	if (step->code == (BPF_STX | BPF_MEM | BPF_DW) && search->reg < 0 && step->left == STACK &&
	    step->number == search->slot) {
		search->reg = step->right;
		return false;
	}
	if (search->reg < 0 || step->left != search->reg)
		return false;
	if (step_is_arithmetic(step))
		return meet_arithmetic(search, step);
	if (class == BPF_LDX) {
		follow_load(search, step);
		return true;
	}
	/* Two instructions for a constant that would have fitted into one: an offset into
	 * data of which only the compiler knew the place. */
	if (class == BPF_LD) {
		search->found.kind = step->number >= INT32_MIN && step->number <= INT32_MAX
					     ? ORIGIN_SYMBOL
					     : ORIGIN_UNKNOWN;
		return true;
	}
	return false;
}

static void follow(struct search *search)
{
	struct step step;

	while (step_back(&search->path, &step))
		if (meet(search, &step))
			return;
	if (search->path.next == 0 && search->reg == BPF_REG_1)
		search->found.kind = ORIGIN_CONTEXT;
}

struct origin path_origin(const struct path *path, int reg)
{
	struct search search = { .path = *path, .reg = reg, .found.added = -1 };

	if (reg >= 0)
		follow(&search);
	return search.found;
}

enum comparison path_compared(const struct path *path, const struct origin *pointer)
{
	enum comparison compared = COMPARISON_NONE;
	struct path walk = *path;
	struct step step;

	while (step_back(&walk, &step)) {
		struct origin left, right, *other;

		if (!step_is_comparison(&step) && !step_is_subtraction(&step))
			continue;
		left = path_origin(&walk, step.left);
		right = path_origin(&walk, step.right);
		if (left.kind != ORIGIN_PACKET_END && right.kind != ORIGIN_PACKET_END)
			continue;
		other = left.kind == ORIGIN_PACKET_END ? &right : &left;
		if (step_is_subtraction(&step))
			return COMPARISON_DIFFERENCE;
		if (other->kind == ORIGIN_PACKET && other->added == pointer->added)
			compared = COMPARISON_SAME;
		else if (compared == COMPARISON_NONE)
			compared = COMPARISON_OTHER;
	}
	return compared;
}

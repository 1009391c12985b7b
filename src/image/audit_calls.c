/* SPDX-License-Identifier: Apache-2.0 */
/* What a call does to what the audit knows, and which findings it makes. */
#include <linux/pkt_cls.h>
#include <string.h>

#include "image/audit_helpers.h"
#include "image/audit_walk.h"

#define TC_ACT_REDIRECT_BIT (1u << 8)
#define TC_ACT_SHOT_BIT (1u << 3)

static struct abstract looked_up(const struct walk *walk, const struct abstract *map)
{
	struct abstract value = abstract_pointer(ABSTRACT_MAP_VALUE, map->map);

	value.kinds |= ABSTRACT_SCALAR; /* null */
	if ((map->kinds & ~ABSTRACT_SCALAR) != ABSTRACT_MAP || map->map < 0 ||
	    (size_t)map->map >= walk->image->map_count) {
		value.kinds |= ABSTRACT_MAP; /* an inner one, for all we know */
		value.map = ABSTRACT_NO_MAP;
		return value;
	}
	if (walk->image->maps[map->map].type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	    walk->image->maps[map->map].type == BPF_MAP_TYPE_HASH_OF_MAPS) {
		value.kinds = ABSTRACT_MAP | ABSTRACT_SCALAR;
		value.map = (int16_t)walk->image->maps[map->map].inner_map;
	}
	return value;
}

static struct abstract helper_result(const struct walk *walk, const struct state *state,
				     int32_t helper)
{
	struct abstract value = abstract_scalar();

	switch (helper) {
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_lookup_percpu_elem:
		return looked_up(walk, &state->registers[1]);
	case BPF_FUNC_redirect:
	case BPF_FUNC_redirect_peer:
	case BPF_FUNC_redirect_neigh:
		value.verdicts = TC_ACT_REDIRECT_BIT | TC_ACT_SHOT_BIT;
		return value;
	case BPF_FUNC_ktime_get_ns:
	case BPF_FUNC_ktime_get_boot_ns:
	case BPF_FUNC_ktime_get_coarse_ns:
	case BPF_FUNC_ktime_get_tai_ns:
	case BPF_FUNC_jiffies64:
		value.instant = true;
		return value;
	default:
		value.kinds |= ABSTRACT_OTHER;
		return value;
	}
}

/* csum_level asks as well as sets; asked with a constant 0 it only asks. */
static bool is_query(const struct state *state, int32_t helper)
{
	const struct abstract *level = &state->registers[2];

	return helper == BPF_FUNC_csum_level && level->kinds == ABSTRACT_SCALAR && level->known &&
	       level->amount == BPF_CSUM_LEVEL_QUERY;
}

/* A pinned program array may hold other people's programs, whose exits are theirs. */
static bool leads_to_strangers(const struct walk *walk, const struct state *state, int32_t helper)
{
	const struct abstract *map = &state->registers[2];

	return helper == BPF_FUNC_tail_call &&
	       ((map->kinds & ~ABSTRACT_SCALAR) != ABSTRACT_MAP || map->map < 0 ||
		(size_t)map->map >= walk->image->map_count || walk->image->maps[map->map].pin_path);
}

/* A socket in a table takes what comes for it, and gives it, another way than before. */
static bool is_table_of_sockets(const struct walk *walk, const struct state *state, int32_t helper)
{
	const struct abstract *map = &state->registers[1];

	if ((helper != BPF_FUNC_map_update_elem && helper != BPF_FUNC_map_delete_elem) ||
	    map->kinds != ABSTRACT_MAP || map->map < 0 ||
	    (size_t)map->map >= walk->image->map_count)
		return false;
	switch (walk->image->maps[map->map].type) {
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH:
	case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY:
		return true;
	default:
		return false;
	}
}

/* Of a helper that is told how much to write, the bytes beside that are what they were. */
static void smear(struct state *state, int32_t helper)
{
	const bool loads =
		helper == BPF_FUNC_skb_load_bytes || helper == BPF_FUNC_skb_load_bytes_relative;
	const bool reads = helper == BPF_FUNC_probe_read || helper == BPF_FUNC_probe_read_kernel ||
			   helper == BPF_FUNC_get_current_comm;
	const struct abstract to = state->registers[loads ? 3 : 1];
	const struct abstract size = state->registers[loads ? 4 : 2];
	uint8_t before[sizeof(state->bytes)];
	int64_t first = (int64_t)to.amount + (int64_t)sizeof(before);

	memcpy(before, state->bytes, sizeof(before));
	state_smear(state);
	if ((!loads && !reads) || to.kinds != ABSTRACT_STACK || !to.known ||
	    size.kinds != ABSTRACT_SCALAR || !size.known || size.amount < 0 || first < 0 ||
	    first + size.amount > (int64_t)sizeof(before))
		return;
	memset(before + first, loads ? BYTE_PACKET : BYTE_ANY, (size_t)size.amount);
	memcpy(state->bytes, before, sizeof(before));
}

static void call_helper(struct walk *walk, struct state *state, uint32_t at)
{
	const int32_t helper = walk->insns[at].imm;
	struct abstract result = helper_result(walk, state, helper);

	if (!helper_is_harmless((uint32_t)helper) && !is_query(state, helper))
		add_kind(walk, AUDIT_MUTATING_HELPER, at, helper_name((uint32_t)helper));
	if (leads_to_strangers(walk, state, helper))
		add_kind(walk, AUDIT_MUTATING_HELPER, at, "bpf_tail_call through a pinned table");
	if (is_table_of_sockets(walk, state, helper))
		add_kind(walk, AUDIT_MUTATING_HELPER, at,
			 "bpf_map_update_elem of a table of sockets");
	if (helper == BPF_FUNC_tail_call && state->registers[2].kinds == ABSTRACT_MAP &&
	    abstract_is_constant(&state->registers[3]))
		add_finding(walk, (struct audit_finding){ .kind = AUDIT_TAIL_SLOT,
							  .instruction = at,
							  .map = state->registers[2].map,
							  .verdict = state->registers[3].amount });
	note_map_call(walk, state, at, helper);
	note_value_helper(walk, state, at, helper);
	note_uses(walk, state, at);
	if (helper == BPF_FUNC_map_lookup_elem) /* another entry, perhaps */
		state->unset_map = ABSTRACT_NO_MAP;
	if (!helper_only_reads((uint32_t)helper))
		smear(state, helper);
	if (helper == BPF_FUNC_spin_lock || helper == BPF_FUNC_spin_unlock)
		state->locked = helper == BPF_FUNC_spin_lock;
	state->registers[0] = result;
	state_forget_arguments(state);
}

void walk_call(struct walk *walk, struct state *state, uint32_t at)
{
	const struct bpf_insn *insn = &walk->insns[at];

	if (insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == 0) {
		call_helper(walk, state, at);
		return;
	}
	/* No such function is loaded (image/rewrite.c). */
	add_kind(walk, AUDIT_MUTATING_HELPER, at,
		 insn->src_reg == BPF_PSEUDO_CALL ? "a function that was not inlined"
						  : "a kernel function");
	for (size_t i = 0; i < STATE_SLOTS; i++)
		state->slots[i] = abstract_anything();
	memset(state->bytes, BYTE_ANY, sizeof(state->bytes));
	state->registers[0] = abstract_anything();
	state_forget_arguments(state);
}

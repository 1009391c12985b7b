/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit's walk writes down of one instruction, given what is known in front of it. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stddef.h>
#include <stdlib.h>

#include "image/audit_helpers.h"
#include "image/audit_walk.h"

static void add(struct walk *walk, struct audit_finding finding)
{
	if (!walk->writing || walk->result < 0 || walk->uses != (finding.kind >= AUDIT_LOOKS_UP))
		return;
	if (walk->finding_count == walk->finding_capacity) {
		size_t capacity = walk->finding_capacity ? walk->finding_capacity * 2 : 16;
		struct audit_finding *grown =
			reallocarray(walk->findings, capacity, sizeof(*grown));

		if (!grown) {
			walk->result = -ENOMEM;
			return;
		}
		walk->findings = grown;
		walk->finding_capacity = capacity;
	}
	walk->findings[walk->finding_count++] = finding;
}

void add_kind(struct walk *walk, enum audit_kind kind, uint32_t at, const char *what)
{
	add(walk,
	    (struct audit_finding){ .kind = kind, .instruction = at, .map = -1, .what = what });
}

void add_verdict(struct walk *walk, uint32_t at, int32_t verdict)
{
	add(walk,
	    (struct audit_finding){
		    .kind = AUDIT_VERDICT, .instruction = at, .map = -1, .verdict = verdict });
}

/* Whether CPUs share an entry of this map, so that an increment can be lost. */
static bool is_shared(const struct walk *walk, int16_t map)
{
	if (map < 0 || (size_t)map >= walk->image->map_count)
		return false;
	switch (walk->image->maps[map].type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
		return true;
	default:
		return false;
	}
}

/* The map that a helper is called with as its first argument, or ABSTRACT_NO_MAP. */
static int16_t map_argument(const struct walk *walk, const struct state *state)
{
	const struct abstract *map = &state->registers[1];

	return map->kinds == ABSTRACT_MAP && (size_t)map->map < walk->image->map_count
		       ? map->map
		       : ABSTRACT_NO_MAP;
}

void add_value_write(struct walk *walk, uint32_t at, int32_t map, int32_t offset, uint32_t size,
		     bool adds)
{
	add(walk, (struct audit_finding){ .kind = AUDIT_VALUE_STORE,
					  .instruction = at,
					  .map = map,
					  .offset = offset,
					  .size = size,
					  .adds = adds });
}

/* Of no map's entry, not even in part. */
static bool is_fresh(const struct abstract *value)
{
	return value->origin_map == ABSTRACT_NO_MAP && !value->mixed;
}

/* What is known of SIZE bytes behind a pointer into the stack; false: it is none. */
static bool read_bytes(const struct state *state, const struct abstract *pointer, uint32_t size,
		       struct audit_finding *finding)
{
	const int64_t first = (int64_t)pointer->amount + (int64_t)sizeof(state->bytes);

	if (pointer->kinds != ABSTRACT_STACK || !pointer->known || first < 0 ||
	    first + size > (int64_t)sizeof(state->bytes))
		return false;
	for (uint32_t i = 0; i < size && i < 64; i++) {
		const uint8_t byte = state->bytes[first + i];

		finding->zeros |= (uint64_t)(byte == BYTE_ZERO) << i;
		finding->constants |= (uint64_t)(byte == BYTE_CONSTANT) << i;
		finding->host_order |= (uint64_t)(byte == BYTE_HOST_ORDER) << i;
		finding->fresh |= (uint64_t)is_fresh(&state->slots[(first + i) / 8]) << i;
	}
	finding->size = size;
	return true;
}

static bool is_array(uint32_t type)
{
	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/* Once compared with anything, it is the author's affair. */
void note_bound(struct walk *walk, const struct abstract *value)
{
	walk->wide_bounded |= value->wide != 0;
	if (value->field && value->field <= sizeof(struct __sk_buff))
		walk->bounded[(value->field - 1) / 4 / 64] |= UINT64_C(1)
							      << (value->field - 1) / 4 % 64;
}

/* A number of the packet as it came, whatever it is, of which nothing is asked. */
static bool is_out_of_range(const struct walk *walk, const uint8_t *bytes, int16_t map)
{
	for (int i = 1; i < 4; i++)
		if (bytes[i] != bytes[0])
			return false;
	if (walk->wide_bounded)
		return false;
	return bytes[0] == BYTE_PACKET || bytes[0] == BYTE_WIDE_4 || bytes[0] == BYTE_HOST_ORDER ||
	       (bytes[0] == BYTE_WIDE_2 && walk->image->maps[map].max_entries <= UINT16_MAX);
}

static void note_index(struct walk *walk, const struct state *state, uint32_t at, int16_t map)
{
	const struct abstract *key = &state->registers[2];
	const int64_t first = (int64_t)key->amount + (int64_t)sizeof(state->bytes);
	uint32_t field;

	if (key->kinds != ABSTRACT_STACK || !key->known || first < 0 ||
	    first + 4 > (int64_t)sizeof(state->bytes))
		return;
	if (is_out_of_range(walk, &state->bytes[first], map))
		add(walk, (struct audit_finding){
				  .kind = AUDIT_WIDE_INDEX, .instruction = at, .map = map });
	if (state->bytes[first] < BYTE_FIELD)
		return;
	for (int i = 1; i < 4; i++)
		if (state->bytes[first + i] != state->bytes[first])
			return;
	field = state->bytes[first] - BYTE_FIELD;
	/* A queue's number is as large as the interface has queues: the author knows. */
	if ((field * 4 != offsetof(struct __sk_buff, len) &&
	     field * 4 != offsetof(struct __sk_buff, mark) &&
	     field * 4 != offsetof(struct __sk_buff, hash) &&
	     field * 4 != offsetof(struct __sk_buff, wire_len) &&
	     field * 4 != offsetof(struct __sk_buff, priority)) ||
	    walk->bounded[field / 64] >> field % 64 & 1)
		return;
	add(walk, (struct audit_finding){
			  .kind = AUDIT_WIDE_INDEX,
			  .instruction = at,
			  .map = map,
			  .what = field * 4 == offsetof(struct __sk_buff, hash)
					  ? "hash"
					  : context_field((int64_t)field * 4),
		  });
}

static bool is_hash(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH;
}

void note_map_call(struct walk *walk, const struct state *state, uint32_t at, int32_t helper)
{
	const struct abstract *flags = &state->registers[4];
	const int16_t map = map_argument(walk, state);
	struct audit_finding key = { .kind = AUDIT_KEY, .instruction = at, .map = map };
	struct audit_finding value = { .instruction = at, .map = map };
	const struct skbscope_image_map *told;

	if (map == ABSTRACT_NO_MAP && helper == BPF_FUNC_map_update_elem)
		add_value_write(walk, at, ABSTRACT_NO_MAP, -1, 0, true);
	if (map == ABSTRACT_NO_MAP ||
	    (helper != BPF_FUNC_map_lookup_elem && helper != BPF_FUNC_map_update_elem &&
	     helper != BPF_FUNC_map_delete_elem))
		return;
	told = &walk->image->maps[map];
	if (helper == BPF_FUNC_map_lookup_elem && walk->map_looked_up)
		walk->map_looked_up[map] = true;
	if (read_bytes(state, &state->registers[2], told->key_size, &key))
		add(walk, key);
	if (is_array(told->type))
		note_index(walk, state, at, map);
	if (helper != BPF_FUNC_map_update_elem)
		return;
	read_bytes(state, &state->registers[3], told->value_size, &value);
	value.kind = AUDIT_VALUE_UPDATE;
	add(walk, value);
	if (is_hash(told->type) && value.constants && flags->kinds == ABSTRACT_SCALAR &&
	    flags->known && flags->amount != BPF_EXIST && walk->map_looked_up &&
	    walk->map_looked_up[map]) {
		value.kind = AUDIT_FIRST_COUNT;
		add(walk, value);
	}
}

/* Whether it may be what was there and more: a copy from another entry may have been that too,
 * which a number computed from one (the time since then) is not. */
static bool may_add(const struct abstract *stored, int16_t map, int64_t offset)
{
	if (stored->mixed)
		return true;
	if (stored->origin_map != map)
		return stored->origin_map != ABSTRACT_NO_MAP && !stored->changed;
	return stored->changed && (stored->origin_offset == ABSTRACT_NO_OFFSET || offset < 0 ||
				   stored->origin_offset == offset);
}

void note_value_store(struct walk *walk, uint32_t at, const struct abstract *address,
		      const struct abstract *stored)
{
	const bool exact = (address->kinds & ~ABSTRACT_SCALAR) == ABSTRACT_MAP_VALUE;
	const int64_t where = (int64_t)address->amount + walk->insns[at].off;
	const int32_t offset =
		exact && address->known && where >= 0 && where <= INT32_MAX ? (int32_t)where : -1;

	if (!(address->kinds & ABSTRACT_MAP_VALUE) ||
	    (stored && stored->kinds == ABSTRACT_SCALAR && stored->known && !stored->amount))
		return;
	add_value_write(walk, at, exact ? address->map : ABSTRACT_NO_MAP, offset,
			(uint32_t)opcode_size(walk->insns[at].code),
			!stored || may_add(stored, address->map, offset));
}

/* Those that are known to write behind one argument only; 0: behind any. */
static unsigned int written_argument(int32_t helper)
{
	switch (helper) {
	case BPF_FUNC_skb_load_bytes:
	case BPF_FUNC_skb_load_bytes_relative:
		return 3;
	case BPF_FUNC_probe_read:
	case BPF_FUNC_probe_read_kernel:
	case BPF_FUNC_probe_read_user:
	case BPF_FUNC_get_current_comm:
		return 1;
	default:
		return 0;
	}
}

/* What a helper writes into an entry; of bytes of a packet it is known what they are. */
void note_value_helper(struct walk *walk, const struct state *state, uint32_t at, int32_t helper)
{
	const unsigned int written = written_argument(helper);
	const struct abstract *size = &state->registers[4];

	if (helper_only_reads((uint32_t)helper))
		return;
	for (unsigned int i = written ? written : 1; i <= (written ? written : 5); i++) {
		const struct abstract *to = &state->registers[i];
		const bool exact = (to->kinds & ~ABSTRACT_SCALAR) == ABSTRACT_MAP_VALUE;

		if (!(to->kinds & ABSTRACT_MAP_VALUE))
			continue;
		if (written == 3 && exact && to->known && to->amount >= 0 &&
		    size->kinds == ABSTRACT_SCALAR && size->known && size->amount > 0)
			add_value_write(walk, at, to->map, to->amount, (uint32_t)size->amount,
					false);
		else
			add_value_write(walk, at, exact ? to->map : ABSTRACT_NO_MAP, -1, 0, true);
	}
}

void note_increment(struct walk *walk, const struct state *state, uint32_t at,
		    const struct abstract *address, const struct abstract *stored)
{
	int64_t offset = (int64_t)address->amount + walk->insns[at].off;

	if (!(address->kinds & ABSTRACT_MAP_VALUE) || state->locked || !stored->changed ||
	    stored->origin_map != address->map || !is_shared(walk, address->map))
		return;
	if (address->known && stored->origin_offset != ABSTRACT_NO_OFFSET &&
	    stored->origin_offset != offset)
		return;
	add(walk, (struct audit_finding){
			  .kind = AUDIT_RACY_INCREMENT, .instruction = at, .map = address->map });
}

void add_use(struct walk *walk, enum audit_kind kind, uint32_t at, int32_t map)
{
	add(walk, (struct audit_finding){ .kind = kind, .instruction = at, .map = map });
}

void note_uses(struct walk *walk, const struct state *state, uint32_t at)
{
	const int32_t helper = walk->insns[at].imm;

	if (helper == BPF_FUNC_trace_printk || helper == BPF_FUNC_trace_vprintk)
		add_use(walk, AUDIT_PRINTS, at, -1);
	for (unsigned int i = 1; i <= 5; i++) {
		const struct abstract *argument = &state->registers[i];

		if (argument->kinds & ABSTRACT_MAP)
			add_use(walk, helper_use((uint32_t)helper), at, argument->map);
		if ((argument->kinds & ABSTRACT_MAP_VALUE) && !helper_only_reads((uint32_t)helper))
			add_use(walk, AUDIT_STORES, at, argument->map);
	}
}

/* The kernel refuses a store through a scalar; here it means that the walk does
 * not understand the function. */
void note_write(struct walk *walk, const struct state *state, uint32_t at)
{
	const struct bpf_insn *insn = &walk->insns[at];
	const struct abstract *address;

	if (insn->dst_reg >= STATE_REGISTERS)
		return;
	address = &state->registers[insn->dst_reg];
	if ((address->kinds & ABSTRACT_LOST) || !(address->kinds & ABSTRACT_KIND_POINTERS)) {
		add_kind(walk, AUDIT_UNKNOWN_WRITE, at, NULL);
		return;
	}
	if (address->kinds & ABSTRACT_MAP_VALUE)
		add_use(walk, AUDIT_STORES, at, address->map);
	if (address->kinds & ABSTRACT_PACKET)
		add_kind(walk, AUDIT_PACKET_WRITE, at, NULL);
	if (state_is_scratch(address, insn))
		add_kind(walk, AUDIT_SCRATCH_ACCESS, at, NULL);
	else if (address->kinds & ABSTRACT_CONTEXT)
		add_kind(walk, AUDIT_METADATA_WRITE, at,
			 address->known ? context_field((int64_t)address->amount + insn->off)
					: NULL);
}

void note_exit(struct walk *walk, const struct state *state, uint32_t at)
{
	const struct abstract *verdict = &state->registers[0];

	if (verdict->kinds == ABSTRACT_SCALAR && verdict->known) {
		add_verdict(walk, at, verdict->amount);
		return;
	}
	for (int32_t v = -1; v <= 8; v++)
		if (verdict->verdicts & (1u << (v + 1)))
			add_verdict(walk, at, v);
	if ((verdict->verdicts & ABSTRACT_OTHER_VERDICT) || verdict->kinds != ABSTRACT_SCALAR)
		add_kind(walk, AUDIT_VARIABLE_VERDICT, at, NULL);
}

/* What people take it to be: a protocol as <linux/if_ether.h> has it, in host order, and
 * the type of packets that only sockets see. */
static bool is_never(uint16_t field, int32_t constant)
{
	switch (field - 1) {
	case offsetof(struct __sk_buff, protocol):
		return constant != ntohs((uint16_t)constant) &&
		       (constant == ETH_P_IP || constant == ETH_P_IPV6 || constant == ETH_P_ARP ||
			constant == ETH_P_8021Q || constant == ETH_P_8021AD ||
			constant == ETH_P_MPLS_UC || constant == ETH_P_PPP_SES ||
			constant == ETH_P_LLDP);
	case offsetof(struct __sk_buff, pkt_type):
		return constant == PACKET_OUTGOING;
	default:
		return false;
	}
}

/* Headers are numbers; who compares with letters reads what comes behind them. */
static bool is_text(int32_t constant)
{
	uint32_t rest = (uint32_t)constant;
	int letters = 0;

	for (; rest; rest >>= 8) {
		uint8_t c = (uint8_t)rest;

		if (c != ' ' && c != '/' && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
			return false;
		letters += c != ' ' && c != '/';
	}
	return letters > 0;
}

static bool pulls_payload(const struct walk *walk)
{
	for (uint32_t i = 0; i < walk->count; i++)
		if (walk->insns[i].code == (BPF_JMP | BPF_CALL) && walk->insns[i].src_reg == 0 &&
		    walk->insns[i].imm == BPF_FUNC_skb_pull_data)
			return true;
	return false;
}

void note_comparison(struct walk *walk, const struct state *state, uint32_t at)
{
	const struct bpf_insn *insn = &walk->insns[at];
	const uint8_t op = BPF_OP(insn->code);
	uint16_t field;

	if ((op != BPF_JEQ && op != BPF_JNE) || BPF_SRC(insn->code) != BPF_K ||
	    insn->dst_reg >= STATE_REGISTERS)
		return;
	field = state->registers[insn->dst_reg].field;
	if (field == ABSTRACT_FIELD_PAYLOAD) {
		if (is_text(insn->imm) && !pulls_payload(walk))
			add_kind(walk, AUDIT_PAYLOAD_READ, at, NULL);
		return;
	}
	if (field && is_never(field, insn->imm))
		add(walk, (struct audit_finding){ .kind = AUDIT_NEVER_EQUAL,
						  .instruction = at,
						  .map = -1,
						  .verdict = insn->imm,
						  .what = context_field(field - 1) });
}

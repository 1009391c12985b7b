/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit's walk writes down of maps: their keys, indexes and values. */
#include <stddef.h>

#include "image/audit_helpers.h"
#include "image/audit_walk.h"

bool map_is_shared(const struct walk *walk, int16_t map)
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
	add_finding(walk, (struct audit_finding){ .kind = AUDIT_VALUE_STORE,
						  .instruction = at,
						  .map = map,
						  .offset = offset,
						  .size = size,
						  .adds = adds });
}

/* Whether it may be what was there and more: a copy from another entry may have been that too,
 * which a number computed from one (the time since then) is not. Bits are set, not added, and
 * an average over what was there is no sum. */
static bool may_add(const struct abstract *stored, int16_t map, int64_t offset)
{
	if (stored->mixed)
		return true;
	if (stored->origin_map != map)
		return stored->origin_map != ABSTRACT_NO_MAP && !stored->changed;
	return stored->counted && !stored->scaled &&
	       (stored->origin_offset == ABSTRACT_NO_OFFSET || offset < 0 ||
		stored->origin_offset == offset);
}

/* Whether it is what was there with more bits. */
static bool sets_bits(const struct abstract *stored, int16_t map, int64_t offset)
{
	return !stored->mixed && !stored->partly && stored->origin_map == map &&
	       map != ABSTRACT_NO_MAP && stored->origin_offset == offset && stored->changed &&
	       !stored->counted && !stored->cleared;
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
		finding->unset |= (uint64_t)(byte == BYTE_UNSET) << i;
		finding->host_order |= (uint64_t)(byte == BYTE_HOST_ORDER) << i;
		finding->packet_order |=
			(uint64_t)(byte == BYTE_PACKET || byte == BYTE_RAW_2 || byte == BYTE_RAW_4)
			<< i;
		finding->fresh |= (uint64_t)!may_add(&state->slots[(first + i) / 8],
						     (int16_t)finding->map, -1)
				  << i;
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
	return bytes[0] == BYTE_PACKET || bytes[0] == BYTE_WIDE_4 || bytes[0] == BYTE_RAW_4 ||
	       bytes[0] == BYTE_HOST_ORDER ||
	       ((bytes[0] == BYTE_WIDE_2 || bytes[0] == BYTE_RAW_2) &&
		walk->image->maps[map].max_entries <= UINT16_MAX);
}

static void note_index(struct walk *walk, const struct state *state, uint32_t at, int16_t map)
{
	const struct abstract *key = &state->registers[2];
	const int64_t first = (int64_t)key->amount + (int64_t)sizeof(state->bytes);
	uint32_t field;

	if (key->kinds != ABSTRACT_STACK || !key->known || first < 0 ||
	    first + 4 > (int64_t)sizeof(state->bytes)) {
		add_use(walk, AUDIT_INDEXES, at, map);
		return;
	}
	if (state->bytes[first] != BYTE_ZERO || state->bytes[first + 1] != BYTE_ZERO ||
	    state->bytes[first + 2] != BYTE_ZERO || state->bytes[first + 3] != BYTE_ZERO)
		add_use(walk, AUDIT_INDEXES, at, map);
	if (is_out_of_range(walk, &state->bytes[first], map))
		add_finding(walk, (struct audit_finding){ .kind = AUDIT_WIDE_INDEX,
							  .instruction = at,
							  .map = map });
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
	add_finding(walk, (struct audit_finding){
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

/* A value that was read, computed with, and is written back: what came between is lost. */
static void note_written_back(struct walk *walk, const struct state *state, uint32_t at,
			      int16_t map)
{
	const struct abstract *value = &state->registers[3];
	const uint32_t size = walk->image->maps[map].value_size;
	const int64_t first = (int64_t)value->amount + (int64_t)sizeof(state->bytes);

	if (!map_is_shared(walk, map) || value->kinds != ABSTRACT_STACK || !value->known ||
	    first < 0 || first + size > (int64_t)sizeof(state->bytes))
		return;
	for (int64_t i = first / 8; i < (first + size + 7) / 8; i++)
		if (state->slots[i].origin_map == map && state->slots[i].changed) {
			add_finding(walk, (struct audit_finding){ .kind = AUDIT_RACY_INCREMENT,
								  .instruction = at,
								  .map = map });
			return;
		}
}

static uint64_t first_bytes(uint32_t count)
{
	return count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
}

/* An entry that was looked for in vain is made with a count of its own, or with 0 whatever is there
 * by now: then it is looked up once more. */
static bool begins(const struct walk *walk, const struct audit_finding *value, int32_t flags)
{
	const struct map_use *use = &walk->map_uses[value->map];
	const uint64_t set = first_bytes(value->size) & ~value->zeros;

	if (!use->looked_up || !value->size || flags == BPF_EXIST)
		return false;
	if (set)
		return (set & use->added) || (use->added_somewhere && value->constants);
	return (use->added || use->added_somewhere) && flags == BPF_ANY &&
	       use->looked_up > value->instruction + 1;
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
	if (helper == BPF_FUNC_map_lookup_elem && walk->map_uses[map].looked_up <= at)
		walk->map_uses[map].looked_up = at + 1;
	if (read_bytes(state, &state->registers[2], told->key_size, &key))
		add_finding(walk, key);
	if (is_array(told->type) && helper != BPF_FUNC_map_delete_elem)
		note_index(walk, state, at, map);
	if (helper != BPF_FUNC_map_update_elem)
		return;
	read_bytes(state, &state->registers[3], told->value_size, &value);
	value.kind = AUDIT_VALUE_UPDATE;
	add_finding(walk, value);
	note_written_back(walk, state, at, map);
	if (is_hash(told->type) && abstract_is_constant(flags) &&
	    begins(walk, &value, flags->amount)) {
		value.kind = AUDIT_FIRST_COUNT;
		add_finding(walk, value);
	}
}

static void note_added(struct map_use *use, const struct audit_finding *finding)
{
	if (!finding->adds)
		return;
	if (finding->offset < 0)
		use->added_somewhere = true;
	else if (finding->offset < 64)
		use->added |= first_bytes(finding->size) << finding->offset;
}

void note_value_store(struct walk *walk, uint32_t at, const struct abstract *address,
		      const struct abstract *stored, bool bits, enum skbscope_image_keeps keeps)
{
	const bool exact = (address->kinds & ~ABSTRACT_SCALAR) == ABSTRACT_MAP_VALUE;
	const int64_t where = (int64_t)address->amount + walk->insns[at].off;
	const int32_t offset =
		exact && address->known && where >= 0 && where <= INT32_MAX ? (int32_t)where : -1;

	struct audit_finding finding = {
		.kind = AUDIT_VALUE_STORE,
		.instruction = at,
		.map = exact ? address->map : ABSTRACT_NO_MAP,
		.offset = offset,
		.size = (uint32_t)opcode_size(walk->insns[at].code),
		.adds = !stored || may_add(stored, address->map, offset),
		.bits = bits || (stored && offset >= 0 && sets_bits(stored, address->map, offset)),
		.keeps = keeps,
	};

	if (!(address->kinds & ABSTRACT_MAP_VALUE) ||
	    (stored && stored->kinds == ABSTRACT_SCALAR && stored->known && !stored->amount))
		return;
	if (finding.map >= 0 && (size_t)finding.map < walk->image->map_count)
		note_added(&walk->map_uses[finding.map], &finding);
	add_finding(walk, finding);
	/* Of two ways here, the other one sets it. */
	if (stored && finding.adds && stored->partly && !stored->mixed) {
		finding.adds = false;
		add_finding(walk, finding);
	}
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
	    stored->origin_map != address->map || !map_is_shared(walk, address->map))
		return;
	if (address->known && stored->origin_offset != ABSTRACT_NO_OFFSET &&
	    stored->origin_offset != offset)
		return;
	add_finding(walk, (struct audit_finding){ .kind = AUDIT_RACY_INCREMENT,
						  .instruction = at,
						  .map = address->map });
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up readings of several tables. */
#ifndef TEST_GOLDEN_SCENE_H
#define TEST_GOLDEN_SCENE_H

#include "harness.h"
#include "unit/model/fixture.h"

/* One reading with everything that a rendering can say. */
struct flow_key {
	uint32_t saddr;
	uint16_t sport;
	uint8_t protocol, pad;
	uint32_t ifindex;
};

struct flow_value {
	uint64_t packets, bytes;
	char agent[12];
	uint32_t state;
};

struct scene {
	struct btf *btf;
	struct skbscope_image_map maps[5];
	struct schema_set *set;
	struct snapshot *first, *second;
};

static inline void open_scene(struct scene *scene)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	int protocol = btf__add_typedef(btf, "ip_proto_t", basics.u8);
	int ifindex = btf__add_typedef(btf, "ifindex_t", basics.u32);
	int bytes = btf__add_typedef(btf, "bytes_t", basics.u64);
	int agent = btf__add_array(btf, basics.u32, basics.character, 12);
	int state, key, value;
	struct skbscope_image image;

	state = btf__add_enum(btf, "state", 4);
	btf__add_enum_value(btf, "IDLE", 0);
	btf__add_enum_value(btf, "ESTABLISHED", 1);
	key = btf__add_struct(btf, "flow_key", sizeof(struct flow_key));
	btf__add_field(btf, "saddr", basics.be32, 0, 0);
	btf__add_field(btf, "sport", basics.be16, 32, 0);
	btf__add_field(btf, "protocol", protocol, 48, 0);
	btf__add_field(btf, "pad", basics.u8, 56, 0);
	btf__add_field(btf, "ifindex", ifindex, 64, 0);
	value = btf__add_struct(btf, "flow_value", sizeof(struct flow_value));
	btf__add_field(btf, "packets", basics.u64, 0, 0);
	btf__add_field(btf, "bytes", bytes, 64, 0);
	btf__add_field(btf, "agent", agent, 128, 0);
	btf__add_field(btf, "state", state, 224, 0);

	scene->btf = btf;
	scene->maps[0] = map_of("flows", BPF_MAP_TYPE_HASH, sizeof(struct flow_key),
				sizeof(struct flow_value), key, value);
	scene->maps[0].max_entries = 3;
	scene->maps[1] = map_of("sizes", BPF_MAP_TYPE_ARRAY, 4, 8, basics.s32, basics.u64);
	scene->maps[1].histogram = true;
	scene->maps[1].max_entries = 64;
	scene->maps[2] = map_of("per_cpu", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, basics.u32, basics.u64);
	scene->maps[3] = map_of("nothing", BPF_MAP_TYPE_LRU_HASH, 4, 8, basics.u32, basics.u64);
	scene->maps[4] = map_of("events", BPF_MAP_TYPE_RINGBUF, 0, 0, 0, 0);
	image = image_of(scene->maps, 5, btf);
	scene->set = NULL;
	CHECK_NUMBER(schema_set_new(&image, &scene->set, NULL), 0);
}

static const struct skbscope_hook_state hooks[] = {
	{ "eth0", 2, SKBSCOPE_INGRESS, SKBSCOPE_HOOK_TCX, "count_packets", 12, true },
	{ "veth1", 7, SKBSCOPE_EGRESS, SKBSCOPE_HOOK_CLSACT, "count_packets", 12, false },
};
static const struct skbscope_verdict_count verdicts[] = {
	{ "count_packets", 0, 1000000 },
	{ "count_packets", 2, 23 },
	{ "count_packets", INT32_MIN, 1 },
};

/* Takes the scene through one reading; time and counts grow with it. */
static inline struct snapshot *read_scene(struct scene *scene, uint64_t reading)
{
	struct flow_key keys[3] = {
		{ 0x0100000a, 0xbb01, 6, 0, 2 },
		{ 0x016433c6, 0x3500, 17, 0, 9 },
		{ 0x0200000a, 0x5000, 200, 0, 7 },
	};
	struct flow_value values[3] = {
		{ 23 * reading, 1500 * reading, "curl/7.88", 1 },
		{ 1234567 * reading, 98765432 * reading, "\x1b[2Jpwned", 0 },
		{ reading == 1 ? 46 : 23, 60, "", 7 },
	};
	uint32_t slots[64], cpu_keys[2] = { 7, 8 };
	uint64_t sizes[64] = { [6] = 3 * reading, [7] = 46, [10] = 512, [11] = 1000 };
	uint64_t cpus[2][2] = { { 20, 3 }, { 0, 0 } };
	struct table_rows rows[4] = {
		rows_of(3, keys, values, sizeof(*values), 1, true),
		rows_of(64, slots, sizes, sizeof(*sizes), 1, true),
		rows_of(2, cpu_keys, cpus, sizeof(*cpus), 2, false),
		rows_of(0, NULL, NULL, 8, 1, true),
	};
	struct snapshot *snapshot = NULL;

	for (uint32_t i = 0; i < 64; i++)
		slots[i] = i;
	CHECK_NUMBER(snapshot_by_hand(scene->set, &snapshot), 0);
	for (size_t i = 0; i < 4; i++)
		CHECK_NUMBER(rows_by_hand(snapshot, i, &rows[i], i == 2), 0);
	snapshot->public.program = "scene";
	snapshot->public.path = "/home/user/scene.c";
	snapshot->public.wall_ns = 1795407082123456789u + reading * 2000000000u;
	snapshot->public.monotonic_ns = reading * 2000000000u;
	snapshot->public.hooks = hooks;
	snapshot->public.hook_count = 2;
	snapshot->public.verdicts = verdicts;
	snapshot->public.verdict_count = 3;
	CHECK_NUMBER(snapshot_add_loss(snapshot, "flows", "map full", 5, true), 0);
	CHECK_NUMBER(snapshot_add_loss(snapshot, NULL, "packets not counted", 0, false), 0);
	return snapshot;
}

static inline void scene_make(struct scene *scene)
{
	open_scene(scene);
	scene->first = read_scene(scene, 1);
	scene->second = read_scene(scene, 2);
	CHECK_NUMBER(snapshot_set_rates(scene->second, &scene->first->public), 0);
}

static inline void scene_clear(struct scene *scene)
{
	snapshot_unref(scene->first);
	snapshot_unref(scene->second);
	schema_set_unref(scene->set);
	btf__free(scene->btf);
}

#endif

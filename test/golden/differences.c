/* SPDX-License-Identifier: Apache-2.0 */
/* Whole renderings of two versions of a made-up program. */
#include <skbscope/difference.h>

#include "golden.h"
#include "harness.h"
#include "unit/model/declare.h"

static const struct skbscope_hook_state hooks[] = {
	{ "eth0", 2, SKBSCOPE_INGRESS, SKBSCOPE_HOOK_TCX, "count_packets", 12, true },
};
static const struct skbscope_verdict_count old_verdicts[] = { { "count_packets", 0, 1234567 },
							      { "count_packets", 2, 23 } };
static const struct skbscope_verdict_count new_verdicts[] = { { "count_packets", 0, 1234567 },
							      { "count_packets", 2, 46 } };

/* A version: flows with a struct key, an array, a table of its own, a ring. */
struct version {
	struct btf *btf;
	struct skbscope_image_map maps[5];
	struct schema_set *set;
	struct snapshot *reading;
};

static void version_open(struct version *version, const char *key, const char *value,
			 const char *own)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	size_t key_size, value_size;
	int key_id, value_id;
	struct skbscope_image image;

	btf__add_typedef(btf, "bytes_t", basics.u64);
	key_id = declare_struct(btf, "flow_key", key, &key_size);
	value_id = declare_struct(btf, "flow_value", value, &value_size);
	version->btf = btf;
	version->maps[0] = map_of("flows", BPF_MAP_TYPE_HASH, (uint32_t)key_size,
				  (uint32_t)value_size, key_id, value_id);
	version->maps[1] = map_of("sizes", BPF_MAP_TYPE_ARRAY, 4, 8, basics.s32, basics.u64);
	version->maps[2] = map_of(own, BPF_MAP_TYPE_HASH, 4, 8, basics.u32, basics.u64);
	version->maps[3] = map_of("events", BPF_MAP_TYPE_RINGBUF, 0, 0, 0, 0);
	version->maps[4] = map_of("nothing", BPF_MAP_TYPE_HASH, 4, 8, basics.u32, basics.u64);
	image = image_of(version->maps, 5, btf);
	version->set = NULL;
	version->reading = NULL;
	CHECK_NUMBER(schema_set_new(&image, &version->set, NULL), 0);
	CHECK_NUMBER(snapshot_by_hand(version->set, &version->reading), 0);
	version->reading->public.program = "flows";
	version->reading->public.path =
		strcmp(own, "before") == 0 ? "/home/user/flows.c" : "/home/user/flows-new.c";
	version->reading->public.wall_ns = 1795407082123456789u;
	version->reading->public.hooks = hooks;
	version->reading->public.hook_count = 1;
}

static void version_read(struct version *version, size_t count, const void *keys,
			 const void *values)
{
	uint32_t slots[4] = { 0, 1, 2, 3 };
	uint64_t sizes[4] = { 0, 23, 46, 0 };
	struct table_rows flows =
		rows_of(count, keys, values, version->maps[0].value_size, 1, true);
	struct table_rows array = rows_of(4, slots, sizes, sizeof(*sizes), 1, true);
	struct table_rows own = rows_of(2, slots, sizes, sizeof(*sizes), 1, false);

	CHECK_NUMBER(rows_by_hand(version->reading, 0, &flows, false), 0);
	CHECK_NUMBER(rows_by_hand(version->reading, 1, &array, false), 0);
	CHECK_NUMBER(rows_by_hand(version->reading, 2, &own, false), 0);
}

static void version_clear(struct version *version)
{
	snapshot_unref(version->reading);
	schema_set_unref(version->set);
	btf__free(version->btf);
}

static void compare(const char *name, const struct version *old, const struct version *new,
		    skbscope_difference_renderer *renderer,
		    const struct skbscope_render_options *options)
{
	struct skbscope_difference *difference = NULL;
	struct skbscope_error error = { 0 };
	char *actual = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&actual, &length);

	setenv("TZ", "UTC", 1);
	CHECK_NUMBER(skbscope_difference_new(&old->reading->public, &new->reading->public,
					     &difference, &error),
		     0);
	CHECK_NUMBER(renderer(difference, options, stream, &error), 0);
	fclose(stream);
	golden_check(name, actual);
	skbscope_difference_free(difference);
	free(actual);
}

struct old_value {
	uint64_t packets, bytes;
	char agent[8];
	uint32_t flags;
};
struct new_value {
	uint64_t bytes;
	uint32_t packets;
	char agent[12];
	uint64_t drops;
};

TEST(two_versions_of_a_program_differ)
{
	const struct skbscope_render_options colour = { .size = sizeof(colour),
							.colour = true,
							.exact = true };
	const struct skbscope_render_options flows = { .size = sizeof(flows), .table = "flows" };
	struct {
		uint32_t saddr;
		uint16_t sport, pad;
	} old_keys[4] = { { 0x0100000a, 0xbb01, 0 },
			  { 0x0200000a, 0x5000, 0 },
			  { 0x0300000a, 0x3500, 0 },
			  { 0x016433c6, 0x1600, 0 } };
	struct {
		uint16_t sport, pad;
		uint32_t saddr;
	} new_keys[4] = { { 0xbb01, 0, 0x0100000a },
			  { 0x5000, 0, 0x0200000a },
			  { 0x3500, 0, 0x0300000a },
			  { 0x1600, 0, 0x0400000a } };
	struct old_value old_values[4] = { { 23, 1500, "curl", 1 },
					   { 1234567, 98765432, "wget", 0 },
					   { 46, 4096, "dig", 2 },
					   { 7, 420, "ssh", 0 } };
	struct new_value new_values[4] = { { 1500, 23, "curl", 0 },
					   { 8765432, 1200000, "wget", 3 },
					   { 4096, 69, "dig\x1b[2J", 0 },
					   { 60, 1, "ssh", 0 } };
	struct version old, new;

	version_open(&old, "saddr __be32; sport __be16",
		     "packets u64; bytes bytes_t; agent char[8]; flags u32", "before");
	version_open(&new, "sport __be16; saddr __be32",
		     "bytes bytes_t; packets u32; agent char[12]; drops u64", "after");
	version_read(&old, 4, old_keys, old_values);
	version_read(&new, 4, new_keys, new_values);
	old.reading->public.verdicts = old_verdicts;
	old.reading->public.verdict_count = 2;
	new.reading->public.verdicts = new_verdicts;
	new.reading->public.verdict_count = 2;
	CHECK_NUMBER(snapshot_add_loss(new.reading, "flows", "map full", 5, true), 0);
	compare("difference", &old, &new, skbscope_render_difference_table, NULL);
	compare("difference.json", &old, &new, skbscope_render_difference_json, NULL);
	compare("difference.csv", &old, &new, skbscope_render_difference_csv, &flows);
	compare("difference-colour", &old, &new, skbscope_render_difference_table, &colour);
	version_clear(&old);
	version_clear(&new);
}

TEST(a_version_does_not_differ_from_itself)
{
	uint32_t key[2] = { 1, 2 };
	struct old_value value = { 23, 1500, "curl", 1 };
	struct version version;

	version_open(&version, "saddr __be32; sport __be32",
		     "packets u64; bytes bytes_t; agent char[8]; flags u32", "before");
	version_read(&version, 1, key, &value);
	compare("no-difference", &version, &version, skbscope_render_difference_table, NULL);
	compare("no-difference.json", &version, &version, skbscope_render_difference_json, NULL);
	version_clear(&version);
}

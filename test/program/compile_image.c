/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker makes of programs that compile: every kind of table, order,
 * lines, licence, events. */
#include "harness.h"

#include <skbscope/compile.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "image/image.h"
#include "program/compiler.h"

#define BEGIN "#include <uapi/linux/bpf.h>\n"
#define PACKET_FUNCTION "int count(struct __sk_buff *skb) { return 0; }\n"

static void image_clear(struct skbscope_image **image)
{
	skbscope_image_free(*image);
}

static struct skbscope_image *compile_as(const char *path, const char *text)
{
	struct skbscope_error error = { 0 };
	struct skbscope_source *source = NULL;
	struct skbscope_diagnostics *diagnostics = NULL;
	struct skbscope_image *image = NULL;

	skbscope_diagnostics_new(&diagnostics);
	if (skbscope_source_from_text(path, text, strlen(text), &source, &error) < 0 ||
	    skbscope_compiler_compile(test_compiler(), source, NULL, &image, NULL, diagnostics,
				      &error) < 0) {
		fprintf(stderr, "%s\n", error.message);
		skbscope_diagnostics_print(diagnostics, 0, stderr);
	}
	skbscope_diagnostics_free(diagnostics);
	skbscope_source_free(source);
	return image;
}

static struct skbscope_image *compile(const char *text)
{
	return compile_as("mine.c", text);
}

struct expected_map {
	const char *name;
	uint32_t type, key_size, value_size, max_entries, flags;
	bool typed; /* key and value types are in the BTF */
};

static void check_maps(const char *text, const struct expected_map *expected, size_t count)
{
	AUTO(image_clear) struct skbscope_image *image = compile(text);

	REQUIRE(image);
	CHECK_NUMBER(image->map_count, count);
	for (size_t i = 0; i < count && i < image->map_count; i++) {
		const struct skbscope_image_map *map = &image->maps[i];

		CHECK_TEXT(map->name, expected[i].name);
		CHECK_NUMBER(map->type, expected[i].type);
		CHECK_NUMBER(map->key_size, expected[i].key_size);
		CHECK_NUMBER(map->value_size, expected[i].value_size);
		if (expected[i].max_entries)
			CHECK_NUMBER(map->max_entries, expected[i].max_entries);
		CHECK_NUMBER(map->flags, expected[i].flags);
		CHECK_NUMBER(map->btf_key_type_id != 0 && map->btf_value_type_id != 0,
			     expected[i].typed);
		CHECK_NUMBER(map->inner_map, -1);
		CHECK(!map->pin_path);
	}
}

TEST(keyed_tables_of_every_kind_come_in_source_order)
{
	static const struct expected_map expected[] = {
		{ "zebra", BPF_MAP_TYPE_HASH, 8, 8, 10240, 0, true },
		{ "by_key", BPF_MAP_TYPE_HASH, 12, 4, 77, 0, true },
		{ "array", BPF_MAP_TYPE_ARRAY, 4, 8, 5, 0, true },
		{ "cpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 99, 0, true },
		{ "cpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 7, 0, true },
		{ "lru", BPF_MAP_TYPE_LRU_HASH, 4, 8, 33, 0, true },
		{ "cpu_lru", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 34, 0, true },
		{ "trie", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 35, BPF_F_NO_PREALLOC, true },
		{ "lazy", BPF_MAP_TYPE_HASH, 4, 8, 43, BPF_F_NO_PREALLOC, true },
		{ "public", BPF_MAP_TYPE_HASH, 4, 8, 41, 0, true },
		{ "shared", BPF_MAP_TYPE_HASH, 4, 8, 42, 0, true },
		{ "a_name_longer_than_sixteen", BPF_MAP_TYPE_HASH, 4, 8, 10240, 0, true },
	};

	check_maps(BEGIN "struct key { u32 a; u16 b; char c[3]; };\n"
			 "struct prefix { u32 prefixlen; u32 address; };\n"
			 "BPF_HASH(zebra);\n"
			 "BPF_HASH(by_key, struct key, u32, 77);\n"
			 "BPF_ARRAY(array, u64, 5);\n"
			 "BPF_PERCPU_HASH(cpu_hash, u32, u64, 99);\n"
			 "BPF_PERCPU_ARRAY(cpu_array, u64, 7);\n"
			 "BPF_TABLE(\"lru_hash\", u32, u64, lru, 33);\n"
			 "BPF_TABLE(\"lru_percpu_hash\", u32, u64, cpu_lru, 34);\n"
			 "BPF_LPM_TRIE(trie, struct prefix, u64, 35);\n"
			 "BPF_F_TABLE(\"hash\", u32, u64, lazy, 43, BPF_F_NO_PREALLOC);\n"
			 "BPF_TABLE_PUBLIC(\"hash\", u32, u64, public, 41);\n"
			 "BPF_TABLE_SHARED(\"hash\", u32, u64, shared, 42);\n"
			 "BPF_HASH(a_name_longer_than_sixteen, u32, u64);\n" PACKET_FUNCTION,
		   expected, sizeof(expected) / sizeof(expected[0]));
}

TEST(tables_of_descriptors_and_buffers_come_as_declared)
{
	static const struct expected_map expected[] = {
		{ "tails", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8, 0, true },
		{ "events", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0, 0, false },
		{ "ring", BPF_MAP_TYPE_RINGBUF, 0, 0, 8 * 4096, 0, false },
		{ "counters", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0, false },
		{ "fifo", BPF_MAP_TYPE_QUEUE, 0, 4, 10, 0, false },
		{ "lifo", BPF_MAP_TYPE_STACK, 0, 4, 11, 0, false },
		{ "groups", BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 3, 0, false },
		{ "devices", BPF_MAP_TYPE_DEVMAP, 4, 4, 6, 0, false },
		{ "cpus", BPF_MAP_TYPE_CPUMAP, 4, 4, 6, 0, false },
		{ "sockets", BPF_MAP_TYPE_XSKMAP, 4, 4, 6, 0, false },
		{ "storage", BPF_MAP_TYPE_SK_STORAGE, 4, 8, 0, BPF_F_NO_PREALLOC, true },
	};

	check_maps(BEGIN "BPF_PROG_ARRAY(tails, 8);\n"
			 "BPF_PERF_OUTPUT(events);\n"
			 "BPF_RINGBUF_OUTPUT(ring, 8);\n"
			 "BPF_PERF_ARRAY(counters, 4);\n"
			 "BPF_QUEUE(fifo, u32, 10);\n"
			 "BPF_STACK(lifo, u32, 11);\n"
			 "BPF_CGROUP_ARRAY(groups, 3);\n"
			 "BPF_DEVMAP(devices, 6);\n"
			 "BPF_CPUMAP(cpus, 6);\n"
			 "BPF_XSKMAP(sockets, 6);\n"
			 "BPF_SK_STORAGE(storage, u64);\n" PACKET_FUNCTION,
		   expected, sizeof(expected) / sizeof(expected[0]));
}

TEST(maps_of_maps_name_their_template)
{
	AUTO(image_clear)
	struct skbscope_image *image =
		compile(BEGIN "BPF_ARRAY(first, u32, 4);\n"
			      "BPF_HASH(inner, u32, u64, 23);\n"
			      "BPF_ARRAY_OF_MAPS(array, \"inner\", 10);\n"
			      "BPF_HASH_OF_MAPS(hash, u32, \"first\", 11);\n" PACKET_FUNCTION);

	REQUIRE(image && image->map_count == 4);
	CHECK_NUMBER(image->maps[2].type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	CHECK_NUMBER(image->maps[2].inner_map, 1);
	CHECK_NUMBER(image->maps[3].type, BPF_MAP_TYPE_HASH_OF_MAPS);
	CHECK_NUMBER(image->maps[3].inner_map, 0);
}

TEST(a_pinned_table_carries_its_path_and_its_types)
{
	AUTO(image_clear)
	struct skbscope_image *image =
		compile(BEGIN "BPF_TABLE_PINNED(\"hash\", u32, u64, kept, 1023, "
			      "\"/sys/fs/bpf/skbscope_never_there\");\n"
			      "int count(struct __sk_buff *skb)\n"
			      "{\n"
			      "\tu32 key = 1;\n"
			      "\tkept.increment(key);\n"
			      "\treturn 0;\n"
			      "}\n");

	REQUIRE(image && image->map_count == 1 && image->program_count == 1);
	CHECK_TEXT(image->maps[0].pin_path, "/sys/fs/bpf/skbscope_never_there");
	CHECK_NUMBER(image->maps[0].type, BPF_MAP_TYPE_HASH);
	CHECK_NUMBER(image->maps[0].key_size, 4);
	CHECK_NUMBER(image->maps[0].value_size, 8);
	CHECK_NUMBER(image->maps[0].max_entries, 1023);
	CHECK(image->maps[0].btf_key_type_id && image->maps[0].btf_value_type_id);
	CHECK(image->programs[0].relocation_count > 0);
}

TEST(histograms_are_marked_however_they_are_declared)
{
	AUTO(image_clear)
	struct skbscope_image *image = compile(
		"/*\n * h - test\n *\n * @histogram tagged\n */\n" BEGIN "BPF_HISTOGRAM(one);\n"
		"BPF_HISTOGRAM(two, u32, 128);\n"
		"BPF_TABLE(\"histogram\", int, u64, three, 64);\n"
		"BPF_ARRAY(tagged, u64, 64);\n"
		"// BPF_HISTOGRAM(plain)\n"
		"BPF_ARRAY(plain, u64, 64);\n" PACKET_FUNCTION);

	REQUIRE(image && image->map_count == 5);
	for (size_t i = 0; i < 4; i++)
		CHECK(image->maps[i].histogram);
	CHECK(!image->maps[4].histogram);
}

TEST(functions_come_in_source_order_with_their_lines)
{
	AUTO(image_clear)
	struct skbscope_image *image = compile(BEGIN "int declared_only(struct __sk_buff *skb);\n"
						     "int zeta(struct __sk_buff *skb)\n"
						     "{\n"
						     "\treturn 0;\n"
						     "}\n"
						     "\n"
						     "static inline int\n"
						     "helper(u32 x) { return x + 1; }\n"
						     "\n"
						     "int\n"
						     "alpha(struct __sk_buff *skb)\n"
						     "{\n"
						     "\treturn helper(skb->len);\n"
						     "}\n");

	REQUIRE(image && image->program_count == 2);
	CHECK_TEXT(image->programs[0].name, "zeta");
	CHECK_NUMBER(image->programs[0].line, 3);
	CHECK_TEXT(image->programs[1].name, "alpha");
	CHECK_NUMBER(image->programs[1].line, 12);
}

static bool has_place(const struct skbscope_image *image,
		      const struct skbscope_image_program *program, uint32_t line,
		      const char *source)
{
	for (uint32_t i = 0; i < program->line_count; i++) {
		struct image_place place;

		if (image_place(image, program, program->lines[i].insn_off, &place) &&
		    place.line == line && strcmp(place.source, source) == 0)
			return true;
	}
	return false;
}

TEST(line_records_quote_the_users_own_text)
{
	AUTO(image_clear)
	struct skbscope_image *image = compile(BEGIN "BPF_HASH(table, u32, u64);\n"
						     "static inline u64 *find(u32 key)\n"
						     "{\n"
						     "\treturn table.lookup(&key);\n"
						     "}\n"
						     "int count(struct __sk_buff *skb)\n"
						     "{\n"
						     "\tu64 *value = find(skb->len),\n"
						     "\t    zero = 0;\n"
						     "\tu32 key = 1;\n"
						     "\n"
						     "\tif (value)\n"
						     "\t\t(*value)++;\n"
						     "\ttable.update(\n"
						     "\t\t&key,\n"
						     "\t\t&zero\n"
						     "\t);\n"
						     "\ttable.increment(key);\n"
						     "\treturn 23;\n"
						     "}\n");
	const struct skbscope_image_program *program;

	REQUIRE(image && image->program_count == 1);
	program = &image->programs[0];
	CHECK_NUMBER(program->line, 7);
	CHECK(has_place(image, program, 5, "\treturn table.lookup(&key);"));
	CHECK(has_place(image, program, 14, "\t\t(*value)++;"));
	CHECK(has_place(image, program, 15, "\ttable.update("));
	CHECK(has_place(image, program, 19, "\ttable.increment(key);"));
	CHECK(has_place(image, program, 20, "\treturn 23;"));
	for (uint32_t i = 0; i < program->line_count; i++) {
		struct image_place place;

		REQUIRE(image_place(image, program, program->lines[i].insn_off, &place));
		CHECK_TEXT(place.file, "mine.c");
		CHECK(place.line > 0 && place.line <= 21);
	}
}

TEST(a_path_that_looks_like_c_stays_a_path)
{
	const char *path = "/no/such \"place\"/with\\back.c";
	AUTO(image_clear)
	struct skbscope_image *image = compile_as("./it's \"odd\"\\n.c", BEGIN PACKET_FUNCTION);

	(void)path;
	REQUIRE(image && image->program_count == 1 && image->programs[0].line_count > 0);
	struct image_place place;
	REQUIRE(image_place(image, &image->programs[0], 0, &place));
	CHECK_TEXT(place.file, "./it's \"odd\"\\n.c");
}

TEST(event_layouts_name_the_submitted_struct)
{
	AUTO(image_clear)
	struct skbscope_image *image =
		compile(BEGIN "struct event { u64 time; u32 source; char name[16]; };\n"
			      "BPF_PERF_OUTPUT(unused);\n"
			      "BPF_PERF_OUTPUT(events);\n"
			      "int count(struct __sk_buff *skb)\n"
			      "{\n"
			      "\tstruct event event = {};\n"
			      "\tevents.perf_submit(skb, &event, sizeof(event));\n"
			      "\treturn 0;\n"
			      "}\n");

	REQUIRE(image);
	CHECK_NUMBER(image->event_count, 1);
	REQUIRE(image->event_count == 1 && image->events[0].field_count == 3);
	CHECK_TEXT(image->events[0].table, "events");
	CHECK_TEXT(image->events[0].fields[0].name, "time");
	CHECK_TEXT(image->events[0].fields[0].type, "u64");
	CHECK_TEXT(image->events[0].fields[2].type, "char[16]");
}

TEST(the_licence_is_the_programs_or_gpl)
{
	AUTO(image_clear) struct skbscope_image *plain = compile(BEGIN PACKET_FUNCTION);
	AUTO(image_clear)
	struct skbscope_image *dual =
		compile(BEGIN "#define BPF_LICENSE Dual BSD/GPL\n" PACKET_FUNCTION);

	REQUIRE(plain && dual);
	CHECK_TEXT(plain->license, "GPL");
	CHECK_TEXT(dual->license, "Dual BSD/GPL");
}

/* As a kernel from 6.19 on has it in its structs; plain C takes the line for nothing. */
TEST(a_tagged_struct_without_a_name_is_a_member)
{
	AUTO(image_clear)
	struct skbscope_image *image = compile(
		BEGIN "struct tagged { u64 inner; };\n"
		      "struct holder { u64 before; struct tagged; u64 after; };\n"
		      "_Static_assert(__builtin_offsetof(struct holder, after) == 16, \"\");\n"
		      "int count(struct __sk_buff *skb) {\n"
		      "	return __builtin_offsetof(struct holder, inner);\n"
		      "}\n");

	CHECK(image);
}

TEST(the_bundled_counter_uses_the_small_tree)
{
	AUTO(image_clear)
	struct skbscope_image *image =
		compile(BEGIN "#include <linux/ptrace.h>\n"
			      "BPF_HASH(packet_count, u32, u64);\n"
			      "int count_packets(struct __sk_buff *skb)\n"
			      "{\n"
			      "\tu32 key = 0;\n"
			      "\tu64 one = 1, *packets = packet_count.lookup(&key);\n"
			      "\tif (packets)\n"
			      "\t\t(*packets)++;\n"
			      "\telse\n"
			      "\t\tpacket_count.update(&key, &one);\n"
			      "\treturn 0;\n"
			      "}\n");

	REQUIRE(image);
	CHECK_NUMBER(image->headers, SKBSCOPE_HEADERS_UAPI);
	CHECK(!image->kernel_types);
	CHECK(image->include_count > 0);
	for (size_t i = 0; i < image->include_count; i++)
		CHECK(image->includes[i][0] == '/' &&
		      strncmp(image->includes[i], "/proc/", 6) != 0);
	CHECK_NUMBER(image->programs[0].relocation_count, 2);
	for (size_t i = 0; i < image->programs[0].relocation_count; i++) {
		const struct skbscope_relocation *relocation = &image->programs[0].relocations[i];

		CHECK_NUMBER(relocation->map, 0);
		CHECK_NUMBER(image->programs[0].instructions[relocation->instruction].imm, 0);
	}
}

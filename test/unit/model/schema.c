/* SPDX-License-Identifier: Apache-2.0 */
/* model/schema: which columns a map gets, from BTF and when there is none. */
#include "fixture.h"
#include <errno.h>

#include "harness.h"

static struct schema_set *make(const struct skbscope_image *image)
{
	struct skbscope_error error = { 0 };
	struct schema_set *set = NULL;

	if (schema_set_new(image, &set, &error) < 0)
		fprintf(stderr, "%s\n", error.message);
	return set;
}

static void check_column(const struct schema_set *set, const char *name, uint32_t bit_offset,
			 uint32_t bit_size, bool is_key, enum skbscope_display display)
{
	const struct skbscope_column *column = column_of(set, 0, name);

	if (!column) {
		fprintf(stderr, "no column %s\n", name);
		test_failures++;
		return;
	}
	CHECK_NUMBER(column->bit_offset, bit_offset);
	CHECK_NUMBER(column->bit_size, bit_size);
	CHECK_NUMBER(column->is_key, is_key);
	CHECK_NUMBER(column->type->display, display);
}

TEST(scalars_are_named_key_and_value)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	struct skbscope_image_map map =
		map_of("packet_count", BPF_MAP_TYPE_HASH, 4, 8, basics.u32, basics.u64);
	struct skbscope_image image = image_of(&map, 1, btf);
	struct schema_set *set = make(&image);
	const struct skbscope_schema *schema = schema_set_get(set, 0);

	CHECK_NUMBER(schema_set_count(set), 1);
	CHECK_TEXT(schema->table, "packet_count");
	CHECK_TEXT(schema->map_type, "hash");
	CHECK(schema->readable && schema->has_btf && !schema->per_cpu && !schema->histogram);
	CHECK_NUMBER(schema->column_count, 2);
	check_column(set, "key", 0, 32, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "value", 0, 64, false, SKBSCOPE_DISPLAY_PLAIN);
	CHECK(!schema->columns[0].is_counter && schema->columns[1].is_counter);
	CHECK(!schema_set_get(set, 1));
	schema_set_unref(set);
	btf__free(btf);
}

TEST(a_time_that_is_a_level_is_shown_as_one_and_has_no_rate)
{
	static const char *const names[] = { "ns_t", "ns_level_t" };

	for (int i = 0; i < 2; i++) {
		struct basics basics;
		struct btf *btf = btf_with_basics(&basics);
		int type = btf__add_typedef(btf, names[i], basics.u64);
		struct skbscope_image_map map =
			map_of("times", BPF_MAP_TYPE_HASH, 4, 8, basics.u32, type);
		struct skbscope_image image = image_of(&map, 1, btf);
		struct schema_set *set = make(&image);

		check_column(set, "value", 0, 64, false, SKBSCOPE_DISPLAY_NS);
		CHECK_NUMBER(column_of(set, 0, "value")->is_counter, i == 0);
		schema_set_unref(set);
		btf__free(btf);
	}
}

/* struct flow {
 *	__be32 saddr;	__be16 sport;	u8 smac[6];	enum state state;
 *	u32 low:3, high:5;
 *	union { u32 word; u8 bytes[4]; };
 *	struct { u16 x; bool y; } inner;
 *	void *p;	char comm[16];	u32 grid[2][3];	u8 __pad[4];
 * } */
static int add_flow(struct btf *btf, const struct basics *basics)
{
	int octets = btf__add_array(btf, basics->u32, basics->u8, 6);
	int four = btf__add_array(btf, basics->u32, basics->u8, 4);
	int text = btf__add_array(btf, basics->u32, basics->character, 16);
	int row = btf__add_array(btf, basics->u32, basics->u32, 3);
	int grid = btf__add_array(btf, basics->u32, row, 2);
	int pointer = btf__add_ptr(btf, 0);
	int state, pair, inner, flow;

	state = btf__add_enum(btf, "state", 4);
	btf__add_enum_value(btf, "IDLE", 0);
	btf__add_enum_value(btf, "BUSY", 7);
	pair = btf__add_union(btf, "", 4);
	btf__add_field(btf, "word", basics->u32, 0, 0);
	btf__add_field(btf, "bytes", four, 0, 0);
	inner = btf__add_struct(btf, "", 4);
	btf__add_field(btf, "x", basics->u16, 0, 0);
	btf__add_field(btf, "y", basics->boolean, 16, 0);

	flow = btf__add_struct(btf, "flow", 88);
	btf__add_field(btf, "saddr", basics->be32, 0, 0);
	btf__add_field(btf, "sport", basics->be16, 32, 0);
	btf__add_field(btf, "smac", octets, 48, 0);
	btf__add_field(btf, "state", state, 96, 0);
	btf__add_field(btf, "low", basics->u32, 128, 3);
	btf__add_field(btf, "high", basics->u32, 131, 5);
	btf__add_field(btf, "", pair, 160, 0);
	btf__add_field(btf, "inner", inner, 192, 0);
	btf__add_field(btf, "p", pointer, 256, 0);
	btf__add_field(btf, "comm", text, 320, 0);
	btf__add_field(btf, "grid", grid, 448, 0);
	btf__add_field(btf, "__pad", four, 640, 0);
	return flow;
}

TEST(a_struct_becomes_a_column_a_leaf)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	int flow = add_flow(btf, &basics);
	struct skbscope_image_map map =
		map_of("flows", BPF_MAP_TYPE_PERCPU_HASH, 88, 8, flow, basics.u64);
	struct skbscope_image image = image_of(&map, 1, btf);
	struct schema_set *set = make(&image);
	const struct skbscope_schema *schema = schema_set_get(set, 0);

	REQUIRE(schema);
	CHECK(schema->per_cpu && schema->has_btf);
	CHECK_NUMBER(schema->column_count, 14);
	check_column(set, "saddr", 0, 32, true, SKBSCOPE_DISPLAY_IPV4);
	check_column(set, "sport", 32, 16, true, SKBSCOPE_DISPLAY_PORT_BE);
	check_column(set, "smac", 48, 48, true, SKBSCOPE_DISPLAY_MAC);
	check_column(set, "state", 96, 32, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "low", 128, 3, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "high", 131, 5, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "word", 160, 32, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "bytes", 160, 32, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "inner.x", 192, 16, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "inner.y", 208, 8, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "p", 256, 64, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "comm", 320, 128, true, SKBSCOPE_DISPLAY_TEXT);
	check_column(set, "grid", 448, 192, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "value", 0, 64, false, SKBSCOPE_DISPLAY_PLAIN);
	CHECK(!column_of(set, 0, "__pad"));
	CHECK_NUMBER(column_of(set, 0, "state")->type->kind, SKBSCOPE_KIND_ENUM);
	CHECK_TEXT(column_of(set, 0, "state")->type->name, "enum state");
	CHECK_TEXT(column_of(set, 0, "grid")->type->name, "unsigned int[2][3]");
	CHECK_TEXT(column_of(set, 0, "p")->type->name, "void *");
	schema_set_unref(set);
	btf__free(btf);
}

TEST(the_outermost_known_name_says_how_to_show)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	int mine = btf__add_typedef(btf, "my_source", basics.be32);
	int bytes = btf__add_typedef(btf, "bytes_t", btf__add_typedef(btf, "__u64", basics.u64));
	struct skbscope_image_map map = map_of("t", BPF_MAP_TYPE_HASH, 4, 8, mine, bytes);
	struct skbscope_image image = image_of(&map, 1, btf);
	struct schema_set *set = make(&image);

	check_column(set, "key", 0, 32, true, SKBSCOPE_DISPLAY_IPV4);
	check_column(set, "value", 0, 64, false, SKBSCOPE_DISPLAY_BYTES);
	CHECK_TEXT(column_of(set, 0, "key")->type->name, "my_source");
	CHECK(column_of(set, 0, "value")->is_counter);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(the_name_of_a_member_says_what_an_integer_is)
{
	static const struct {
		const char *name;
		bool be32;
		enum skbscope_display display;
	} cases[] = {
		{ "saddr", true, SKBSCOPE_DISPLAY_IPV4 },
		{ "dst_ip", true, SKBSCOPE_DISPLAY_IPV4 },
		{ "source", true, SKBSCOPE_DISPLAY_IPV4 },
		{ "peer", true, SKBSCOPE_DISPLAY_IPV4 },
		{ "seq", true, SKBSCOPE_DISPLAY_NUMBER_BE },
		{ "ack_seq", true, SKBSCOPE_DISPLAY_NUMBER_BE },
		{ "spi", true, SKBSCOPE_DISPLAY_NUMBER_BE },
		{ "vni", true, SKBSCOPE_DISPLAY_NUMBER_BE },
		{ "tunnel_id", true, SKBSCOPE_DISPLAY_NUMBER_BE },
		{ "daddr", false, SKBSCOPE_DISPLAY_IPV4 },
		{ "src_addr", false, SKBSCOPE_DISPLAY_IPV4 },
		{ "ip", false, SKBSCOPE_DISPLAY_IPV4 },
		{ "remote_ip4", false, SKBSCOPE_DISPLAY_IPV4 },
		{ "clientIp", false, SKBSCOPE_DISPLAY_IPV4 },
		{ "skip", false, SKBSCOPE_DISPLAY_PLAIN },
		{ "source", false, SKBSCOPE_DISPLAY_PLAIN },
		{ "addr_len", false, SKBSCOPE_DISPLAY_PLAIN },
		{ "ip_id", false, SKBSCOPE_DISPLAY_PLAIN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct basics basics;
		struct btf *btf = btf_with_basics(&basics);
		int key = btf__add_struct(btf, "key", 4);
		struct skbscope_image_map map =
			map_of("t", BPF_MAP_TYPE_HASH, 4, 8, key, basics.u64);
		struct skbscope_image image;
		struct schema_set *set;

		btf__add_field(btf, cases[i].name, cases[i].be32 ? basics.be32 : basics.u32, 0, 0);
		image = image_of(&map, 1, btf);
		set = make(&image);
		check_column(set, cases[i].name, 0, 32, true, cases[i].display);
		schema_set_unref(set);
		btf__free(btf);
	}
}

TEST(what_is_no_amount_by_its_name_does_not_add_up)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	int lock = btf__add_struct(btf, "bpf_spin_lock", 4);
	int value;
	struct skbscope_image_map map;
	struct skbscope_image image;
	struct schema_set *set;

	btf__add_field(btf, "val", basics.u32, 0, 0);
	value = btf__add_struct(btf, "value", 16);
	btf__add_field(btf, "lock", lock, 0, 0);
	btf__add_field(btf, "saddr", basics.u32, 32, 0);
	btf__add_field(btf, "sport", basics.u16, 64, 0);
	btf__add_field(btf, "report", basics.u16, 80, 0);
	btf__add_field(btf, "packets", basics.u32, 96, 0);
	map = map_of("t", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16, basics.u32, value);
	image = image_of(&map, 1, btf);
	set = make(&image);
	CHECK_NUMBER(schema_set_get(set, 0)->column_count, 5); /* without the lock */
	CHECK(!column_of(set, 0, "saddr")->is_counter);
	CHECK(!column_of(set, 0, "sport")->type->adds_up);
	CHECK(column_of(set, 0, "report")->type->adds_up);
	CHECK(column_of(set, 0, "packets")->is_counter);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(a_name_that_does_not_fit_its_size_says_nothing)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	int wide = btf__add_typedef(btf, "ipv4_t", basics.u64);
	struct skbscope_image_map map = map_of("t", BPF_MAP_TYPE_HASH, 8, 8, wide, basics.u64);
	struct skbscope_image image = image_of(&map, 1, btf);
	struct schema_set *set = make(&image);

	check_column(set, "key", 0, 64, true, SKBSCOPE_DISPLAY_PLAIN);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(a_name_that_key_and_value_share_gets_a_prefix)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	int key = btf__add_struct(btf, "k", 8), value;
	struct skbscope_image_map map;
	struct skbscope_image image;
	struct schema_set *set;

	btf__add_field(btf, "bytes", basics.u32, 0, 0);
	btf__add_field(btf, "text", basics.u32, 32, 0);
	value = btf__add_struct(btf, "v", 16);
	btf__add_field(btf, "bytes", basics.u64, 0, 0);
	btf__add_field(btf, "packets", basics.u64, 64, 0);
	map = map_of("t", BPF_MAP_TYPE_HASH, 8, 16, key, value);
	image = image_of(&map, 1, btf);
	set = make(&image);
	check_column(set, "key.bytes", 0, 32, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "key.text", 32, 32, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "value.bytes", 0, 64, false, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "packets", 64, 64, false, SKBSCOPE_DISPLAY_PLAIN);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(a_type_of_the_wrong_size_is_not_believed)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	struct skbscope_image_map map =
		map_of("t", BPF_MAP_TYPE_HASH, 4, 6, basics.u32, basics.u64);
	struct skbscope_image image = image_of(&map, 1, btf);
	struct schema_set *set = make(&image);

	/* Not the BTF's eight bytes, and the description says nothing. */
	check_column(set, "value", 0, 48, false, SKBSCOPE_DISPLAY_HEX);
	CHECK(!schema_set_get(set, 0)->has_btf);
	schema_set_unref(set);

	map.value_description = "[\"v\",[[\"a\",\"unsigned short\",[3]]],\"struct\"]";
	set = make(&image);
	check_column(set, "a", 0, 48, false, SKBSCOPE_DISPLAY_PLAIN);
	CHECK(!schema_set_get(set, 0)->has_btf);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(a_union_of_unions_of_unions_takes_no_time)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	int inner = btf__add_struct(btf, "p", 8);
	struct skbscope_image_map map;
	struct skbscope_image image;
	struct schema_set *set;

	btf__add_field(btf, "pad", basics.u64, 0, 0);
	for (int i = 0; i < 28; i++) {
		int outer = btf__add_union(btf, "u", 8);

		btf__add_field(btf, "a", inner, 0, 0);
		btf__add_field(btf, "b", inner, 0, 0);
		inner = outer;
	}
	map = map_of("t", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, basics.u32, inner);
	image = image_of(&map, 1, btf);
	set = make(&image);
	check_column(set, "value", 0, 64, false, SKBSCOPE_DISPLAY_HEX);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(junk_instead_of_btf_leaves_the_descriptions)
{
	static const uint8_t junk[64] = { 0x9f, 0xeb, 1, 0, 24 };
	struct skbscope_image_map map = map_of("t", BPF_MAP_TYPE_ARRAY, 4, 8, 1, 2);
	struct skbscope_image image = image_of(&map, 1, NULL);
	struct schema_set *set;

	map.key_description = "\"int\"";
	map.value_description = "\"unsigned long long\"";
	image.btf = junk;
	image.btf_size = sizeof(junk);
	libbpf_set_print(NULL);
	set = make(&image);
	check_column(set, "key", 0, 32, true, SKBSCOPE_DISPLAY_PLAIN);
	check_column(set, "value", 0, 64, false, SKBSCOPE_DISPLAY_PLAIN);
	CHECK(!schema_set_get(set, 0)->has_btf);
	schema_set_unref(set);
}

TEST(maps_that_hold_no_rows_are_not_read)
{
	static const struct {
		uint32_t type;
		const char *name;
		bool readable;
	} kinds[] = {
		{ BPF_MAP_TYPE_HASH, "hash", true },
		{ BPF_MAP_TYPE_LRU_PERCPU_HASH, "lru_percpu_hash", true },
		{ BPF_MAP_TYPE_LPM_TRIE, "lpm_trie", true },
		{ BPF_MAP_TYPE_STACK_TRACE, "stack_trace", true },
		{ BPF_MAP_TYPE_PROG_ARRAY, "prog_array", false },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, "perf_event_array", false },
		{ BPF_MAP_TYPE_RINGBUF, "ringbuf", false },
		{ BPF_MAP_TYPE_HASH_OF_MAPS, "hash_of_maps", false },
		{ BPF_MAP_TYPE_QUEUE, "queue", false },
		{ BPF_MAP_TYPE_BLOOM_FILTER, "bloom_filter", false },
		{ 9999, "type 9999", false },
	};
	size_t count = sizeof(kinds) / sizeof(*kinds);
	struct skbscope_image_map maps[16];
	struct skbscope_image image;
	struct schema_set *set;

	for (size_t i = 0; i < count; i++)
		maps[i] = map_of("t", kinds[i].type, 4, 4, 0, 0);
	image = image_of(maps, count, NULL);
	set = make(&image);
	for (size_t i = 0; i < count; i++) {
		CHECK_TEXT(schema_set_get(set, i)->map_type, kinds[i].name);
		CHECK_NUMBER(schema_set_get(set, i)->readable, kinds[i].readable);
	}
	schema_set_unref(set);
}

TEST(tags_choose_order_histograms_and_what_is_hidden)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	struct skbscope_image_map maps[] = {
		map_of("a", BPF_MAP_TYPE_HASH, 4, 8, basics.u32, basics.u64),
		map_of("b", BPF_MAP_TYPE_ARRAY, 4, 8, basics.s32, basics.u64),
		map_of("c", BPF_MAP_TYPE_ARRAY, 4, 8, basics.s32, basics.u64),
	};
	struct skbscope_table_tag sort = { "a", "key" }, hide = { "b", NULL }, log2 = { "c", NULL };
	struct skbscope_documentation documentation = { .sorts = &sort,
							.sort_count = 1,
							.hidden = &hide,
							.hidden_count = 1,
							.histograms = &log2,
							.histogram_count = 1 };
	struct skbscope_image image = image_of(maps, 3, btf);
	struct skbscope_error error = { 0 };
	struct schema_set *set;

	image.documentation = &documentation;
	maps[1].histogram = true; /* as BPF_HISTOGRAM does */
	set = make(&image);
	CHECK_TEXT(schema_set_get(set, 0)->sort_column, "key");
	CHECK(schema_set_get(set, 1)->hidden && !schema_set_get(set, 0)->hidden);
	CHECK(schema_set_get(set, 1)->histogram && schema_set_get(set, 2)->histogram);
	CHECK(!schema_set_get(set, 0)->histogram);
	schema_set_unref(set);

	sort.argument = "vlaue";
	CHECK_NUMBER(schema_set_new(&image, &set, &error), -ENOENT);
	CHECK_NUMBER(error.stage, SKBSCOPE_STAGE_COMPILE);
	CHECK_CONTAINS(error.message, "@sort a vlaue");
	CHECK_CONTAINS(error.hint, "'value'");
	sort.argument = "value";
	hide.table = "bb";
	CHECK_NUMBER(schema_set_new(&image, &set, &error), -ENOENT);
	CHECK_CONTAINS(error.message, "@hide bb");
	btf__free(btf);
}

TEST(five_hundred_columns_are_one_column_of_bytes)
{
	struct basics basics;
	struct btf *btf = btf_with_basics(&basics);
	int wide = btf__add_struct(btf, "wide", 2400);
	struct skbscope_image_map map;
	struct skbscope_image image;
	struct schema_set *set;

	for (uint32_t i = 0; i < 600; i++) {
		char name[16];

		snprintf(name, sizeof(name), "m%u", i);
		btf__add_field(btf, name, basics.u32, i * 32, 0);
	}
	map = map_of("t", BPF_MAP_TYPE_HASH, 4, 2400, basics.u32, wide);
	image = image_of(&map, 1, btf);
	set = make(&image);
	CHECK_NUMBER(schema_set_get(set, 0)->column_count, 2);
	check_column(set, "value", 0, 19200, false, SKBSCOPE_DISPLAY_HEX);
	schema_set_unref(set);
	btf__free(btf);
}

TEST(protocols_and_interfaces_can_be_numbers)
{
	static const enum skbscope_display expected[] = {
		SKBSCOPE_DISPLAY_PLAIN,     SKBSCOPE_DISPLAY_PLAIN, SKBSCOPE_DISPLAY_PLAIN,
		SKBSCOPE_DISPLAY_NUMBER_BE, SKBSCOPE_DISPLAY_IPV4,
	};
	static const char *const names[] = { "ip_proto_t", "eth_proto_t", "ifindex_t",
					     "eth_proto_be_t", "ipv4_t" };
	struct basics basics;
	struct schema_set *set = NULL;
	struct btf *btf = btf_with_basics(&basics);
	const int of[] = { basics.u8, basics.u16, basics.u32, basics.u16, basics.u32 };
	int types[5], value, array;
	struct skbscope_image_map map;
	struct skbscope_image image;

	for (size_t i = 0; i < 5; i++)
		types[i] = btf__add_typedef(btf, names[i], of[i]);
	array = btf__add_array(btf, basics.u32, types[2], 2);
	value = btf__add_struct(btf, "value", 28);
	for (uint32_t i = 0; i < 5; i++)
		btf__add_field(btf, names[i], types[i], 32 * i, 0);
	btf__add_field(btf, "list", array, 160, 0);
	map = map_of("t", BPF_MAP_TYPE_HASH, 4, 28, basics.u32, value);
	image = image_of(&map, 1, btf);
	REQUIRE(schema_set_new(&image, &set, NULL) == 0);
	CHECK_NUMBER(schema_set_get(set, 0)->columns[1].type->display, SKBSCOPE_DISPLAY_IP_PROTO);
	CHECK_NUMBER(schema_set_show_numbers(set), 0);
	REQUIRE(schema_set_get(set, 0)->column_count == 7);
	for (size_t i = 0; i < 5; i++) {
		const struct skbscope_column *column = &schema_set_get(set, 0)->columns[i + 1];

		CHECK_NUMBER(column->type->display, expected[i]);
		CHECK_TEXT(column->type->name, names[i]);
	}
	CHECK_NUMBER(schema_set_get(set, 0)->columns[6].type->element->display,
		     SKBSCOPE_DISPLAY_PLAIN);
	schema_set_unref(set);
	btf__free(btf);
}

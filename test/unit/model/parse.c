/* SPDX-License-Identifier: Apache-2.0 */
/* model/parse: text to keys and values, and what is said of text that is none. */
#include "model/parse.h"

#include <ctype.h>
#include <linux/bpf.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "declare.h"
#include "harness.h"
#include "model/assignment.h"
#include "model/format.h"

static uint8_t key[256], value[256], written[256];
static struct skbscope_error error;
static const char *at;
static const char *parsed; /* the text, for places in it */

static int read_key(const struct declared *table, const char *text)
{
	parsed = text;
	memset(&error, 0, sizeof(error));
	return parse_key(schema_set_get(table->set, 0), NULL, span_of(text), key, &at, &error);
}

static int read_value(const struct declared *table, const char *text)
{
	parsed = text;
	memset(&error, 0, sizeof(error));
	return parse_value(schema_set_get(table->set, 0), NULL, span_of(text), value, written, &at,
			   &error);
}

#define CHECK_BYTES(actual, ...)                                                                   \
	do {                                                                                       \
		static const uint8_t bytes_[] = { __VA_ARGS__ };                                   \
		CHECK(memcmp(actual, bytes_, sizeof(bytes_)) == 0);                                \
	} while (0)

/* That it fails there, with those words in the message or the hint. */
#define CHECK_FAILS(call, place, words)                                                            \
	do {                                                                                       \
		CHECK_NUMBER(call, -EINVAL);                                                       \
		CHECK_NUMBER(at - parsed, place);                                                  \
		if (!strstr(error.message, words) && !strstr(error.hint, words)) {                 \
			CHECK_TEXT(error.message, words);                                          \
			CHECK_TEXT(error.hint, words);                                             \
		}                                                                                  \
	} while (0)

static void with_types(struct declared *table)
{
	static const struct {
		const char *name, *of;
	} typedefs[] = {
		{ "ipv4_t", "unsigned int" },
		{ "ipv4_host_t", "unsigned int" },
		{ "ns_t", "unsigned long long" },
		{ "bytes_t", "unsigned long long" },
		{ "ip_proto_t", "unsigned char" },
		{ "tcp_flags_t", "unsigned char" },
		{ "verdict_t", "int" },
		{ "ifindex_t", "unsigned int" },
		{ "eth_proto_t", "unsigned short" },
		{ "log2_t", "unsigned int" },
		{ "hex32_t", "unsigned int" },
		{ "when_t", "unsigned long long" },
	};
	int bytes, mac;

	declare_open(table);
	for (size_t i = 0; i < sizeof(typedefs) / sizeof(*typedefs); i++)
		btf__add_typedef(table->btf, typedefs[i].name,
				 btf__find_by_name(table->btf, typedefs[i].of));
	bytes = btf__add_array(table->btf, 3, btf__find_by_name(table->btf, "unsigned char"), 6);
	mac = btf__add_struct(table->btf, NULL, 6);
	btf__add_field(table->btf, "bytes", bytes, 0, 0);
	btf__add_typedef(table->btf, "mac_t", mac);
	bytes = btf__add_array(table->btf, 3, btf__find_by_name(table->btf, "unsigned char"), 16);
	btf__add_struct(table->btf, "in6_addr", 16);
	btf__add_field(table->btf, "bytes", bytes, 0, 0);
	mac = btf__add_union(table->btf, NULL, 16);
	btf__add_field(table->btf, "bytes", bytes, 0, 0);
	btf__add_typedef(table->btf, "ip_address_t", mac);
	btf__add_enum(table->btf, "mode", 4);
	btf__add_enum_value(table->btf, "MODE_OFF", 0);
	btf__add_enum_value(table->btf, "MODE_COUNT", 1);
	btf__add_enum_value(table->btf, "MODE_DROP", 7);
}

/* Structs of one member are named after it, not "key" and "value". */
static void open_table(struct declared *table, uint32_t type, const char *keys, const char *values)
{
	with_types(table);
	declare_map(table, type, keys, values);
	declare_close(table);
}

TEST(an_address_and_a_port_are_in_network_order)
{
	struct declared table;

	open_table(&table, BPF_MAP_TYPE_HASH, "addr __be32; port __be16; pad u16", "u64");
	CHECK_NUMBER(read_key(&table, "{addr=10.0.0.1, port=443}"), 0);
	CHECK_BYTES(key, 10, 0, 0, 1, 1, 187, 0, 0);
	CHECK_NUMBER(read_key(&table, " { port = 80 addr = 192.0.2.7 } "), 0);
	CHECK_BYTES(key, 192, 0, 2, 7, 0, 80, 0, 0);
	CHECK_NUMBER(read_key(&table, "{10.0.0.1, 443}"), 0);
	CHECK_BYTES(key, 10, 0, 0, 1, 1, 187, 0, 0);
	CHECK_FAILS(read_key(&table, "{addr=10.0.0.1}"), 0, "the key lacks 'port'");
	CHECK_FAILS(read_key(&table, "10.0.0.1"), 0, "write {addr=…, port=…}");
	CHECK_FAILS(read_key(&table, "{addr=10.0.0.1, prot=443}"), 16, "did you mean 'port'?");
	CHECK_FAILS(read_key(&table, "{addr=10.0.0.256, port=1}"), 6,
		    "'addr' takes an IPv4 address, not '10.0.0.256'");
	CHECK_FAILS(read_key(&table, "{addr=10.0.0.1, port=65536}"), 21, "a port from 0 to 65535");
	CHECK_FAILS(read_key(&table, "{addr=10.0.0.1, port=443"), 24, "not closed");
	CHECK_FAILS(read_key(&table, "{addr=10.0.0.1, port=443} x"), 26, "nothing more belongs");
	CHECK_FAILS(read_key(&table, "{addr=10.0.0.1, addr=10.0.0.2, port=1}"), 16, "already");
	CHECK_FAILS(read_key(&table, "{10.0.0.1, 443, 1}"), 16, "no more members");
	declare_clear(&table);
}

TEST(an_address_of_either_family_is_read_as_one)
{
	struct declared table;

	open_table(&table, BPF_MAP_TYPE_LPM_TRIE, "length u32; addr ip_address_t", "u64");
	CHECK_NUMBER(read_key(&table, "10.0.0.1"), 0);
	CHECK_BYTES(key, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1);
	CHECK_NUMBER(read_key(&table, "10.0.0.0/8"), 0);
	CHECK_BYTES(key, 104, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0);
	CHECK_NUMBER(read_key(&table, "2001:db8::/32"), 0);
	CHECK_BYTES(key, 32, 0, 0, 0, 0x20, 1, 0x0d, 0xb8, 0, 0);
	CHECK_NUMBER(read_key(&table, "0.0.0.0/0"), 0);
	CHECK_BYTES(key, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0);
	CHECK_FAILS(read_key(&table, "10.0.0.0/33"), 9, "up to 32 bits");
	CHECK_FAILS(read_key(&table, "10.1.2.3/16"), 0, "the network is 10.1.0.0/16");
	CHECK_FAILS(read_key(&table, "2001:db8::1/32"), 0, "the network is 2001:db8::/32");
	CHECK_FAILS(read_key(&table, "::ffff:10.1.2.3/112"), 0,
		    "the network is ::ffff:10.1.0.0/112");
	CHECK_FAILS(read_key(&table, "somewhere"), 0, "an IPv4 or IPv6 address");
	declare_clear(&table);
}

TEST(numbers_stay_within_their_type)
{
	struct declared table;

	open_table(&table, BPF_MAP_TYPE_HASH, "u8", "s32");
	CHECK_NUMBER(read_key(&table, "255"), 0);
	CHECK_BYTES(key, 255);
	CHECK_NUMBER(read_key(&table, "0x1f"), 0);
	CHECK_BYTES(key, 0x1f);
	CHECK_FAILS(read_key(&table, "256"), 0, "the key takes a number from 0 to 255, not '256'");
	CHECK_FAILS(read_key(&table, "-1"), 0, "from 0 to 255");
	CHECK_FAILS(read_key(&table, "12x"), 0, "not '12x'");
	CHECK_FAILS(read_key(&table, ""), 0, "there is nothing");
	CHECK_NUMBER(read_value(&table, "-2147483648"), 0);
	CHECK_BYTES(value, 0, 0, 0, 0x80);
	CHECK_FAILS(read_value(&table, "2147483648"), 0, "to 2147483647");
	CHECK_FAILS(read_value(&table, "-2147483649"), 0, "from -2147483648");
	CHECK_FAILS(read_value(&table, "340282366920938463463374607431768211456"), 0, "a number");
	declare_clear(&table);
	open_table(&table, BPF_MAP_TYPE_HASH, "u128", "a u32:3; b u32:5");
	CHECK_NUMBER(read_key(&table, "340282366920938463463374607431768211455"), 0);
	CHECK_BYTES(key, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		    255);
	CHECK_FAILS(read_key(&table, "340282366920938463463374607431768211456"), 0, "a number");
	CHECK_NUMBER(read_value(&table, "{b=31}"), 0);
	CHECK_BYTES(value, 0xf8);
	CHECK_BYTES(written, 0xf8, 0);
	CHECK_FAILS(read_value(&table, "{a=8}"), 3, "'a' takes a number from 0 to 7");
	declare_clear(&table);
}

TEST(units_are_those_of_the_type)
{
	struct declared table;
	uint64_t number[3];

	open_table(&table, BPF_MAP_TYPE_HASH, "u32", "gap ns_t; limit bytes_t; count u64");
#define READ(text) (memset(number, 0, sizeof(number)), read_value(&table, text))
#define SAME(index, wanted) (memcpy(number, value, sizeof(number)), number[index] == (wanted))
	CHECK_NUMBER(READ("{gap=10ms, limit=64KiB, count=1mbit}"), 0);
	CHECK(SAME(0, 10000000) && SAME(1, 65536) && SAME(2, 1000000));
	CHECK_NUMBER(READ("{gap=1.5 s limit=1.5 MiB count=12.3k}"), 0);
	CHECK(SAME(0, 1500000000) && SAME(1, 1572864) && SAME(2, 12300));
	CHECK_NUMBER(READ("{limit=1mbit}"), 0);
	CHECK(SAME(1, 125000));
	CHECK_NUMBER(READ("{gap=7, limit=4kB, count=16EiB}"), -EINVAL);
	CHECK_NUMBER(READ("{gap=7, limit=4kB, count=15EiB}"), 0);
	CHECK(SAME(0, 7) && SAME(1, 4000) && SAME(2, UINT64_C(15) << 60));
	CHECK_FAILS(READ("{gap=0.5ns}"), 5, "a time such as 10ms");
	CHECK_FAILS(READ("{gap=64KiB}"), 5, "a time such as 10ms, not '64KiB'");
	CHECK_FAILS(READ("{limit=10ms}"), 7, "a size such as 64KiB");
	CHECK_FAILS(READ("{limit=10k}"), 7, "KiB is 1024 bytes, kB is 1000");
	CHECK_FAILS(READ("{count=10ms}"), 7, "declare it as ns_t");
	declare_clear(&table);
	open_table(&table, BPF_MAP_TYPE_HASH, "u32", "ns_t");
	CHECK_NUMBER(READ("2h 05m"), 0);
	CHECK(SAME(0, UINT64_C(7500000000000)));
	declare_clear(&table);
}

TEST(names_stand_for_their_numbers)
{
	struct declared table;

	open_table(&table, BPF_MAP_TYPE_HASH,
		   "proto ip_proto_t; flags tcp_flags_t; type eth_proto_t",
		   "action verdict_t; plain s32; m mode; on bool; b log2_t");
	CHECK_NUMBER(read_key(&table, "{proto=udp, flags=SYN|ack, type=IPv6}"), 0);
	CHECK_BYTES(key, 17, 0x12, 0xdd, 0x86);
	CHECK_NUMBER(read_key(&table, "{200, FIN|0x40, 0x1234}"), 0);
	CHECK_BYTES(key, 200, 0x41, 0x34, 0x12);
	CHECK_FAILS(read_key(&table, "{proto=tcpp, flags=0, type=1}"), 7, "a protocol such as TCP");
	CHECK_FAILS(read_key(&table, "{proto=TCP, flags=AE, type=1}"), 18, "TCP flags");
	CHECK_NUMBER(read_value(&table, "{action=SHOT, plain=TC_ACT_STOLEN, m=MODE_DROP, on=true, "
					"b=1024-2047}"),
		     0);
	CHECK_BYTES(value, 2, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 10, 0, 0, 0);
	CHECK_NUMBER(read_value(&table, "{action=tc_act_shot}"), -EINVAL);
	CHECK_NUMBER(read_value(&table, "{action=UNSPEC, m=9, on=0}"), 0);
	CHECK_BYTES(value, 255, 255, 255, 255, 0, 0, 0, 0, 9);
	CHECK_FAILS(read_value(&table, "{m=MODE_DORP}"), 3, "did you mean 'MODE_DROP'?");
	CHECK_FAILS(read_value(&table, "{plain=SHOT}"), 7, "a number from");
	CHECK_FAILS(read_value(&table, "{b=1024-2048}"), 3, "a power of two");
	declare_clear(&table);
}

static uint32_t find_interface(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "eth7") == 0 ? 7 : 0;
}

TEST(an_interface_has_a_name_where_somebody_knows_it)
{
	static const struct parse_names names = { find_interface, NULL };
	struct declared table;
	const struct skbscope_schema *schema;

	open_table(&table, BPF_MAP_TYPE_HASH, "ifindex_t", "u64");
	schema = schema_set_get(table.set, 0);
	CHECK_NUMBER(parse_key(schema, &names, span_of("eth7"), key, &at, &error), 0);
	CHECK_BYTES(key, 7, 0, 0, 0);
	CHECK_NUMBER(parse_key(schema, &names, span_of("12"), key, &at, &error), 0);
	CHECK_BYTES(key, 12, 0, 0, 0);
	CHECK_NUMBER(parse_key(schema, &names, span_of("eth8"), key, &at, &error), -EINVAL);
	CHECK_NUMBER(read_key(&table, "eth7"), -EINVAL);
	CHECK_NUMBER(read_key(&table, "-"), 0);
	declare_clear(&table);
}

TEST(a_network_is_a_key_of_an_LPM_table_alone)
{
	static const char *const keys[] = { "prefixlen u32; addr __be32", "prefixlen u32; data u32",
					    "prefixlen u32; data u8[4]" };
	struct declared table;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		open_table(&table, BPF_MAP_TYPE_LPM_TRIE, keys[i], "u64");
		CHECK_NUMBER(read_key(&table, "10.1.0.0/16"), 0);
		CHECK_BYTES(key, 16, 0, 0, 0, 10, 1, 0, 0);
		CHECK_NUMBER(read_key(&table, "10.1.2.3"), 0);
		CHECK_BYTES(key, 32, 0, 0, 0, 10, 1, 2, 3);
		CHECK_NUMBER(read_key(&table, "0.0.0.0/0"), 0);
		CHECK_BYTES(key, 0, 0, 0, 0, 0, 0, 0, 0);
		CHECK_NUMBER(read_key(&table, "{8, 10.0.0.0}"), 0);
		CHECK_BYTES(key, 8, 0, 0, 0, 10, 0, 0, 0);
		CHECK_FAILS(read_key(&table, "10.1.2.3/16"), 0, "the network is 10.1.0.0/16");
		CHECK_FAILS(read_key(&table, "10.1.0.0/33"), 9, "up to 32 bits");
		CHECK_FAILS(read_key(&table, "10.1.0.0/"), 0, "takes");
		CHECK_FAILS(read_key(&table, "10.1/16"), 0, "takes an IPv4 address");
		CHECK_FAILS(read_key(&table, "{8, 10.0.0.0/8}"), 4, "given already");
		CHECK_FAILS(read_key(&table, "{8, 10.1.0.0}"), 0, "behind the prefix");
		declare_clear(&table);
	}
	open_table(&table, BPF_MAP_TYPE_LPM_TRIE, "prefixlen u32; addr in6_addr", "u64");
	CHECK_NUMBER(read_key(&table, "2001:db8::/32"), 0);
	CHECK_BYTES(key, 32, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0);
	CHECK_FAILS(read_key(&table, "2001:db8::1/32"), 0, "the network is 2001:db8::/32");
	declare_clear(&table);
	open_table(&table, BPF_MAP_TYPE_LPM_TRIE, "prefixlen u32; zone u32; addr ipv4_t", "u64");
	CHECK_NUMBER(read_key(&table, "{zone=5, addr=10.0.0.0/8}"), 0);
	CHECK_BYTES(key, 40, 0, 0, 0, 5, 0, 0, 0, 10, 0, 0, 0);
	CHECK_FAILS(read_key(&table, "10.0.0.0/8"), 0, "3 members");
	declare_clear(&table);
	open_table(&table, BPF_MAP_TYPE_LPM_TRIE, "prefixlen u32; addr ipv4_host_t", "u64");
	CHECK_FAILS(read_key(&table, "10.0.0.0/8"), 0, "declare it as ipv4_t");
	declare_clear(&table);
	open_table(&table, BPF_MAP_TYPE_HASH, "ipv4_t", "u64");
	CHECK_FAILS(read_key(&table, "10.0.0.0/8"), 0, "BPF_LPM_TRIE");
	declare_clear(&table);
}

TEST(a_network_of_either_family_has_the_prefix_that_was_written)
{
	static const struct {
		const char *written, *shown;
		uint32_t bits;
	} networks[] = {
		{ "10.0.0.0/8", "{prefixlen=8, addr=10.0.0.0}", 104 },
		{ "192.0.2.7", "{prefixlen=32, addr=192.0.2.7}", 128 },
		{ "0.0.0.0/0", "{prefixlen=0, addr=0.0.0.0}", 96 },
		{ "2001:db8::/32", "{prefixlen=32, addr=2001:db8::}", 32 },
		{ "::/0", "{prefixlen=0, addr=::}", 0 },
	};
	struct declared table;
	const struct skbscope_schema *schema;

	open_table(&table, BPF_MAP_TYPE_LPM_TRIE, "prefixlen u32; addr ip_address_t", "u64");
	schema = schema_set_get(table.set, 0);
	for (size_t i = 0; i < sizeof(networks) / sizeof(*networks); i++) {
		AUTO(buffer_free) struct buffer shown = { 0 };
		uint8_t first[20];

		CHECK_NUMBER(read_key(&table, networks[i].written), 0);
		CHECK_NUMBER(*(uint32_t *)(void *)key, networks[i].bits);
		memcpy(first, key, sizeof(first));
		buffer_string(&shown, "{prefixlen=");
		value_format(&schema->columns[0], key, false, &shown);
		buffer_string(&shown, ", addr=");
		value_format(&schema->columns[1], key, false, &shown);
		buffer_string(&shown, "}");
		CHECK_TEXT(buffer_text(&shown), networks[i].shown);
		CHECK_NUMBER(read_key(&table, networks[i].shown), 0);
		CHECK(memcmp(first, key, sizeof(first)) == 0);
	}
	CHECK_NUMBER(read_key(&table, "{104, 10.0.0.0}"), 0); /* as the kernel has it */
	CHECK_FAILS(read_key(&table, "{40, 10.0.0.0}"), 0, "behind the prefix");
	declare_clear(&table);
}

TEST(text_and_bytes_are_what_is_shown)
{
	struct declared table;

	open_table(&table, BPF_MAP_TYPE_HASH, "char[8]", "mac mac_t; name char[4]; raw u8[3]");
	CHECK_NUMBER(read_key(&table, "a b\\x41"), 0);
	CHECK_BYTES(key, 'a', ' ', 'b', 'A', 0, 0, 0, 0);
	CHECK_NUMBER(read_key(&table, "\" {\\\"\\n\" "), 0);
	CHECK_BYTES(key, ' ', '{', '"', '\n', 0, 0, 0, 0);
	CHECK_NUMBER(read_key(&table, "{x"), 0);
	CHECK_NUMBER(read_key(&table, "12345678"), 0);
	CHECK_FAILS(read_key(&table, "123456789"), 0, "text of up to 8 bytes");
	CHECK_FAILS(read_key(&table, "\"abc"), 1, "not closed");
	CHECK_FAILS(read_key(&table, "ab\\xg0"), 2, "hexadecimal");
	CHECK_FAILS(read_key(&table, "ab\\"), 2, "hexadecimal");
	CHECK_NUMBER(read_value(&table, "{mac=02:00:5e:10:00:ff, name=\"a,b\", raw=[1 2 3]}"), 0);
	CHECK_BYTES(value, 2, 0, 0x5e, 0x10, 0, 0xff, 'a', ',', 'b', 0, 1, 2, 3);
	CHECK_NUMBER(read_value(&table, "{raw=[7]}"), 0);
	CHECK_BYTES(value + 10, 7, 0, 0);
	CHECK_BYTES(written, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255);
	CHECK_FAILS(read_value(&table, "{raw=[1 2 3 4]}"), 12, "room for 3");
	CHECK_FAILS(read_value(&table, "{raw=[1 2"), 9, "not closed");
	CHECK_FAILS(read_value(&table, "{raw=7}"), 5, "in brackets");
	CHECK_FAILS(read_value(&table, "{mac=02:00:5e:10:00}"), 5, "a MAC address");
	declare_clear(&table);
}

TEST(a_member_of_a_member_is_named_either_way)
{
	struct declared table;
	int inner;

	with_types(&table);
	inner = btf__add_struct(table.btf, "inner", 8);
	btf__add_field(table.btf, "a", btf__find_by_name(table.btf, "unsigned int"), 0, 0);
	btf__add_field(table.btf, "b", btf__find_by_name(table.btf, "unsigned int"), 32, 0);
	CHECK(inner > 0);
	declare_map(&table, BPF_MAP_TYPE_HASH, "u32", "x inner; y inner; z inner[2]");
	declare_close(&table);
	CHECK_NUMBER(read_value(&table, "{x={a=1, b=2}, y.b=3, z=[{a=4 b=5} {b=6}]}"), 0);
	CHECK_BYTES(value, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0,
		    0, 0, 0, 0, 6);
	CHECK_BYTES(written, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255,
		    255);
	CHECK_FAILS(read_value(&table, "{x=1}"), 3, "in braces");
	CHECK_FAILS(read_value(&table, "{x={c=1}}"), 4, "no member 'c'");
	CHECK_FAILS(read_value(&table, "{x={1}}"), 4, "a name and '='");
	CHECK_FAILS(read_value(&table, "{z=[{c=1}]}"), 5, "no such member");
	CHECK_FAILS(read_value(&table, "{z=[{a=1"), 8, "not closed");
	declare_clear(&table);
}

TEST(a_name_that_key_and_value_share_is_meant_where_it_stands)
{
	struct declared table;

	open_table(&table, BPF_MAP_TYPE_HASH, "port u16; x u16", "port u32; rates u32");
	CHECK_NUMBER(read_key(&table, "{port=7, x=1}"), 0);
	CHECK_BYTES(key, 7, 0, 1, 0);
	CHECK_NUMBER(read_value(&table, "{port=9, rates=2}"), 0);
	CHECK_BYTES(value, 9, 0, 0, 0, 2, 0, 0, 0);
	declare_clear(&table);
}

TEST(an_example_can_be_read)
{
	static const struct {
		uint32_t type;
		const char *key, *value;
	} tables[] = {
		{ BPF_MAP_TYPE_LPM_TRIE, "prefixlen u32; data u32", "u64" },
		{ BPF_MAP_TYPE_LPM_TRIE, "prefixlen u32; zone u32; addr in6_addr", "bool" },
		{ BPF_MAP_TYPE_HASH, "addr ipv4_t; port __be16; mac mac_t; p ip_proto_t",
		  "gap ns_t; limit bytes_t; m mode; action verdict_t; flags tcp_flags_t" },
		{ BPF_MAP_TYPE_ARRAY, "u32",
		  "name char[4]; raw u8[3]; type eth_proto_t; h hex32_t" },
		{ BPF_MAP_TYPE_HASH, "in6_addr", "b log2_t; w when_t; i ifindex_t" },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		AUTO(buffer_free) struct buffer text = { 0 };
		struct assignment assignment = { .has_value = false };
		struct declared table;
		struct span rest;

		open_table(&table, tables[i].type, tables[i].key, tables[i].value);
		parse_example(schema_set_get(table.set, 0), &table.maps[0], &text);
		rest = span_of(buffer_text(&text));
		CHECK(span_skip(&rest, "--set '"));
		rest.length--;
		CHECK_NUMBER(assignment_split(rest, &assignment, &at, &error), 0);
		CHECK_NUMBER(parse_key(schema_set_get(table.set, 0), NULL, assignment.key, key, &at,
				       &error),
			     0);
		CHECK_NUMBER(parse_value(schema_set_get(table.set, 0), NULL, assignment.value,
					 value, written, &at, &error),
			     0);
		if (test_failures)
			fprintf(stderr, "%s: %s\n", buffer_text(&text), error.message);
		declare_clear(&table);
	}
}

TEST(an_example_leaves_to_the_program_what_it_counts)
{
	static const struct skbscope_image_write hits = { .offset = 0, .size = 8, .adds = true };
	AUTO(buffer_free) struct buffer text = { 0 };
	struct skbscope_image_map map = { .writes = &hits, .write_count = 1 };
	struct declared table;

	open_table(&table, BPF_MAP_TYPE_LPM_TRIE, "prefixlen u32; data u32",
		   "hits u64; limit bytes_t");
	parse_example(schema_set_get(table.set, 0), &map, &text);
	CHECK_TEXT(buffer_text(&text), "--set 't[192.0.2.0/24]={limit=64KiB}'");
	declare_clear(&table);
	buffer_clear(&text);
	open_table(&table, BPF_MAP_TYPE_HASH, "addr ipv4_t; port __be16; pad u16", "u64");
	parse_example(schema_set_get(table.set, 0), &map, &text);
	CHECK_TEXT(buffer_text(&text), "--set 't[{addr=192.0.2.1, port=443}]'");
	declare_clear(&table);
}

/* Every column by itself, of bytes that nobody chose. */
static void check_shown(const struct skbscope_schema *schema, const uint8_t *bytes)
{
	AUTO(buffer_free) struct buffer first = { 0 };
	AUTO(buffer_free) struct buffer second = { 0 };

	buffer_string(&first, "{");
	for (size_t i = 0; i < schema->column_count; i++) {
		if (schema->columns[i].is_key)
			continue;
		buffer_printf(&first, "%s%s=", i > 1 ? ", " : "", schema->columns[i].name);
		value_format(&schema->columns[i], bytes, true, &first);
	}
	buffer_string(&first, "}");
	CHECK_NUMBER(parse_value(schema, NULL, span_of(buffer_text(&first)), value, written, &at,
				 &error),
		     0);
	buffer_string(&second, "{");
	for (size_t i = 0; i < schema->column_count; i++) {
		if (schema->columns[i].is_key)
			continue;
		buffer_printf(&second, "%s%s=", i > 1 ? ", " : "", schema->columns[i].name);
		value_format(&schema->columns[i], value, true, &second);
	}
	buffer_string(&second, "}");
	CHECK_TEXT(buffer_text(&second), buffer_text(&first));
	if (test_failures)
		fprintf(stderr, "%s\n", error.message);
}

TEST(what_a_table_shows_can_be_pasted_back)
{
	struct declared table;
	uint32_t random = 7;
	uint8_t bytes[256];

	open_table(
		&table, BPF_MAP_TYPE_HASH, "u32",
		"a ipv4_t; b __be32; c __be16; d mac_t; e in6_addr; f ns_t; g bytes_t; "
		"h ip_proto_t; i tcp_flags_t; j verdict_t; k ifindex_t; l eth_proto_t; m log2_t; "
		"n hex32_t; o when_t; p mode; q bool; r u128; s s32; t u8[5]; u ipv4_host_t; "
		"v u32:3; w u32:7; x u64");
	for (size_t round = 0; round < 500 && !test_failures; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			random = random * 1664525 + 1013904223;
			bytes[i] = round % 3 ? (uint8_t)(random >> 24)
					     : (random >> 28 ? 0 : (uint8_t)(random >> 20));
		}
		check_shown(schema_set_get(table.set, 0), bytes);
	}
	declare_clear(&table);
}

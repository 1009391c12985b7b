/* SPDX-License-Identifier: Apache-2.0 */
/* model/ends: addresses and ports in keys. */
#include "model/ends.h"

#include "declare.h"
#include "harness.h"

static void open_table(struct declared *table, const char *key)
{
	int bytes;

	declare_open(table);
	btf__add_typedef(table->btf, "port_t", btf__find_by_name(table->btf, "unsigned short"));
	btf__add_typedef(table->btf, "ip_proto_t", btf__find_by_name(table->btf, "unsigned char"));
	btf__add_typedef(table->btf, "ipv4_host_t", btf__find_by_name(table->btf, "unsigned int"));
	bytes = btf__add_array(table->btf, 3, btf__find_by_name(table->btf, "unsigned char"), 16);
	btf__add_struct(table->btf, "in6_addr", 16);
	btf__add_field(table->btf, "bytes", bytes, 0, 0);
	declare_map(table, BPF_MAP_TYPE_HASH, key, "u64");
	declare_close(table);
}

static struct ends_plan plan_of(const char *key)
{
	struct declared table;
	struct ends_plan plan;

	open_table(&table, key);
	plan = ends_plan_of(schema_set_get(table.set, 0));
	declare_clear(&table);
	plan.address[0] = plan.address[1] = NULL; /* they have ended */
	return plan;
}

TEST(a_port_has_its_address_or_none_at_all)
{
	static const struct {
		const char *key;
		size_t ends;
	} keys[] = {
		{ "saddr __be32; daddr __be32; sport __be16; dport __be16", 2 },
		{ "saddr __be32; sport __be16; daddr __be32; dport u16; proto u8", 2 },
		{ "server in6_addr; port port_t; p ip_proto_t", 1 },
		{ "dport u16", 1 },
		{ "port __be16; protocol u8", 1 },
		{ "saddr __be32; daddr __be32", 0 },
		{ "saddr __be32; daddr __be32; dport __be16", 0 },
		{ "saddr __be32; sport __be16; dport __be16", 0 },
		{ "a __be16; b __be16; c __be16", 0 },
		{ "length u32; flags u8", 0 },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (plan_of(keys[i].key).count != keys[i].ends) {
			fprintf(stderr, "of %s\n", keys[i].key);
			CHECK_NUMBER(plan_of(keys[i].key).count, keys[i].ends);
		}
}

TEST(ends_are_read_in_whatever_order_they_lie)
{
	static const uint8_t mapped[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
	const struct {
		uint8_t protocol, pad[3];
		uint8_t first[4];
		uint32_t second;
		uint8_t port[2];
		uint16_t other;
	} key = { 17, { 0 }, { 192, 0, 2, 1 }, 0x7f000001, { 1, 187 }, 53 };
	struct declared table;
	struct ends_plan plan;
	struct ends ends;

	open_table(&table,
		   "protocol ip_proto_t; saddr __be32; remote ipv4_host_t; p __be16; q port_t");
	plan = ends_plan_of(schema_set_get(table.set, 0));
	REQUIRE(plan.count == 2);
	ends = ends_read(&plan, (const uint8_t *)&key);
	CHECK_NUMBER(ends.protocol, 17);
	CHECK(memcmp(ends.end[0].address, mapped, 16) == 0);
	CHECK_NUMBER(ends.end[0].port, 443);
	CHECK_NUMBER(ends.end[1].address[12], 127);
	CHECK_NUMBER(ends.end[1].address[15], 1);
	CHECK_NUMBER(ends.end[1].port, 53);
	declare_clear(&table);
}

TEST(any_address_is_the_same_in_both_families)
{
	const struct {
		uint8_t address[16], port[2];
	} key = { { [10] = 0xff, 0xff }, { 0, 53 } };
	static const uint8_t nothing[16];
	struct declared table;
	struct ends_plan plan;
	struct ends ends;

	open_table(&table, "address in6_addr; port __be16");
	plan = ends_plan_of(schema_set_get(table.set, 0));
	REQUIRE(plan.count == 1);
	ends = ends_read(&plan, (const uint8_t *)&key);
	CHECK(memcmp(ends.end[0].address, nothing, 16) == 0);
	CHECK_NUMBER(ends.protocol, 0);
	declare_clear(&table);
}

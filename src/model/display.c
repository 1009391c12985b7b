/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the name of a type says about its values. The names are those of kernel
 * headers and of programs/include/skbscope/types.h; docs/output.md lists them.
 */
#include <string.h>

#include "model/member_name.h"
#include "model/types.h"
#include "model/value.h"

enum shape { SHAPE_INTEGER, SHAPE_BYTES };
enum over_cpus { FIRST, SUM, LARGEST, SMALLEST };

static const struct meaning {
	const char *name;
	enum skbscope_display display;
	enum shape shape;
	uint32_t bits; /* 0: any */
	enum over_cpus over_cpus;
} meanings[] = {
	{ "__be32", SKBSCOPE_DISPLAY_NUMBER_BE, SHAPE_INTEGER, 32, FIRST },
	{ "__be64", SKBSCOPE_DISPLAY_NUMBER_BE, SHAPE_INTEGER, 64, FIRST },
	{ "ipv4_t", SKBSCOPE_DISPLAY_IPV4, SHAPE_INTEGER, 32, FIRST },
	{ "ipv4_host_t", SKBSCOPE_DISPLAY_IPV4_HOST, SHAPE_INTEGER, 32, FIRST },
	{ "in_addr_t", SKBSCOPE_DISPLAY_IPV4, SHAPE_INTEGER, 32, FIRST },
	{ "in_addr", SKBSCOPE_DISPLAY_IPV4, SHAPE_BYTES, 32, FIRST },
	{ "in6_addr", SKBSCOPE_DISPLAY_IPV6, SHAPE_BYTES, 128, FIRST },
	{ "ipv6_t", SKBSCOPE_DISPLAY_IPV6, SHAPE_BYTES, 128, FIRST },
	{ "ip_address_t", SKBSCOPE_DISPLAY_IP, SHAPE_BYTES, 128, FIRST },
	{ "mac_t", SKBSCOPE_DISPLAY_MAC, SHAPE_BYTES, 48, FIRST },
	{ "ether_addr", SKBSCOPE_DISPLAY_MAC, SHAPE_BYTES, 48, FIRST },
	{ "__be16", SKBSCOPE_DISPLAY_PORT_BE, SHAPE_INTEGER, 16, FIRST },
	{ "port_be_t", SKBSCOPE_DISPLAY_PORT_BE, SHAPE_INTEGER, 16, FIRST },
	{ "in_port_t", SKBSCOPE_DISPLAY_PORT_BE, SHAPE_INTEGER, 16, FIRST },
	{ "port_t", SKBSCOPE_DISPLAY_PLAIN, SHAPE_INTEGER, 0, FIRST },
	{ "__sum16", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 16, FIRST },
	{ "__wsum", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 32, FIRST },
	{ "hex8_t", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 8, FIRST },
	{ "hex16_t", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 16, FIRST },
	{ "hex32_t", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 32, FIRST },
	{ "hex64_t", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 64, FIRST },
	{ "ns_t", SKBSCOPE_DISPLAY_NS, SHAPE_INTEGER, 0, SUM },
	{ "bytes_t", SKBSCOPE_DISPLAY_BYTES, SHAPE_INTEGER, 0, SUM },
	{ "count_t", SKBSCOPE_DISPLAY_PLAIN, SHAPE_INTEGER, 0, SUM },
	{ "level_t", SKBSCOPE_DISPLAY_PLAIN, SHAPE_INTEGER, 0, FIRST },
	{ "ns_level_t", SKBSCOPE_DISPLAY_NS, SHAPE_INTEGER, 0, FIRST },
	{ "max_t", SKBSCOPE_DISPLAY_PLAIN, SHAPE_INTEGER, 0, LARGEST },
	{ "min_t", SKBSCOPE_DISPLAY_PLAIN, SHAPE_INTEGER, 0, SMALLEST },
	{ "when_t", SKBSCOPE_DISPLAY_WHEN, SHAPE_INTEGER, 64, LARGEST },
	{ "ip_proto_t", SKBSCOPE_DISPLAY_IP_PROTO, SHAPE_INTEGER, 0, FIRST },
	{ "eth_proto_t", SKBSCOPE_DISPLAY_ETH_PROTO, SHAPE_INTEGER, 0, FIRST },
	{ "eth_proto_be_t", SKBSCOPE_DISPLAY_ETH_PROTO_BE, SHAPE_INTEGER, 16, FIRST },
	{ "tcp_flags_t", SKBSCOPE_DISPLAY_TCP_FLAGS, SHAPE_INTEGER, 0, FIRST },
	{ "ifindex_t", SKBSCOPE_DISPLAY_IFINDEX, SHAPE_INTEGER, 0, FIRST },
	{ "verdict_t", SKBSCOPE_DISPLAY_VERDICT, SHAPE_INTEGER, 0, FIRST },
	{ "log2_t", SKBSCOPE_DISPLAY_LOG2, SHAPE_INTEGER, 0, FIRST },
	{ "bucket_t", SKBSCOPE_DISPLAY_BUCKET, SHAPE_INTEGER, 64, SUM },
	{ "ns_bucket_t", SKBSCOPE_DISPLAY_BUCKET_NS, SHAPE_INTEGER, 64, SUM },
	{ "bytes_bucket_t", SKBSCOPE_DISPLAY_BUCKET_BYTES, SHAPE_INTEGER, 64, SUM },
};

static bool is_byte(const struct skbscope_type *type)
{
	return type->kind == SKBSCOPE_KIND_INTEGER && type->bits == 8;
}

static bool fits(const struct meaning *meaning, const struct skbscope_type *type)
{
	if (meaning->bits && meaning->bits != type->bits)
		return false;
	if (meaning->shape == SHAPE_INTEGER)
		return type->kind == SKBSCOPE_KIND_INTEGER;
	/* An IPv6 address is a struct, an array of bytes, of words, or a 128-bit
	 * number; memory order is the same in all of them. */
	return !type_is_number(type) || type->kind == SKBSCOPE_KIND_INTEGER;
}

void display_apply(struct skbscope_type *type, const char *name)
{
	static const enum skbscope_of_cpus of_cpus[] = {
		[LARGEST] = SKBSCOPE_OF_CPUS_LARGEST,
		[SMALLEST] = SKBSCOPE_OF_CPUS_SMALLEST,
	};

	if (type->display == SKBSCOPE_DISPLAY_NUMBER_BE && type->bits == 32 &&
	    (member_is_address(name) || member_is_end(name)))
		type->display = SKBSCOPE_DISPLAY_IPV4;
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (strcmp(meanings[i].name, name) != 0)
			continue;
		if (fits(&meanings[i], type)) {
			type->display = meanings[i].display;
			type->adds_up = meanings[i].over_cpus == SUM;
			type->of_cpus = of_cpus[meanings[i].over_cpus];
		}
		return;
	}
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static const struct skbscope_type *shown_as(const struct skbscope_type *type,
					    enum skbscope_display display, struct arena *arena)
{
	struct skbscope_type *copy = arena_copy(arena, type, 1, sizeof(*type));

	if (!copy)
		return type;
	copy->display = display;
	copy->adds_up = false;
	return copy;
}

/* A number of which nothing is known but its size. */
static bool is_plain(const struct skbscope_type *type)
{
	static const char *const names[] = {
		"u16", "__u16", "uint16_t", "u_int16_t", "unsigned short",
		"u32", "__u32", "uint32_t", "u_int32_t", "unsigned int",
		NULL
	};

	return type->kind == SKBSCOPE_KIND_INTEGER && type->display == SKBSCOPE_DISPLAY_PLAIN &&
	       is_one_of(type->name, names);
}

static const struct skbscope_type *array_for_member(const struct skbscope_type *type,
						    const char *member, struct arena *arena)
{
	static const char *const addresses[] = { "h_source",    "h_dest", "ether_shost",
						 "ether_dhost", "hwaddr", "lladdr",
						 "ar_sha",      "ar_tha", NULL };
	const struct skbscope_type *element;
	struct skbscope_type *copy;

	if (type->bits == 48 && is_byte(type->element) &&
	    (strstr(member, "mac") || is_one_of(member, addresses)))
		return shown_as(type, SKBSCOPE_DISPLAY_MAC, arena);
	element = display_for_member(type->element, member, arena);
	copy = element == type->element ? NULL : arena_copy(arena, type, 1, sizeof(*type));
	if (!copy)
		return type;
	copy->element = element;
	return copy;
}

const struct skbscope_type *display_for_member(const struct skbscope_type *type, const char *member,
					       struct arena *arena)
{
	if (type->kind == SKBSCOPE_KIND_ARRAY && type->display == SKBSCOPE_DISPLAY_PLAIN)
		return array_for_member(type, member, arena);
	if (type->display == SKBSCOPE_DISPLAY_PORT_BE && strstr(member, "proto"))
		return shown_as(type, SKBSCOPE_DISPLAY_ETH_PROTO_BE, arena);
	if (type->display == SKBSCOPE_DISPLAY_NUMBER_BE && type->bits == 32 &&
	    (member_is_address(member) || member_is_end(member)))
		return shown_as(type, SKBSCOPE_DISPLAY_IPV4, arena);
	if (!is_plain(type))
		return type;
	if (type->bits == 32 && member_is_address(member))
		return shown_as(type, SKBSCOPE_DISPLAY_IPV4, arena);
	return member_is_port(member) ? shown_as(type, SKBSCOPE_DISPLAY_PLAIN, arena) : type;
}

const struct skbscope_type *display_for_scalar(const struct skbscope_type *type,
					       struct arena *arena)
{
	return strcmp(type->name, "__be32") == 0 ? shown_as(type, SKBSCOPE_DISPLAY_IPV4, arena)
						 : type;
}

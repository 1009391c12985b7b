/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the name of a type says about its values. The names are those of kernel
 * headers and of programs/include/skbscope/types.h; docs/output.md lists them.
 */
#include <string.h>

#include "model/types.h"
#include "model/value.h"

enum shape { SHAPE_INTEGER, SHAPE_BYTES };

static const struct meaning {
	const char *name;
	enum skbscope_display display;
	enum shape shape;
	uint32_t bits; /* 0: any */
	bool adds_up;
} meanings[] = {
	{ "__be32", SKBSCOPE_DISPLAY_IPV4, SHAPE_INTEGER, 32, false },
	{ "ipv4_t", SKBSCOPE_DISPLAY_IPV4, SHAPE_INTEGER, 32, false },
	{ "in_addr_t", SKBSCOPE_DISPLAY_IPV4, SHAPE_INTEGER, 32, false },
	{ "in_addr", SKBSCOPE_DISPLAY_IPV4, SHAPE_BYTES, 32, false },
	{ "in6_addr", SKBSCOPE_DISPLAY_IPV6, SHAPE_BYTES, 128, false },
	{ "ipv6_t", SKBSCOPE_DISPLAY_IPV6, SHAPE_BYTES, 128, false },
	{ "mac_t", SKBSCOPE_DISPLAY_MAC, SHAPE_BYTES, 48, false },
	{ "ether_addr", SKBSCOPE_DISPLAY_MAC, SHAPE_BYTES, 48, false },
	{ "__be16", SKBSCOPE_DISPLAY_PORT_BE, SHAPE_INTEGER, 16, false },
	{ "port_be_t", SKBSCOPE_DISPLAY_PORT_BE, SHAPE_INTEGER, 16, false },
	{ "in_port_t", SKBSCOPE_DISPLAY_PORT_BE, SHAPE_INTEGER, 16, false },
	{ "port_t", SKBSCOPE_DISPLAY_PLAIN, SHAPE_INTEGER, 0, false },
	{ "__sum16", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 16, false },
	{ "__wsum", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 32, false },
	{ "hex8_t", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 8, false },
	{ "hex16_t", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 16, false },
	{ "hex32_t", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 32, false },
	{ "hex64_t", SKBSCOPE_DISPLAY_HEX, SHAPE_INTEGER, 64, false },
	{ "ns_t", SKBSCOPE_DISPLAY_NS, SHAPE_INTEGER, 0, true },
	{ "bytes_t", SKBSCOPE_DISPLAY_BYTES, SHAPE_INTEGER, 0, true },
	{ "count_t", SKBSCOPE_DISPLAY_PLAIN, SHAPE_INTEGER, 0, true },
	{ "level_t", SKBSCOPE_DISPLAY_PLAIN, SHAPE_INTEGER, 0, false },
	{ "ip_proto_t", SKBSCOPE_DISPLAY_IP_PROTO, SHAPE_INTEGER, 0, false },
	{ "eth_proto_t", SKBSCOPE_DISPLAY_ETH_PROTO, SHAPE_INTEGER, 0, false },
	{ "eth_proto_be_t", SKBSCOPE_DISPLAY_ETH_PROTO_BE, SHAPE_INTEGER, 16, false },
	{ "tcp_flags_t", SKBSCOPE_DISPLAY_TCP_FLAGS, SHAPE_INTEGER, 0, false },
	{ "ifindex_t", SKBSCOPE_DISPLAY_IFINDEX, SHAPE_INTEGER, 0, false },
	{ "verdict_t", SKBSCOPE_DISPLAY_VERDICT, SHAPE_INTEGER, 0, false },
	{ "log2_t", SKBSCOPE_DISPLAY_LOG2, SHAPE_INTEGER, 0, false },
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
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (strcmp(meanings[i].name, name) != 0)
			continue;
		if (fits(&meanings[i], type)) {
			type->display = meanings[i].display;
			type->adds_up = meanings[i].adds_up;
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

const struct skbscope_type *display_for_member(const struct skbscope_type *type, const char *member,
					       struct arena *arena)
{
	static const char *const addresses[] = { "h_source",    "h_dest", "ether_shost",
						 "ether_dhost", "hwaddr", "lladdr",
						 "ar_sha",      "ar_tha", NULL };
	enum skbscope_display display;
	struct skbscope_type *copy;

	if (type->kind == SKBSCOPE_KIND_ARRAY && type->display == SKBSCOPE_DISPLAY_PLAIN &&
	    type->bits == 48 && is_byte(type->element) &&
	    (strstr(member, "mac") || is_one_of(member, addresses)))
		display = SKBSCOPE_DISPLAY_MAC;
	else if (type->display == SKBSCOPE_DISPLAY_PORT_BE && strstr(member, "proto"))
		display = SKBSCOPE_DISPLAY_ETH_PROTO_BE;
	else
		return type;

	copy = arena_copy(arena, type, 1, sizeof(*type));
	if (!copy)
		return type;
	copy->display = display;
	return copy;
}

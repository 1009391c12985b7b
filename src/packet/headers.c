/* SPDX-License-Identifier: Apache-2.0 */
/* The headers, each with its fields in their order. */
#include "packet/headers.h"

#include <string.h>

#include "base/span.h"
#include "packet/field.h"

#define ETHERTYPES                                                                                 \
	{ 0x0800, "ip" }, { 0x86dd, "ip6" }, { 0x0806, "arp" }, { 0x8100, "vlan" },                \
		{ 0x88a8, "vlan" },                                                                \
	{                                                                                          \
		0x9100, "vlan"                                                                     \
	}

static const struct packet_chain ethertypes[] = { ETHERTYPES, { 0, NULL } };
static const struct packet_chain gre_types[] = { ETHERTYPES, { 0x6558, "eth" }, { 0, NULL } };

#define PROTOCOLS                                                                                  \
	{ 6, "tcp" }, { 17, "udp" }, { 47, "gre" }, { 4, "ip" },                                   \
	{                                                                                          \
		41, "ip6"                                                                          \
	}

static const struct packet_chain protocols[] = { PROTOCOLS, { 1, "icmp" }, { 0, NULL } };
static const struct packet_chain next_headers[] = {
	PROTOCOLS,      { 58, "icmp6" },   { 0, "hop" }, { 43, "route" },
	{ 44, "frag" }, { 60, "dstopts" }, { 0, NULL },
};
static const struct packet_chain udp_ports[] = { { 53, "dns" }, { 4789, "vxlan" }, { 0, NULL } };
static const struct packet_chain icmp_types[] = {
	{ 3, "ip" }, { 4, "ip" }, { 5, "ip" }, { 11, "ip" }, { 12, "ip" }, { 0, NULL },
};
static const struct packet_chain icmp6_types[] = {
	{ 135, "nd" }, { 136, "nd" }, { 1, "ip6" }, { 2, "ip6" },
	{ 3, "ip6" },  { 4, "ip6" },  { 0, NULL },
};
static const struct packet_chain vxlan_next[] = { { 0, "eth" }, { 0, NULL } };

static const struct packet_field eth[] = {
	{ "dst", FIELD_MAC, 0, 48, .initial = 0x020000000001, .shown = true },
	{ "src", FIELD_MAC, 48, 48, .initial = 0x020000000002, .shown = true },
	{ "type", FIELD_ETHERTYPE, 96, 16, .initial = 0x88b5, .automatic = AUTOMATIC_NEXT },
	{ .name = NULL },
};

static const struct packet_field vlan[] = {
	{ "pcp", FIELD_NUMBER, 0, 3, .initial = 0 },
	{ "dei", FIELD_NUMBER, 3, 1, .initial = 0 },
	{ "id", FIELD_NUMBER, 4, 12, .initial = 1, .shown = true },
	{ "type", FIELD_ETHERTYPE, 16, 16, .initial = 0x88b5, .automatic = AUTOMATIC_NEXT },
	{ .name = NULL },
};

static const struct field_word arp_operations[] = {
	{ "request", 1 },
	{ "reply", 2 },
	{ NULL, 0 },
};
static const struct packet_field arp[] = {
	{ "htype", FIELD_NUMBER, 0, 16, .initial = 1 },
	{ "ptype", FIELD_ETHERTYPE, 16, 16, .initial = 0x0800 },
	{ "hlen", FIELD_NUMBER, 32, 8, .initial = 6 },
	{ "plen", FIELD_NUMBER, 40, 8, .initial = 4 },
	{ "op", FIELD_NUMBER, 48, 16, .initial = 1, .shown = true, .words = arp_operations },
	{ "sha", FIELD_MAC, 64, 48, .initial = 0x020000000002, .shown = true },
	{ "spa", FIELD_IP4, 112, 32, .initial = 0xc0000201, .shown = true },
	{ "tha", FIELD_MAC, 144, 48, .initial = 0 },
	{ "tpa", FIELD_IP4, 192, 32, .initial = 0xc0000202, .shown = true },
	{ .name = NULL },
};
static bool is_arp(const uint8_t *header)
{
	return header[4] == 6 && header[5] == 4;
}

static const struct packet_field ip[] = {
	{ "ver", FIELD_NUMBER, 0, 4, .initial = 4 },
	{ "hl", FIELD_NUMBER, 4, 4, .initial = 5, .automatic = AUTOMATIC_WORDS },
	{ "dscp", FIELD_NUMBER, 8, 6, .initial = 0 },
	{ "ecn", FIELD_NUMBER, 14, 2, .initial = 0 },
	{ "len", FIELD_NUMBER, 16, 16, .initial = 0, .automatic = AUTOMATIC_LENGTH },
	{ "id", FIELD_NUMBER, 32, 16, .initial = 0 },
	{ "flags", FIELD_IP_FLAGS, 48, 3, .initial = 0 },
	{ "frag", FIELD_NUMBER, 51, 13, .initial = 0 },
	{ "ttl", FIELD_NUMBER, 64, 8, .initial = 64 },
	{ "proto", FIELD_PROTOCOL, 72, 8, .initial = 253, .automatic = AUTOMATIC_NEXT },
	{ "csum", FIELD_HEX, 80, 16, .initial = 0, .automatic = AUTOMATIC_SUM_HEADER },
	{ "src", FIELD_IP4, 96, 32, .initial = 0xc0000201, .shown = true },
	{ "dst", FIELD_IP4, 128, 32, .initial = 0xc0000202, .shown = true },
	{ .name = NULL },
};
static bool is_ip(const uint8_t *header)
{
	return header[0] >> 4 == 4;
}
static bool is_whole_or_first(const uint8_t *header)
{
	return !(header[6] & 0x1f) && !header[7];
}

static const struct packet_field ip6[] = {
	{ "ver", FIELD_NUMBER, 0, 4, .initial = 6 },
	{ "dscp", FIELD_NUMBER, 4, 6, .initial = 0 },
	{ "ecn", FIELD_NUMBER, 10, 2, .initial = 0 },
	{ "flow", FIELD_HEX, 12, 20, .initial = 0 },
	{ "len", FIELD_NUMBER, 32, 16, .initial = 0, .automatic = AUTOMATIC_PAYLOAD },
	{ "next", FIELD_PROTOCOL, 48, 8, .initial = 59, .automatic = AUTOMATIC_NEXT },
	{ "hlim", FIELD_NUMBER, 56, 8, .initial = 64 },
	{ "src", FIELD_IP6, 64, 128, .initial = 1, .shown = true },
	{ "dst", FIELD_IP6, 192, 128, .initial = 2, .shown = true },
	{ .name = NULL },
};
static bool is_ip6(const uint8_t *header)
{
	return header[0] >> 4 == 6;
}

static const struct packet_field extension[] = {
	{ "next", FIELD_PROTOCOL, 0, 8, .initial = 59, .automatic = AUTOMATIC_NEXT },
	{ "len", FIELD_NUMBER, 8, 8, .initial = 0, .automatic = AUTOMATIC_BLOCKS },
	{ .name = NULL },
};

static const struct packet_field frag[] = {
	{ "next", FIELD_PROTOCOL, 0, 8, .initial = 59, .automatic = AUTOMATIC_NEXT },
	{ "reserved", FIELD_NUMBER, 8, 8, .initial = 0 },
	{ "off", FIELD_NUMBER, 16, 13, .initial = 0, .shown = true },
	{ "unused", FIELD_NUMBER, 29, 2, .initial = 0 },
	{ "more", FIELD_NUMBER, 31, 1, .initial = 0, .shown = true },
	{ "id", FIELD_HEX, 32, 32, .initial = 0, .shown = true },
	{ .name = NULL },
};
static bool is_first_fragment(const uint8_t *header)
{
	return !header[2] && !(header[3] & 0xf8);
}

static const struct packet_field tcp[] = {
	{ "sport", FIELD_NUMBER, 0, 16, .initial = 40000, .shown = true },
	{ "dport", FIELD_NUMBER, 16, 16, .initial = 80, .shown = true },
	{ "seq", FIELD_NUMBER, 32, 32, .initial = 0 },
	{ "ack", FIELD_NUMBER, 64, 32, .initial = 0 },
	{ "off", FIELD_NUMBER, 96, 4, .initial = 5, .automatic = AUTOMATIC_WORDS },
	{ "reserved", FIELD_NUMBER, 100, 3, .initial = 0 },
	{ "flags", FIELD_TCP_FLAGS, 103, 9, .initial = 2, .shown = true },
	{ "win", FIELD_NUMBER, 112, 16, .initial = 65535 },
	{ "csum", FIELD_HEX, 128, 16, .initial = 0, .automatic = AUTOMATIC_SUM_PSEUDO },
	{ "urg", FIELD_NUMBER, 144, 16, .initial = 0 },
	{ .name = NULL },
};

static const struct packet_field udp[] = {
	{ "sport", FIELD_NUMBER, 0, 16, .initial = 40000, .shown = true },
	{ "dport", FIELD_NUMBER, 16, 16, .initial = 9, .automatic = AUTOMATIC_NEXT, .shown = true },
	{ "len", FIELD_NUMBER, 32, 16, .initial = 0, .automatic = AUTOMATIC_LENGTH },
	{ "csum", FIELD_HEX, 48, 16, .initial = 0, .automatic = AUTOMATIC_SUM_UDP },
	{ .name = NULL },
};

static bool is_redirect(const uint8_t *header)
{
	return header[0] == 5;
}
static bool is_unreachable(const uint8_t *header)
{
	return header[0] == 3;
}
static bool is_numbered(const uint8_t *header)
{
	return !is_redirect(header);
}
static bool is_sequence(const uint8_t *header)
{
	return !is_redirect(header) && !is_unreachable(header);
}

static const struct field_word icmp_words[] = {
	{ "reply", 0 },   { "unreachable", 3 }, { "redirect", 5 },
	{ "request", 8 }, { "exceeded", 11 },   { NULL, 0 },
};
static const struct packet_field icmp[] = {
	{ "type", FIELD_NUMBER, 0, 8, .initial = 8, .automatic = AUTOMATIC_NEXT, .shown = true,
	  .words = icmp_words },
	{ "code", FIELD_NUMBER, 8, 8, .initial = 0 },
	{ "csum", FIELD_HEX, 16, 16, .initial = 0, .automatic = AUTOMATIC_SUM },
	{ "id", FIELD_NUMBER, 32, 16, .initial = 0, .when = is_numbered },
	{ "seq", FIELD_NUMBER, 48, 16, .initial = 0, .when = is_sequence },
	{ "mtu", FIELD_NUMBER, 48, 16, .initial = 0, .when = is_unreachable },
	{ "gateway", FIELD_IP4, 32, 32, .initial = 0, .when = is_redirect },
	{ .name = NULL },
};

static bool is_too_big(const uint8_t *header)
{
	return header[0] == 2;
}
static bool is_not_too_big(const uint8_t *header)
{
	return header[0] != 2;
}

static const struct field_word icmp6_words[] = {
	{ "unreachable", 1 }, { "too-big", 2 },   { "exceeded", 3 },
	{ "request", 128 },   { "reply", 129 },   { "router-solicit", 133 },
	{ "router", 134 },    { "solicit", 135 }, { "advertise", 136 },
	{ NULL, 0 },
};
static const struct packet_field icmp6[] = {
	{ "type", FIELD_NUMBER, 0, 8, .initial = 128, .automatic = AUTOMATIC_NEXT, .shown = true,
	  .words = icmp6_words },
	{ "code", FIELD_NUMBER, 8, 8, .initial = 0 },
	{ "csum", FIELD_HEX, 16, 16, .initial = 0, .automatic = AUTOMATIC_SUM_PSEUDO },
	{ "id", FIELD_NUMBER, 32, 16, .initial = 0, .when = is_not_too_big },
	{ "seq", FIELD_NUMBER, 48, 16, .initial = 0, .when = is_not_too_big },
	{ "mtu", FIELD_NUMBER, 32, 32, .initial = 0, .when = is_too_big },
	{ .name = NULL },
};

static const struct packet_field nd[] = {
	{ "target", FIELD_IP6, 0, 128, .initial = 2, .shown = true },
	{ .name = NULL },
};

static const struct packet_field gre[] = {
	{ "flags", FIELD_HEX, 0, 16, .initial = 0 },
	{ "type", FIELD_ETHERTYPE, 16, 16, .initial = 0x88b5, .automatic = AUTOMATIC_NEXT },
	{ .name = NULL },
};
static bool has_no_options(const uint8_t *header)
{
	return !header[0] && !header[1];
}

static const struct packet_field vxlan[] = {
	{ "flags", FIELD_HEX, 0, 8, .initial = 8 },
	{ "reserved", FIELD_HEX, 8, 24, .initial = 0 },
	{ "vni", FIELD_NUMBER, 32, 24, .initial = 1, .shown = true },
	{ "unused", FIELD_HEX, 56, 8, .initial = 0 },
	{ .name = NULL },
};
static bool has_vni(const uint8_t *header)
{
	return header[0] == 8;
}

static const struct packet_field dns[] = {
	{ "id", FIELD_HEX, 0, 16, .initial = 1 },
	{ "qr", FIELD_NUMBER, 16, 1, .initial = 0, .shown = true },
	{ "opcode", FIELD_NUMBER, 17, 4, .initial = 0 },
	{ "aa", FIELD_NUMBER, 21, 1, .initial = 0 },
	{ "tc", FIELD_NUMBER, 22, 1, .initial = 0 },
	{ "rd", FIELD_NUMBER, 23, 1, .initial = 1 },
	{ "ra", FIELD_NUMBER, 24, 1, .initial = 0 },
	{ "z", FIELD_NUMBER, 25, 3, .initial = 0 },
	{ "rcode", FIELD_NUMBER, 28, 4, .initial = 0 },
	{ "qd", FIELD_NUMBER, 32, 16, .initial = 0, .automatic = AUTOMATIC_RECORDS },
	{ "an", FIELD_NUMBER, 48, 16, .initial = 0 },
	{ "ns", FIELD_NUMBER, 64, 16, .initial = 0 },
	{ "ar", FIELD_NUMBER, 80, 16, .initial = 0 },
	{ .name = NULL },
};

const struct packet_header packet_headers[] = {
	{ "eth", NULL, 14, 0, eth, ethertypes, NULL, NULL, NULL },
	{ "vlan", "eth", 4, 0, vlan, ethertypes, NULL, NULL, NULL },
	{ "arp", "eth", 28, 0, arp, NULL, NULL, is_arp, NULL },
	{ "ip", "eth", 20, 4, ip, protocols, &rest_ip_options, is_ip, is_whole_or_first },
	{ "ip6", "eth", 40, 41, ip6, next_headers, NULL, is_ip6, NULL },
	{ "hop", "ip6", 2, 0, extension, next_headers, &rest_options, NULL, NULL },
	{ "dstopts", "ip6", 2, 60, extension, next_headers, &rest_options, NULL, NULL },
	{ "route", "ip6", 2, 43, extension, next_headers, &rest_route, NULL, NULL },
	{ "frag", "ip6", 8, 44, frag, next_headers, NULL, NULL, is_first_fragment },
	{ "tcp", "ip", 20, 6, tcp, NULL, &rest_tcp_options, NULL, NULL },
	{ "udp", "ip", 8, 17, udp, udp_ports, NULL, NULL, NULL },
	{ "icmp", "ip", 8, 1, icmp, icmp_types, NULL, NULL, NULL },
	{ "icmp6", "ip6", 8, 58, icmp6, icmp6_types, NULL, NULL, NULL },
	{ "nd", "icmp6", 16, 0, nd, NULL, NULL, NULL, NULL },
	{ "gre", "ip", 4, 47, gre, gre_types, NULL, has_no_options, NULL },
	{ "vxlan", "udp", 8, 0, vxlan, vxlan_next, NULL, has_vni, NULL },
	{ "dns", "udp", 12, 0, dns, NULL, &rest_question, NULL, NULL },
};
const size_t packet_header_count = sizeof(packet_headers) / sizeof(*packet_headers);

const struct packet_header *packet_header_named(const char *name, size_t length)
{
	for (size_t i = 0; i < packet_header_count; i++)
		if (span_is((struct span){ name, length }, packet_headers[i].name))
			return &packet_headers[i];
	return NULL;
}

const struct packet_field *packet_next_field(const struct packet_header *header)
{
	const struct packet_field *field = header->fields;

	while (field->name && field->automatic != AUTOMATIC_NEXT)
		field++;
	return field->name ? field : NULL;
}

static const struct packet_header *in_chain(const struct packet_chain *chain, uint64_t number)
{
	for (; chain->header; chain++)
		if (chain->number == number)
			return packet_header_named(chain->header, strlen(chain->header));
	return NULL;
}

const struct packet_header *packet_header_next(const struct packet_header *header,
					       const uint8_t *bytes)
{
	const struct packet_field *field = packet_next_field(header);
	const struct packet_header *next;

	if (!header->chain || (header->leads_on && !header->leads_on(bytes)))
		return NULL;
	if (!field) /* nothing tells, so there is one */
		return packet_header_named(header->chain->header, strlen(header->chain->header));
	next = in_chain(header->chain, field_get(bytes, field));
	/* An answer comes from the port that tells. */
	if (!next && header->fields == udp)
		next = in_chain(header->chain, field_get(bytes, &udp[0]));
	return next;
}

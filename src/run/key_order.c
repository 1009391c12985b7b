/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit knows of a key's bytes, held against the columns that they are shown in. */
#include "run/key_order.h"

#include "model/member_name.h"

static const char *type_in_host_order(enum skbscope_display display)
{
	switch (display) {
	case SKBSCOPE_DISPLAY_IPV4:
		return "declare it ipv4_host_t, or convert it with htonl()";
	case SKBSCOPE_DISPLAY_PORT_BE:
		return "declare it port_t, or convert it with htons()";
	case SKBSCOPE_DISPLAY_ETH_PROTO_BE:
		return "declare it eth_proto_t, or convert it with htons()";
	case SKBSCOPE_DISPLAY_NUMBER_BE:
		return "declare it u32, or convert it with htonl()";
	default:
		return NULL;
	}
}

static const char *type_in_packet_order(const struct skbscope_column *column)
{
	if (column->type->kind != SKBSCOPE_KIND_INTEGER)
		return NULL;
	if (column->type->display == SKBSCOPE_DISPLAY_IPV4_HOST)
		return "declare it ipv4_t, or convert it with ntohl()";
	if (column->type->display == SKBSCOPE_DISPLAY_ETH_PROTO)
		return "declare it eth_proto_be_t, or convert it with ntohs()";
	if (column->type->display != SKBSCOPE_DISPLAY_PLAIN)
		return NULL;
	if (member_is_port(column->name))
		return "declare it port_be_t, or convert it with ntohs()";
	/* A number of 32 bits may be an address as well as anything else. */
	return column->bit_size == 16 ? "declare it __be16, or convert it with ntohs()" : NULL;
}

bool key_order_has_all(uint64_t bytes, const struct skbscope_column *column)
{
	const uint32_t size = column->bit_size / 8;
	const uint64_t all = size >= 64 ? UINT64_MAX : (UINT64_C(1) << size) - 1;

	return size && column->bit_offset + column->bit_size <= 64 * 8 &&
	       (bytes >> column->bit_offset / 8 & all) == all;
}

bool key_order_find(const struct skbscope_schema *schema, const struct audit_finding *finding,
		    struct key_order *out)
{
	for (size_t i = 0; i < schema->column_count; i++) {
		const struct skbscope_column *column = &schema->columns[i];
		const char *to_network = type_in_host_order(column->type->display);
		const char *to_host = type_in_packet_order(column);
		const bool in_host = to_network && key_order_has_all(finding->host_order, column);
		const bool in_network = to_host && key_order_has_all(finding->packet_order, column);

		if (!column->is_key || (!in_host && !in_network))
			continue;
		*out = (struct key_order){ column, in_host, in_host ? to_network : to_host };
		return true;
	}
	return false;
}

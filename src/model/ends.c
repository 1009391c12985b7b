/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and ports of keys. */
#include "model/ends.h"

#include <arpa/inet.h>
#include <string.h>

#include "model/member_name.h"
#include "model/value.h"

static bool is_address(const struct skbscope_column *column)
{
	switch (column->type->display) {
	case SKBSCOPE_DISPLAY_IPV4:
	case SKBSCOPE_DISPLAY_IPV4_HOST:
		return column->bit_size == 32 && column->bit_offset % 8 == 0;
	case SKBSCOPE_DISPLAY_IPV6:
	case SKBSCOPE_DISPLAY_IP:
		return column->bit_size == 128 && column->bit_offset % 8 == 0;
	default:
		return false;
	}
}

/* Of "flow.source.port", the last member. */
static const char *last_member(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

static bool is_port(const struct skbscope_column *column)
{
	const struct skbscope_type *type = column->type;

	if (type->kind != SKBSCOPE_KIND_INTEGER || column->bit_size > 32)
		return false;
	if (type->display == SKBSCOPE_DISPLAY_PORT_BE || strcmp(type->name, "port_t") == 0)
		return true;
	return type->display == SKBSCOPE_DISPLAY_PLAIN && column->bit_size >= 16 &&
	       member_is_port(last_member(column->name));
}

static bool is_protocol(const struct skbscope_column *column)
{
	const char *name = last_member(column->name);

	return column->type->display == SKBSCOPE_DISPLAY_IP_PROTO ||
	       (column->type->kind == SKBSCOPE_KIND_INTEGER && column->bit_size == 8 &&
		(strcmp(name, "protocol") == 0 || strcmp(name, "proto") == 0));
}

struct ends_plan ends_plan_of(const struct skbscope_schema *schema)
{
	struct ends_plan plan = { 0 };
	size_t addresses = 0, ports = 0;

	for (size_t i = 0; i < schema->column_count && schema->columns[i].is_key; i++) {
		const struct skbscope_column *column = &schema->columns[i];

		if (is_address(column) && addresses++ < 2)
			plan.address[addresses - 1] = column;
		else if (is_port(column) && ports++ < 2)
			plan.port[ports - 1] = column;
		else if (is_protocol(column) && !plan.protocol)
			plan.protocol = column;
	}
	/* Which port is whose is only clear where each address has one. */
	if (ports && ports <= 2 && (addresses == ports || (ports == 1 && !addresses)))
		plan.count = ports;
	return plan;
}

static void read_address(const struct skbscope_column *column, const uint8_t *key, uint8_t out[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
	const uint8_t *bytes = key + column->bit_offset / 8;
	uint32_t address;

	if (column->bit_size == 128) {
		memcpy(out, bytes, 16);
		/* ::ffff:0.0.0.0 is any address as well. */
		if (memcmp(out, mapped, sizeof(mapped)) == 0 && !out[12] && !out[13] && !out[14] &&
		    !out[15])
			memset(out, 0, 16);
		return;
	}
	memcpy(&address, bytes, sizeof(address));
	if (column->type->display == SKBSCOPE_DISPLAY_IPV4_HOST)
		address = htonl(address);
	if (address)
		memcpy(out, mapped, sizeof(mapped));
	memcpy(out + 12, &address, sizeof(address));
}

struct ends ends_read(const struct ends_plan *plan, const uint8_t *key)
{
	struct ends ends = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		uint64_t port = (uint64_t)value_read(plan->port[i], key).u;

		if (plan->address[i])
			read_address(plan->address[i], key, ends.end[i].address);
		ends.end[i].port = plan->port[i]->type->display == SKBSCOPE_DISPLAY_PORT_BE
					   ? ntohs((uint16_t)port)
					   : (uint16_t)port;
	}
	if (plan->protocol)
		ends.protocol = (uint8_t)value_read(plan->protocol, key).u;
	return ends;
}

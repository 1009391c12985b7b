/* SPDX-License-Identifier: Apache-2.0 */
/* A key and a value as they may be written, for whoever is told that a table can be filled. */
#include <string.h>

#include "base/buffer.h"
#include "model/parser.h"
#include "model/value.h"

static const char *of_display(enum skbscope_display display)
{
	switch (display) {
	case SKBSCOPE_DISPLAY_IPV4:
	case SKBSCOPE_DISPLAY_IPV4_HOST:
	case SKBSCOPE_DISPLAY_IP:
		return "192.0.2.1";
	case SKBSCOPE_DISPLAY_IPV6:
		return "2001:db8::1";
	case SKBSCOPE_DISPLAY_MAC:
		return "02:00:5e:10:00:ff";
	case SKBSCOPE_DISPLAY_PORT_BE:
		return "443";
	case SKBSCOPE_DISPLAY_NS:
		return "10ms";
	case SKBSCOPE_DISPLAY_BYTES:
		return "64KiB";
	case SKBSCOPE_DISPLAY_IP_PROTO:
		return "TCP";
	case SKBSCOPE_DISPLAY_ETH_PROTO:
	case SKBSCOPE_DISPLAY_ETH_PROTO_BE:
		return "IPv6";
	case SKBSCOPE_DISPLAY_TCP_FLAGS:
		return "SYN|ACK";
	case SKBSCOPE_DISPLAY_VERDICT:
		return "SHOT";
	case SKBSCOPE_DISPLAY_TEXT:
		return "\"a\"";
	default:
		return NULL;
	}
}

static void example_of(const struct skbscope_type *type, struct buffer *out)
{
	const char *known = of_display(type->display);

	if (known)
		buffer_string(out, known);
	else if (type->kind == SKBSCOPE_KIND_ENUM && type->enumerator_count)
		buffer_string(out, type->enumerators[0].name);
	else if (type->kind == SKBSCOPE_KIND_BOOLEAN)
		buffer_string(out, "true");
	else if (!type_is_number(type) && type->display == SKBSCOPE_DISPLAY_HEX)
		for (uint32_t i = 0; i < type->bits / 8; i++)
			buffer_string(out, "00");
	else if (type->kind == SKBSCOPE_KIND_ARRAY) {
		buffer_string(out, "[");
		example_of(type->element, out);
		buffer_string(out, "]");
	} else if (type_is_record(type)) {
		buffer_string(out, "{}");
	} else {
		buffer_string(out, "1");
	}
}

static void network(const struct skbscope_column *column, struct buffer *out)
{
	if (column->bit_size == 32)
		buffer_string(out, "192.0.2.0/24");
	else if (column->bit_size == 128)
		buffer_string(out, "2001:db8::/32");
	else
		example_of(column->type, out);
}

void parse_example(const struct skbscope_schema *schema, bool key, struct buffer *out)
{
	const struct half half = half_of(schema, key);
	const bool is_prefix = key && half_is_prefix(schema);
	const size_t first = is_prefix ? 1 : 0;
	const bool braces = half.count - first != 1;

	if (key && schema->is_array) {
		buffer_string(out, "0");
		return;
	}
	buffer_string(out, braces ? "{" : "");
	for (size_t i = first; i < half.count; i++) {
		if (braces)
			buffer_printf(out, "%s%s=", i > first ? ", " : "",
				      half_short_name(&half, &half.columns[i]));
		if (is_prefix)
			network(&half.columns[i], out);
		else
			example_of(half.columns[i].type, out);
	}
	buffer_string(out, braces ? "}" : "");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* A key and a value as they may be written, for whoever is told that a table can be filled. */
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
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

static bool is_programs(const struct skbscope_column *column, const struct skbscope_image_map *map)
{
	const uint32_t first = column->bit_offset / 8,
		       end = (column->bit_offset + column->bit_size + 7) / 8;

	for (size_t i = 0; !column->is_key && i < map->write_count; i++)
		if (map->writes[i].offset < end &&
		    first < map->writes[i].offset + map->writes[i].size)
			return true;
	return false;
}

/* One half's columns, without those before FIRST and those that the program writes. */
static void add_half(const struct half *half, const struct skbscope_image_map *map, size_t first,
		     struct buffer *out)
{
	const bool braces = half->count - first != 1;
	const char *separator = braces ? "{" : "";

	for (size_t i = first; i < half->count; i++) {
		const struct skbscope_column *column = &half->columns[i];

		if (is_programs(column, map))
			continue;
		buffer_string(out, separator);
		if (braces)
			buffer_printf(out, "%s=", half_short_name(half, column));
		if (first)
			network(column, out);
		else
			example_of(column->type, out);
		separator = ", ";
	}
	if (braces)
		buffer_string(out, *separator == '{' ? "" : "}");
}

void parse_example(const struct skbscope_schema *schema, const struct skbscope_image_map *map,
		   struct buffer *out)
{
	const struct half key = half_of(schema, true), value = half_of(schema, false);
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_printf(out, "--set '%s[", schema->table);
	if (schema->is_array)
		buffer_string(out, "0");
	else
		add_half(&key, map, half_is_prefix(schema) ? 1 : 0, out);
	add_half(&value, map, 0, &text);
	buffer_printf(out, "]%s%s'", text.length ? "=" : "", buffer_text(&text));
}

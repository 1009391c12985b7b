/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a cell to text for a person. Everything written here is printable ASCII
 * whatever the bytes were: they came in packets, and a packet must not be able to
 * write escape codes to a terminal.
 */
#include "model/format.h"

#include <arpa/inet.h>
#include <endian.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/bits.h"
#include "model/histogram.h"
#include "model/names.h"

/* A cell of more elements than this is cut with "..."; exact shows all. */
#define ARRAY_SHOWN 16u

static void format_number(const struct value *value, struct buffer *out)
{
	format_integer(value->u, value->form == VALUE_SIGNED && (__int128)value->u < 0, out);
}

static void format_hex(bits_t number, uint32_t bit_size, struct buffer *out)
{
	buffer_string(out, "0x");
	for (int i = (int)(bit_size + 3) / 4 - 1; i >= 0; i--)
		buffer_printf(out, "%x", (unsigned)(number >> (i * 4) & 0xf));
}

void value_format_when(const struct skbscope_column *column, const uint8_t *data, uint64_t now_ns,
		       struct buffer *out)
{
	struct value value = value_read(column, data);
	uint64_t then = (uint64_t)value.u;

	if (!then)
		buffer_string(out, "-");
	else if (then > now_ns && then - now_ns > 1000000000)
		format_number(&value, out); /* another clock */
	else if (then >= now_ns)
		buffer_string(out, "now");
	else if (now_ns - then >= 999500000 && now_ns - then < 59500000000)
		buffer_printf(out, "%.0f s ago", (double)(now_ns - then) / 1e9);
	else {
		format_ns((double)(now_ns - then), out);
		buffer_string(out, " ago");
	}
}

void format_text(const void *text, size_t length, struct buffer *out)
{
	const uint8_t *bytes = text;

	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\\')
			buffer_string(out, "\\\\");
		else if (bytes[i] >= ' ' && bytes[i] <= '~')
			buffer_append(out, &bytes[i], 1);
		else
			buffer_printf(out, "\\x%02x", bytes[i]);
	}
}

static void format_octets(const uint8_t *bytes, size_t length, const char *separator, size_t shown,
			  struct buffer *out)
{
	for (size_t i = 0; i < length && i < shown; i++)
		buffer_printf(out, "%s%02x", i ? separator : "", bytes[i]);
	if (shown < length)
		buffer_string(out, "...");
}

static void format_ipv4(const uint8_t *bytes, struct buffer *out)
{
	char text[INET_ADDRSTRLEN], *end = text + sizeof(text), *at = end;

	for (int i = 3; i >= 0; i--) {
		at = format_backwards(at, bytes[i]);
		if (i)
			*--at = '.';
	}
	buffer_append(out, at, (size_t)(end - at));
}

static void format_address(int family, const void *bytes, struct buffer *out)
{
	char text[INET6_ADDRSTRLEN];

	if (family == AF_INET)
		format_ipv4(bytes, out);
	else
		buffer_string(out, inet_ntop(family, bytes, text, sizeof(text)) ? text : "-");
}

/* Either family, where IPv4 is written into IPv6. */
static void format_ip(const uint8_t *bytes, struct buffer *out)
{
	if (ip_is_ipv4(bytes))
		format_ipv4(bytes + IP_BEFORE_IPV4 / 8, out);
	else
		format_address(AF_INET6, bytes, out);
}

/* A number where it has no name. */
static void format_named(const char *name, const struct value *value, struct buffer *out)
{
	if (name)
		buffer_string(out, name);
	else
		format_number(value, out);
}

static const char *enumerator_name(const struct skbscope_type *type, const struct value *value)
{
	for (size_t i = 0; i < type->enumerator_count; i++)
		if (type->enumerators[i].value == (int64_t)value->u)
			return type->enumerators[i].name;
	return NULL;
}

static void format_ethertype(uint32_t ethertype, struct buffer *out)
{
	const char *name = ethertype_name(ethertype);

	if (name)
		buffer_string(out, name);
	else
		buffer_printf(out, "0x%04x", ethertype);
}

static const char *known_verdict(int32_t verdict)
{
	const char *name = verdict_name(verdict);

	return strcmp(name, "other") == 0 ? NULL : name;
}

static void format_by_display(const struct skbscope_column *column, const struct value *value,
			      bool exact, struct buffer *out)
{
	uint32_t small = value->u > UINT32_MAX ? UINT32_MAX : (uint32_t)value->u;

	switch (column->type->display) {
	case SKBSCOPE_DISPLAY_HEX:
		format_hex(bits_mask(value->u, column->bit_size), column->bit_size, out);
		return;
	case SKBSCOPE_DISPLAY_IPV4:
		format_address(AF_INET, &(uint32_t){ (uint32_t)value->u }, out);
		return;
	case SKBSCOPE_DISPLAY_IPV4_HOST:
		format_address(AF_INET, &(uint32_t){ htonl((uint32_t)value->u) }, out);
		return;
	case SKBSCOPE_DISPLAY_NUMBER_BE:
		format_integer(column->bit_size == 64 ? be64toh((uint64_t)value->u)
						      : ntohl((uint32_t)value->u),
			       false, out);
		return;
	case SKBSCOPE_DISPLAY_IPV6:
		format_address(AF_INET6, &value->u, out);
		return;
	case SKBSCOPE_DISPLAY_IP:
		format_ip((const uint8_t *)&value->u, out);
		return;
	case SKBSCOPE_DISPLAY_PORT_BE:
		format_integer(ntohs((uint16_t)value->u), false, out);
		return;
	case SKBSCOPE_DISPLAY_ETH_PROTO_BE:
		format_ethertype(ntohs((uint16_t)value->u), out);
		return;
	case SKBSCOPE_DISPLAY_ETH_PROTO:
		format_ethertype(small, out);
		return;
	case SKBSCOPE_DISPLAY_IP_PROTO:
		format_named(ip_protocol_name(small), value, out);
		return;
	case SKBSCOPE_DISPLAY_TCP_FLAGS:
		tcp_flags_format(small, out);
		return;
	case SKBSCOPE_DISPLAY_IFINDEX:
		format_named(value->u ? NULL : "-", value, out);
		return;
	case SKBSCOPE_DISPLAY_VERDICT:
		format_named(known_verdict((int32_t)value->u), value, out);
		return;
	case SKBSCOPE_DISPLAY_LOG2:
		/* The logarithm of 0 does not exist; log2 functions say 0 for it. */
		if (value->u > 63)
			format_number(value, out);
		else
			buffer_printf(out, "%llu-%llu", value->u ? 1ull << value->u : 0,
				      (2ull << value->u) - 1);
		return;
	default:
		break;
	}
	if (exact)
		format_number(value, out);
	else if (column->type->display == SKBSCOPE_DISPLAY_NS)
		format_ns(value_double(value), out);
	else if (column->type->display == SKBSCOPE_DISPLAY_BYTES)
		format_bytes(value_double(value), out);
	else if (column->is_counter)
		format_count(value_double(value), out);
	else
		format_number(value, out);
}

static void format_scalar(const struct skbscope_column *column, const struct value *value,
			  bool exact, struct buffer *out)
{
	const struct skbscope_type *type = column->type;

	if (type->kind == SKBSCOPE_KIND_FLOAT)
		format_digits(value->f, type->bits == 32, out);
	else if (type->kind == SKBSCOPE_KIND_BOOLEAN)
		format_named(value->u > 1 ? NULL : value->u ? "true" : "false", value, out);
	else if (type->kind == SKBSCOPE_KIND_ENUM)
		format_named(enumerator_name(type, value), value, out);
	else if (type->kind == SKBSCOPE_KIND_POINTER)
		format_hex(value->u, column->bit_size, out);
	else
		format_by_display(column, value, exact, out);
}

static void format_element(const struct skbscope_type *type, uint32_t bit_offset, uint32_t bit_size,
			   const uint8_t *data, bool exact, struct buffer *out)
{
	struct skbscope_column column = {
		.name = "", .type = type, .bit_offset = bit_offset, .bit_size = bit_size
	};

	value_format(&column, data, exact, out);
}

static void format_array(const struct skbscope_type *type, const uint8_t *bytes, bool exact,
			 struct buffer *out)
{
	uint32_t shown = exact || type->count <= ARRAY_SHOWN ? type->count : ARRAY_SHOWN;

	buffer_string(out, "[");
	for (uint32_t i = 0; i < shown; i++) {
		buffer_string(out, i ? " " : "");
		format_element(type->element, i * type->element->bits, type->element->bits, bytes,
			       exact, out);
	}
	buffer_string(out, shown < type->count ? " ...]" : "]");
}

/* Only as an element of an array: elsewhere, structs are columns. */
static void format_struct(const struct skbscope_type *type, const uint8_t *bytes, bool exact,
			  struct buffer *out)
{
	buffer_string(out, "{");
	for (size_t i = 0; i < type->member_count; i++) {
		const struct skbscope_member *member = &type->members[i];

		if (!member->bit_size)
			continue;
		buffer_printf(out, "%s%s%s", i ? " " : "", member->name, *member->name ? "=" : "");
		format_element(member->type, member->bit_offset, member->bit_size, bytes, exact,
			       out);
	}
	buffer_string(out, "}");
}

static void format_bytes_of(const struct skbscope_type *type, const struct value *value, bool exact,
			    struct buffer *out)
{
	switch (type->display) {
	case SKBSCOPE_DISPLAY_TEXT:
		format_text(value->bytes, value_text_length(value->bytes, value->length), out);
		break;
	case SKBSCOPE_DISPLAY_IPV4:
		format_address(AF_INET, value->bytes, out);
		break;
	case SKBSCOPE_DISPLAY_IPV6:
		format_address(AF_INET6, value->bytes, out);
		break;
	case SKBSCOPE_DISPLAY_IP:
		format_ip(value->bytes, out);
		break;
	case SKBSCOPE_DISPLAY_MAC:
		format_octets(value->bytes, value->length, ":", value->length, out);
		break;
	case SKBSCOPE_DISPLAY_HEX:
		format_octets(value->bytes, value->length, " ",
			      exact ? value->length : 2 * ARRAY_SHOWN, out);
		break;
	default:
		if (type_is_histogram(type))
			histogram_format_all(type, value->bytes, exact, out);
		else if (type->kind == SKBSCOPE_KIND_ARRAY)
			format_array(type, value->bytes, exact, out);
		else
			format_struct(type, value->bytes, exact, out);
	}
}

void value_format(const struct skbscope_column *column, const uint8_t *data, bool exact,
		  struct buffer *out)
{
	struct value value;

	if (column->figure) {
		figure_format(column, data, exact, out);
		return;
	}
	value = value_read(column, data);
	if (column->type->display == SKBSCOPE_DISPLAY_PREFIX)
		format_integer(value_prefix(column, data), false, out);
	else if (value.form == VALUE_BYTES)
		format_bytes_of(column->type, &value, exact, out);
	else
		format_scalar(column, &value, exact, out);
}

void value_format_raw(const struct skbscope_column *column, const uint8_t *data, struct buffer *out)
{
	struct value value = value_read(column, data);

	if (value.form == VALUE_FLOAT)
		format_digits(value.f, column->type->bits == 32, out);
	else if (value.form != VALUE_BYTES)
		format_number(&value, out);
	else if (column->type->display == SKBSCOPE_DISPLAY_TEXT)
		format_text(value.bytes, value_text_length(value.bytes, value.length), out);
	else
		format_octets(value.bytes, value.length, " ", value.length, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and comparing cells. */
#include "model/value.h"

#include <math.h>
#include <string.h>

#include "model/bits.h"
#include "model/histogram.h"

struct value value_read(const struct skbscope_column *column, const uint8_t *data)
{
	const struct skbscope_type *type = column->type;
	uint32_t size = column->bit_size;
	struct value value = { .form = VALUE_UNSIGNED };

	if (column->figure) {
		value.u = figure_read(column, data);
		return value;
	}
	if (!type_is_number(type)) {
		value.form = VALUE_BYTES;
		value.bytes = data + column->bit_offset / 8;
		value.length = size / 8;
		return value;
	}
	value.u = bits_read(data, column->bit_offset, size);
	if (type->kind == SKBSCOPE_KIND_FLOAT) {
		value.form = VALUE_FLOAT;
		value.f = bits_to_double(value.u, size);
		value.u = 0;
	} else if (type->is_signed) {
		value.form = VALUE_SIGNED;
		if (size < 128 && value.u >> (size - 1) & 1)
			value.u |= ~(bits_t)0 << size;
	}
	return value;
}

bool value_is_unknown(const struct skbscope_column *column, const uint8_t *data)
{
	const uint8_t *bytes = data + column->bit_offset / 8;

	if (!column->type->has_unknown || column->figure)
		return false;
	if (column->type->display == SKBSCOPE_DISPLAY_TEXT)
		return !*bytes;
	for (uint32_t i = 0; i < column->bit_size / 8; i++)
		if (bytes[i] != UINT8_MAX)
			return false;
	return true;
}

size_t value_text_length(const uint8_t *text, size_t length)
{
	size_t end = strnlen((const char *)text, length);

	return bytes_are_zero(text + end, length - end) ? end : length;
}

double value_double(const struct value *value)
{
	switch (value->form) {
	case VALUE_UNSIGNED:
		return (double)value->u;
	case VALUE_SIGNED:
		return (double)(__int128)value->u;
	case VALUE_FLOAT:
		return value->f;
	case VALUE_BYTES:
		break;
	}
	return (double)NAN;
}

static bool is_network_order(enum skbscope_display display)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ &&
	       (display == SKBSCOPE_DISPLAY_IPV4 || display == SKBSCOPE_DISPLAY_PORT_BE ||
		display == SKBSCOPE_DISPLAY_ETH_PROTO_BE || display == SKBSCOPE_DISPLAY_NUMBER_BE);
}

static uint64_t rank_unsigned(const struct skbscope_column *column, uint64_t number)
{
	if (is_network_order(column->type->display) && column->bit_size == 16)
		return __builtin_bswap16((uint16_t)number);
	if (is_network_order(column->type->display) && column->bit_size == 32)
		return __builtin_bswap32((uint32_t)number);
	if (is_network_order(column->type->display) && column->bit_size == 64)
		return __builtin_bswap64(number);
	return number;
}

/* NANs, of which no order is known, come last. */
static uint64_t rank_float(double number)
{
	const uint64_t sign = UINT64_C(1) << 63;
	uint64_t bits;

	if (isnan(number))
		return UINT64_MAX;
	bits = (uint64_t)bits_of_double(number + 0.0, 64); /* of the two zeros, the positive one */
	return bits & sign ? ~bits : bits | sign;
}

bool ip_is_ipv4(const uint8_t *address)
{
	static const uint8_t mapped[IP_BEFORE_IPV4 / 8] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

uint32_t value_prefix(const struct skbscope_column *column, const uint8_t *data)
{
	const uint32_t bits = (uint32_t)value_read(column, data).u;
	const uint8_t *address = data + (column->bit_offset + column->bit_size) / 8;

	return bits >= IP_BEFORE_IPV4 && ip_is_ipv4(address) ? bits - IP_BEFORE_IPV4 : bits;
}

bool value_rank(const struct skbscope_column *column, const uint8_t *data, uint64_t *rank)
{
	struct value value = value_read(column, data);

	if (value.form == VALUE_BYTES || column->bit_size > 64)
		return false;
	if (value_is_unknown(column, data))
		*rank = 0;
	else if (column->type->display == SKBSCOPE_DISPLAY_PREFIX)
		*rank = value_prefix(column, data);
	else if (value.form == VALUE_FLOAT)
		*rank = rank_float(value.f);
	else if (value.form == VALUE_SIGNED)
		*rank = (uint64_t)value.u ^ UINT64_C(1) << 63;
	else
		*rank = rank_unsigned(column, (uint64_t)value.u);
	return true;
}

static int compare_arrays(const struct skbscope_type *type, const struct value *a,
			  const struct value *b)
{
	struct skbscope_column element;
	int r = 0;

	/* Text, addresses and bytes compare as memory does. */
	if (type->kind != SKBSCOPE_KIND_ARRAY || type->display != SKBSCOPE_DISPLAY_PLAIN)
		return memcmp(a->bytes, b->bytes, a->length);
	element =
		(struct skbscope_column){ .type = type->element, .bit_size = type->element->bits };
	for (uint32_t i = 0; i < type->count && r == 0; i++, element.bit_offset += element.bit_size)
		r = value_compare(&element, a->bytes, b->bytes);
	return r;
}

int value_compare(const struct skbscope_column *column, const uint8_t *a, const uint8_t *b)
{
	struct value va, vb;
	uint64_t x, y;

	if (value_rank(column, a, &x) && value_rank(column, b, &y))
		return (x > y) - (x < y);
	va = value_read(column, a);
	vb = value_read(column, b);
	if (va.form == VALUE_UNSIGNED)
		return (va.u > vb.u) - (va.u < vb.u);
	if (va.form == VALUE_SIGNED)
		return ((__int128)va.u > (__int128)vb.u) - ((__int128)va.u < (__int128)vb.u);
	return compare_arrays(column->type, &va, &vb);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that have names, and those that packets carry in network order. */
#include <endian.h>
#include <errno.h>
#include <locale.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "model/names.h"
#include "model/parser.h"
#include "model/value.h"

static void locale_freep(locale_t *locale)
{
	if (*locale)
		freelocale(*locale);
}

/* Whatever decimal point the locale of the process has. */
static int parse_float(struct parser *parser, const struct skbscope_column *column,
		       struct span word, bits_t *out)
{
	AUTO(locale_freep) locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	char text[128], *end = text;
	double number = 0;

	if (word.length && word.length < sizeof(text) && plain) {
		memcpy(text, word.text, word.length);
		text[word.length] = '\0';
		number = strtod_l(text, &end, plain);
	}
	if (end == text || *end)
		return parser_refuse(parser, column, word);
	*out = bits_of_double(number, column->bit_size);
	return 0;
}

static int parse_enum(struct parser *parser, const struct skbscope_column *column, struct span word,
		      bits_t *out)
{
	const struct skbscope_type *type = column->type;

	for (size_t i = 0; i < type->enumerator_count; i++)
		if (span_is(word, type->enumerators[i].name)) {
			*out = type->is_signed ? (bits_t)type->enumerators[i].value
					       : (bits_t)(uint64_t)type->enumerators[i].value;
			return 0;
		}
	return parse_number(parser, column, word, out);
}

static int parse_boolean(struct parser *parser, const struct skbscope_column *column,
			 struct span word, bits_t *out)
{
	if (span_is(word, "true") || span_is(word, "false")) {
		*out = word.length == 4;
		return 0;
	}
	return parse_number(parser, column, word, out);
}

static int parse_flags(struct parser *parser, const struct skbscope_column *column,
		       struct span word, bits_t *out)
{
	bits_t all = 0, number;
	struct span rest = word, part;

	for (bool more = true; more;) {
		uint32_t flag;

		more = span_cut(&rest, "|", &part);
		part = span_trim(more ? part : rest);
		if (tcp_flag_named(part, &flag))
			number = flag;
		else if (parse_number(parser, column, part, &number) < 0)
			return parser_refuse(parser, column, word);
		all |= number;
	}
	*out = all;
	return 0;
}

static int parse_interface(struct parser *parser, const struct skbscope_column *column,
			   struct span word, bits_t *out)
{
	char name[IF_NAMESIZE];

	if (span_is(word, "-")) {
		*out = 0;
		return 0;
	}
	if (parser->names && word.length && word.length < sizeof(name)) {
		memcpy(name, word.text, word.length);
		name[word.length] = '\0';
		*out = parser->names->interface(parser->names->context, name);
		if (*out)
			return 0;
	}
	return parse_number(parser, column, word, out);
}

/* The exponent, or what it stands for: "1024-2047". */
static int parse_exponent(struct parser *parser, const struct skbscope_column *column,
			  struct span word, bits_t *out)
{
	struct span rest = word, first;
	char text[2][24];
	uint64_t from, to;

	if (!span_cut(&rest, "-", &first) || !first.length)
		return parse_number(parser, column, word, out);
	if (first.length >= sizeof(text[0]) || rest.length >= sizeof(text[1]))
		return parser_refuse(parser, column, word);
	memcpy(text[0], first.text, first.length);
	text[0][first.length] = '\0';
	memcpy(text[1], rest.text, rest.length);
	text[1][rest.length] = '\0';
	if (!text_number(text[0], &from) || !text_number(text[1], &to) || (from & (from - 1)) ||
	    to != (from ? 2 * from - 1 : 1))
		return parser_refuse(parser, column, word);
	*out = from ? (bits_t)__builtin_ctzll(from) : 0;
	return 0;
}

/* A number of the machine, which packets carry the other way round. */
static int parse_network(struct parser *parser, const struct skbscope_column *column,
			 struct span word, bits_t *out)
{
	uint32_t named;
	int r = 0;

	if (column->type->display == SKBSCOPE_DISPLAY_ETH_PROTO_BE && ethertype_named(word, &named))
		*out = named;
	else
		r = parse_number(parser, column, word, out);
	if (r < 0)
		return r;
	if (column->type->bits == 16)
		*out = htobe16((uint16_t)*out);
	else if (column->type->bits == 32)
		*out = htobe32((uint32_t)*out);
	else if (column->type->bits == 64)
		*out = htobe64((uint64_t)*out);
	return 0;
}

static int parse_by_display(struct parser *parser, const struct skbscope_column *column,
			    struct span word, bits_t *out)
{
	uint32_t named;
	int32_t verdict;

	switch (column->type->display) {
	case SKBSCOPE_DISPLAY_NUMBER_BE:
	case SKBSCOPE_DISPLAY_PORT_BE:
	case SKBSCOPE_DISPLAY_ETH_PROTO_BE:
		return parse_network(parser, column, word, out);
	case SKBSCOPE_DISPLAY_ETH_PROTO:
	case SKBSCOPE_DISPLAY_IP_PROTO:
		if (column->type->display == SKBSCOPE_DISPLAY_IP_PROTO
			    ? ip_protocol_named(word, &named)
			    : ethertype_named(word, &named)) {
			*out = named;
			return 0;
		}
		break;
	case SKBSCOPE_DISPLAY_TCP_FLAGS:
		return parse_flags(parser, column, word, out);
	case SKBSCOPE_DISPLAY_IFINDEX:
		return parse_interface(parser, column, word, out);
	case SKBSCOPE_DISPLAY_LOG2:
		return parse_exponent(parser, column, word, out);
	case SKBSCOPE_DISPLAY_WHEN:
		if (span_is(word, "-")) {
			*out = 0;
			return 0;
		}
		break;
	default:
		break;
	}
	/* In any integer that says what it is by its whole name. */
	if ((column->type->display == SKBSCOPE_DISPLAY_VERDICT || span_begins(word, "TC_ACT_")) &&
	    verdict_named(word, &verdict)) {
		*out = (bits_t)(column->type->is_signed ? (__int128)verdict : (uint32_t)verdict);
		return 0;
	}
	return parse_number(parser, column, word, out);
}

/* Names too may stand for more than a narrow number or a bit-field holds. */
static bool fits(const struct skbscope_column *column, bits_t number)
{
	const uint32_t size = column->bit_size;

	if (size == 128)
		return true;
	if (!column->type->is_signed)
		return bits_mask(number, size) == number;
	number >>= size - 1;
	return !number || number == ~(bits_t)0 >> (size - 1);
}

int parse_scalar(struct parser *parser, const struct skbscope_column *column, bits_t *out)
{
	struct span word = parser_word(parser);
	int r;

	if (column->type->kind == SKBSCOPE_KIND_FLOAT)
		return parse_float(parser, column, word, out);
	if (column->type->kind == SKBSCOPE_KIND_BOOLEAN)
		r = parse_boolean(parser, column, word, out);
	else if (column->type->kind == SKBSCOPE_KIND_ENUM)
		r = parse_enum(parser, column, word, out);
	else
		r = parse_by_display(parser, column, word, out);
	if (r == 0 && !fits(column, *out))
		r = parser_refuse(parser, column, word);
	return r;
}

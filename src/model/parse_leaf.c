/* SPDX-License-Identifier: Apache-2.0 */
/* One column of a key or a value: numbers, addresses, text, arrays. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model/parser.h"
#include "model/value.h"

#define ADDRESS_MAX 64u

/* "de ad be ef", "de:ad:be:ef", "deadbeef"; COUNT of them. */
int parse_octets(struct parser *parser, const struct skbscope_column *column, uint8_t *out,
		 size_t count)
{
	struct span start = parser->rest, word = span_trim(parser->rest);

	parser_skip_blanks(parser);
	for (size_t i = 0; i < count; i++) {
		struct span *rest = &parser->rest;
		char digits[3] = "";

		if (i && rest->length && strchr(" :-", rest->text[0]))
			*rest = span_from(*rest, 1);
		if (rest->length < 2 || !isxdigit((unsigned char)rest->text[0]) ||
		    !isxdigit((unsigned char)rest->text[1])) {
			parser->rest = start;
			return parser_refuse(parser, column,
					     parser->nested ? parser_word(parser) : word);
		}
		memcpy(digits, rest->text, 2);
		out[i] = (uint8_t)strtoul(digits, NULL, 16);
		*rest = span_from(*rest, 2);
	}
	return 0;
}

/* Of an LPM table's key, whose prefix is told in bits of all that is compared. */
static int take_prefix(struct parser *parser, const struct skbscope_column *column,
		       struct span word, struct span length, uint32_t before_address)
{
	const uint32_t before = column->bit_offset - 32 + before_address;
	const uint32_t most = column->bit_size - before_address;
	uint32_t bits = 0;

	if (!length.length || length.length > 3)
		return parser_refuse(parser, column, word);
	for (size_t i = 0; i < length.length; i++) {
		if (!isdigit((unsigned char)length.text[i]))
			return parser_refuse(parser, column, word);
		bits = bits * 10 + (uint32_t)(length.text[i] - '0');
	}
	if (bits > most)
		return parser_fail(parser, length.text, "a prefix of this key has up to %u bits",
				   most);
	parser->has_prefix = true;
	parser->prefix = before + bits;
	parser->prefix_word = word;
	parser->prefix_offset = column->bit_offset;
	parser->prefix_bits = column->bit_size;
	parser->prefix_before = before;
	return 0;
}

int parse_address(struct parser *parser, const struct skbscope_column *column, uint8_t *out)
{
	static const uint8_t mapped[IP_BEFORE_IPV4 / 8] = { [10] = 0xff, [11] = 0xff };
	const enum skbscope_display display = column->type->display;
	struct span word = parser_word(parser), address = word, before;
	const bool is_mapped = display == SKBSCOPE_DISPLAY_IP && !span_contains(word, ":");
	const bool is_six = !is_mapped && display != SKBSCOPE_DISPLAY_IPV4 &&
			    display != SKBSCOPE_DISPLAY_IPV4_HOST;
	char text[ADDRESS_MAX];
	int r;

	if (parser->is_prefix_key && column->type->display == SKBSCOPE_DISPLAY_IPV4_HOST)
		return hint(parser->error,
			    parser_fail(parser, word.text,
					"'%s' is in host order, whose bytes have no prefixes",
					column->name),
			    "declare it as ipv4_t");
	if (parser->is_prefix_key && column->bit_offset >= 32 && span_cut(&address, "/", &before)) {
		r = take_prefix(parser, column, word, address, is_mapped ? IP_BEFORE_IPV4 : 0);
		if (r < 0)
			return r;
		address = before;
	}
	if (!address.length || address.length >= sizeof(text))
		return parser_refuse(parser, column, word);
	memcpy(text, address.text, address.length);
	text[address.length] = '\0';
	if (is_mapped) {
		memcpy(out, mapped, sizeof(mapped));
		out += sizeof(mapped);
	}
	if (inet_pton(is_six ? AF_INET6 : AF_INET, text, out) != 1) {
		r = parser_refuse(parser, column, word);
		return span_contains(word, "/") ? hint(parser->error, r,
						       "only a table that is declared with "
						       "BPF_LPM_TRIE has networks "
						       "as keys")
						: r;
	}
	return 0;
}

/* A character and the escapes of format_text(). False: it does not end. */
static bool take_character(struct span *rest, char *out)
{
	static const char escapes[] = "\\\"nt", meanings[] = "\\\"\n\t";
	char hex[3] = "";
	const char *found;

	*out = rest->text[0];
	*rest = span_from(*rest, 1);
	if (*out != '\\')
		return true;
	if (!rest->length)
		return false;
	found = rest->text[0] ? strchr(escapes, rest->text[0]) : NULL;
	if (found) {
		*out = meanings[found - escapes];
		*rest = span_from(*rest, 1);
		return true;
	}
	if (rest->length < 3 || rest->text[0] != 'x' || !isxdigit((unsigned char)rest->text[1]) ||
	    !isxdigit((unsigned char)rest->text[2]))
		return false;
	memcpy(hex, rest->text + 1, 2);
	*out = (char)strtoul(hex, NULL, 16);
	*rest = span_from(*rest, 3);
	return true;
}

int parse_text(struct parser *parser, const struct skbscope_column *column, uint8_t *out,
	       size_t room)
{
	const bool quoted = parser_skip(parser, '"');
	struct span word = quoted ? parser->rest : parser_word(parser);
	struct span *rest = quoted ? &parser->rest : &word;
	const struct span all = word;
	size_t length = 0;

	while (rest->length && !(quoted && rest->text[0] == '"')) {
		const char *at = rest->text;
		char c;

		if (!take_character(rest, &c))
			return parser_fail(parser, at,
					   "'\\' stands before \\, \", n, t, or x and two "
					   "hexadecimal digits");
		if (length == room)
			return parser_refuse(parser, column, all);
		out[length++] = (uint8_t)c;
	}
	if (quoted && !parser_skip(parser, '"'))
		return parser_fail(parser, all.text, "the quotation mark is not closed");
	return 0;
}

static int parse_array(struct parser *parser, const struct skbscope_column *column, uint8_t *data,
		       uint8_t *written)
{
	const struct skbscope_type *type = column->type;
	const bool nested = parser->nested;
	int r = 0;

	if (!parser_skip(parser, '['))
		return parser_refuse(parser, column, parser_word(parser));
	parser->nested = true;
	for (uint32_t i = 0; r == 0 && !parser_skip(parser, ']'); i++) {
		const struct skbscope_column element = {
			.name = "",
			.type = type->element,
			.bit_offset = column->bit_offset + i * type->element->bits,
			.bit_size = type->element->bits,
		};

		if (!parser->rest.length)
			r = parser_fail(parser, parser->rest.text, "the bracket is not closed");
		else if (i == type->count)
			r = parser_fail(parser, parser->rest.text, "there is room for %u here",
					type->count);
		else
			r = parse_leaf(parser, &element, data, written);
		if (r == 0)
			parser_skip(parser, ',');
	}
	parser->nested = nested;
	/* As in C, what is left out is 0. */
	memset(written + column->bit_offset / 8, 0xff, column->bit_size / 8);
	return r;
}

/* Whole bytes in memory's own order, whatever type they have. */
static int parse_bytes(struct parser *parser, const struct skbscope_column *column, uint8_t *data,
		       uint8_t *written)
{
	const size_t size = column->bit_size / 8, first = column->bit_offset / 8;
	uint8_t *out = data + first;

	memset(written + first, 0xff, size);
	switch (column->type->display) {
	case SKBSCOPE_DISPLAY_TEXT:
		return parse_text(parser, column, out, size);
	case SKBSCOPE_DISPLAY_IPV4:
	case SKBSCOPE_DISPLAY_IPV6:
	case SKBSCOPE_DISPLAY_IP:
		return parse_address(parser, column, out);
	default:
		return parse_octets(parser, column, out, size);
	}
}

static bool is_address(const struct skbscope_column *column)
{
	const enum skbscope_display display = column->type->display;

	return column->bit_offset % 8 == 0 &&
	       ((display == SKBSCOPE_DISPLAY_IPV4 && column->bit_size == 32) ||
		((display == SKBSCOPE_DISPLAY_IPV6 || display == SKBSCOPE_DISPLAY_IP) &&
		 column->bit_size == 128));
}

static int parse_host_address(struct parser *parser, const struct skbscope_column *column,
			      bits_t *out)
{
	uint32_t address = 0;
	int r = parse_address(parser, column, (uint8_t *)&address);

	*out = ntohl(address);
	return r;
}

/* Whatever its type says: an LPM table compares bytes, so these are an address. */
static bool is_network(const struct parser *parser, const struct skbscope_column *column)
{
	const enum skbscope_display display = column->type->display;
	struct parser ahead = *parser;
	struct span word;

	if (!parser->is_prefix_key || column->bit_offset < 32 ||
	    (column->bit_size != 32 && column->bit_size != 128) ||
	    (display != SKBSCOPE_DISPLAY_PLAIN && display != SKBSCOPE_DISPLAY_HEX &&
	     display != SKBSCOPE_DISPLAY_NUMBER_BE))
		return false;
	word = parser_word(&ahead);
	return span_contains(word, ".") || span_contains(word, ":") || span_contains(word, "/");
}

static int parse_network(struct parser *parser, const struct skbscope_column *column, uint8_t *data,
			 uint8_t *written)
{
	struct skbscope_type type = *column->type;
	struct skbscope_column address = *column;

	type.display = column->bit_size == 32 ? SKBSCOPE_DISPLAY_IPV4 : SKBSCOPE_DISPLAY_IPV6;
	address.type = &type;
	return parse_bytes(parser, &address, data, written);
}

int parse_leaf(struct parser *parser, const struct skbscope_column *column, uint8_t *data,
	       uint8_t *written)
{
	const struct skbscope_type *type = column->type;
	bits_t number;
	int r;

	if (is_network(parser, column))
		return parse_network(parser, column, data, written);

	if (type_is_record(type) && type->display == SKBSCOPE_DISPLAY_PLAIN)
		return parse_struct(parser, column, data, written);
	if (is_address(column))
		return parse_bytes(parser, column, data, written);
	if (!type_is_number(type) && type->display != SKBSCOPE_DISPLAY_PLAIN)
		return parse_bytes(parser, column, data, written);
	if (!type_is_number(type))
		return parse_array(parser, column, data, written);
	if (type->display == SKBSCOPE_DISPLAY_IPV4_HOST && column->bit_size == 32)
		r = parse_host_address(parser, column, &number);
	else
		r = parse_scalar(parser, column, &number);
	if (r < 0)
		return r;
	bits_write(data, column->bit_offset, column->bit_size, number);
	bits_write(written, column->bit_offset, column->bit_size, ~(bits_t)0);
	return 0;
}

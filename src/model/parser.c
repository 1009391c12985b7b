/* SPDX-License-Identifier: Apache-2.0 */
/* Words of a key or a value, and what is said of those that do not fit. */
#include "model/parser.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "model/format.h"
#include "model/value.h"

#define WORD_SHOWN 48u

void parser_skip_blanks(struct parser *parser)
{
	while (parser->rest.length && isspace((unsigned char)parser->rest.text[0]))
		parser->rest = span_from(parser->rest, 1);
}

bool parser_skip(struct parser *parser, char c)
{
	parser_skip_blanks(parser);
	if (!parser->rest.length || parser->rest.text[0] != c)
		return false;
	parser->rest = span_from(parser->rest, 1);
	return true;
}

static bool ends_word(char c)
{
	return isspace((unsigned char)c) || (c && strchr(",{}[]", c));
}

struct span parser_word(struct parser *parser)
{
	struct span word = span_trim(parser->rest);
	size_t length = 0;

	parser_skip_blanks(parser);
	if (parser->nested) {
		while (length < word.length && !ends_word(word.text[length]))
			length++;
		word.length = length;
	}
	parser->rest = span_from(parser->rest, word.length);
	return word;
}

bool parser_name(struct parser *parser, struct span *name)
{
	struct span rest, before;
	size_t length = 0;

	parser_skip_blanks(parser);
	rest = parser->rest;
	while (length < rest.length && !strchr("=,{}[]\" \t\n", rest.text[length]))
		length++;
	before = (struct span){ rest.text, length };
	rest = span_from(rest, length);
	while (rest.length && strchr(" \t\n", rest.text[0]))
		rest = span_from(rest, 1);
	if (!length || !span_skip(&rest, "="))
		return false;
	*name = before;
	parser->rest = rest;
	return true;
}

int parser_fail(struct parser *parser, const char *at, const char *format, ...)
{
	char message[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	parser->at = at;
	return fail(parser->error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s", message);
}

void integer_range(const struct skbscope_column *column, bits_t *smallest, bits_t *largest)
{
	const bool is_signed = column->type->is_signed;
	const bits_t top = (bits_t)1 << (column->bit_size - 1);

	*largest = is_signed ? top - 1 : top - 1 + top;
	*smallest = is_signed ? -top : 0;
}

static void takes_number(const struct skbscope_column *column, struct buffer *out)
{
	bits_t smallest, largest;

	integer_range(column, &smallest, &largest);
	buffer_string(out, "a number from ");
	format_integer(smallest, column->type->is_signed, out);
	buffer_string(out, " to ");
	format_integer(largest, false, out);
}

static void takes_enumerator(const struct skbscope_type *type, struct buffer *out)
{
	for (size_t i = 0; i < type->enumerator_count && i < 8; i++)
		buffer_printf(out, "%s%s", i ? ", " : "", type->enumerators[i].name);
	buffer_string(out, type->enumerator_count > 8 ? ", … or a number" : " or a number");
}

static void takes_array(const struct skbscope_type *type, struct buffer *out)
{
	const struct skbscope_column element = { .type = type->element,
						 .bit_size = type->element->bits };

	buffer_printf(out, "up to %u in brackets, each ", type->count);
	parse_takes(&element, out);
}

void parse_takes(const struct skbscope_column *column, struct buffer *out)
{
	const struct skbscope_type *type = column->type;

	switch (type->display) {
	case SKBSCOPE_DISPLAY_IPV4:
	case SKBSCOPE_DISPLAY_IPV4_HOST:
		buffer_string(out, "an IPv4 address");
		return;
	case SKBSCOPE_DISPLAY_IPV6:
		buffer_string(out, "an IPv6 address");
		return;
	case SKBSCOPE_DISPLAY_IP:
		buffer_string(out, "an IPv4 or IPv6 address");
		return;
	case SKBSCOPE_DISPLAY_MAC:
		buffer_string(out, "a MAC address such as 02:00:5e:10:00:ff");
		return;
	case SKBSCOPE_DISPLAY_PORT_BE:
		buffer_string(out, "a port from 0 to 65535");
		return;
	case SKBSCOPE_DISPLAY_NS:
		buffer_string(out, "a time such as 10ms");
		return;
	case SKBSCOPE_DISPLAY_BYTES:
		buffer_string(out, "a size such as 64KiB");
		return;
	case SKBSCOPE_DISPLAY_IP_PROTO:
		buffer_string(out, "a protocol such as TCP, or its number");
		return;
	case SKBSCOPE_DISPLAY_ETH_PROTO:
	case SKBSCOPE_DISPLAY_ETH_PROTO_BE:
		buffer_string(out, "an EtherType such as IPv6 or 0x86dd");
		return;
	case SKBSCOPE_DISPLAY_TCP_FLAGS:
		buffer_string(out, "TCP flags such as SYN|ACK");
		return;
	case SKBSCOPE_DISPLAY_IFINDEX:
		buffer_string(out, "an interface, or its number");
		return;
	case SKBSCOPE_DISPLAY_VERDICT:
		buffer_string(out, "a verdict such as SHOT, or its number");
		return;
	case SKBSCOPE_DISPLAY_LOG2:
		buffer_string(out, "a power of two such as 1024-2047, or its exponent");
		return;
	case SKBSCOPE_DISPLAY_TEXT:
		buffer_printf(out, "text of up to %u bytes", column->bit_size / 8);
		return;
	default:
		break;
	}
	if (type->kind == SKBSCOPE_KIND_BOOLEAN)
		buffer_string(out, "true or false");
	else if (type->kind == SKBSCOPE_KIND_FLOAT)
		buffer_string(out, "a number");
	else if (type->kind == SKBSCOPE_KIND_ENUM)
		takes_enumerator(type, out);
	else if (!type_is_number(type) && type->display == SKBSCOPE_DISPLAY_HEX)
		buffer_printf(out, "%u byte%s in hexadecimal", column->bit_size / 8,
			      column->bit_size == 8 ? "" : "s");
	else if (type->kind == SKBSCOPE_KIND_ARRAY)
		takes_array(type, out);
	else if (type_is_record(type))
		buffer_string(out, "its members in braces");
	else
		takes_number(column, out);
}

static void say_subject(const struct skbscope_column *column, struct buffer *out)
{
	const char *name = column->name;

	/* What is no struct has a column of that name. */
	if (!name || !*name)
		buffer_string(out, "an element takes ");
	else if (strcmp(name, "key") == 0 || strcmp(name, "value") == 0)
		buffer_printf(out, "the %s takes ", name);
	else
		buffer_printf(out, "'%s' takes ", name);
}

int parser_refuse(struct parser *parser, const struct skbscope_column *column, struct span word)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const char *names[64];
	size_t count = 0;
	char *copy;
	int r;

	say_subject(column, &text);
	parse_takes(column, &text);
	if (!word.length) {
		buffer_string(&text, "; there is nothing");
		return parser_fail(parser, word.text, "%s", buffer_text(&text));
	}
	buffer_string(&text, ", not '");
	format_text(word.text, word.length < WORD_SHOWN ? word.length : WORD_SHOWN, &text);
	buffer_string(&text, word.length > WORD_SHOWN ? "...'" : "'");
	r = parser_fail(parser, word.text, "%s", buffer_text(&text));
	while (count < column->type->enumerator_count && count < 64) {
		names[count] = column->type->enumerators[count].name;
		count++;
	}
	copy = count ? strndup(word.text, word.length) : NULL;
	if (copy)
		hint_nearest(parser->error, copy, names, count);
	free(copy);
	return r;
}

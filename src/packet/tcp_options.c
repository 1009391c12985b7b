/* SPDX-License-Identifier: Apache-2.0 */
/* TCP's options, in their order. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "packet/bytes.h"
#include "packet/pad.h"
#include "packet/rest.h"

#define FIELDS 20u
#define EOL 0
#define NOP 1

/* Numbers of the same size, with ':' or '-' between them. */
static const struct option {
	const char *name;
	uint8_t kind, numbers, bytes; /* how many, and of how many bytes each */
	const char *wanted;
} options[] = {
	{ "eol", EOL, 0, 0, "no value" },           { "nop", NOP, 0, 0, "no value" },
	{ "mss", 2, 1, 2, "a number up to 65535" }, { "wscale", 3, 1, 1, "a number up to 255" },
	{ "sackok", 4, 0, 0, "no value" },          { "sack", 5, 2, 4, "two numbers as 1000:2000" },
	{ "ts", 8, 2, 4, "two numbers as 1:0" },
};
#define OPTIONS (sizeof(options) / sizeof(*options))

static bool is_alone(const struct option *option) /* without a length */
{
	return option->kind == EOL || option->kind == NOP;
}

static bool add_numbers(const struct option *option, struct span value, struct buffer *out)
{
	const uint64_t most = (UINT64_C(1) << option->bytes * 8) - 1;

	for (unsigned i = 0; i < option->numbers; i++) {
		struct span part = value;
		uint64_t number;
		char text[24];

		if (i + 1u < option->numbers && !span_cut(&value, ":", &part))
			return false;
		if (part.length >= sizeof(text))
			return false;
		snprintf(text, sizeof(text), "%.*s", (int)part.length, part.text);
		if (!text_number(text, &number) || number > most)
			return false;
		for (unsigned byte = option->bytes; byte-- > 0;)
			buffer_append(out, &(uint8_t){ (uint8_t)(number >> byte * 8) }, 1);
	}
	return option->numbers || !value.length;
}

static enum rest_said add(struct span name, struct span value, size_t begin, struct buffer *out,
			  struct buffer *wanted)
{
	(void)begin;
	if (span_is(name, "opts")) {
		if (hex_parse(value, out))
			return REST_ADDED;
		buffer_string(wanted, "pairs of hexadecimal digits");
		return REST_WRONG;
	}
	for (const struct option *option = options; option < options + OPTIONS; option++) {
		if (!span_is(name, option->name))
			continue;
		buffer_append(out, &option->kind, 1);
		if (!is_alone(option))
			buffer_append(out,
				      &(uint8_t){ (uint8_t)(2 + option->numbers * option->bytes) },
				      1);
		if (add_numbers(option, value, out))
			return REST_ADDED;
		buffer_string(wanted, option->wanted);
		return REST_WRONG;
	}
	return REST_UNKNOWN;
}

static void finish(size_t begin, struct buffer *out)
{
	rest_pad(begin, 4, out);
}

static size_t size_of(const uint8_t *header, size_t room)
{
	const size_t size = (header[12] >> 4) * 4u;

	return size >= FIELDS && size <= room ? size : 0;
}

static const struct option *option_at(const uint8_t *at, size_t room)
{
	for (const struct option *option = options; option < options + OPTIONS; option++) {
		if (option->kind != at[0])
			continue;
		if (is_alone(option))
			return option;
		return room >= 2 && at[1] == 2 + option->numbers * option->bytes && at[1] <= room
			       ? option
			       : NULL;
	}
	return NULL;
}

static size_t print_option(const struct option *option, const uint8_t *at, struct buffer *out)
{
	const uint8_t *from = at + 2;

	buffer_printf(out, " %s", option->name);
	for (unsigned i = 0; i < option->numbers; i++) {
		uint64_t number = 0;

		for (unsigned byte = 0; byte < option->bytes; byte++)
			number = number << 8 | *from++;
		buffer_printf(out, "%c%" PRIu64, i ? ':' : '=', number);
	}
	return is_alone(option) ? 1 : at[1];
}

/* What finish() adds; more zeros than that are somebody's. */
static bool is_padding(const uint8_t *at, size_t size)
{
	return size < 4 && !at[0] && (size < 2 || !at[1]) && (size < 3 || !at[2]);
}

static void describe(const uint8_t *header, size_t size, struct buffer *out)
{
	const uint8_t *at = header + FIELDS, *end = header + size;

	while (at < end && !is_padding(at, (size_t)(end - at))) {
		const struct option *option = option_at(at, (size_t)(end - at));

		if (!option) {
			buffer_string(out, " opts=");
			hex_print(at, (size_t)(end - at), out);
			return;
		}
		at += print_option(option, at, out);
	}
}

const struct packet_rest rest_tcp_options = { "mss wscale sackok sack ts nop eol opts", add, finish,
					      size_of, describe };

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers, with the units that their type can count in. Whole: what would have to be rounded
 * is refused.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "model/parser.h"
#include "model/value.h"

enum measure { COUNT = 1, SIZE = 2, RATE = 4, TIME = 8 };

static const struct unit {
	const char *name;
	enum measure measure;
	uint64_t factor;
} units[] = {
	{ "ns", TIME, 1 },
	{ "us", TIME, 1000 },
	{ "ms", TIME, 1000000 },
	{ "s", TIME, 1000000000 },
	{ "m", TIME, UINT64_C(60000000000) },
	{ "h", TIME, UINT64_C(3600000000000) },
	{ "d", TIME, UINT64_C(86400000000000) },
	{ "B", SIZE, 1 },
	{ "kB", SIZE, 1000 },
	{ "MB", SIZE, 1000000 },
	{ "GB", SIZE, 1000000000 },
	{ "TB", SIZE, UINT64_C(1000000000000) },
	{ "KiB", SIZE, UINT64_C(1) << 10 },
	{ "MiB", SIZE, UINT64_C(1) << 20 },
	{ "GiB", SIZE, UINT64_C(1) << 30 },
	{ "TiB", SIZE, UINT64_C(1) << 40 },
	{ "PiB", SIZE, UINT64_C(1) << 50 },
	{ "EiB", SIZE, UINT64_C(1) << 60 },
	/* As tc spells rates. */
	{ "bit", RATE, 1 },
	{ "kbit", RATE, 1000 },
	{ "mbit", RATE, 1000000 },
	{ "gbit", RATE, 1000000000 },
	{ "tbit", RATE, UINT64_C(1000000000000) },
	/* As format_count() writes them. */
	{ "k", COUNT, 1000 },
	{ "M", COUNT, 1000000 },
	{ "G", COUNT, 1000000000 },
	{ "T", COUNT, UINT64_C(1000000000000) },
	{ "P", COUNT, UINT64_C(1000000000000000) },
	{ "E", COUNT, UINT64_C(1000000000000000000) },
};

static unsigned measures_of(const struct skbscope_column *column)
{
	if (column->type->display == SKBSCOPE_DISPLAY_NS)
		return TIME;
	if (column->type->display == SKBSCOPE_DISPLAY_BYTES)
		return SIZE | RATE;
	return column->type->display == SKBSCOPE_DISPLAY_PLAIN ? COUNT | SIZE | RATE : 0;
}

/* Names of sizes and rates in any case: nobody means anything else by "kib". */
static const struct unit *find_unit(struct span name, unsigned measures)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		const struct unit *unit = &units[i];
		bool any_case = (unit->measure & (SIZE | RATE)) && name.length > 1;

		if (!(measures & unit->measure) || strlen(unit->name) != name.length)
			continue;
		if (any_case ? strncasecmp(unit->name, name.text, name.length) == 0
			     : strncmp(unit->name, name.text, name.length) == 0)
			return unit;
	}
	return NULL;
}

static int digit_of(char c, bits_t base)
{
	int digit = isdigit((unsigned char)c)    ? c - '0'
		    : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
						 : 16;

	return (bits_t)digit < base ? digit : -1;
}

/* Digits, and those behind a point as a power of ten. False: too many. */
struct decimal {
	bits_t digits, scale;
	size_t count;
};

static bool add_digit(struct decimal *number, int digit, bits_t base)
{
	number->count++;
	return !__builtin_mul_overflow(number->digits, base, &number->digits) &&
	       !__builtin_add_overflow(number->digits, (bits_t)digit, &number->digits);
}

static bool take_digits(struct span *rest, bits_t base, struct decimal *number)
{
	int digit;

	while (rest->length && (digit = digit_of(rest->text[0], base)) >= 0) {
		if (!add_digit(number, digit, base))
			return false;
		*rest = span_from(*rest, 1);
	}
	return true;
}

static bool take_decimal(struct span *rest, struct decimal *number)
{
	bool is_hex = span_begins(*rest, "0x") || span_begins(*rest, "0X");
	size_t whole;

	*number = (struct decimal){ .scale = 1 };
	if (is_hex)
		*rest = span_from(*rest, 2);
	if (!take_digits(rest, is_hex ? 16 : 10, number))
		return false;
	whole = number->count;
	if (is_hex || !whole || !span_skip(rest, "."))
		return whole > 0;
	if (!take_digits(rest, 10, number) || number->count == whole)
		return false;
	for (size_t i = whole; i < number->count; i++)
		if (__builtin_mul_overflow(number->scale, (bits_t)10, &number->scale))
			return false;
	return true;
}

/* In the measure of the column; bits count as bytes where the type says that it is bytes. */
static bool multiply(const struct decimal *number, const struct unit *unit, bool bits_of_bytes,
		     bits_t *out)
{
	bits_t scale = number->scale;

	if (unit && unit->measure == RATE && bits_of_bytes)
		scale *= 8;
	if (__builtin_mul_overflow(number->digits, (bits_t)(unit ? unit->factor : 1), out) ||
	    *out % scale)
		return false;
	*out /= scale;
	return true;
}

/* "1.5 MiB", or as durations are shown: "2h 05m". */
static bool take_amount(struct span word, const struct skbscope_column *column, bits_t *out)
{
	const unsigned measures = measures_of(column);
	bits_t sum = 0, part;

	do {
		struct decimal number;
		struct span name;
		size_t letters = 0;

		if (!take_decimal(&word, &number))
			return false;
		word = span_trim(word);
		while (letters < word.length && isalpha((unsigned char)word.text[letters]))
			letters++;
		name = (struct span){ word.text, letters };
		word = span_trim(span_from(word, letters));
		if ((letters && !find_unit(name, measures)) ||
		    !multiply(&number, find_unit(name, measures),
			      column->type->display == SKBSCOPE_DISPLAY_BYTES, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return false;
	} while (word.length && measures == TIME);
	*out = sum;
	return !word.length;
}

/* A unit that stands apart, in braces too: "{limit=1.5 KiB}". */
static struct span with_unit(struct parser *parser, const struct skbscope_column *column,
			     struct span word)
{
	struct parser ahead = *parser;
	struct span next;

	if (!parser->nested || !word.length || !isdigit((unsigned char)word.text[word.length - 1]))
		return word;
	next = parser_word(&ahead);
	if (!next.length || !find_unit(next, measures_of(column)))
		return word;
	parser->rest = ahead.rest;
	word.length = (size_t)(next.text + next.length - word.text);
	return word;
}

static int refuse_number(struct parser *parser, const struct skbscope_column *column,
			 struct span word)
{
	static const struct skbscope_type time = { .kind = SKBSCOPE_KIND_INTEGER,
						   .display = SKBSCOPE_DISPLAY_NS };
	const struct skbscope_column as_time = { .type = &time, .bit_size = 64 };
	int r = parser_refuse(parser, column, word);
	bits_t number;

	if (measures_of(column) == (COUNT | SIZE | RATE) && take_amount(word, &as_time, &number))
		return hint(parser->error, r,
			    "the type '%s' does not say in which unit it counts time: write the "
			    "number, or declare it as ns_t",
			    column->type->name);
	if (column->type->display == SKBSCOPE_DISPLAY_BYTES && word.length &&
	    strchr("kKMG", word.text[word.length - 1]))
		return hint(parser->error, r, "KiB is 1024 bytes, kB is 1000");
	return r;
}

int parse_number(struct parser *parser, const struct skbscope_column *column, struct span word,
		 bits_t *out)
{
	bits_t smallest, largest, number;
	struct span digits;
	bool negative;

	integer_range(column, &smallest, &largest);
	word = digits = with_unit(parser, column, word);
	negative = span_skip(&digits, "-");
	if (!negative)
		span_skip(&digits, "+");
	if (!take_amount(digits, column, &number))
		return refuse_number(parser, column, word);
	if (negative && number) {
		if (!column->type->is_signed || number > -smallest)
			return parser_refuse(parser, column, word);
		number = -number;
	} else if (number > largest) {
		return parser_refuse(parser, column, word);
	}
	*out = number;
	return 0;
}

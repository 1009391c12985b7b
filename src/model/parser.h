/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the parsing of keys and values: a place in the text, and where it failed. */
#ifndef MODEL_PARSER_H
#define MODEL_PARSER_H

#include "model/bits.h"
#include "model/parse.h"

struct parser {
	struct span rest;
	bool nested; /* in braces or brackets: a word ends at a blank or a comma */
	const struct parse_names *names;
	const char *at; /* what is wrong; NULL: nothing yet */
	struct skbscope_error *error;
	/* Of an LPM table's key: what "/8" asked for, in bits of all that is compared. */
	bool is_prefix_key, has_prefix;
	uint32_t prefix;
	struct span prefix_word;
	uint32_t prefix_offset, prefix_bits; /* of the address it stood behind */
	uint32_t prefix_before; /* bits that are compared before those that were written */
};

void parser_skip_blanks(struct parser *parser);
bool parser_skip(struct parser *parser, char c); /* and blanks before it */
struct span parser_word(struct parser *parser);

__attribute__((format(printf, 3, 4))) int parser_fail(struct parser *parser, const char *at,
						      const char *format, ...);
/* "'port' takes a number from 0 to 65535, not 'http'" */
int parser_refuse(struct parser *parser, const struct skbscope_column *column, struct span word);

/* "name=", and a blank or two; or nothing is taken. */
bool parser_name(struct parser *parser, struct span *name);

/* One half of a table's columns: the key's or the value's. */
struct half {
	const struct skbscope_column *columns;
	size_t count;
	const char *called; /* "key" or "value" */
	uint32_t size;      /* in bytes */
};
struct half half_of(const struct skbscope_schema *schema, bool key);
bool half_is_prefix(const struct skbscope_schema *schema); /* of an LPM table: the key */
/* A name that key and value share is "key.name"; which one is meant is known here. */
const char *half_short_name(const struct half *half, const struct skbscope_column *column);

/* One leaf, wherever it stands. */
int parse_leaf(struct parser *parser, const struct skbscope_column *column, uint8_t *data,
	       uint8_t *written);
int parse_scalar(struct parser *parser, const struct skbscope_column *column, bits_t *out);
int parse_number(struct parser *parser, const struct skbscope_column *column, struct span word,
		 bits_t *out);
int parse_octets(struct parser *parser, const struct skbscope_column *column, uint8_t *out,
		 size_t count);
int parse_text(struct parser *parser, const struct skbscope_column *column, uint8_t *out,
	       size_t room);
int parse_address(struct parser *parser, const struct skbscope_column *column, uint8_t *out);
/* The members of an element of an array. */
int parse_struct(struct parser *parser, const struct skbscope_column *column, uint8_t *data,
		 uint8_t *written);

/* Without a unit, an integer of that type. */
void integer_range(const struct skbscope_column *column, bits_t *smallest, bits_t *largest);
/* What a column takes, for a sentence: "an IPv4 address". */
void parse_takes(const struct skbscope_column *column, struct buffer *out);

#endif

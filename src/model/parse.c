/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and values as a whole: members by name or in their order, and prefixes of networks. */
#include "model/parse.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "model/format.h"
#include "model/parser.h"
#include "model/value.h"

#define NAMES_MAX 64u /* among which a misspelled one is looked for */

struct half half_of(const struct skbscope_schema *schema, bool key)
{
	size_t keys = 0;

	while (keys < schema->column_count && schema->columns[keys].is_key)
		keys++;
	if (key)
		return (struct half){ schema->columns, keys, "key", schema->key_size };
	return (struct half){ schema->columns + keys, schema->column_count - keys, "value",
			      schema->value_size };
}

const char *half_short_name(const struct half *half, const struct skbscope_column *column)
{
	size_t length = strlen(half->called);

	return strncmp(column->name, half->called, length) == 0 && column->name[length] == '.'
		       ? column->name + length + 1
		       : column->name;
}

static void list_members(const struct half *half, bool example, struct buffer *out)
{
	buffer_string(out, "{");
	for (size_t i = 0; i < half->count; i++)
		buffer_printf(out, "%s%s%s", i ? ", " : "",
			      half_short_name(half, &half->columns[i]), example ? "=…" : "");
	buffer_string(out, "}");
}

/* A member of a member: the prefix is what was named so far. */
struct members {
	const struct half *half;
	struct span prefix; /* "" or "outer" */
};

static bool is_named(const struct members *members, const char *column, struct span name,
		     bool *whole)
{
	struct span rest = span_of(column);

	if (members->prefix.length) {
		if (rest.length < members->prefix.length ||
		    memcmp(rest.text, members->prefix.text, members->prefix.length) != 0)
			return false;
		rest = span_from(rest, members->prefix.length);
		if (!span_skip(&rest, "."))
			return false;
	}
	if (rest.length < name.length || !name.length ||
	    memcmp(rest.text, name.text, name.length) != 0)
		return false;
	*whole = rest.length == name.length;
	return *whole || rest.text[name.length] == '.';
}

/* NULL, and *outer: a struct is called so. */
static const struct skbscope_column *find_member(const struct members *members, struct span name,
						 const char **outer)
{
	*outer = NULL;
	for (size_t i = 0; i < members->half->count; i++) {
		const struct skbscope_column *column = &members->half->columns[i];
		const char *name_of = half_short_name(members->half, column);
		bool whole;

		if (!is_named(members, name_of, name, &whole))
			continue;
		if (whole)
			return column;
		*outer = name_of;
	}
	return NULL;
}

static int no_member(struct parser *parser, const struct half *half, struct span name)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(buffer_free) struct buffer written = { 0 };
	const char *names[NAMES_MAX];
	size_t count = 0;
	int r;

	format_text(name.text, name.length < 64 ? name.length : 64, &written);
	list_members(half, false, &text);
	r = hint(parser->error,
		 parser_fail(parser, name.text, "the %s has no member '%s'", half->called,
			     buffer_text(&written)),
		 "its members are %s", buffer_text(&text));
	for (; count < half->count && count < NAMES_MAX; count++)
		names[count] = half_short_name(half, &half->columns[count]);
	hint_nearest(parser->error, buffer_text(&written), names, count);
	return r;
}

static bool is_written(const struct skbscope_column *column, const uint8_t *written)
{
	for (uint32_t i = 0; i < column->bit_size; i++)
		if (!(bits_read(written, column->bit_offset + i, 1)))
			return false;
	return true;
}

/* The next that nothing was said of. */
static const struct skbscope_column *next_member(const struct half *half, const uint8_t *written)
{
	for (size_t i = 0; i < half->count; i++)
		if (!is_written(&half->columns[i], written))
			return &half->columns[i];
	return NULL;
}

static int parse_members(struct parser *parser, const struct members *members, uint8_t *data,
			 uint8_t *written);

static struct members within(const struct members *members, const char *outer, struct span name)
{
	size_t before = members->prefix.length ? members->prefix.length + 1 : 0;

	return (struct members){ members->half, { outer, before + name.length } };
}

static int parse_member(struct parser *parser, const struct members *members, uint8_t *data,
			uint8_t *written)
{
	const struct skbscope_column *column;
	struct members inner;
	const char *outer;
	struct span name;

	if (!parser_name(parser, &name)) {
		column = next_member(members->half, written);
		if (members->prefix.length)
			return parser_fail(parser, parser->rest.text, "a name and '=' belong here");
		if (column)
			return parse_leaf(parser, column, data, written);
		return parser_fail(parser, parser->rest.text, "the %s has no more members",
				   members->half->called);
	}
	column = find_member(members, name, &outer);
	if (!column && !outer)
		return no_member(parser, members->half, name);
	if (column && is_written(column, written))
		return parser_fail(parser, name.text, "'%s' was given already", column->name);
	if (column)
		return parse_leaf(parser, column, data, written);
	if (!parser_skip(parser, '{'))
		return parser_fail(parser, parser->rest.text,
				   "the members of '%.*s' in braces "
				   "belong here",
				   (int)name.length, name.text);
	inner = within(members, outer, name);
	return parse_members(parser, &inner, data, written);
}

/* Behind the brace, to its end. */
static int parse_members(struct parser *parser, const struct members *members, uint8_t *data,
			 uint8_t *written)
{
	int r = 0;

	parser->nested = true;
	while (r == 0 && !parser_skip(parser, '}')) {
		if (!parser->rest.length)
			return parser_fail(parser, parser->rest.text, "the brace is not closed");
		r = parse_member(parser, members, data, written);
		if (r == 0)
			parser_skip(parser, ',');
	}
	return r;
}

static int needs_braces(struct parser *parser, const struct half *half, struct span text)
{
	AUTO(buffer_free) struct buffer members = { 0 };

	list_members(half, true, &members);
	return hint(
		parser->error,
		parser_fail(parser, text.text, "the %s has %zu members", half->called, half->count),
		"write %s", buffer_text(&members));
}

/* What stands for the whole without braces: the only column, or an LPM table's only one
 * behind the length. */
static const struct skbscope_column *only_column(const struct parser *parser,
						 const struct half *half)
{
	if (parser->is_prefix_key)
		return half->count == 2 ? &half->columns[1] : NULL;
	return half->count == 1 ? half->columns : NULL;
}

static int parse_half(struct parser *parser, const struct half *half, uint8_t *data,
		      uint8_t *written)
{
	const struct skbscope_column *only = only_column(parser, half);
	const struct members members = { half, { "", 0 } };
	const struct span text = span_trim(parser->rest);
	int r;

	memset(data, 0, half->size);
	memset(written, 0, half->size);
	parser->rest = text;
	/* What is no struct may be text that begins with a brace. */
	if (text.length && text.text[0] == '{' &&
	    !(only && only->type->display == SKBSCOPE_DISPLAY_TEXT &&
	      strcmp(only->name, half->called) == 0)) {
		parser_skip(parser, '{');
		r = parse_members(parser, &members, data, written);
	} else if (!only) {
		return needs_braces(parser, half, text);
	} else {
		r = parse_leaf(parser, only, data, written);
	}
	parser_skip_blanks(parser);
	if (r == 0 && parser->rest.length)
		r = parser_fail(parser, parser->rest.text, "nothing more belongs to the %s",
				half->called);
	return r;
}

static struct parser parser_of(const struct parse_names *names, struct span text,
			       struct skbscope_error *error)
{
	return (struct parser){ .rest = text, .names = names, .error = error };
}

bool half_is_prefix(const struct skbscope_schema *schema)
{
	const struct half half = half_of(schema, true);

	return strcmp(schema->map_type, "lpm_trie") == 0 && half.count > 1 &&
	       half.columns[0].bit_offset == 0 && half.columns[0].bit_size == 32;
}

static int has_host_bits(struct parser *parser, struct span text, const uint8_t *key, uint32_t size,
			 uint32_t prefix)
{
	AUTO(buffer_free) struct buffer network = { 0 };
	AUTO(freep) uint8_t *masked = malloc(size);
	const bool is_mapped = parser->prefix_before != parser->prefix_offset - 32;
	const struct skbscope_type type = { .kind = SKBSCOPE_KIND_ARRAY,
					    .display = is_mapped ? SKBSCOPE_DISPLAY_IP
						       : parser->prefix_bits == 128
							       ? SKBSCOPE_DISPLAY_IPV6
							       : SKBSCOPE_DISPLAY_IPV4,
					    .bits = parser->prefix_bits };
	const struct skbscope_column column = { .type = &type,
						.bit_offset = parser->prefix_offset,
						.bit_size = parser->prefix_bits };
	int r = parser_fail(parser, parser->has_prefix ? parser->prefix_word.text : text.text,
			    "bits are set behind the prefix");

	if (!masked || !parser->has_prefix)
		return r;
	memcpy(masked, key, size);
	for (uint32_t bit = prefix; bit < (size - 4) * 8; bit++)
		masked[4 + bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	value_format(&column, masked, true, &network);
	return hint(parser->error, r, "the network is %s/%u", buffer_text(&network),
		    prefix - parser->prefix_before);
}

/* What is compared, and that it ends where the prefix does. */
static int finish_prefix(struct parser *parser, const struct half *half, struct span text,
			 uint8_t *key, const uint8_t *written)
{
	const uint32_t all = (half->size - 4) * 8;
	uint32_t prefix;

	if (parser->has_prefix && bits_read(written, 0, 32))
		return parser_fail(parser, parser->prefix_word.text,
				   "the length of the prefix was given already");
	prefix = parser->has_prefix                       ? parser->prefix
		 : is_written(&half->columns[0], written) ? (uint32_t)bits_read(key, 0, 32)
							  : all;
	/* As it is shown: none that ends within what IPv4 has in common would do. */
	if (!parser->has_prefix && half->columns[0].type->display == SKBSCOPE_DISPLAY_PREFIX &&
	    prefix <= 32 && ip_is_ipv4(key + 4))
		prefix += IP_BEFORE_IPV4;
	if (prefix > all)
		return parser_fail(parser, text.text, "a prefix of this key has up to %u bits",
				   all);
	bits_write(key, 0, 32, prefix);
	for (uint32_t bit = prefix; bit < all; bit++)
		if (key[4 + bit / 8] & (0x80u >> bit % 8))
			return has_host_bits(parser, text, key, half->size, prefix);
	return 0;
}

static int check_whole(struct parser *parser, const struct half *half, struct span text,
		       uint8_t *written)
{
	const struct skbscope_column *missing = next_member(half, written);
	AUTO(buffer_free) struct buffer members = { 0 };

	if (!missing)
		return 0;
	list_members(half, true, &members);
	return hint(parser->error,
		    parser_fail(parser, text.text, "the key lacks '%s'",
				half_short_name(half, missing)),
		    "write %s", buffer_text(&members));
}

int parse_key(const struct skbscope_schema *schema, const struct parse_names *names,
	      struct span text, uint8_t *key, const char **at, struct skbscope_error *error)
{
	const struct half half = half_of(schema, true);
	struct parser parser = parser_of(names, text, error);
	AUTO(freep) uint8_t *written = malloc(half.size + 1);
	int r;

	*at = text.text;
	if (!written)
		return fail_memory(error, SKBSCOPE_STAGE_USAGE);
	parser.is_prefix_key = half_is_prefix(schema);
	r = parse_half(&parser, &half, key, written);
	if (r == 0 && parser.is_prefix_key) {
		r = finish_prefix(&parser, &half, text, key, written);
		memset(written, 0xff, 4);
	}
	if (r == 0)
		r = check_whole(&parser, &half, text, written);
	if (parser.at)
		*at = parser.at;
	return r;
}

int parse_value(const struct skbscope_schema *schema, const struct parse_names *names,
		struct span text, uint8_t *value, uint8_t *written, const char **at,
		struct skbscope_error *error)
{
	const struct half half = half_of(schema, false);
	struct parser parser = parser_of(names, text, error);
	int r = parse_half(&parser, &half, value, written);

	*at = parser.at ? parser.at : text.text;
	return r;
}

int parse_column(const struct skbscope_column *column, const struct parse_names *names,
		 struct span text, uint8_t *data, uint8_t *written, const char **at,
		 struct skbscope_error *error)
{
	struct parser parser = parser_of(names, span_trim(text), error);
	int r = parse_leaf(&parser, column, data, written);

	parser_skip_blanks(&parser);
	if (r == 0 && parser.rest.length)
		r = parser_fail(&parser, parser.rest.text, "nothing more belongs to '%s'",
				column->name);
	*at = parser.at ? parser.at : text.text;
	return r;
}

bool parse_can_set(const struct skbscope_schema *schema)
{
	static const char *const types[] = { "hash",     "array",           "percpu_hash",
					     "lru_hash", "lru_percpu_hash", "percpu_array",
					     "lpm_trie" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!schema->is_events && strcmp(schema->map_type, types[i]) == 0)
			return true;
	return false;
}

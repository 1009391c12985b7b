/* SPDX-License-Identifier: Apache-2.0 */
/* A struct in an array, whose members are no columns. */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "model/parser.h"
#include "model/value.h"

/* An unnamed struct's members count as those of what it stands in. */
static bool find(const struct skbscope_type *type, uint32_t offset, struct span name,
		 struct skbscope_column *out)
{
	for (size_t i = 0; i < type->member_count; i++) {
		const struct skbscope_member *member = &type->members[i];
		const uint32_t at = offset + member->bit_offset;

		if (!*member->name && type_is_record(member->type) &&
		    find(member->type, at, name, out))
			return true;
		if (!*member->name || !member->bit_size || !span_is(name, member->name))
			continue;
		*out = (struct skbscope_column){ .name = member->name,
						 .type = member->type,
						 .bit_offset = at,
						 .bit_size = member->bit_size };
		return true;
	}
	return false;
}

static int parse_one(struct parser *parser, const struct skbscope_column *whole, uint8_t *data,
		     uint8_t *written)
{
	struct skbscope_column column;
	struct span name;

	parser_skip_blanks(parser);
	if (!parser->rest.length)
		return parser_fail(parser, parser->rest.text, "the brace is not closed");
	if (!parser_name(parser, &name))
		return parser_fail(parser, parser->rest.text, "a name and '=' belong here");
	if (!find(whole->type, whole->bit_offset, name, &column))
		return parser_fail(parser, name.text, "'%s' has no such member", whole->type->name);
	return parse_leaf(parser, &column, data, written);
}

int parse_struct(struct parser *parser, const struct skbscope_column *column, uint8_t *data,
		 uint8_t *written)
{
	const bool nested = parser->nested;
	int r = 0;

	if (!parser_skip(parser, '{'))
		return parser_refuse(parser, column, parser_word(parser));
	parser->nested = true;
	while (r == 0 && !parser_skip(parser, '}')) {
		r = parse_one(parser, column, data, written);
		if (r == 0)
			parser_skip(parser, ',');
	}
	parser->nested = nested;
	return r;
}

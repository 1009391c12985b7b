/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a case that fails: a text, and where it is the one. */
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "expect/read.h"

static void add_text(struct buffer *text, struct span line)
{
	if (line.length)
		buffer_printf(text, "%s%.*s", text->length ? " " : "", (int)line.length, line.text);
}

static bool is_condition(const struct lines *lines, struct span *rest)
{
	*rest = lines->line;
	return span_skip(rest, "where") && rest->length && strchr(" \t", rest->text[0]);
}

static void add_condition(struct lines *lines, struct span rest, struct test_hint *hint)
{
	struct expectation *where = ARENA_NEW(lines->arena, struct expectation);

	if (hint->where)
		lines_mistake(lines, lines->line.text, "write another hint",
			      "this hint has a 'where' already");
	if (!where)
		return;
	lines_skip_blanks(&rest);
	read_condition(lines, rest, where);
	hint->where = where;
}

void read_hint(struct lines *lines, struct span rest, struct test_case *into)
{
	struct test_hint *hint =
		LINES_ADD(lines->arena, into->hints, into->hint_count, into->hint_room);
	AUTO(buffer_free) struct buffer text = { 0 };
	const uint32_t line = lines->number;
	struct test_hint read = { 0 };

	add_text(&text, rest);
	while (lines_next_indented(lines)) {
		if (is_condition(lines, &rest))
			add_condition(lines, rest, &read);
		else
			add_text(&text, lines->line);
	}
	if (!text.length)
		lines_mistake_at(lines, line,
				 "a hint is a sentence: hint SENTENCE, and below it where it is "
				 "the one, as in: where table ports port=13568");
	read.text = arena_string(lines->arena, buffer_text(&text));
	if (hint)
		*hint = read;
}

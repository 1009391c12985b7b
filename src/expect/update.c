/* SPDX-License-Identifier: Apache-2.0 */
#include "expect/update.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "expect/lines.h"

struct updating {
	struct edits *edits;
	const char *why; /* NULL: all can be written until now */
};

static void refuse(struct updating *updating, const char *why)
{
	if (!updating->why)
		updating->why = why;
}

static void edit(struct updating *updating, const char *from, const char *to, const char *text)
{
	struct edits *edits = updating->edits;
	struct edit *new = LINES_ADD(edits->arena, edits->list, edits->count, edits->room);

	if (new)
		*new = (struct edit){ from, to, arena_string(edits->arena, text) };
}

static const char *end_of(struct span span)
{
	return span.text + span.length;
}

/* --- one value in a line */

static const struct finding_line *actual_of(const struct finding *finding)
{
	for (size_t i = 0; i < finding->count; i++)
		if (finding->lines[i].side == FINDING_ACTUAL)
			return &finding->lines[i];
	return NULL;
}

/* "3 packets": the number. */
static void update_count(struct updating *updating, const struct finding *finding)
{
	const struct expectation *expectation = finding->expectation;
	const struct finding_line *actual = actual_of(finding);
	const size_t digits = actual ? strspn(actual->text, "0123456789") : 0;

	if (!digits || !expectation->place.length) {
		refuse(updating, "of losses only a known number can be written");
		return;
	}
	edit(updating, expectation->place.text, end_of(expectation->place),
	     arena_string_n(updating->edits->arena, actual->text, digits));
}

static void update_verdicts(struct updating *updating, const struct finding *finding)
{
	const struct expectation *expectation = finding->expectation;
	const struct finding_line *actual = actual_of(finding);

	if (!actual || !*actual->text || strchr(actual->text, '-')) {
		refuse(updating, "a packet that the program did not see has no verdict");
		return;
	}
	edit(updating, expectation->place.text, end_of(expectation->place), actual->text);
}

/* --- lines below */

/* Of the lines of rows or prints. */
struct block {
	struct updating *updating;
	const struct expectation *expectation;
	const struct span *places; /* as they are written */
	size_t count, left;        /* how many there are, and will be */
	const char *noun;
	bool moved;         /* from the head to lines below */
	const char *behind; /* a line below which the next one goes; NULL: none yet */
};

static const char *line_begin(const struct block *block, const char *at)
{
	const char *first = block->expectation->head.text;

	while (at > first && at[-1] != '\n')
		at--;
	return at;
}

static bool is_beside_head(const struct block *block, struct span place)
{
	return line_begin(block, place.text) == line_begin(block, block->expectation->head.text);
}

/* What stands before rows that have lines of their own. */
static const char *indent_of(const struct block *block)
{
	struct arena *arena = block->updating->edits->arena;

	for (size_t i = 0; i < block->count; i++) {
		const char *begin = line_begin(block, block->places[i].text);

		if (!is_beside_head(block, block->places[i]))
			return arena_string_n(arena, begin,
					      (size_t)(block->places[i].text - begin));
	}
	return "\t";
}

/* A print may look like something else. */
static const char *as_written(const struct block *block, const char *text)
{
	struct arena *arena = block->updating->edits->arena;
	AUTO(buffer_free) struct buffer out = { 0 };
	const size_t length = strlen(text);

	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' && *at != '\t')
			refuse(block->updating, "a print has a character that cannot be written");
	if (block->expectation->kind != EXPECT_PRINTS)
		return text;
	if (length && !strchr(" \t\"0123456789=!<>", text[0]) && !strchr(text, '#') &&
	    strncmp(text, "among", 5) != 0 && text[length - 1] != ' ' && text[length - 1] != '\t')
		return text;
	if (length && text[length - 1] == '\\')
		refuse(block->updating, "a print has a backslash at its end");
	buffer_string(&out, "\"");
	for (const char *at = text; *at; at++)
		buffer_printf(&out, *at == '"' ? "\\%c" : "%c", *at);
	buffer_string(&out, "\"");
	return arena_string(arena, buffer_text(&out));
}

static const char *end_of_line(const char *at)
{
	while (*at && *at != '\n')
		at++;
	return at;
}

/* The line goes, unless there is more in it. */
static void drop(struct block *block, struct span place)
{
	const char *begin = line_begin(block, place.text), *end = end_of_line(end_of(place));
	const char *from = begin;

	while (from < place.text && (*from == ' ' || *from == '\t'))
		from++;
	if (from == place.text &&
	    !span_trim((struct span){ end_of(place), (size_t)(end - end_of(place)) }).length)
		edit(block->updating, begin, *end ? end + 1 : end, "");
	else
		edit(block->updating, place.text, end_of(place), "");
}

static void replace(struct block *block, struct span place, const char *text)
{
	edit(block->updating, place.text, end_of(place), as_written(block, text));
}

static void insert(struct block *block, const char *text)
{
	struct arena *arena = block->updating->edits->arena;
	const char *written = as_written(block, text), *indent = indent_of(block), *at;

	if (!block->behind && is_beside_head(block, block->places[0])) {
		at = block->places[0].text;
		if (block->moved)
			edit(block->updating, at, at,
			     arena_printf(arena, "%s\n%s", written, indent));
		else
			edit(block->updating, end_of(block->expectation->head), at,
			     arena_printf(arena, "\n%s%s\n%s", indent, written, indent));
		block->moved = true;
		return;
	}
	if (!block->behind) {
		at = line_begin(block, block->places[0].text);
		edit(block->updating, at, at, arena_printf(arena, "%s%s\n", indent, written));
		return;
	}
	at = end_of_line(block->behind);
	if (*at)
		edit(block->updating, at + 1, at + 1,
		     arena_printf(arena, "%s%s\n", indent, written));
	else
		edit(block->updating, at, at, arena_printf(arena, "\n%s%s", indent, written));
}

/* Nothing came: "0 rows" in place of all. */
static void empty(struct block *block)
{
	struct arena *arena = block->updating->edits->arena;
	const char *none = arena_printf(arena, " 0 %s", block->noun);
	const char *head = end_of(block->expectation->head);
	const bool beside = is_beside_head(block, block->places[0]);

	if (block->expectation->among) {
		refuse(block->updating, "none of what is expected among others came");
		return;
	}
	edit(block->updating, head, beside ? end_of(block->places[0]) : head, none);
	for (size_t i = beside; i < block->count; i++)
		drop(block, block->places[i]);
}

/* Rows of a table have no order: what is new comes last. */
static void write_lines(struct block *block, const struct finding *finding)
{
	const bool ordered = block->expectation->kind != EXPECT_TABLE;

	for (size_t i = 0; i < finding->count; i++) {
		const struct finding_line *line = &finding->lines[i];
		const struct finding_line *next = i + 1 < finding->count ? line + 1 : NULL;

		if (line->side == FINDING_ACTUAL) {
			if (!ordered)
				block->behind = end_of(block->places[block->count - 1]);
			insert(block, line->text);
			continue;
		}
		if (line->side == FINDING_EXPECTED && next && next->side == FINDING_ACTUAL) {
			replace(block, line->place, next->text);
			i++;
		} else if (line->side == FINDING_EXPECTED) {
			drop(block, line->place);
		}
		block->behind = end_of(line->place);
	}
}

static size_t left_over(const struct block *block, const struct finding *finding)
{
	size_t left = block->count;

	for (size_t i = 0; i < finding->count; i++) {
		left += finding->lines[i].side == FINDING_ACTUAL;
		left -= finding->lines[i].side == FINDING_EXPECTED;
	}
	return left;
}

static void update_lines(struct updating *updating, const struct finding *finding)
{
	const struct expectation *expectation = finding->expectation;
	struct arena *arena = updating->edits->arena;
	struct span *rows = ARENA_ARRAY(arena, struct span, expectation->row_count + 1);
	struct block block = { .updating = updating,
			       .expectation = expectation,
			       .noun = expectation->kind == EXPECT_TABLE    ? "rows"
				       : expectation->kind == EXPECT_EVENTS ? "events"
									    : "prints" };

	for (size_t i = 0; rows && i < expectation->row_count; i++)
		rows[i] = expectation->rows[i].place;
	block.places = expectation->row_count ? rows : expectation->text_places;
	block.count =
		expectation->row_count ? expectation->row_count : expectation->text_place_count;
	if (!block.places || !block.count) {
		refuse(updating, "it has no place in the file");
		return;
	}
	if (left_over(&block, finding))
		write_lines(&block, finding);
	else
		empty(&block);
}

static void update_finding(struct updating *updating, const struct finding *finding)
{
	const struct expectation *expectation = finding->expectation;

	if (!expectation) {
		refuse(updating, "what came is nothing that could be expected");
		return;
	}
	switch (expectation->kind) {
	case EXPECT_PACKETS:
	case EXPECT_LOSSES:
		update_count(updating, finding);
		break;
	case EXPECT_VERDICTS:
	case EXPECT_VERDICT_LIST:
		update_verdicts(updating, finding);
		break;
	case EXPECT_TABLE:
	case EXPECT_EVENTS:
	case EXPECT_PRINTS:
		if (expectation->count.given)
			update_count(updating, finding);
		else
			update_lines(updating, finding);
		break;
	default:
		refuse(updating,
		       "of a program that does not run, or not as it should, nothing came");
	}
}

bool update_case(const struct judgement *judgement, struct edits *edits, const char **why)
{
	const size_t before = edits->count;
	struct updating updating = { edits, NULL };

	if (judgement->mistaken)
		refuse(&updating, "the test asks for what cannot be");
	for (size_t i = 0; i < judgement->count; i++)
		update_finding(&updating, &judgement->findings[i]);
	*why = updating.why;
	if (updating.why)
		edits->count = before;
	return !updating.why;
}

static int by_place(const void *a, const void *b)
{
	const struct edit *one = a, *two = b;

	if (one->from != two->from)
		return one->from < two->from ? -1 : 1;
	return (one->to > two->to) - (one->to < two->to);
}

int edits_apply(struct edits *edits, struct span text, struct buffer *out)
{
	const char *at = text.text;

	if (arena_failed(edits->arena))
		return -ENOMEM;
	/* Of several at one place the order is that in which they were made. */
	for (size_t i = 1; i < edits->count; i++)
		for (size_t j = i; j > 0 && by_place(&edits->list[j - 1], &edits->list[j]) > 0;
		     j--) {
			struct edit swap = edits->list[j];

			edits->list[j] = edits->list[j - 1];
			edits->list[j - 1] = swap;
		}
	for (size_t i = 0; i < edits->count; i++) {
		const struct edit *edit = &edits->list[i];

		if (edit->from < at || edit->to > end_of(text))
			return -EINVAL;
		buffer_append(out, at, (size_t)(edit->from - at));
		buffer_string(out, edit->text);
		at = edit->to;
	}
	buffer_append(out, at, (size_t)(end_of(text) - at));
	return out->failed ? -ENOMEM : 0;
}

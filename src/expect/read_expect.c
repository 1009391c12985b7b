/* SPDX-License-Identifier: Apache-2.0 */
/* What a case expects. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "expect/read.h"
#include "model/names.h"

struct reading {
	struct lines *lines;
	struct span rest; /* of the statement's line */
	struct expectation *into;
	const char *kind; /* as written */
	bool one_line;    /* what is below is not its own */
};

static void read_block(struct reading *reading);

/* "3", ">= 3", each with a noun behind it if somebody likes. False: it is something else. */
static bool read_count(struct reading *reading, const char *noun)
{
	struct expected_count *count = &reading->into->count;
	struct span rest = reading->rest;
	struct word word, behind;
	bool signed_ = read_relation(&rest, &count->relation);
	size_t noun_length = strlen(noun) - 1; /* "row" and "rows" */

	lines_skip_blanks(&rest);
	if (!signed_ && !(rest.length && rest.text[0] >= '0' && rest.text[0] <= '9'))
		return false;
	count->given = true;
	if (!lines_word(reading->lines, &rest, &word)) {
		lines_mistake(reading->lines, rest.text, NULL, "a number is missing");
		return true;
	}
	if (!lines_number(reading->lines, &word, UINT64_MAX, &count->number))
		return true;
	reading->into->place = span_trim(
		(struct span){ reading->rest.text, (size_t)(rest.text - reading->rest.text) });
	if (lines_word(reading->lines, &rest, &behind) &&
	    (strncmp(behind.text, noun, noun_length) != 0 ||
	     strlen(behind.text) > noun_length + 1 || lines_word(reading->lines, &rest, &behind)))
		lines_mistake(reading->lines, behind.at, NULL, "'%s' means nothing here",
			      behind.text);
	return true;
}

static void read_rest_nothing(struct reading *reading)
{
	struct word word;

	if (lines_word(reading->lines, &reading->rest, &word))
		lines_mistake(reading->lines, word.at, NULL, "'%s' means nothing here", word.text);
}

static void read_packets(struct reading *reading)
{
	reading->into->kind = EXPECT_PACKETS;
	if (!read_count(reading, "packets"))
		lines_mistake(reading->lines, reading->rest.text, "as in: expect packets 3",
			      "how many packets?");
}

static void read_losses(struct reading *reading)
{
	reading->into->kind = EXPECT_LOSSES;
	if (!read_count(reading, "losses"))
		read_rest_nothing(reading);
}

static bool read_verdict_word(struct reading *reading, bool *counted)
{
	static const char help[] = "as in: expect verdicts OK=3 SHOT=1, or packet by packet: "
				   "expect verdicts OK OK SHOT";
	struct expected_verdict *verdict;
	struct skbscope_error error;
	struct span name;
	char text[32];
	size_t length = 0;

	lines_skip_blanks(&reading->rest);
	name = reading->rest;
	while (length < name.length && !memchr(" \t=!<>", name.text[length], 6))
		length++;
	snprintf(text, sizeof(text), "%.*s", (int)(length < 31 ? length : 31), name.text);
	verdict = LINES_ADD(reading->lines->arena, reading->into->verdicts,
			    reading->into->verdict_count, reading->into->verdict_room);
	if (!verdict)
		return false;
	if (verdict_parse(text, &verdict->verdict, &error) < 0) {
		lines_mistake(reading->lines, name.text, error.hint[0] ? error.hint : help, "%s",
			      error.message);
		return false;
	}
	reading->rest = span_from(name, length);
	lines_skip_blanks(&reading->rest);
	*counted = read_relation(&reading->rest, &verdict->relation);
	if (*counted) {
		struct word word;

		if (lines_word(reading->lines, &reading->rest, &word))
			return lines_number(reading->lines, &word, UINT64_MAX, &verdict->packets);
		lines_mistake(reading->lines, reading->rest.text, help, "a number is missing");
		return false;
	}
	verdict->packets = 1;
	return true;
}

static void read_verdicts(struct reading *reading)
{
	bool first = false, counted = false, any = false;

	reading->into->kind = EXPECT_VERDICTS;
	reading->into->place = span_trim(reading->rest);
	while (lines_skip_blanks(&reading->rest), reading->rest.length) {
		const char *at = reading->rest.text;

		if (!read_verdict_word(reading, &counted))
			return;
		if (any && counted != first) {
			lines_mistake(reading->lines, at, NULL,
				      "verdicts are either counted (OK=3) or listed packet by "
				      "packet (OK OK SHOT)");
			return;
		}
		first = counted;
		any = true;
	}
	if (!any)
		lines_mistake(reading->lines, reading->lines->line.text,
			      "as in: expect verdicts OK=3 SHOT=1", "which verdicts?");
	else if (!counted)
		reading->into->kind = EXPECT_VERDICT_LIST;
}

static bool read_table_name(struct reading *reading)
{
	struct word word;

	if (lines_word(reading->lines, &reading->rest, &word) && *word.text) {
		reading->into->table = word.text;
		lines_skip_blanks(&reading->rest);
		return true;
	}
	lines_mistake(reading->lines, reading->rest.text, NULL, "the name of a table is missing");
	return false;
}

/* "among others", from the statement's line. */
static void read_among(struct reading *reading)
{
	struct span rest = reading->rest;

	if (!span_skip(&rest, "among"))
		return;
	lines_skip_blanks(&rest);
	if (!span_skip(&rest, "others"))
		return;
	lines_skip_blanks(&rest);
	reading->into->among = true;
	reading->rest = rest;
}

static void note_head(struct reading *reading)
{
	const char *line = reading->lines->line.text;

	reading->into->head = span_trim((struct span){ line, (size_t)(reading->rest.text - line) });
}

static void add_row(struct reading *reading, struct span cells)
{
	struct expectation *into = reading->into;
	struct expected_row *row =
		LINES_ADD(reading->lines->arena, into->rows, into->row_count, into->row_room);

	if (row)
		read_cells(reading->lines, cells, row);
}

static void read_rows(struct reading *reading, const char *noun)
{
	struct lines *lines = reading->lines;
	const uint32_t line = lines->number;

	if (!read_table_name(reading) || read_count(reading, noun))
		return;
	read_among(reading);
	note_head(reading);
	if (reading->rest.length)
		add_row(reading, reading->rest);
	while (!reading->one_line && lines_next_indented(lines))
		add_row(reading, lines->line);
	if (!reading->into->row_count)
		lines_mistake_at(lines, line,
				 "which %s? Write them on indented lines below, as in "
				 "key=0 value=3; or how many, as in: expect %s %s 0 %s",
				 noun, reading->kind, reading->into->table, noun);
}

static void read_table(struct reading *reading)
{
	reading->into->kind = EXPECT_TABLE;
	read_rows(reading, "rows");
}

static void read_events(struct reading *reading)
{
	reading->into->kind = EXPECT_EVENTS;
	read_rows(reading, "events");
}

/* As it stands there, unless in quotes. */
static void add_text(struct reading *reading, struct span text)
{
	struct test_words *texts = &reading->into->texts;
	struct span rest = text;
	struct word word;
	const char **item =
		LINES_ADD(reading->lines->arena, texts->items, texts->count, texts->room);
	struct span *place =
		LINES_ADD(reading->lines->arena, reading->into->text_places,
			  reading->into->text_place_count, reading->into->text_place_room);

	if (!item || !place)
		return;
	*place = span_trim(text);
	if (text.text[0] == '"' && lines_word(reading->lines, &rest, &word)) {
		*item = word.text;
		lines_skip_blanks(&rest);
		if (rest.length)
			lines_mistake(reading->lines, rest.text, NULL,
				      "one print a line; this stands behind it");
		return;
	}
	*item = arena_string_n(reading->lines->arena, text.text, text.length);
}

static void read_prints(struct reading *reading)
{
	struct lines *lines = reading->lines;
	const uint32_t line = lines->number;

	reading->into->kind = EXPECT_PRINTS;
	if (read_count(reading, "prints"))
		return;
	read_among(reading);
	note_head(reading);
	if (reading->rest.length)
		add_text(reading, reading->rest);
	while (!reading->one_line && lines_next_indented(lines))
		add_text(reading, lines->line);
	if (!reading->into->texts.count)
		lines_mistake_at(
			lines, line,
			"which prints? Write them on indented lines below; or how many, as "
			"in: expect prints 0");
}

/* "line 17", and a text in quotes. */
static void read_error(struct reading *reading)
{
	struct lines *lines = reading->lines;
	struct word word, number;
	uint64_t line;

	while (lines_word(lines, &reading->rest, &word)) {
		if (word.quoted && !reading->into->error_text) {
			reading->into->error_text = word.text;
		} else if (strcmp(word.text, "line") == 0 && !word.quoted &&
			   lines_word(lines, &reading->rest, &number)) {
			if (lines_number(lines, &number, UINT32_MAX, &line))
				reading->into->error_line = (uint32_t)line;
		} else {
			lines_mistake(lines, word.at, "write: line NUMBER, and a text in quotes",
				      "'%s' means nothing here", word.text);
			return;
		}
	}
}

static void read_compile_error(struct reading *reading)
{
	struct word word;

	reading->into->kind = EXPECT_COMPILE_ERROR;
	if (lines_word(reading->lines, &reading->rest, &word) && strcmp(word.text, "error") == 0)
		read_error(reading);
	else
		lines_mistake(reading->lines, word.at, "write: expect compile error",
			      "'error' is missing behind 'compile'");
}

static void read_refused(struct reading *reading)
{
	reading->into->kind = EXPECT_REFUSED;
	read_error(reading);
}

static void read_exact(struct reading *reading)
{
	struct word word;

	reading->into->kind = EXPECT_EXACT;
	if (lines_word(reading->lines, &reading->rest, &word) && strcmp(word.text, "counts") == 0)
		read_rest_nothing(reading);
	else
		lines_mistake(reading->lines, word.at, "write: expect exact counts",
			      "'counts' is missing behind 'exact'");
}

static const struct {
	const char *name;
	void (*read)(struct reading *reading);
} kinds[] = {
	{ "packets", read_packets },       { "verdicts", read_verdicts }, { "table", read_table },
	{ "events", read_events },         { "prints", read_prints },     { "losses", read_losses },
	{ "compile", read_compile_error }, { "refused", read_refused },   { "exact", read_exact },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void unknown(struct lines *lines, const struct word *word)
{
	const char *names[KINDS], *nearest;
	char advice[128];

	for (size_t i = 0; i < KINDS; i++)
		names[i] = kinds[i].name;
	nearest = text_nearest(word->text, names, KINDS);
	snprintf(advice, sizeof(advice),
		 nearest ? "did you mean 'expect %s'?"
			 : "expect what: packets, verdicts, table, events, prints, losses, exact "
			   "counts, compile error, or refused",
		 nearest);
	lines_mistake(lines, word->at, advice, "'%s' is nothing that can be expected", word->text);
}

static void read_kind(struct reading *reading)
{
	struct word word;
	size_t kind = 0;

	lines_word(reading->lines, &reading->rest, &word);
	lines_skip_blanks(&reading->rest);
	while (kind < KINDS && strcmp(kinds[kind].name, word.text) != 0)
		kind++;
	reading->kind = word.text;
	if (kind == KINDS)
		unknown(reading->lines, &word);
	else
		kinds[kind].read(reading);
}

void read_expectation(struct lines *lines, struct span rest, struct test_case *into)
{
	struct reading reading = { .lines = lines, .rest = rest };

	reading.into = LINES_ADD(lines->arena, into->expectations, into->expectation_count,
				 into->expectation_room);
	if (!reading.into) {
		lines_next(lines);
		return;
	}
	reading.into->line = lines->number;
	read_kind(&reading);
	read_block(&reading);
}

void read_condition(struct lines *lines, struct span rest, struct expectation *into)
{
	struct reading reading = { lines, rest, into, NULL, true };

	into->line = lines->number;
	read_kind(&reading);
	into->among = true; /* whatever else there is */
}

/* What was not read as rows or texts belongs nowhere. */
static void read_block(struct reading *reading)
{
	struct lines *lines = reading->lines;

	if (lines->there && lines->number == reading->into->line)
		lines_next(lines);
	while (lines->there && lines->indented) {
		lines_mistake(lines, lines->line.text, "begin a statement at the margin",
			      "nothing is expected on a line below this one");
		lines_next(lines);
	}
}

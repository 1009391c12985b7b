/* SPDX-License-Identifier: Apache-2.0 */
/* Cases and what they say of their program. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "expect/read.h"

struct reader {
	struct lines lines;
	struct test_file *file;
	struct test_case shared; /* what stands before the first case is part of each */
	struct test_case *into;
};

typedef void read_statement(struct reader *reader, struct span rest);

static struct test_words copy_words(struct arena *arena, const struct test_words *words)
{
	return (struct test_words){ arena_copy(arena, words->items, words->count,
					       sizeof(*words->items)),
				    words->count, words->count };
}

static void begin_case(struct reader *reader, const char *name, uint32_t line)
{
	struct arena *arena = reader->lines.arena;
	const struct test_case *shared = &reader->shared;
	struct test_case *next = LINES_ADD(arena, reader->file->cases, reader->file->case_count,
					   reader->file->case_room);

	if (!next)
		return;
	*next = *shared;
	next->name = name;
	next->line = line;
	next->with = copy_words(arena, &shared->with);
	next->defines = copy_words(arena, &shared->defines);
	next->local = copy_words(arena, &shared->local);
	next->sets = copy_words(arena, &shared->sets);
	next->set_lines = arena_copy(arena, shared->set_lines, shared->set_line_count,
				     sizeof(*next->set_lines));
	next->set_line_room = shared->set_line_count;
	next->feeds = arena_copy(arena, shared->feeds, shared->feed_count, sizeof(*next->feeds));
	next->feed_room = shared->feed_count;
	next->hints = arena_copy(arena, shared->hints, shared->hint_count, sizeof(*next->hints));
	next->hint_room = shared->hint_count;
	if (!next->expectation_count) { /* the room is not the next one's */
		next->expectations = NULL;
		next->expectation_room = 0;
	}
	reader->into = next;
}

static void check_error(struct reader *reader, const struct test_case *test)
{
	for (size_t i = 0; i < test->expectation_count; i++)
		if (!expectation_is_error(&test->expectations[i]))
			lines_mistake_at(&reader->lines, test->expectations[i].line,
					 "a program that is not to run counts nothing: leave this "
					 "out, or what expects an error");
}

static bool expects_error(const struct test_case *test)
{
	for (size_t i = 0; i < test->expectation_count; i++)
		if (expectation_is_error(&test->expectations[i]))
			return true;
	return false;
}

static void end_case(struct reader *reader)
{
	const struct test_case *test = reader->into;

	if (test == &reader->shared)
		return;
	if (!test->program)
		lines_mistake_at(&reader->lines, test->line,
				 "'%s' has no program: write 'program NAME', or 'program ./FILE.c'",
				 test->name);
	if (!test->expectation_count)
		lines_mistake_at(&reader->lines, test->line,
				 "'%s' expects nothing, so it could not fail: write 'expect ...'",
				 test->name);
	if (expects_error(test))
		check_error(reader, test);
	else if (!test->feed_count)
		lines_mistake_at(&reader->lines, test->line,
				 "'%s' has no packet: write 'capture FILE', or 'packet' and its "
				 "bytes",
				 test->name);
}

static void read_case(struct reader *reader, struct span rest)
{
	struct test_case *shared = &reader->shared;
	const uint32_t line = reader->lines.number;
	const char *name = arena_string_n(reader->lines.arena, rest.text, rest.length);

	if (reader->into == shared && shared->expectation_count)
		lines_mistake_at(&reader->lines, shared->expectations[0].line,
				 "what is expected belongs to a case: write it below its 'case' "
				 "line");
	shared->expectation_count = 0;
	end_case(reader);
	if (!rest.length)
		lines_mistake(&reader->lines, NULL,
			      "as in: case a packet without a tag counts once",
			      "a case needs a name");
	begin_case(reader, name ? name : "", line);
}

/* One word, or the rest of the line. */
static const char *argument(struct reader *reader, struct span rest, const char *what)
{
	struct word word, more;

	if (!lines_word(&reader->lines, &rest, &word) || !*word.text) {
		lines_mistake(&reader->lines, NULL, NULL, "%s is missing", what);
		return NULL;
	}
	if (lines_word(&reader->lines, &rest, &more))
		lines_mistake(&reader->lines, more.at, "a name with blanks stands in quotes",
			      "'%s' means nothing here", more.text);
	return word.text;
}

static void add_word(struct reader *reader, struct test_words *words, const char *word)
{
	const char **item =
		word ? LINES_ADD(reader->lines.arena, words->items, words->count, words->room)
		     : NULL;

	if (item)
		*item = word;
}

static void refuse_stdin(struct reader *reader, const char *name)
{
	if (name && strcmp(name, "-") == 0)
		lines_mistake(&reader->lines, reader->lines.line.text, "name a file",
			      "a test reads nothing from standard input");
}

static void read_program(struct reader *reader, struct span rest)
{
	reader->into->program = argument(reader, rest, "the name of a program");
	reader->into->program_line = reader->lines.number;
	refuse_stdin(reader, reader->into->program);
}

static void read_with(struct reader *reader, struct span rest)
{
	const char *name = argument(reader, rest, "the name of a file");

	refuse_stdin(reader, name);
	add_word(reader, &reader->into->with, name);
}

/* A later one of the same name takes its place. */
static void read_define(struct reader *reader, struct span rest)
{
	const char *word = argument(reader, rest, "NAME=VALUE");
	struct test_words *defines = &reader->into->defines;
	size_t length = word ? strcspn(word, "=") : 0;

	for (size_t i = 0; word && i < defines->count; i++) {
		if (!defines->items[i] || strcspn(defines->items[i], "=") != length ||
		    strncmp(defines->items[i], word, length) != 0)
			continue;
		defines->items[i] = word;
		return;
	}
	add_word(reader, defines, word);
}

static void read_ingress(struct reader *reader, struct span rest)
{
	reader->into->ingress = argument(reader, rest, "the name of a function");
}

static void read_egress(struct reader *reader, struct span rest)
{
	reader->into->egress = argument(reader, rest, "the name of a function");
}

static void read_direction(struct reader *reader, struct span rest)
{
	const char *word = argument(reader, rest, "in, out or inout");

	if (word && strcmp(word, "in") != 0 && strcmp(word, "out") != 0 &&
	    strcmp(word, "inout") != 0)
		lines_mistake(&reader->lines, rest.text, "write in, out or inout",
			      "'%s' is no direction", word);
	reader->into->direction = word;
}

static void read_filter(struct reader *reader, struct span rest)
{
	if (!rest.length)
		lines_mistake(&reader->lines, NULL, "as in: filter tcp port 443",
			      "a tcpdump expression is missing");
	reader->into->filter = arena_string_n(reader->lines.arena, rest.text, rest.length);
	reader->into->filter_line = reader->lines.number;
}

static void read_local(struct reader *reader, struct span rest)
{
	add_word(reader, &reader->into->local, argument(reader, rest, "an address or a network"));
}

/* The whole of it: keys and values have blanks of their own. */
static void read_set(struct reader *reader, struct span rest)
{
	struct test_case *into = reader->into;
	uint32_t *line = LINES_ADD(reader->lines.arena, into->set_lines, into->set_line_count,
				   into->set_line_room);

	if (!rest.length)
		lines_mistake(&reader->lines, NULL,
			      "as in: set blocked[192.0.2.0/24]={action=SHOT}",
			      "TABLE[KEY]=VALUE is missing");
	if (line)
		*line = reader->lines.number;
	add_word(reader, &into->sets, arena_string_n(reader->lines.arena, rest.text, rest.length));
}

static void read_capture(struct reader *reader, struct span rest)
{
	struct test_case *into = reader->into;
	const char *name = argument(reader, rest, "the name of a capture file");
	struct test_feed *feed =
		LINES_ADD(reader->lines.arena, into->feeds, into->feed_count, into->feed_room);

	refuse_stdin(reader, name);
	if (feed)
		*feed = (struct test_feed){ .line = reader->lines.number,
					    .capture = name ? name : "" };
}

static void read_packet_of_case(struct reader *reader, struct span rest)
{
	read_packet(&reader->lines, rest, reader->into);
}

static void read_expectation_of_case(struct reader *reader, struct span rest)
{
	read_expectation(&reader->lines, rest, reader->into);
}

static void read_hint_of_case(struct reader *reader, struct span rest)
{
	read_hint(&reader->lines, rest, reader->into);
}

static const struct statement {
	const char *name;
	read_statement *read;
	bool goes_on; /* it has read what is its own */
} statements[] = {
	{ "case", read_case, false },
	{ "program", read_program, false },
	{ "with", read_with, false },
	{ "define", read_define, false },
	{ "ingress", read_ingress, false },
	{ "egress", read_egress, false },
	{ "direction", read_direction, false },
	{ "filter", read_filter, false },
	{ "local", read_local, false },
	{ "set", read_set, false },
	{ "capture", read_capture, false },
	{ "packet", read_packet_of_case, true },
	{ "expect", read_expectation_of_case, true },
	{ "hint", read_hint_of_case, true },
};
#define STATEMENTS (sizeof(statements) / sizeof(statements[0]))

static void unknown(struct lines *lines, const char *name)
{
	const char *names[STATEMENTS], *nearest;
	char advice[128];

	for (size_t i = 0; i < STATEMENTS; i++)
		names[i] = statements[i].name;
	nearest = text_nearest(name, names, STATEMENTS);
	if (strcmp(name, "param") == 0 || strcmp(name, "parameter") == 0)
		nearest = "define";
	snprintf(advice, sizeof(advice),
		 nearest ? "did you mean '%s'?"
			 : "a line begins with case, program, define, filter, capture, packet or "
			   "expect",
		 nearest);
	lines_mistake(lines, lines->line.text, advice, "'%s' begins no statement", name);
}

static void next_statement(struct reader *reader)
{
	struct lines *lines = &reader->lines;
	const struct statement *statement = statements;
	struct span rest = lines->line;
	struct word word;

	if (lines->indented) {
		lines_mistake(lines, lines->line.text, "statements begin at the margin",
			      "this line belongs to no statement");
		lines_next(lines);
		return;
	}
	lines_word(lines, &rest, &word);
	lines_skip_blanks(&rest);
	while (statement < statements + STATEMENTS && strcmp(statement->name, word.text) != 0)
		statement++;
	if (statement == statements + STATEMENTS) {
		unknown(lines, word.text);
		while (lines_next_indented(lines))
			;
		return;
	}
	statement->read(reader, rest);
	if (!statement->goes_on)
		lines_next(lines);
}

/* A file without a "case" is one. */
static void end_file(struct reader *reader)
{
	const char *slash = strrchr(reader->file->path, '/');

	if (reader->file->case_count) {
		end_case(reader);
		return;
	}
	if (!reader->shared.expectation_count && !reader->shared.feed_count &&
	    !reader->shared.program && !reader->lines.mistakes) {
		lines_mistake_at(&reader->lines, 1,
				 "this file has no test: write 'program NAME', packets, and what "
				 "you expect");
		return;
	}
	begin_case(reader, slash ? slash + 1 : reader->file->path, 1);
	end_case(reader);
}

static int fail_mistakes(const struct reader *reader, struct skbscope_error *error)
{
	const size_t count = reader->lines.mistakes;

	return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s has %zu mistake%s", reader->file->path,
		    count, count == 1 ? "" : "s");
}

int test_file_parse(const char *path, const char *text, size_t length,
		    struct skbscope_diagnostics *diagnostics, struct test_file **out,
		    struct skbscope_error *error)
{
	AUTO(test_file_freep) struct test_file *file = arena_object_new(sizeof(*file));
	struct reader reader = { .file = file };

	if (!file)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	if (memchr(text, '\0', length))
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE, "%s is no text", path);
	reader.lines.arena = arena_of(file);
	reader.lines.diagnostics = diagnostics;
	reader.into = &reader.shared;
	file->path = arena_string(reader.lines.arena, path);
	if (!file->path)
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	lines_open(&reader.lines, file->path, text, length);
	while (reader.lines.there)
		next_statement(&reader);
	end_file(&reader);
	if (arena_failed(reader.lines.arena))
		return fail_memory(error, SKBSCOPE_STAGE_READ);
	if (reader.lines.mistakes)
		return fail_mistakes(&reader, error);
	*out = TAKE(file);
	return 0;
}

void test_file_free(struct test_file *file)
{
	arena_object_free(file);
}

void test_file_freep(struct test_file **file)
{
	test_file_free(*file);
}

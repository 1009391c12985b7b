/* SPDX-License-Identifier: Apache-2.0 */
/* Expectations against an outcome, each by the judge of its kind. */
#include "expect/judge.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "expect/lines.h"
#include "expect/match.h"

static const char *keep(struct judging *judging, const char *format, va_list arguments)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_vprintf(&text, format, arguments);
	return arena_string(judging->judgement->arena, buffer_text(&text));
}

struct finding *finding_add(struct judging *judging, uint32_t line, const char *format, ...)
{
	struct judgement *judgement = judging->judgement;
	struct finding *finding =
		LINES_ADD(judgement->arena, judgement->findings, judgement->count, judgement->room);
	va_list arguments;

	if (!finding)
		return NULL;
	va_start(arguments, format);
	*finding = (struct finding){ .line = line,
				     .expectation = judging->expectation,
				     .what = keep(judging, format, arguments) };
	va_end(arguments);
	return finding;
}

void finding_line(struct judging *judging, struct finding *finding, enum finding_side side,
		  const char *format, ...)
{
	struct finding_line *line;
	va_list arguments;

	if (!finding)
		return;
	line = LINES_ADD(judging->judgement->arena, finding->lines, finding->count, finding->room);
	if (!line)
		return;
	va_start(arguments, format);
	line->side = side;
	line->text = keep(judging, format, arguments);
	va_end(arguments);
}

void finding_place(struct finding *finding, struct span place)
{
	if (finding && finding->count)
		finding->lines[finding->count - 1].place = place;
}

void finding_mistake(struct judging *judging, uint32_t line, const char *what, const char *hint)
{
	struct finding *finding = what ? finding_add(judging, line, "%s", what) : NULL;

	judging->judgement->mistaken = true;
	if (finding)
		finding->hint = hint;
}

static const struct skbscope_table *find_table(const struct skbscope_snapshot *snapshot,
					       const char *name)
{
	for (size_t i = 0; i < snapshot->table_count; i++)
		if (strcmp(snapshot->tables[i].schema->table, name) == 0)
			return &snapshot->tables[i];
	return NULL;
}

static void no_table(struct judging *judging)
{
	const struct skbscope_snapshot *snapshot = judging->outcome->snapshot;
	struct arena *arena = judging->judgement->arena;
	const char **names = ARENA_ARRAY(arena, const char *, snapshot->table_count + 1);
	AUTO(buffer_free) struct buffer list = { 0 };
	const char *table = judging->expectation->table, *nearest, *hint;
	size_t count = 0;

	for (size_t i = 0; names && i < snapshot->table_count; i++) {
		if (snapshot->tables[i].schema->is_prints)
			continue;
		names[count] = snapshot->tables[i].schema->table;
		buffer_printf(&list, "%s%s", count ? ", " : "", names[count]);
		count++;
	}
	nearest = names ? text_nearest(table, names, count) : NULL;
	hint = nearest ? arena_printf(arena, "did you mean %s?", nearest)
	       : count ? arena_printf(arena, "its tables are %s", buffer_text(&list))
		       : "it has no tables";
	finding_mistake(judging, judging->expectation->line,
			arena_printf(arena, "the program has no table '%s'", table), hint);
}

const struct skbscope_table *judge_find_table(struct judging *judging, bool events)
{
	const char *name = judging->expectation->table;
	const struct skbscope_table *table = find_table(judging->outcome->snapshot, name);
	struct arena *arena = judging->judgement->arena;

	if (!table) {
		no_table(judging);
		return NULL;
	}
	if (table->schema->is_events == events && (events || table->schema->readable))
		return table;
	if (table->schema->is_events)
		finding_mistake(judging, judging->expectation->line,
				arena_printf(arena, "'%s' has events and no rows", name),
				"write: expect events");
	else
		finding_mistake(judging, judging->expectation->line,
				arena_printf(arena,
					     events ? "nothing is submitted to '%s'"
						    : "the rows of '%s' cannot be read",
					     name),
				events ? "of a table that is read, write: expect table" : NULL);
	return NULL;
}

void judge_one(struct judging *judging)
{
	static void (*const judges[])(struct judging * judging) = {
		[EXPECT_PACKETS] = judge_packets,
		[EXPECT_VERDICTS] = judge_verdicts,
		[EXPECT_VERDICT_LIST] = judge_verdict_list,
		[EXPECT_TABLE] = judge_table,
		[EXPECT_EVENTS] = judge_events,
		[EXPECT_PRINTS] = judge_prints,
		[EXPECT_LOSSES] = judge_losses,
		[EXPECT_COMPILE_ERROR] = judge_error,
		[EXPECT_REFUSED] = judge_error,
		[EXPECT_EXACT] = judge_exact,
	};

	judges[judging->expectation->kind](judging);
}

int judge(const struct test_case *test, const struct outcome *outcome, struct judgement *judgement)
{
	struct judging judging = { .outcome = outcome, .judgement = judgement };

	judgement->notes = outcome->notes;
	for (size_t i = 0; i < test->expectation_count; i++) {
		judging.expectation = &test->expectations[i];
		if (outcome->error && !expectation_is_error(judging.expectation)) {
			judging.expectation = NULL;
			judge_tell_error(&judging,
					 finding_add(&judging, test->program_line, "the program"));
			break;
		}
		judge_one(&judging);
	}
	if (!outcome->error)
		judge_unexpected_losses(&judging, test);
	if (judgement->count)
		judgement->hint = judge_hint(test, outcome, judgement->arena);
	return arena_failed(judgement->arena) ? -ENOMEM : 0;
}

static bool is_of_events(const struct expectation *expectation, const char *table)
{
	return table ? expectation->kind == EXPECT_EVENTS && expectation->row_count &&
			       strcmp(expectation->table, table) == 0
		     : expectation->kind == EXPECT_PRINTS;
}

bool outcome_needs_events(const struct test_case *test, const char *table)
{
	for (size_t i = 0; i < test->expectation_count; i++)
		if (is_of_events(&test->expectations[i], table))
			return true;
	for (size_t i = 0; i < test->hint_count; i++)
		if (test->hints[i].where && is_of_events(test->hints[i].where, table))
			return true;
	return false;
}

static bool expects(const struct test_case *test, int kind)
{
	for (size_t i = 0; i < test->expectation_count; i++)
		if ((int)test->expectations[i].kind == kind)
			return true;
	return false;
}

bool outcome_needs_exact(const struct test_case *test)
{
	return expects(test, EXPECT_EXACT);
}

/* Also for what its hints are about. */
bool outcome_needs_verdicts(const struct test_case *test)
{
	for (size_t i = 0; i < test->hint_count; i++)
		if (test->hints[i].where && test->hints[i].where->kind == EXPECT_VERDICT_LIST)
			return true;
	return expects(test, EXPECT_VERDICT_LIST);
}

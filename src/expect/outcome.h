/* SPDX-License-Identifier: Apache-2.0 */
/* What a case came to, and what was found when that was held against what it expects. */
#ifndef EXPECT_OUTCOME_H
#define EXPECT_OUTCOME_H

#include <skbscope/diagnostics.h>
#include <skbscope/snapshot.h>

#include "base/arena.h"
#include "expect/tests.h"

struct outcome_event {
	const struct skbscope_schema *schema;
	const uint8_t *value; /* value_size bytes of the schema */
	uint32_t size;        /* that were submitted */
};

/* What several CPUs make of what the program counts; of cases that expect exact counts. */
struct outcome_exact {
	const char *const *races; /* sentences: where one CPU can lose what another counted */
	size_t race_count;
	const char
		*lost; /* what was lost on this machine's CPUs when it was tried; NULL: nothing */
	const char *untried; /* why that shows nothing: it could not be tried; NULL: it was */
};

struct outcome {
	/* Why the program did not run; NULL: it did. */
	const struct skbscope_error *error;
	const struct skbscope_diagnostics *diagnostics;
	/* What follows is of one that ran. */
	const struct skbscope_snapshot *snapshot;
	/* Of tables that rows are expected of, in their order. */
	const struct outcome_event *events;
	size_t event_count;
	const char *const *prints;
	size_t print_count;
	const int32_t *verdicts; /* packet by packet, as skbscope_session_feed_verdicts() */
	size_t verdict_count;
	const struct outcome_exact *exact; /* NULL: nobody asked */
	const char *notes; /* a sentence on packets that the program was not shown; NULL: none */
};

enum finding_side { FINDING_SAME, FINDING_EXPECTED, FINDING_ACTUAL };

struct finding_line {
	enum finding_side side;
	const char *text;
	struct span place; /* in the text of the file, of what is expected; none: no text */
};

struct finding {
	uint32_t line;
	const struct expectation *expectation; /* NULL: it is about something else */
	const char *what;                      /* "table flows: 1 row differs" */
	const char *hint;                      /* NULL: nothing is to be said */
	struct finding_line *lines;
	size_t count, room;
};

struct judgement {
	struct arena *arena; /* that all of it is in; the caller's */
	struct finding *findings;
	size_t count, room;
	/* The file asks for what cannot be: a table or a column that is none, a value that its
	 * type cannot have. Then the findings tell that. */
	bool mistaken;
	const char *notes; /* the outcome's */
	const char *hint;  /* the case's, for what came; NULL: it has none */
};

/* Whether the events of a table, its prints (NULL), or the verdict of each packet are to be kept
 * for the outcome. */
bool outcome_needs_events(const struct test_case *test, const char *table);
bool outcome_needs_verdicts(const struct test_case *test);
bool outcome_needs_exact(const struct test_case *test);

/* No findings: all is as expected. 0 or -ENOMEM. */
int judge(const struct test_case *test, const struct outcome *outcome, struct judgement *judgement);

#endif

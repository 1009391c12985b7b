/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that judge: findings, and the judges. */
#ifndef EXPECT_JUDGE_H
#define EXPECT_JUDGE_H

#include "expect/outcome.h"

struct judging {
	const struct outcome *outcome;
	const struct expectation *expectation;
	struct judgement *judgement;
};

/* NULL: no memory. */
__attribute__((format(printf, 3, 4))) struct finding *
finding_add(struct judging *judging, uint32_t line, const char *format, ...);
__attribute__((format(printf, 4, 5))) void finding_line(struct judging *judging,
							struct finding *finding,
							enum finding_side side, const char *format,
							...);
/* Of the finding's last line. */
void finding_place(struct finding *finding, struct span place);
/* A mistake of the file; what may be NULL: no memory, which the arena knows. */
void finding_mistake(struct judging *judging, uint32_t line, const char *what, const char *hint);

/* "expected" and "actual" as one finding where they differ. */
void judge_count(struct judging *judging, uint64_t actual, const char *one, const char *several);

/* NULL: a mistake was noted. */
const struct skbscope_table *judge_find_table(struct judging *judging, bool events);

/* One for each expected row; NULL: a mistake was noted, or there is no memory. */
struct matcher;
struct matcher *judge_matchers(struct judging *judging, const struct skbscope_schema *schema);

void judge_tell_expected(struct judging *judging, struct finding *finding,
			 const struct expected_row *row);
void judge_tell_error(struct judging *judging, struct finding *finding);

void judge_packets(struct judging *judging);
void judge_verdicts(struct judging *judging);
void judge_verdict_list(struct judging *judging);
void judge_table(struct judging *judging);
void judge_events(struct judging *judging);
void judge_prints(struct judging *judging);
void judge_losses(struct judging *judging);
void judge_unexpected_losses(struct judging *judging, const struct test_case *test);
void judge_error(struct judging *judging);
void judge_exact(struct judging *judging);

void judge_one(struct judging *judging); /* by its kind */
/* Of the case's hints, the first whose condition holds; NULL: none does. */
const char *judge_hint(const struct test_case *test, const struct outcome *outcome,
		       struct arena *arena);

#endif

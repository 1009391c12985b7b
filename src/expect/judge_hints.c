/* SPDX-License-Identifier: Apache-2.0 */
/* Which of its hints a case that failed is told with. */
#include "expect/judge.h"

/* A condition is judged as an expectation is, and what is found is thrown away. */
static bool holds(const struct test_hint *hint, const struct outcome *outcome, struct arena *arena)
{
	struct judgement scratch = { .arena = arena };
	struct judging judging = { outcome, hint->where, &scratch };

	if (!hint->where)
		return !outcome->error; /* which says what is wrong itself */
	if ((outcome->error != NULL) != expectation_is_error(hint->where))
		return false;
	judge_one(&judging);
	return !scratch.count;
}

const char *judge_hint(const struct test_case *test, const struct outcome *outcome,
		       struct arena *arena)
{
	for (size_t i = 0; i < test->hint_count; i++)
		if (holds(&test->hints[i], outcome, arena))
			return test->hints[i].text;
	return NULL;
}

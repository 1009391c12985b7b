/* SPDX-License-Identifier: Apache-2.0 */
/* Whether counts are right whichever CPU a packet comes on. */
#include "expect/judge.h"

void judge_exact(struct judging *judging)
{
	const struct outcome_exact *exact = judging->outcome->exact;
	struct finding *finding;

	if (!exact || (!exact->race_count && !exact->lost))
		return;
	finding = finding_add(judging, judging->expectation->line, "counts");
	finding_line(judging, finding, FINDING_EXPECTED,
		     "every packet is counted, whichever CPU it comes on");
	for (size_t i = 0; i < exact->race_count; i++)
		finding_line(judging, finding, FINDING_ACTUAL, "%s", exact->races[i]);
	if (exact->lost || exact->untried)
		finding_line(judging, finding, FINDING_ACTUAL, "%s",
			     exact->lost ? exact->lost : exact->untried);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that do not get as far as running. */
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "expect/judge.h"

static const char *stage_text(enum skbscope_stage stage)
{
	return stage == SKBSCOPE_STAGE_COMPILE  ? "it does not compile"
	       : stage == SKBSCOPE_STAGE_VERIFY ? "the verifier refuses it"
						: "it could not be run";
}

static bool mentions(const struct outcome *outcome, const struct expectation *expectation)
{
	const char *text = expectation->error_text;
	const uint32_t line = expectation->error_line;
	const struct skbscope_diagnostic *found;

	if (!line && (!text || strcasestr(outcome->error->message, text)))
		return true;
	for (size_t i = 0; (found = skbscope_diagnostics_get(outcome->diagnostics, i)); i++)
		if (found->severity == SKBSCOPE_SEVERITY_ERROR && (!line || found->line == line) &&
		    (!text || strcasestr(found->message, text)))
			return true;
	return false;
}

void judge_tell_error(struct judging *judging, struct finding *finding)
{
	const struct outcome *outcome = judging->outcome;
	const struct skbscope_diagnostic *found;
	bool any = false;

	for (size_t i = 0; (found = skbscope_diagnostics_get(outcome->diagnostics, i)); i++) {
		if (found->severity != SKBSCOPE_SEVERITY_ERROR)
			continue;
		if (!any && found->hint && finding)
			finding->hint = arena_string(judging->judgement->arena, found->hint);
		any = true;
		if (found->line)
			finding_line(judging, finding, FINDING_ACTUAL, "%s, line %u: %s",
				     stage_text(outcome->error->stage), found->line,
				     found->message);
		else
			finding_line(judging, finding, FINDING_ACTUAL, "%s: %s",
				     stage_text(outcome->error->stage), found->message);
	}
	if (!any)
		finding_line(judging, finding, FINDING_ACTUAL, "%s: %s",
			     stage_text(outcome->error->stage), outcome->error->message);
}

static void expected_error(struct judging *judging, struct finding *finding)
{
	const struct expectation *expectation = judging->expectation;
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_string(&text,
		      stage_text(expectation->kind == EXPECT_REFUSED ? SKBSCOPE_STAGE_VERIFY
								     : SKBSCOPE_STAGE_COMPILE));
	if (expectation->error_line)
		buffer_printf(&text, ", line %u", expectation->error_line);
	if (expectation->error_text)
		buffer_printf(&text, ": %s", expectation->error_text);
	finding_line(judging, finding, FINDING_EXPECTED, "%s", buffer_text(&text));
}

void judge_error(struct judging *judging)
{
	const struct expectation *expectation = judging->expectation;
	const enum skbscope_stage stage = expectation->kind == EXPECT_REFUSED
						  ? SKBSCOPE_STAGE_VERIFY
						  : SKBSCOPE_STAGE_COMPILE;
	const struct outcome *outcome = judging->outcome;
	struct finding *finding;

	if (outcome->error && outcome->error->stage == stage && mentions(outcome, expectation))
		return;
	finding = finding_add(judging, expectation->line, "the program");
	expected_error(judging, finding);
	if (outcome->error)
		judge_tell_error(judging, finding);
	else
		finding_line(judging, finding, FINDING_ACTUAL, "it runs");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers: of packets, verdicts and losses. */
#include <inttypes.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "expect/judge.h"
#include "expect/match.h"
#include "model/names.h"

static int order_of(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static bool count_holds(const struct expected_count *count, uint64_t actual)
{
	return relation_holds(count->relation, order_of(actual, count->number));
}

/* "3", or ">= 3". */
static void count_text(enum relation relation, uint64_t number, struct buffer *out)
{
	if (relation != RELATION_EQUAL)
		buffer_printf(out, "%s ", relation_signs[relation]);
	buffer_printf(out, "%" PRIu64, number);
}

void judge_count(struct judging *judging, uint64_t actual, const char *one, const char *several)
{
	const struct expectation *expectation = judging->expectation;
	const struct expected_count *count = &expectation->count;
	const char *table = expectation->table ? expectation->table : "";
	AUTO(buffer_free) struct buffer expected = { 0 };
	struct finding *finding;

	if (count_holds(count, actual))
		return;
	count_text(count->relation, count->number, &expected);
	finding = finding_add(judging, expectation->line, "%s%s%s", table, *table ? ": " : "",
			      several);
	finding_line(judging, finding, FINDING_EXPECTED, "%s %s", buffer_text(&expected),
		     count->number == 1 ? one : several);
	finding_line(judging, finding, FINDING_ACTUAL, "%" PRIu64 " %s", actual,
		     actual == 1 ? one : several);
}

static uint64_t packets_with(const struct skbscope_snapshot *snapshot, int32_t verdict)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < snapshot->verdict_count; i++)
		if (snapshot->verdicts[i].verdict == verdict)
			sum += snapshot->verdicts[i].packets;
	return sum;
}

void judge_packets(struct judging *judging)
{
	const struct skbscope_snapshot *snapshot = judging->outcome->snapshot;
	uint64_t sum = 0;

	for (size_t i = 0; i < snapshot->verdict_count; i++)
		sum += snapshot->verdicts[i].packets;
	judge_count(judging, sum, "packet", "packets");
}

static bool is_expected(const struct expectation *expectation, int32_t verdict)
{
	for (size_t i = 0; i < expectation->verdict_count; i++)
		if (expectation->verdicts[i].verdict == verdict)
			return true;
	return false;
}

static bool verdicts_hold(const struct judging *judging)
{
	const struct expectation *expectation = judging->expectation;
	const struct skbscope_snapshot *snapshot = judging->outcome->snapshot;

	for (size_t i = 0; i < expectation->verdict_count; i++) {
		const struct expected_verdict *verdict = &expectation->verdicts[i];
		uint64_t actual = packets_with(snapshot, verdict->verdict);

		if (!relation_holds(verdict->relation, order_of(actual, verdict->packets)))
			return false;
	}
	for (size_t i = 0; i < snapshot->verdict_count; i++)
		if (snapshot->verdicts[i].packets &&
		    !is_expected(expectation, snapshot->verdicts[i].verdict))
			return false;
	return true;
}

/* Those that were given, and those that were expected and were not. */
static void actual_verdicts(const struct judging *judging, struct buffer *out)
{
	const struct skbscope_snapshot *snapshot = judging->outcome->snapshot;
	const struct expectation *expectation = judging->expectation;

	for (size_t i = 0; i < expectation->verdict_count; i++)
		buffer_printf(out, "%s%s=%" PRIu64, out->length ? " " : "",
			      verdict_name(expectation->verdicts[i].verdict),
			      packets_with(snapshot, expectation->verdicts[i].verdict));
	for (size_t i = 0; i < snapshot->verdict_count; i++) {
		const int32_t verdict = snapshot->verdicts[i].verdict;
		bool told = is_expected(expectation, verdict);

		for (size_t j = 0; j < i; j++)
			told |= snapshot->verdicts[j].verdict == verdict;
		if (!told && packets_with(snapshot, verdict))
			buffer_printf(out, "%s%s=%" PRIu64, out->length ? " " : "",
				      verdict_name(verdict), packets_with(snapshot, verdict));
	}
}

void judge_verdicts(struct judging *judging)
{
	const struct expectation *expectation = judging->expectation;
	AUTO(buffer_free) struct buffer expected = { 0 };
	AUTO(buffer_free) struct buffer actual = { 0 };
	struct finding *finding;

	if (verdicts_hold(judging))
		return;
	for (size_t i = 0; i < expectation->verdict_count; i++)
		buffer_printf(&expected, "%s%s%s%" PRIu64, i ? " " : "",
			      verdict_name(expectation->verdicts[i].verdict),
			      relation_signs[expectation->verdicts[i].relation],
			      expectation->verdicts[i].packets);
	actual_verdicts(judging, &actual);
	finding = finding_add(judging, expectation->line, "verdicts");
	finding_line(judging, finding, FINDING_EXPECTED, "%s", buffer_text(&expected));
	finding_line(judging, finding, FINDING_ACTUAL, "%s", buffer_text(&actual));
}

/* INT32_MAX: the program did not see it. */
static const char *listed(int32_t verdict)
{
	return verdict == INT32_MAX ? "-" : verdict_name(verdict);
}

void judge_verdict_list(struct judging *judging)
{
	const struct expectation *expectation = judging->expectation;
	const struct outcome *outcome = judging->outcome;
	AUTO(buffer_free) struct buffer expected = { 0 };
	AUTO(buffer_free) struct buffer actual = { 0 };
	bool same = expectation->verdict_count == outcome->verdict_count;
	struct finding *finding;

	for (size_t i = 0; i < expectation->verdict_count && same; i++)
		same = expectation->verdicts[i].verdict == outcome->verdicts[i];
	if (same)
		return;
	for (size_t i = 0; i < expectation->verdict_count; i++)
		buffer_printf(&expected, "%s%s", i ? " " : "",
			      verdict_name(expectation->verdicts[i].verdict));
	for (size_t i = 0; i < outcome->verdict_count; i++)
		buffer_printf(&actual, "%s%s", i ? " " : "", listed(outcome->verdicts[i]));
	finding = finding_add(judging, expectation->line, "verdicts, packet by packet");
	finding_line(judging, finding, FINDING_EXPECTED, "%s", buffer_text(&expected));
	finding_line(judging, finding, FINDING_ACTUAL, "%s", buffer_text(&actual));
}

static uint64_t losses_of(const struct skbscope_snapshot *snapshot, struct buffer *text)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < snapshot->loss_count; i++) {
		const struct skbscope_loss *loss = &snapshot->losses[i];

		sum += loss->known ? loss->count : 0;
		if (loss->known)
			buffer_printf(text, "%s%" PRIu64, i ? ", " : "", loss->count);
		else
			buffer_string(text, i ? ", an unknown number" : "an unknown number");
		buffer_printf(text, " (%s%s%s)", loss->table ? loss->table : "",
			      loss->table ? ": " : "", loss->what);
	}
	return sum;
}

void judge_losses(struct judging *judging)
{
	const struct expectation *expectation = judging->expectation;
	const struct skbscope_snapshot *snapshot = judging->outcome->snapshot;
	AUTO(buffer_free) struct buffer text = { 0 };
	uint64_t sum = losses_of(snapshot, &text);
	struct finding *finding;

	if (expectation->count.given ? count_holds(&expectation->count, sum)
				     : snapshot->loss_count > 0)
		return;
	finding = finding_add(judging, expectation->line, "losses");
	if (expectation->count.given)
		finding_line(judging, finding, FINDING_EXPECTED, "%s%s%" PRIu64,
			     expectation->count.relation
				     ? relation_signs[expectation->count.relation]
				     : "",
			     expectation->count.relation ? " " : "", expectation->count.number);
	else
		finding_line(judging, finding, FINDING_EXPECTED, "some");
	finding_line(judging, finding, FINDING_ACTUAL, "%s",
		     snapshot->loss_count ? buffer_text(&text) : "none");
}

/* What nobody expects makes all other figures doubtful. */
void judge_unexpected_losses(struct judging *judging, const struct test_case *test)
{
	const struct skbscope_snapshot *snapshot = judging->outcome->snapshot;
	AUTO(buffer_free) struct buffer text = { 0 };
	struct finding *finding;

	for (size_t i = 0; i < test->expectation_count; i++)
		if (test->expectations[i].kind == EXPECT_LOSSES)
			return;
	if (!snapshot->loss_count)
		return;
	losses_of(snapshot, &text);
	judging->expectation = NULL;
	finding = finding_add(judging, test->line, "not counted: %s", buffer_text(&text));
	if (finding)
		finding->hint = "where that is what is tested, write: expect losses";
}

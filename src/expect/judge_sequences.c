/* SPDX-License-Identifier: Apache-2.0 */
/* Events and prints, which have an order. */
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "expect/difference.h"
#include "expect/judge.h"
#include "expect/match.h"

struct sequence {
	struct judging *judging;
	const struct matcher *matchers;      /* of events; NULL: of prints */
	const struct outcome_event **events; /* those of the table */
	size_t expected, actual;
	struct finding *finding;
	size_t missing, more;
};

static struct skbscope_record record_of(const struct outcome_event *event)
{
	return (struct skbscope_record){ .schema = event->schema, .value = event->value };
}

static bool is_same(void *context, size_t expected, size_t actual)
{
	const struct sequence *sequence = context;
	const struct judging *judging = sequence->judging;

	if (sequence->matchers) {
		const struct skbscope_record record = record_of(sequence->events[actual]);

		return matcher_matches(&sequence->matchers[expected], &record,
				       sequence->events[actual]->size, false);
	}
	return strcmp(judging->expectation->texts.items[expected],
		      judging->outcome->prints[actual]) == 0;
}

static void tell_side(struct sequence *sequence, enum finding_side side, size_t actual,
		      const struct matcher *matcher)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (sequence->matchers) {
		const struct skbscope_record record = record_of(sequence->events[actual]);

		match_text(matcher, &record, sequence->events[actual]->size, &text);
	} else {
		buffer_string(&text, sequence->judging->outcome->prints[actual]);
	}
	finding_line(sequence->judging, sequence->finding, side, "%s", buffer_text(&text));
}

static void tell_both(void *context, size_t expected, size_t actual)
{
	struct sequence *sequence = context;

	tell_side(sequence, FINDING_SAME, actual,
		  sequence->matchers ? &sequence->matchers[expected] : NULL);
	finding_place(sequence->finding,
		      sequence->matchers ? sequence->judging->expectation->rows[expected].place
					 : sequence->judging->expectation->text_places[expected]);
}

static void tell_only_expected(void *context, size_t expected)
{
	struct sequence *sequence = context;
	const struct expectation *expectation = sequence->judging->expectation;

	sequence->missing++;
	if (sequence->matchers) {
		judge_tell_expected(sequence->judging, sequence->finding,
				    &expectation->rows[expected]);
	} else {
		finding_line(sequence->judging, sequence->finding, FINDING_EXPECTED, "%s",
			     expectation->texts.items[expected]);
		finding_place(sequence->finding, expectation->text_places[expected]);
	}
}

static void tell_only_actual(void *context, size_t actual)
{
	struct sequence *sequence = context;

	sequence->more++;
	tell_side(sequence, FINDING_ACTUAL, actual, NULL);
}

static void ignore(void *context, size_t actual)
{
	(void)context;
	(void)actual;
}

static bool sequence_holds(struct sequence *sequence)
{
	size_t found = 0;

	if (!sequence->judging->expectation->among) {
		if (sequence->expected != sequence->actual)
			return false;
		for (size_t i = 0; i < sequence->expected; i++)
			if (!is_same(sequence, i, i))
				return false;
		return true;
	}
	for (size_t i = 0; i < sequence->actual && found < sequence->expected; i++)
		found += is_same(sequence, found, i);
	return found == sequence->expected;
}

static void judge_sequence(struct sequence *sequence, const char *one, const char *several)
{
	struct judging *judging = sequence->judging;
	const struct expectation *expectation = judging->expectation;
	const char *table = expectation->table ? expectation->table : "prints";
	const struct sequences sequences = {
		.expected = sequence->expected,
		.actual = sequence->actual,
		.same = is_same,
		.both = tell_both,
		.only_expected = tell_only_expected,
		.only_actual = expectation->among ? ignore : tell_only_actual,
		.context = sequence,
	};
	AUTO(buffer_free) struct buffer missing = { 0 };

	if (sequence_holds(sequence))
		return;
	sequence->finding = finding_add(judging, expectation->line, " ");
	if (!sequence->finding || sequences_compare(&sequences) < 0)
		return;
	if (sequence->missing)
		buffer_printf(&missing, "%zu %s missing", sequence->missing,
			      sequence->missing == 1 ? one : several);
	if (sequence->more)
		buffer_printf(&missing, "%s%zu %s not expected", missing.length ? ", " : "",
			      sequence->more, sequence->more == 1 ? one : several);
	sequence->finding->what =
		arena_printf(judging->judgement->arena, "%s: %s", table, buffer_text(&missing));
}

void judge_events(struct judging *judging)
{
	const struct outcome *outcome = judging->outcome;
	const struct skbscope_table *table = judge_find_table(judging, true);
	struct sequence sequence = { .judging = judging,
				     .expected = judging->expectation->row_count };

	if (!table)
		return;
	if (judging->expectation->count.given) {
		judge_count(judging, table->received + table->lost, "event", "events");
		return;
	}
	sequence.matchers = judge_matchers(judging, table->schema);
	sequence.events = ARENA_ARRAY(judging->judgement->arena, const struct outcome_event *,
				      outcome->event_count);
	if (!sequence.matchers || !sequence.events)
		return;
	for (size_t i = 0; i < outcome->event_count; i++)
		if (strcmp(outcome->events[i].schema->table, judging->expectation->table) == 0)
			sequence.events[sequence.actual++] = &outcome->events[i];
	judge_sequence(&sequence, "event is", "events are");
}

void judge_prints(struct judging *judging)
{
	struct sequence sequence = { .judging = judging,
				     .expected = judging->expectation->texts.count,
				     .actual = judging->outcome->print_count };

	if (judging->expectation->count.given)
		judge_count(judging, judging->outcome->print_count, "print", "prints");
	else
		judge_sequence(&sequence, "print is", "prints are");
}

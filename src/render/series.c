/* SPDX-License-Identifier: Apache-2.0 */
/* A run's series, over all of its readings. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "model/names.h"
#include "render/metric_name.h"
#include "render/openmetrics.h"
#include "render/series_set.h"

static const struct metric_head heads[METRIC_OTHERS] = {
	[METRIC_READING] = { "skbscope_reading_timestamp_seconds", "seconds",
			     "When the tables were read last", METRIC_GAUGE },
	[METRIC_ENFORCED] = { "skbscope_enforced", "",
			      "1 if verdicts of the program count, 0 if they are only counted",
			      METRIC_GAUGE },
	[METRIC_ATTACHED] = { "skbscope_attached", "",
			      "1 if the program is attached there, 0 if no longer", METRIC_GAUGE },
	[METRIC_VERDICTS] = { "skbscope_verdict_packets", "",
			      "Packets by the verdict that a function gave", METRIC_COUNTER },
	[METRIC_EVENTS] = { "skbscope_events_received", "", "Events that were received",
			    METRIC_COUNTER },
	[METRIC_ROWS] = { "skbscope_table_rows", "", "Rows that a table has", METRIC_GAUGE },
	[METRIC_ROOM] = { "skbscope_table_max_rows", "", "Rows that a table has room for",
			  METRIC_GAUGE },
	[METRIC_FOLDED] = { "skbscope_table_other_rows", "",
			    "Rows that have no series of their own but are summed up in other",
			    METRIC_GAUGE },
	[METRIC_LOST] = { "skbscope_lost", "",
			  "What was not counted, and makes numbers of that table smaller than the "
			  "truth",
			  METRIC_COUNTER },
	[METRIC_UNKNOWN] = { "skbscope_lost_unknown", "",
			     "1: something was not counted, and how much cannot be known",
			     METRIC_GAUGE },
};

const struct metric_head *metric_other(enum metric_other which)
{
	return &heads[which];
}

int series_open(uint64_t most, struct series **out)
{
	struct series *series = calloc(1, sizeof(*series));

	if (!series)
		return -ENOMEM;
	series->most = most ? most : SERIES_MOST;
	*out = series;
	return 0;
}

void series_freep(struct series **series)
{
	if (!*series)
		return;
	for (size_t i = 0; i < (*series)->count; i++)
		series_table_free((*series)->tables[i]);
	free((*series)->tables);
	free((*series)->samples);
	arena_freep(&(*series)->arena);
	free(TAKE(*series));
}

/* Of a reading that is being taken in. */
struct reading {
	const struct skbscope_snapshot *snapshot;
	const char *program; /* its name, or "" */
	struct arena *arena;
	struct metric_heads names;
	struct series next; /* tables and samples */
	size_t room;        /* for samples */
};

/* The labels are pairs of strings after the program's, and a NULL. */
static bool add_sample(struct reading *reading, enum metric_other which, bits_t number, ...)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const char *label, *value;
	va_list pairs;

	if (reading->next.sample_count == reading->room)
		return false;
	metric_label("program", reading->program, strlen(reading->program), &text);
	va_start(pairs, number);
	while ((label = va_arg(pairs, const char *))) {
		value = va_arg(pairs, const char *);
		if (value)
			metric_label(label, value, strlen(value), &text);
	}
	va_end(pairs);
	label = text.failed ? NULL : arena_string(reading->arena, buffer_text(&text));
	reading->next.samples[reading->next.sample_count++] =
		(struct sample){ which, label, { .form = NUMBER_WHOLE, .whole = number } };
	return label;
}

#define NO_LABELS (const char *)NULL

static bool add_session(struct reading *reading)
{
	const struct skbscope_snapshot *snapshot = reading->snapshot;
	bool ok = add_sample(reading, METRIC_READING, snapshot->wall_ns, NO_LABELS) &&
		  add_sample(reading, METRIC_ENFORCED, snapshot->enforced, NO_LABELS);

	for (size_t i = 0; ok && i < snapshot->hook_count; i++) {
		const struct skbscope_hook_state *hook = &snapshot->hooks[i];

		ok = add_sample(reading, METRIC_ATTACHED, hook->attached, "interface",
				hook->interface, "direction", direction_name(hook->direction),
				"function", hook->function, NO_LABELS);
	}
	for (size_t i = 0; ok && i < snapshot->verdict_count; i++) {
		const struct skbscope_verdict_count *verdict = &snapshot->verdicts[i];

		ok = add_sample(reading, METRIC_VERDICTS, verdict->packets, "function",
				verdict->function, "verdict", verdict_name(verdict->verdict),
				NO_LABELS);
	}
	for (size_t i = 0; ok && i < snapshot->loss_count; i++) {
		const struct skbscope_loss *loss = &snapshot->losses[i];

		ok = add_sample(reading, loss->known ? METRIC_LOST : METRIC_UNKNOWN,
				loss->known ? loss->count : 1, "table", loss->table, "what",
				loss->what, NO_LABELS);
	}
	return ok;
}

static bool add_state(struct reading *reading, const struct skbscope_table *table,
		      const struct series_table *series)
{
	const struct skbscope_schema *schema = table->schema;

	if (schema->hidden)
		return true;
	if (schema->is_events)
		return add_sample(reading, METRIC_EVENTS, table->received, "table", schema->table,
				  NO_LABELS);
	return !schema->readable ||
	       (add_sample(reading, METRIC_ROWS, table->row_count, "table", schema->table,
			   NO_LABELS) &&
		add_sample(reading, METRIC_ROOM, schema->max_entries, "table", schema->table,
			   NO_LABELS) &&
		(!series->families.count || add_sample(reading, METRIC_FOLDED, series->folded.count,
						       "table", schema->table, NO_LABELS)));
}

static struct series_table *take_out(struct series *series, const char *name)
{
	for (size_t i = 0; i < series->count; i++)
		if (series->tables[i] && strcmp(series->tables[i]->name, name) == 0)
			return TAKE(series->tables[i]);
	return NULL;
}

static int take_table(struct series *series, struct reading *reading,
		      const struct skbscope_table *table)
{
	struct families families;
	struct series_table *state;
	int r;

	if (!families_make(reading->program, table->schema, &reading->names, reading->arena,
			   &families))
		return -ENOMEM;
	state = take_out(series, table->schema->table);
	r = series_table_take(&state, series->most, reading->snapshot, table, &families,
			      reading->arena);
	if (r == 0 && !add_state(reading, table, state))
		r = -ENOMEM;
	reading->next.tables[reading->next.count++] = state;
	return r;
}

static int take(struct series *series, struct reading *reading)
{
	const struct skbscope_snapshot *snapshot = reading->snapshot;
	int r = 0;

	reading->arena = arena_new();
	reading->room = 2 + snapshot->hook_count + snapshot->verdict_count + snapshot->loss_count +
			3 * snapshot->table_count;
	reading->next.samples = calloc(reading->room, sizeof(*reading->next.samples));
	reading->next.tables = calloc(snapshot->table_count + 1, sizeof(*reading->next.tables));
	if (!reading->arena || !reading->next.samples || !reading->next.tables ||
	    !metric_heads_make(snapshot, METRIC_OTHERS, reading->arena, &reading->names))
		return -ENOMEM;
	for (size_t i = 0; i < METRIC_OTHERS; i++)
		reading->names.list[reading->names.count++] = &heads[i];
	for (size_t i = 0; r == 0 && i < snapshot->table_count; i++)
		r = take_table(series, reading, &snapshot->tables[i]);
	if (r == 0 && (!add_session(reading) || arena_failed(reading->arena)))
		r = -ENOMEM;
	return r;
}

int series_take(struct series *series, const struct skbscope_snapshot *snapshot,
		struct skbscope_error *error)
{
	struct reading reading = { .snapshot = snapshot,
				   .program = snapshot->program ? snapshot->program : "" };
	int r = take(series, &reading);

	/* Also after a failure: what was taken out is in there. */
	for (size_t i = 0; i < series->count; i++)
		series_table_free(series->tables[i]);
	free(series->tables);
	free(series->samples);
	arena_freep(&series->arena);
	series->tables = reading.next.tables;
	series->count = reading.next.count;
	series->samples = reading.next.samples;
	series->sample_count = reading.next.sample_count;
	series->arena = reading.arena;
	return r < 0 ? fail_memory(error, SKBSCOPE_STAGE_RENDER) : 0;
}

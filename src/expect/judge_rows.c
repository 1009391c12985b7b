/* SPDX-License-Identifier: Apache-2.0 */
/* Rows, which have no order. */
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "expect/judge.h"
#include "expect/match.h"
#include "model/record.h"

#define NONE SIZE_MAX

struct matcher *judge_matchers(struct judging *judging, const struct skbscope_schema *schema)
{
	const struct expectation *expectation = judging->expectation;
	struct arena *arena = judging->judgement->arena;
	struct matcher *matchers = ARENA_ARRAY(arena, struct matcher, expectation->row_count);
	struct match_mistake mistake;
	bool right = matchers != NULL;

	for (size_t i = 0; matchers && i < expectation->row_count; i++) {
		if (matcher_make(&expectation->rows[i], schema, arena, &matchers[i], &mistake))
			continue;
		finding_mistake(judging, expectation->rows[i].line, mistake.what, mistake.hint);
		right = false;
	}
	return right ? matchers : NULL;
}

/* Each expected row has one of its own. */
struct pairing {
	struct judging *judging;
	const struct skbscope_table *table;
	const struct matcher *matchers;
	size_t expected, actual;
	size_t *row_of;  /* by expectation; NONE: none */
	size_t *used_by; /* by row */
	size_t *asked;   /* by row: the last expectation that asked for it */
};

static bool matches(const struct pairing *pairing, size_t i, size_t row, bool keys_only)
{
	const struct skbscope_record record = record_of_row(pairing->table, row);

	return matcher_matches(&pairing->matchers[i], &record, UINT32_MAX, keys_only);
}

/* The one that has it may find another: so none is left over that could have had one. */
static bool pair(struct pairing *pairing, size_t i, size_t asking)
{
	for (size_t row = 0; row < pairing->actual; row++) {
		if (pairing->asked[row] == asking || !matches(pairing, i, row, false))
			continue;
		pairing->asked[row] = asking;
		if (pairing->used_by[row] == NONE || pair(pairing, pairing->used_by[row], asking)) {
			pairing->used_by[row] = i;
			pairing->row_of[i] = row;
			return true;
		}
	}
	return false;
}

/* An array has a row for every index: one of zeros is nothing, unless it is asked for. */
static bool is_nothing(const struct skbscope_table *table, size_t row)
{
	const uint8_t *value = table->values + row * table->schema->value_size;

	for (uint32_t i = 0; table->schema->is_array && i < table->schema->value_size; i++)
		if (value[i])
			return false;
	return table->schema->is_array;
}

/* What the row that is missing has become. */
static size_t other_row(const struct pairing *pairing, size_t i)
{
	for (size_t row = 0; row < pairing->actual; row++)
		if (pairing->used_by[row] == NONE && matcher_has_keys(&pairing->matchers[i]) &&
		    matches(pairing, i, row, true))
			return row;
	return NONE;
}

static void tell_row(struct pairing *pairing, struct finding *finding,
		     const struct matcher *matcher, size_t row)
{
	const struct skbscope_record record = record_of_row(pairing->table, row);
	AUTO(buffer_free) struct buffer text = { 0 };

	match_text(matcher, &record, UINT32_MAX, &text);
	finding_line(pairing->judging, finding, FINDING_ACTUAL, "%s", buffer_text(&text));
}

void judge_tell_expected(struct judging *judging, struct finding *finding,
			 const struct expected_row *row)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	match_row_text(row, &text);
	finding_line(judging, finding, FINDING_EXPECTED, "%s", buffer_text(&text));
	finding_place(finding, row->place);
}

static void append_count(struct buffer *out, size_t count, const char *one, const char *several)
{
	if (count)
		buffer_printf(out, "%s%zu %s", out->length ? ", " : "", count,
			      count == 1 ? one : several);
}

static void tell_pairing(struct pairing *pairing)
{
	struct judging *judging = pairing->judging;
	const struct expectation *expectation = judging->expectation;
	size_t differing = 0, missing = 0, more = 0;
	struct finding *finding = finding_add(judging, expectation->line, " ");
	AUTO(buffer_free) struct buffer what = { 0 };

	for (size_t i = 0; i < pairing->expected; i++) {
		size_t row;

		if (pairing->row_of[i] != NONE)
			continue;
		row = other_row(pairing, i);
		judge_tell_expected(judging, finding, &expectation->rows[i]);
		if (row == NONE) {
			missing++;
			continue;
		}
		pairing->used_by[row] = i;
		tell_row(pairing, finding, &pairing->matchers[i], row);
		differing++;
	}
	for (size_t row = 0; !expectation->among && row < pairing->actual; row++) {
		if (pairing->used_by[row] != NONE || is_nothing(pairing->table, row))
			continue;
		tell_row(pairing, finding, NULL, row);
		more++;
	}
	append_count(&what, differing, "row differs", "rows differ");
	append_count(&what, missing, "row is missing", "rows are missing");
	append_count(&what, more, "row is not expected", "rows are not expected");
	if (!finding)
		return;
	if (!what.length)
		judging->judgement->count--; /* it was the last */
	else
		finding->what = arena_printf(judging->judgement->arena, "%s: %s",
					     expectation->table, buffer_text(&what));
}

static size_t *indices(struct arena *arena, size_t count)
{
	size_t *list = ARENA_ARRAY(arena, size_t, count);

	if (list)
		memset(list, 0xff, count * sizeof(*list)); /* NONE */
	return list;
}

static void judge_rows(struct judging *judging, const struct skbscope_table *table)
{
	struct arena *arena = judging->judgement->arena;
	struct pairing pairing = {
		.judging = judging,
		.table = table,
		.matchers = judge_matchers(judging, table->schema),
		.expected = judging->expectation->row_count,
		.actual = table->row_count,
	};

	if (!pairing.matchers)
		return;
	pairing.row_of = indices(arena, pairing.expected);
	pairing.used_by = indices(arena, pairing.actual);
	pairing.asked = indices(arena, pairing.actual);
	if (!pairing.row_of || !pairing.used_by || !pairing.asked)
		return;
	for (size_t i = 0; i < pairing.expected; i++)
		pair(&pairing, i, i);
	tell_pairing(&pairing);
}

static size_t count_rows(const struct skbscope_table *table)
{
	size_t count = 0;

	for (size_t row = 0; row < table->row_count; row++)
		count += !is_nothing(table, row);
	return count;
}

void judge_table(struct judging *judging)
{
	const struct skbscope_table *table = judge_find_table(judging, false);

	if (!table)
		return;
	if (judging->expectation->count.given)
		judge_count(judging, count_rows(table), "row", "rows");
	else
		judge_rows(judging, table);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is reported about an edited program. */
#include "run/changes.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define ALIKE 1.3 /* a machine that nobody touches swings by 1.2× */

static const char *const fates[] = {
	[SKBSCOPE_TABLE_KEPT] = "kept",         [SKBSCOPE_TABLE_MIGRATED] = "migrated",
	[SKBSCOPE_TABLE_EMPTY] = "emptied",     [SKBSCOPE_TABLE_NEW] = "new",
	[SKBSCOPE_TABLE_GONE] = "gone",         [SKBSCOPE_TABLE_REFUSED] = "not migrated",
	[SKBSCOPE_TABLE_REFILLED] = "refilled",
};

static void append_table(const struct skbscope_table_swap *table, struct buffer *out)
{
	buffer_printf(out, "%s %s", table->table, fates[table->outcome]);
	if (table->outcome == SKBSCOPE_TABLE_MIGRATED)
		buffer_printf(out, ", %" PRIu64 " row%s", table->rows, table->rows == 1 ? "" : "s");
	if (table->text && table->text[0])
		buffer_printf(out, " (%s)", table->text);
}

static void append_ratio(double before, double after, struct buffer *out)
{
	if (!(before > 0) || !(after > 0))
		return;
	if (after > before * ALIKE)
		buffer_printf(out, ", %.1f× slower than before", after / before);
	else if (before > after * ALIKE)
		buffer_printf(out, ", %.1f× faster than before", before / after);
	else
		buffer_string(out, ", about the same");
}

static bool verification_changed(const struct skbscope_function_cost *cost)
{
	return cost->verified_before && cost->verified_after &&
	       cost->verified_before != cost->verified_after;
}

void changes_swap(const struct skbscope_swap *swap, struct buffer *out)
{
	const char *separator = ": ";

	for (size_t i = 0; i < swap->table_count; i++) {
		buffer_string(out, separator);
		append_table(&swap->tables[i], out);
		separator = "; ";
	}
	for (size_t i = 0; i < swap->cost_count; i++) {
		const struct skbscope_function_cost *cost = &swap->costs[i];

		if (!verification_changed(cost))
			continue;
		buffer_string(out, separator);
		if (swap->cost_count > 1)
			buffer_printf(out, "%s ", cost->function);
		buffer_printf(out, "verified %" PRIu32 "→%" PRIu32 " instructions",
			      cost->verified_before, cost->verified_after);
		separator = "; ";
	}
}

void changes_measured(const struct skbscope_function_cost *cost, bool with_name, struct buffer *out)
{
	if (with_name)
		buffer_printf(out, "%s ", cost->function);
	buffer_printf(out, "%.0f→%.0f ns a packet", cost->run_ns_before, cost->run_ns_after);
	if (cost->same_code)
		buffer_string(out, ", with the same instructions");
	else
		append_ratio(cost->run_ns_before, cost->run_ns_after, out);
}

static const struct skbscope_diagnostic *first_error(const struct skbscope_diagnostics *diagnostics)
{
	size_t count = diagnostics ? skbscope_diagnostics_count(diagnostics) : 0;

	for (size_t i = 0; i < count; i++) {
		const struct skbscope_diagnostic *entry = skbscope_diagnostics_get(diagnostics, i);

		if (entry->severity == SKBSCOPE_SEVERITY_ERROR)
			return entry;
	}
	return NULL;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void append_place(const struct skbscope_diagnostic *entry, const char *path,
			 struct buffer *out)
{
	if (!entry || !entry->line)
		return;
	if (!entry->file || strcmp(last_name(entry->file), last_name(path)) == 0)
		buffer_printf(out, " (line %" PRIu32 ")", entry->line);
	else
		buffer_printf(out, " (%s:%" PRIu32 ")", last_name(entry->file), entry->line);
}

void changes_refusal(const struct skbscope_error *error,
		     const struct skbscope_diagnostics *diagnostics, const char *path,
		     struct buffer *out)
{
	const struct skbscope_diagnostic *first = first_error(diagnostics);

	/* Where no error stands beside it, all there is to say is in the message. */
	switch (first ? error->stage : SKBSCOPE_STAGE_WORKER) {
	case SKBSCOPE_STAGE_COMPILE:
		buffer_string(out, "does not compile");
		append_place(first, path, out);
		break;
	case SKBSCOPE_STAGE_VERIFY:
		buffer_string(out, "the verifier refuses it");
		append_place(first, path, out);
		break;
	default:
		buffer_string(out, error->message);
		break;
	}
}

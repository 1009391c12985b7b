/* SPDX-License-Identifier: Apache-2.0 */
/* What run says at its start and at its end. */
#include "run/summary.h"

#include <inttypes.h>
#include <string.h>

#include "model/names.h"

void summary_time(uint64_t ns, struct buffer *out)
{
	double seconds = (double)ns / 1e9;
	uint64_t minutes = ns / 60000000000u;

	if (ns < 10000000)
		buffer_printf(out, "%.1f ms", seconds * 1e3);
	else if (ns < 1000000000)
		buffer_printf(out, "%.0f ms", seconds * 1e3);
	else if (minutes < 2)
		buffer_printf(out, "%.1f s", seconds);
	else if (minutes < 120)
		buffer_printf(out, "%" PRIu64 " min %.0f s", minutes,
			      seconds - 60.0 * (double)minutes);
	else
		buffer_printf(out, "%" PRIu64 " h %" PRIu64 " min", minutes / 60, minutes % 60);
}

static void append_hook(const struct skbscope_hook_state *hook, struct buffer *out)
{
	buffer_printf(out, "%s %s", hook->interface, direction_name(hook->direction));
}

/* Those that are attached, or those that are not any more; gives how many. */
static size_t append_those(const struct skbscope_snapshot *snapshot, bool attached,
			   struct buffer *out)
{
	size_t count = 0;

	for (size_t i = 0; i < snapshot->hook_count; i++) {
		if (snapshot->hooks[i].attached != attached)
			continue;
		buffer_string(out, count++ ? ", " : attached ? "; detached from " : "; ");
		append_hook(&snapshot->hooks[i], out);
	}
	return count;
}

static void append_hooks(const struct skbscope_snapshot *snapshot, struct buffer *out)
{
	for (size_t i = 0; i < snapshot->hook_count; i++) {
		const struct skbscope_hook_state *hook = &snapshot->hooks[i];

		buffer_string(out, i ? ", " : "");
		append_hook(hook, out);
		buffer_printf(out, " (%s)", hook->hook == SKBSCOPE_HOOK_TCX ? "tcx" : "clsact");
	}
}

void summary_start(const struct skbscope_snapshot *first,
		   const struct skbscope_compile_times *times, struct buffer *out)
{
	buffer_printf(out, "%s: ", first->program);
	if (times->total_ns) {
		buffer_string(out, times->cached ? "loaded from the cache in " : "compiled in ");
		summary_time(times->total_ns, out);
	} else {
		buffer_string(out, "compiled elsewhere");
	}
	if (first->recording) {
		buffer_printf(out, ", replaying %s", first->recording);
		return;
	}
	buffer_string(out, ", attached to ");
	summary_where(first, out);
}

void summary_where(const struct skbscope_snapshot *snapshot, struct buffer *out)
{
	append_hooks(snapshot, out);
	buffer_string(out, snapshot->enforced ? ", enforcing" : ", passive");
}

bool summary_has_losses(const struct skbscope_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->loss_count; i++)
		if (snapshot->losses[i].count || !snapshot->losses[i].known)
			return true;
	return false;
}

static void append_loss(const struct skbscope_loss *loss, bool first, struct buffer *out)
{
	buffer_string(out, first ? "; lost: " : ", ");
	if (loss->known)
		buffer_printf(out, "%" PRIu64 " ", loss->count);
	else
		buffer_string(out, "an unknown number ");
	buffer_printf(out, "(%s%s%s)", loss->table ? loss->table : "", loss->table ? ": " : "",
		      loss->what);
}

void summary_end(const struct skbscope_snapshot *last, const struct summary *summary,
		 struct buffer *out)
{
	uint64_t packets = 0;
	bool first = true;
	size_t gone;

	for (size_t i = 0; i < last->verdict_count; i++)
		packets += last->verdicts[i].packets;
	buffer_printf(out, "%s: %" PRIu64 " packet%s seen in ", last->program, packets,
		      packets == 1 ? "" : "s");
	summary_time(summary->end_ns - summary->start_ns, out);
	if (summary->has_events)
		buffer_printf(out, ", %" PRIu64 " event%s", summary->events,
			      summary->events == 1 ? "" : "s");
	else
		buffer_printf(out, ", %" PRIu64 " reading%s", summary->readings,
			      summary->readings == 1 ? "" : "s");
	if (summary->recording) {
		buffer_printf(out, "; %s", summary->recording);
		return; /* which says what is missing */
	}
	for (size_t i = 0; i < last->loss_count; i++) {
		const struct skbscope_loss *loss = &last->losses[i];

		if (loss->known && !loss->count)
			continue;
		append_loss(loss, first, out);
		first = false;
	}
	if (summary->still_attached)
		return; /* some of them: that has been told */
	append_those(last, true, out);
	gone = append_those(last, false, out);
	if (gone)
		buffer_string(out, gone == 1 ? " was gone" : " were gone");
}

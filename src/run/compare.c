/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two versions of a program on the same packets, and where their tables and verdicts
 * differ. Both are passive.
 *
 * Both are attached with nothing running, and then begin within microseconds, the
 * old one first; they end the same way, the new one first: it sees no packet that
 * the old one does not. So when both counted the same number of packets, they were
 * the same packets; when not, so many arrived between the two, and that is told.
 * The last comparison is made when both are paused and nothing moves any more.
 */
#include "run/run.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <skbscope/difference.h>
#include <skbscope/session.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "kernel/session.h"
#include "kernel/swap.h"
#include "run/attach.h"
#include "run/events.h"
#include "run/fill.h"
#include "run/filter.h"
#include "run/output.h"
#include "run/readings.h"
#include "run/replay.h"
#include "run/report.h"
#include "run/summary.h"
#include "run/view_stdout.h"

struct version {
	struct program program;
	struct skbscope_session *session;
	struct event_pump pump; /* of its events only the number is compared */
};

struct comparison {
	struct skbscope_snapshot *old, *new;
	struct skbscope_difference *difference;
};

struct diff {
	const struct diff_settings *settings;
	struct readings readings;
	struct skbscope_filter *filter; /* NULL: none */
	struct replay replay;           /* of which readings are recorded */
	struct version old, new;
	struct fill fill;
	struct comparison latest;
	uint64_t start_ns, end_ns; /* of seeing packets; 0: not yet */
	bool complete;             /* the latest comparison was made after the end */
};

static void version_clear(struct version *version)
{
	skbscope_session_close(version->session);
	program_clear(&version->program);
}

static void comparison_clear(struct comparison *comparison)
{
	skbscope_difference_free(comparison->difference);
	skbscope_snapshot_free(comparison->new);
	skbscope_snapshot_free(comparison->old);
}

static void diff_clear(struct diff *diff)
{
	event_pump_stop(&diff->old.pump);
	event_pump_stop(&diff->new.pump);
	replay_close(&diff->replay);
	readings_close(&diff->readings);
	comparison_clear(&diff->latest);
	version_clear(&diff->new);
	version_clear(&diff->old);
	fill_close(&diff->fill);
	skbscope_filter_free(diff->filter);
}

static int compile(struct diff *diff, struct version *version, const char *name,
		   struct skbscope_error *error)
{
	const struct diff_settings *settings = diff->settings;
	struct program *program = &version->program;
	int r = program_read(&settings->compiling, name, program, error);

	if (r == 0)
		r = program_compile(&settings->compiling, NULL, program, error);
	if (r == 0 && !settings->talk.quiet)
		report_diagnostics(program->diagnostics, settings->talk.verbose);
	if (r == 0)
		program_say_trouble(&settings->talk, program);
	return r;
}

/* A table that is set may be in one of the two alone. */
static int load(struct diff *diff, struct version *version, const struct version *other,
		struct skbscope_error *error)
{
	AUTO(filling_freep) struct filling *filling = NULL;
	struct program *program = &version->program;
	int r = fill_plan(&diff->fill, program->image, other->program.image, &filling, error);

	if (r == 0)
		r = open_session(&diff->settings->traffic, diff->filter, program, false,
				 &version->session, error);
	if (r == 0)
		r = fill_write(&diff->fill, filling, version->session, NULL, 0, error);
	version->pump = (struct event_pump){ .readings = &diff->readings,
					     .session = version->session,
					     .counts_only = true };
	return r;
}

/* The new one first: the old one is ahead of it at every moment. */
static int compare_now(struct diff *diff, struct comparison *out, struct skbscope_error *error)
{
	const struct output_settings *output = &diff->settings->output;
	int r;

	r = event_pump_take(&diff->new.pump, error);
	if (r == 0)
		r = readings_read(&diff->readings, diff->new.session, output, NULL, &out->new,
				  error);
	if (r == 0)
		r = event_pump_take(&diff->old.pump, error);
	if (r < 0)
		return r;
	r = readings_read(&diff->readings, diff->old.session, output, NULL, &out->old, error);
	if (r == 0)
		r = skbscope_difference_new(out->old, out->new, &out->difference, error);
	return r;
}

/* Of a recording, both see exactly the same. */
static int feed(void *context, const struct skbscope_packet *packets, size_t count,
		struct skbscope_error *error)
{
	struct diff *diff = context;
	int r = skbscope_session_feed(diff->old.session, packets, count, error);

	return r < 0 ? r : skbscope_session_feed(diff->new.session, packets, count, error);
}

static int begin_recording(void *context, struct skbscope_error *error)
{
	AUTO(comparison_clear) struct comparison made = { 0 };

	return compare_now(context, &made, error);
}

static int open_recording(struct diff *diff, struct skbscope_error *error)
{
	const struct diff_settings *settings = diff->settings;

	diff->replay.readings = &diff->readings;
	diff->replay.feed = feed;
	diff->replay.begin = begin_recording;
	diff->replay.context = diff;
	diff->replay.name = "diff";
	diff->replay.quiet = settings->talk.quiet;
	return replay_open(&diff->replay, &settings->traffic, &settings->pace, error);
}

/* Of a packet whose direction is not known, both see it, or the old one's wish counts. */
static void choose_direction(struct diff *diff)
{
	struct hook_program program;

	diff->replay.recording.otherwise =
		session_entry(diff->old.session, SKBSCOPE_INGRESS, &program) ? SKBSCOPE_INGRESS
									     : SKBSCOPE_EGRESS;
}

static int begin(struct diff *diff, const struct targets *targets, struct skbscope_error *error)
{
	const struct traffic_settings *traffic = &diff->settings->traffic;
	int r;

	if (diff->readings.recorded) {
		choose_direction(diff);
		diff->start_ns = clock_monotonic_ns();
		return 0;
	}
	r = attach_session(traffic, targets, true, diff->old.session, error);

	if (r == 0)
		r = attach_session(traffic, targets, true, diff->new.session, error);
	if (r == 0)
		r = skbscope_session_resume(diff->old.session, error);
	if (r == 0)
		r = skbscope_session_resume(diff->new.session, error);
	diff->start_ns = clock_monotonic_ns();
	if (r == 0 && !diff->settings->talk.quiet)
		targets_remark(targets, skbscope_session_attached(diff->old.session));
	return r;
}

static int end(struct diff *diff, struct skbscope_error *error)
{
	int r = diff->readings.recorded ? 0 : skbscope_session_pause(diff->new.session, error);

	if (r == 0 && !diff->readings.recorded)
		r = skbscope_session_pause(diff->old.session, error);
	diff->end_ns = clock_monotonic_ns();
	if (diff->old.pump.started || diff->new.pump.started)
		rcu_wait(); /* what still runs may submit an event */
	return r;
}

static int take(void *context, bool last, struct skbscope_error *error)
{
	AUTO(comparison_clear) struct comparison made = { 0 };
	struct diff *diff = context;
	struct comparison before = diff->latest;
	int r = last && !diff->end_ns ? end(diff, error) : 0;

	if (r == 0)
		r = compare_now(diff, &made, error);
	if (r < 0)
		return r;
	diff->latest = made;
	diff->complete = last;
	made = before; /* what is shown until now */
	return readings_show(&diff->readings,
			     &(struct shown){ .difference = diff->latest.difference }, last, error);
}

static int look(void *context, struct skbscope_error *error)
{
	struct diff *diff = context;

	if (diff->readings.recorded)
		return 0;
	return skbscope_session_attached(diff->old.session) &&
			       skbscope_session_attached(diff->new.session)
		       ? 0
		       : readings_fail_detached(error);
}

static int leave(struct diff *diff, int status)
{
	status = leave_session(diff->new.session, status);
	return leave_session(diff->old.session, status);
}

static uint64_t packets_of(const struct skbscope_snapshot *snapshot)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < snapshot->verdict_count; i++)
		packets += snapshot->verdicts[i].packets;
	return packets;
}

static bool has_hook(const struct skbscope_snapshot *snapshot,
		     const struct skbscope_hook_state *like)
{
	for (size_t i = 0; i < snapshot->hook_count; i++)
		if (snapshot->hooks[i].ifindex == like->ifindex &&
		    snapshot->hooks[i].direction == like->direction)
			return true;
	return false;
}

static bool on_same_hooks(const struct diff *diff)
{
	const struct skbscope_snapshot *old = diff->latest.old, *new = diff->latest.new;

	for (size_t i = 0; i < old->hook_count; i++)
		if (!has_hook(new, &old->hooks[i]))
			return false;
	return old->hook_count == new->hook_count;
}

/* Of the old one: the new one was fed the same. */
static void account(const struct diff *diff, struct buffer *out)
{
	struct skbscope_feed_counts counts;

	skbscope_session_feed_counts(diff->old.session, &counts);
	buffer_string(out, "; ");
	recording_text(&diff->replay.recording, &counts, out);
}

static void conclude(const struct diff *diff)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(buffer_free) struct buffer time = { 0 };
	uint64_t old = packets_of(diff->latest.old), new = packets_of(diff->latest.new);

	if (diff->settings->talk.quiet)
		return;
	summary_time(diff->end_ns - diff->start_ns, &time);
	if (on_same_hooks(diff) && old == new)
		buffer_printf(&text, "both saw the same %" PRIu64 " packet%s in %s", old,
			      old == 1 ? "" : "s", buffer_text(&time));
	else
		buffer_printf(&text, "old saw %" PRIu64 " packet%s and new %" PRIu64 " in %s", old,
			      old == 1 ? "" : "s", new, buffer_text(&time));
	if (diff->readings.recorded)
		account(diff, &text);
	else if (!on_same_hooks(diff))
		buffer_string(&text, ", on different hooks");
	else if (old != new)
		buffer_printf(&text,
			      ": %" PRIu64
			      " arrived while the two versions were being started or stopped",
			      old > new ? old - new : new - old);
	report_say("%s", buffer_text(&text));
}

static bool is_pinned_at(const struct skbscope_image *image, const char *path)
{
	for (size_t i = 0; i < image->map_count; i++)
		if (image->maps[i].pin_path && strcmp(image->maps[i].pin_path, path) == 0)
			return true;
	return false;
}

/* A pin is one table, whoever declares it. */
static void warn_of_pins(const struct diff *diff)
{
	const struct skbscope_image *old = diff->old.program.image, *new = diff->new.program.image;

	for (size_t i = 0; i < old->map_count; i++)
		if (old->maps[i].pin_path && is_pinned_at(new, old->maps[i].pin_path))
			report_say("%s is pinned: both versions count in this one table, which "
				   "has every packet twice and cannot differ",
				   old->maps[i].name);
}

static void introduce(const struct diff *diff)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (diff->settings->talk.quiet)
		return;
	buffer_printf(&text, "old: %s", diff->old.program.source->path);
	if (diff->readings.recorded) {
		buffer_printf(&text, ", new: %s; replaying %s", diff->new.program.source->path,
			      diff->readings.recording);
		filter_say(diff->filter, diff->settings->talk.verbose, &text);
		report_say("%s", buffer_text(&text));
		return;
	}
	if (on_same_hooks(diff)) {
		buffer_printf(&text, ", new: %s; attached to ", diff->new.program.source->path);
	} else {
		buffer_string(&text, ", attached to ");
		summary_where(diff->latest.old, &text);
		buffer_printf(&text, "; new: %s, attached to ", diff->new.program.source->path);
	}
	summary_where(diff->latest.new, &text);
	filter_say(diff->filter, diff->settings->talk.verbose, &text);
	report_say("%s", buffer_text(&text));
	warn_of_pins(diff);
}

static int prepare_both(struct diff *diff, struct version **at_fault, struct targets *targets,
			struct skbscope_error *error)
{
	static const struct readings_source source = { take, look, NULL };
	const struct diff_settings *settings = diff->settings;
	struct view *view;
	int r = output_check(STDOUT_FILENO);

	if (r < 0)
		return output_failed(r, error);
	r = settings->traffic.recording ? open_recording(diff, error) : 0;
	if (r < 0)
		return r;
	*at_fault = &diff->old;
	r = targets_choose(&settings->traffic, settings->talk.quiet, targets, error);
	if (r == 0)
		r = filter_make(&settings->traffic, &settings->compiling, targets, &diff->filter,
				error);
	if (r == 0)
		r = fill_open(&diff->fill, &settings->tables, settings->traffic.netns, error);
	if (r == 0)
		r = compile(diff, &diff->old, settings->old, error);
	if (r < 0)
		return r;
	*at_fault = &diff->new;
	r = compile(diff, &diff->new, settings->new, error);
	if (r < 0)
		return r;
	*at_fault = &diff->old;
	r = load(diff, &diff->old, &diff->new, error);
	if (r < 0)
		return r;
	*at_fault = &diff->new;
	r = load(diff, &diff->new, &diff->old, error);
	if (r == 0)
		r = readings_open(&diff->readings, &source, diff, false, error);
	if (r == 0)
		r = view_stdout_open(&settings->output, &settings->talk, &diff->readings.signals,
				     &view, error);
	if (r == 0)
		readings_add(&diff->readings, view);
	return r;
}

int compare(const struct diff_settings *settings)
{
	AUTO(diff_clear) struct diff diff = { .settings = settings };
	struct version *at_fault = &diff.old;
	struct skbscope_error error = { 0 };
	AUTO(targets_clear) struct targets targets = { 0 };
	int r = prepare_both(&diff, &at_fault, &targets, &error);

	if (r == 0)
		r = begin(&diff, &targets, &error);
	if (r == 0)
		r = compare_now(&diff, &diff.latest, &error);
	if (r == -EINTR)
		return leave(&diff, EXIT_FINE); /* before there was anything to compare */
	if (r < 0)
		return leave(&diff, report_error(&error, at_fault->program.diagnostics,
						 settings->talk.verbose));
	introduce(&diff);
	event_pump_follow(&diff.old.pump);
	event_pump_follow(&diff.new.pump);
	if (diff.readings.recorded)
		replay_start(&diff.replay);
	readings_run(&diff.readings, &settings->pace, diff.start_ns);
	replay_stop(&diff.replay);
	event_pump_stop(&diff.old.pump);
	event_pump_stop(&diff.new.pump);
	readings_finish(&diff.readings);
	if (diff.complete)
		conclude(&diff);
	if (diff.readings.ending == END_FAILED)
		return leave(&diff, report_error(&diff.readings.error, NULL, false));
	return leave(&diff, diff.latest.difference->same ? EXIT_FINE : EXIT_DIFFERENT);
}

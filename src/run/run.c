/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run, from loading to detaching. A reading is taken when attached and not counted
 * among those asked for: it gives the first one shown its rates, and a terminal
 * something to look at.
 */
#include "run/run.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <string.h>

#include <skbscope/session.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "kernel/session.h"
#include "model/names.h"
#include "render/order.h"
#include "run/arrivals.h"
#include "run/attach.h"
#include "run/calls.h"
#include "run/edit_loop.h"
#include "run/events.h"
#include "run/fill_watch.h"
#include "run/filter.h"
#include "run/people.h"
#include "run/precompile.h"
#include "run/readings.h"
#include "run/remark.h"
#include "run/replay.h"
#include "run/report.h"
#include "run/run_views.h"
#include "run/steer.h"
#include "run/summary.h"
#include "run/view_audit.h"
#include "run/view_capture.h"
#include "run/view_page.h"
#include "run/view_picked.h"

/* Rates over less say little. */
#define APART_NS UINT64_C(500000000)
#define PATIENCE_NS UINT64_C(2000000000) /* with a reader who does not read, at the end */

struct run {
	const struct run_settings *settings;
	struct readings readings;
	struct replay replay; /* of which readings are recorded */
	struct edit_loop edit;
	struct precompile precompile;
	struct skbscope_filter *filter; /* NULL: none */
	struct skbscope_session *session;
	struct skbscope_snapshot *snapshot; /* the last reading */
	struct skbscope_snapshot *shown;    /* the last that views were given, and go back to */
	size_t hooks;                       /* attached when we last looked */
	struct arrivals arrivals;           /* of interfaces */
	struct loop_timer refresh;          /* a reading out of turn */
	struct summary summary;
	struct event_pump pump;
	struct calls calls; /* where the program's pieces are those of HTTP */
	struct run_views views;
	struct fill fill;
	struct fill_watch fill_watch;
	struct steering steering;
};

static void run_clear(struct run *run)
{
	steer_close(&run->steering);
	arrivals_close(&run->arrivals);
	event_pump_stop(&run->pump);
	replay_close(&run->replay);
	edit_loop_close(&run->edit);
	fill_watch_close(&run->fill_watch);
	fill_close(&run->fill);
	precompile_stop(&run->precompile);
	readings_close(&run->readings);
	skbscope_session_close(run->session);
	skbscope_filter_free(run->filter);
	if (run->shown != run->snapshot)
		skbscope_snapshot_free(run->shown);
	skbscope_snapshot_free(run->snapshot);
	calls_close(&run->calls);
}

static int read_session(struct run *run, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer stale = { 0 };
	struct skbscope_snapshot *next = NULL;
	int r;

	stale_sentence(&run->edit.stale, &stale);
	r = readings_read(&run->readings, run->session, &run->settings->output,
			  stale.length ? buffer_text(&stale) : NULL, &next, error);
	if (r < 0)
		return r;
	if (run->snapshot != run->shown)
		skbscope_snapshot_free(run->snapshot);
	run->snapshot = next;
	return 0;
}

static void was_shown(struct run *run)
{
	if (run->shown != run->snapshot)
		skbscope_snapshot_free(run->shown);
	run->shown = run->snapshot;
}

static void note_costs(struct run *run)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (!run->settings->talk.quiet && edit_loop_costs(&run->edit, &text))
		views_note(run->readings.views, buffer_text(&text));
}

/* Of a recording a reading has all calls until then. */
static int await_calls(struct run *run, struct skbscope_error *error)
{
	int r;

	if (!run->pump.calls || !run->readings.recorded || run->calls.ended)
		return 0;
	r = calls_wait(&run->calls, true, error);
	return r == -ECANCELED ? 0 : r;
}

static int take(void *context, bool last, struct skbscope_error *error)
{
	struct run *run = context;
	int r = await_calls(run, error);

	if (r == 0)
		r = read_session(run, error);
	if (r < 0)
		return r;
	r = readings_show(&run->readings, &(struct shown){ .snapshot = run->snapshot }, last,
			  error);
	was_shown(run);
	if (r == 0 && !last)
		note_costs(run);
	return r;
}

/* An interface that went away took its hook with it; the others go on. */
static int look(void *context, struct skbscope_error *error)
{
	struct run *run = context;
	size_t now = skbscope_session_attached(run->session);

	if (run->readings.recorded)
		return 0;
	if (now < run->hooks && (now > 0 || arrivals_are_awaited(&run->arrivals)) &&
	    !run->settings->talk.quiet) {
		AUTO(buffer_free) struct buffer text = { 0 };

		buffer_printf(&text, "%s: %zu of %zu hooks are gone\n", run->snapshot->program,
			      run->hooks - now, run->hooks);
		views_note(run->readings.views, buffer_text(&text));
	}
	run->hooks = now;
	return now || arrivals_are_awaited(&run->arrivals) ? 0 : readings_fail_detached(error);
}

static void came(void *owner, size_t hooks, const char *text)
{
	struct run *run = owner;

	run->hooks += hooks;
	if (!run->settings->talk.quiet)
		views_note(run->readings.views, text);
}

static void reload(void *context)
{
	edit_loop_reload(&((struct run *)context)->edit);
}

/* Of the program that runs; nothing happens where it has no events. */
static void expect_events(struct run *run)
{
	struct event_outlook outlook;

	if (skbscope_session_event_fd(run->session) < 0)
		return;
	outlook = run_views_outlook(&run->views, run->settings, run->session);
	views_expect(run->readings.views, &outlook);
	event_pump_follow(&run->pump);
}

/* On a screen the new version's tables are not left to the end of a long interval.
 * Whoever counts readings gets those that were asked for. */
static void swapped(void *owner)
{
	struct run *run = owner;

	run->hooks = skbscope_session_attached(run->session);
	expect_events(run);
	if (views_have_status(run->readings.views) && !run->readings.recorded)
		loop_arm(run->readings.loop, &run->refresh, run->snapshot->monotonic_ns + APART_NS);
}

static void refresh(void *context, uint64_t now_ns)
{
	struct run *run = context;
	struct skbscope_error error;
	int r;

	if (run->readings.due.at_ns <= now_ns + APART_NS)
		return;
	r = read_session(run, &error);
	if (r == 0) {
		r = views_show(run->readings.views, &(struct shown){ .snapshot = run->snapshot },
			       SHOW_EXTRA, &error);
		was_shown(run);
	}
	if (r < 0 && r != -EINTR)
		readings_fail(&run->readings, &error);
}

static void introduce(const struct run *run)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	const struct edit_loop *edit = &run->edit;

	if (run->settings->talk.quiet)
		return;
	summary_start(run->snapshot, &edit->program->times, &text);
	filter_say(run->filter, run->settings->talk.verbose, &text);
	if (edit->files)
		buffer_printf(&text, ", watching %zu file%s", files_count(edit->files),
			      files_count(edit->files) == 1 ? "" : "s");
	report_say("%s", buffer_text(&text));
	steer_introduce(&run->steering);
	if (run->views.page)
		view_page_introduce(run->views.page);
	remark_unseen(edit->program->image, run->fill.now);
	remark_orders(edit->program->image);
	if (!run->readings.recorded) /* which one CPU is fed with */
		remark_racing(edit->program->image);
	else
		remark_foreign(run->session, edit->program->image);
}

/* Where the packets are written that the program submits, it is to be known which it was: its
 * events are taken before there are others. */
static int feed_one_by_one(struct run *run, const struct skbscope_packet *packets, size_t count,
			   size_t *fed, struct skbscope_error *error)
{
	int r = 0;

	run->pump.gathers = true;
	while (r == 0 && *fed < count && run->readings.ending == END_NOT_YET) {
		r = skbscope_session_feed_on(run->session, packets, count, fed, error);
		if (r < 0 || !*fed)
			continue;
		view_capture_origin(
			run->views.written, replay_interface(&run->replay, *fed - 1).name,
			packets[*fed - 1].direction == SKBSCOPE_INGRESS ? CAPTURE_IN : CAPTURE_OUT);
		r = event_pump_take(&run->pump, error);
	}
	run->pump.gathers = false;
	views_flush(run->readings.views);
	return r;
}

static int feed(void *context, const struct skbscope_packet *packets, size_t count,
		struct skbscope_error *error)
{
	struct run *run = context;
	size_t fed = 0;
	int r;

	if (run->pump.started && run->views.written)
		r = feed_one_by_one(run, packets, count, &fed, error);
	else
		r = skbscope_session_feed(run->session, packets, fed = count, error);
	if (r == 0 && run->pump.started)
		r = event_pump_take(&run->pump, error);
	if (run->views.picked)
		view_picked_choose(run->views.picked,
				   skbscope_session_feed_verdicts(run->session, &count), fed);
	return r == -ECANCELED ? 0 : r; /* that is the end of the readings, too */
}

static void keep(void *context, const struct capture *capture, const struct capture_packet *packet)
{
	view_picked_keep(((struct run *)context)->views.picked, capture, packet);
}

/* Rates are against it. */
static int begin(void *context, struct skbscope_error *error)
{
	return read_session(context, error);
}

/* What was fed is shown, and an edit will be fed it, too. */
static bool ended(void *context)
{
	struct run *run = context;
	struct skbscope_error error;
	int r;

	if (!run->edit.files)
		return false;
	if (run->views.picked)
		view_file_complete(run->views.picked);
	if (run->views.written)
		view_file_complete(run->views.written);
	r = take(run, false, &error);
	if (r < 0 && r != -EINTR)
		readings_fail(&run->readings, &error);
	return true;
}

/* Of which no packet was seen yet; the tables are as they were asked for. */
static int open_filled(struct run *run, struct program *program, bool measure,
		       struct skbscope_session **out, struct skbscope_error *error)
{
	AUTO(filling_freep) struct filling *filling = NULL;
	AUTO(session_closep) struct skbscope_session *session = NULL;
	int r = fill_plan(&run->fill, program->image, NULL, &filling, error);

	if (r == 0)
		r = open_session(&run->settings->traffic, run->filter, program, measure, &session,
				 error);
	if (r == 0)
		r = fill_write(&run->fill, filling, session, NULL, 0, error);
	if (r < 0)
		return r;
	fill_has(&run->fill, TAKE(filling));
	*out = TAKE(session);
	return 0;
}

static void go_on(void *owner)
{
	event_pump_wake(&((struct run *)owner)->pump);
}

/* Its tables are the session's before anybody asks which there are. */
static int open_calls(struct run *run, struct skbscope_error *error)
{
	run->calls.readings = &run->readings;
	run->calls.limit = run->settings->pace.count;
	run->calls.has_room = go_on;
	run->calls.owner = run;
	run->pump.limit = 0;
	run->pump.calls = &run->calls;
	return calls_open(&run->calls, run->settings->http, run->session, error);
}

/* The new version is fed the recording from the start, and has its own tables. */
static int replace(void *owner, struct program *program, struct buffer *news,
		   struct skbscope_error *error)
{
	struct run *run = owner;
	struct skbscope_session *session = NULL;
	int r = open_filled(run, program, false, &session, error);

	(void)news;
	if (r < 0)
		return r;
	event_pump_stop(&run->pump);
	skbscope_session_close(run->session);
	run->session = run->edit.session = run->pump.session = session;
	run->pump.started = false;
	event_pump_follow(&run->pump);
	replay_direct(&run->replay, run->session);
	if (run->views.picked)
		r = view_picked_again(run->views.picked, error);
	if (r == 0 && run->views.written)
		r = view_file_again(run->views.written, error);
	return r == 0 ? replay_again(&run->replay, error) : r;
}

static int open_recording(struct run *run, struct skbscope_error *error)
{
	const struct run_settings *settings = run->settings;

	if (!settings->traffic.recording)
		return 0;
	run->replay.readings = &run->readings;
	run->replay.feed = feed;
	run->replay.begin = begin;
	run->replay.ended = ended;
	run->replay.context = run;
	run->replay.name = run->edit.program->image->name;
	run->replay.quiet = settings->talk.quiet;
	run->edit.replace = replace;
	if (edit_loop_is_wanted(settings) && strcmp(settings->traffic.recording, "-") == 0)
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			    "a recording from standard input cannot be read again, as --watch asks "
			    "for");
	return replay_open(&run->replay, &settings->traffic, &settings->pace, error);
}

/* A file of --set says something else: the tables do, or what is replayed is fed anew. */
static int refill(void *owner, size_t file, struct buffer *text, struct buffer *news,
		  struct skbscope_error *error)
{
	struct run *run = owner;
	struct program *program = run->edit.program;
	const bool anew = run->readings.recorded;
	int r = fill_follow(&run->fill, file, text, program->image, anew ? NULL : run->session,
			    news, error);

	return r == 0 && anew ? replace(run, program, news, error) : r;
}

static void say(void *owner, const char *text)
{
	struct run *run = owner;
	AUTO(buffer_free) struct buffer line = { 0 };

	buffer_printf(&line, "%s: %s", run->edit.program->image->name, text);
	if (!run->settings->talk.quiet)
		views_note(run->readings.views, buffer_text(&line));
}

static int watch_fills(struct run *run, struct skbscope_error *error)
{
	if (!edit_loop_is_wanted(run->settings))
		return 0;
	run->fill_watch.loop = run->readings.loop;
	return fill_watch_open(&run->fill_watch, error);
}

static void page_is_lost(void *owner, const char *text)
{
	struct run *run = owner;
	AUTO(buffer_free) struct buffer line = { 0 };

	buffer_printf(&line, "%s: %s", run->edit.program->image->name, text);
	views_note(run->readings.views, buffer_text(&line));
}

static void audit_is_lossy(void *owner, uint64_t lines)
{
	book_set(((struct run *)owner)->calls.book, AUDIT_LINES_LOST, lines, true);
}

static int open_views(struct run *run, const struct targets *targets, struct skbscope_error *error)
{
	const struct run_views_request request = {
		.settings = run->settings,
		.image = run->edit.program->image,
		.session = run->session,
		.targets = targets,
		.book = run->calls.book,
		.recording =
			run->settings->traffic.recording ? run->replay.recording.capture : NULL,
		.page_lost = page_is_lost,
		.audit_lost = audit_is_lossy,
		.owner = run,
	};
	int r = run_views_open(&request, &run->readings, &run->views, error);

	if (run->views.picked)
		run->replay.kept = keep;
	return r;
}

static int prepare(struct run *run, struct program *program, struct skbscope_error *error)
{
	static const struct readings_source source = { take, look, reload };
	const struct run_settings *settings = run->settings;
	AUTO(targets_clear) struct targets targets = { 0 };
	int r;

	run->edit.program = program;
	r = steer_check(settings, error);
	if (r == 0)
		r = open_recording(run, error);
	if (r == 0)
		r = targets_choose(&settings->traffic, settings->talk.quiet, &targets, error);
	if (r == 0)
		r = filter_make(&settings->traffic, &settings->compiling, &targets, &run->filter,
				error);
	if (r == 0)
		r = fill_open(&run->fill, &settings->tables, settings->traffic.netns, error);
	if (r == 0)
		r = open_filled(run, program,
				edit_loop_is_wanted(settings) && !settings->traffic.recording,
				&run->session, error);
	if (r == 0)
		r = readings_open(&run->readings, &source, run,
				  settings->watch || settings->no_watch, error);
	if (r == 0 && settings->http)
		r = open_calls(run, error);
	if (r == 0)
		r = open_views(run, &targets, error);
	if (r == 0 && settings->http)
		r = calls_follow(&run->calls, error);
	if (r < 0)
		return r;
	if (settings->traffic.recording)
		replay_direct(&run->replay, run->session);
	else
		r = attach_session(&settings->traffic, &targets, false, run->session, error);
	/* On loopback the program for HTTP takes each packet once. */
	if (r == 0 && !settings->traffic.recording && !settings->talk.quiet && !settings->http)
		targets_remark(&targets, skbscope_session_attached(run->session));
	run->pump.session = run->session;
	if (r == 0)
		r = edit_loop_open(&run->edit, settings, run->session, program, error);
	if (r == 0)
		r = watch_fills(run, error);
	if (r == 0)
		r = arrivals_open(&run->arrivals, &settings->traffic, run->session, run->filter,
				  run->readings.loop, error);
	if (r == 0)
		r = steer_open(&run->steering, settings, clock_monotonic_ns(), error);
	return r;
}

/* The first reading, and whether it has the column to sort by: that is told at once and
 * not at the end of a long interval. */
static int rehearse(struct run *run, struct skbscope_error *error)
{
	const struct skbscope_render_options options = { .size = sizeof(options),
							 .sort = run->settings->output.sort };
	int r = read_session(run, error);

	if (r < 0)
		return r;
	run->hooks = run->snapshot->hook_count;
	r = order_check(run->snapshot, &options, error);
	if (r < 0) {
		error->stage = SKBSCOPE_STAGE_USAGE;
		return r;
	}
	introduce(run);
	expect_events(run);
	r = views_show(run->readings.views, &(struct shown){ .snapshot = run->snapshot },
		       SHOW_EXTRA, error);
	was_shown(run);
	return r == -EINTR ? 0 : r; /* the last reading is still to come */
}

static void tell_written(const struct run *run)
{
	const uint64_t packets =
		view_file_packets(run->views.picked ? run->views.picked : run->views.written);

	report_say("%" PRIu64 " packet%s written to %s", packets, packets == 1 ? "" : "s",
		   run_views_is_stdout(run->settings->write) ? "stdout" : run->settings->write);
}

/* What became of the recording's packets, and what was not sent anywhere. */
static void account(struct run *run, struct buffer *out)
{
	struct skbscope_unsent unsent[16];
	struct skbscope_feed_counts counts;
	size_t count = skbscope_session_unsent(run->session, unsent, 16);

	skbscope_session_feed_counts(run->session, &counts);
	recording_text(&run->replay.recording, &counts, out);
	for (size_t i = 0; i < count && i < 16; i++) {
		char name[IF_NAMESIZE];

		buffer_printf(out, "; would have sent %" PRIu64 " packet%s to %s",
			      unsent[i].packets, unsent[i].packets == 1 ? "" : "s",
			      if_indextoname(unsent[i].ifindex, name) ? name
								      : "an unknown interface");
	}
	run->summary.recording = buffer_text(out);
}

static const char *audit_ending(const struct run *run)
{
	if (run->calls.gone)
		return "reader lost";
	return run->readings.ending == END_FAILED ? "failed" : "end";
}

/* Where two signals left no time for a last reading: its losses are to be told all the same. */
static void read_losses(struct run *run)
{
	struct skbscope_error error;

	if (run->calls.gone && run->readings.signals.ends > 1)
		read_session(run, &error);
}

static void close_audit(struct run *run)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (!run->views.audit)
		return;
	view_audit_end(run->views.audit, run->snapshot, audit_ending(run), &text);
	if (!run->settings->talk.quiet)
		fputs(buffer_text(&text), people_stderr());
}

static int conclude(struct run *run)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(buffer_free) struct buffer recording = { 0 };
	int status = EXIT_FINE, left;

	read_losses(run);
	run->summary.end_ns = clock_monotonic_ns();
	run->summary.readings = run->readings.shown;
	run->summary.has_events = run->pump.started;
	run->summary.events = run->pump.calls ? run->calls.calls_told : run->pump.count;
	left = leave_session(run->session, EXIT_FINE);
	run->summary.still_attached = left != EXIT_FINE;
	if (run->readings.recorded)
		account(run, &recording);
	if (!run->settings->talk.quiet) {
		summary_end(run->snapshot, &run->summary, &text);
		report_say("%s", buffer_text(&text));
	}
	close_audit(run);
	if ((run->views.written || run->views.picked) && !run->settings->talk.quiet)
		tell_written(run);
	if (run->readings.ending == END_FAILED)
		status = report_error(&run->readings.error, NULL, false);
	else if (run->settings->fail_on_loss && summary_has_losses(run->snapshot))
		status = EXIT_LOST;
	return left == EXIT_FINE ? status : left;
}

int run(const struct run_settings *settings, struct program *program)
{
	AUTO(run_clear)
	struct run run = {
		.settings = settings,
		.edit = { .readings = &run.readings,
			  .swapped = swapped,
			  .owner = &run,
			  .fill = &run.fill },
		.fill_watch = { .fill = &run.fill, .changed = refill, .say = say, .owner = &run },
		.steering = STEERING_INIT(.edit = &run.edit, .fill = &run.fill),
		.precompile = PRECOMPILE_INIT,
		.refresh = { .due = refresh, .context = &run },
		.arrivals = { .source = { .fd = -1 }, .came = came, .owner = &run },
		.pump = { .readings = &run.readings, .limit = settings->pace.count },
		.calls = CALLS_INIT,
	};
	struct pace_settings pace = settings->pace;
	struct skbscope_error error;
	int r = prepare(&run, program, &error), status;

	if (r < 0)
		return leave_session(run.session, report_error(&error, program->diagnostics,
							       settings->talk.verbose));
	if (!settings->traffic.enforce && !settings->talk.quiet)
		remark_enforce(program->image);
	run.summary.start_ns = clock_monotonic_ns();
	r = rehearse(&run, &error);
	if (r == -EINTR)
		return leave_session(run.session,
				     EXIT_FINE); /* before there was anything to show */
	if (r < 0)
		return leave_session(run.session, report_error(&error, NULL, false));
	edit_loop_start(&run.edit);
	if (!settings->compiling.no_cache && !program->is_image)
		precompile_start(&run.precompile, run.readings.loop);
	if (run.pump.started)
		pace.count = 0; /* it counts events */
	run.replay.pace = &pace;
	if (run.readings.recorded)
		replay_start(&run.replay);
	readings_run(&run.readings, &pace, run.summary.start_ns);
	steer_stop(&run.steering);
	arrivals_close(&run.arrivals);
	replay_stop(&run.replay);
	edit_loop_stop(&run.edit);
	fill_watch_stop(&run.fill_watch);
	precompile_stop(&run.precompile);
	loop_disarm(&run.refresh);
	event_pump_stop(&run.pump);
	event_pump_finish(&run.pump, PATIENCE_NS);
	if (run.pump.calls)
		calls_finish(&run.calls);
	calls_stop(&run.calls);
	readings_finish(&run.readings);
	status = conclude(&run);
	steer_end(&run.steering, status);
	return status;
}

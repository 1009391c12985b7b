/* SPDX-License-Identifier: Apache-2.0 */
/* Readings until something ends them. */
#include "run/readings.h"

#include <errno.h>

#include "base/error.h"
#include "base/io.h"
#include "run/document.h"

#define LOOK_NS UINT64_C(1000000000)
#define PATIENCE_NS UINT64_C(2000000000) /* with a reader who does not read, at the end */

static void end(struct readings *readings, enum ending ending)
{
	if (readings->ending == END_NOT_YET)
		readings->ending = ending;
	loop_quit(readings->loop, 0);
}

void readings_reach(struct readings *readings)
{
	end(readings, END_REACHED);
}

void readings_fail(struct readings *readings, const struct skbscope_error *error)
{
	if (readings->ending != END_FAILED)
		readings->error = *error; /* the first failure is the cause */
	readings->ending = END_FAILED;
	loop_quit(readings->loop, 0);
}

int readings_fail_detached(struct skbscope_error *error)
{
	return fail(error, ENODEV, SKBSCOPE_STAGE_OBSERVE,
		    "nothing is attached any more: the interface is gone, or somebody "
		    "detached us");
}

/* -EINTR is no failure: a signal to end was heard, and has been acted upon. */
static void check(struct readings *readings, int r, const struct skbscope_error *error)
{
	if (r < 0 && r != -EINTR)
		readings_fail(readings, error);
}

static void heard(void *context, enum heard heard)
{
	struct readings *readings = context;

	if (heard == HEARD_END)
		end(readings, END_SIGNAL);
	else if (heard == HEARD_RESIZE)
		views_resized(readings->views);
	else if (heard == HEARD_STOP)
		views_suspend(readings->views);
	else if (heard == HEARD_CONTINUE)
		views_resume(readings->views);
	else if (readings->source->reload)
		readings->source->reload(readings->context);
}

static void look(void *context, uint64_t now_ns)
{
	struct readings *readings = context;
	struct skbscope_error error;

	loop_arm(readings->loop, &readings->look, now_ns + LOOK_NS);
	check(readings, readings->source->look(readings->context, &error), &error);
}

static void take(void *context, uint64_t now_ns)
{
	struct readings *readings = context;
	bool unseen = views_wait(readings->views);
	struct skbscope_error error;

	look(readings, now_ns);
	if (readings->ending != END_NOT_YET)
		return;
	if (pace_is_last(&readings->pace, now_ns, readings->shown - unseen)) {
		end(readings, END_REACHED);
		return;
	}
	check(readings, readings->source->take(readings->context, false, &error), &error);
	/* Not after the time at which it began: it may have taken longer than an interval. */
	loop_arm(readings->loop, &readings->due, pace_next(&readings->pace, clock_monotonic_ns()));
}

int readings_open(struct readings *readings, const struct readings_source *source, void *context,
		  bool reloads, struct skbscope_error *error)
{
	int r = loop_new(&readings->loop);

	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_OBSERVE, "cannot wait for events");
	readings->source = source;
	readings->context = context;
	readings->due = (struct loop_timer){ .due = take, .context = readings };
	readings->look = (struct loop_timer){ .due = look, .context = readings };
	readings->signals = (struct signals){
		.loop = readings->loop, .heard = heard, .context = readings, .reloads = reloads
	};
	return signals_open(&readings->signals, error);
}

void readings_close(struct readings *readings)
{
	views_close(&readings->views);
	signals_close(&readings->signals);
	loop_freep(&readings->loop);
}

static void view_failed(void *owner, const struct skbscope_error *error)
{
	readings_fail(owner, error);
}

void readings_add(struct readings *readings, struct view *view)
{
	struct view **at = &readings->views;

	while (*at)
		at = &(*at)->next;
	*at = view;
	view->failed = view_failed;
	view->owner = readings;
}

void readings_run(struct readings *readings, const struct pace_settings *pace, uint64_t start_ns)
{
	struct skbscope_error error;
	int r = 0;

	if (!readings->recorded) {
		readings->pace = pace_start(pace, start_ns);
		loop_arm(readings->loop, &readings->due, pace_next(&readings->pace, start_ns));
		loop_arm(readings->loop, &readings->look, start_ns + LOOK_NS);
	}
	if (readings->ending == END_NOT_YET)
		r = loop_run(readings->loop);
	loop_disarm(&readings->due);
	loop_disarm(&readings->look);
	if (r < 0)
		r = fail_errno(&error, r, SKBSCOPE_STAGE_OBSERVE, "cannot wait for events");
	check(readings, r, &error);
}

void readings_finish(struct readings *readings)
{
	bool lost =
		readings->ending == END_FAILED && readings->error.stage == SKBSCOPE_STAGE_RENDER;
	struct skbscope_error error;
	int r = lost ? 0 : -EINTR;

	while (r == -EINTR && readings->signals.ends < 2)
		r = readings->source->take(readings->context, true, &error);
	check(readings, r, &error);
	if (readings->signals.ends < 2)
		check(readings, views_finish(readings->views, PATIENCE_NS, &error), &error);
}

void readings_begin(struct readings *readings, const struct pace_settings *pace, uint64_t start_ns)
{
	readings->pace = pace_start(pace, start_ns);
	readings->now_ns = start_ns;
}

uint64_t readings_next(const struct readings *readings, uint64_t now_ns)
{
	return pace_next(&readings->pace, now_ns);
}

bool readings_due(struct readings *readings, uint64_t now_ns)
{
	struct skbscope_error error;

	readings->now_ns = now_ns;
	if (readings->ending != END_NOT_YET)
		return false;
	if (pace_is_last(&readings->pace, now_ns, readings->shown))
		end(readings, END_REACHED);
	else
		check(readings, readings->source->take(readings->context, false, &error), &error);
	return readings->ending == END_NOT_YET;
}

void readings_time(struct readings *readings, uint64_t now_ns)
{
	readings->now_ns = now_ns;
}

int readings_show(struct readings *readings, const struct shown *shown, bool last,
		  struct skbscope_error *error)
{
	int r = views_show(readings->views, shown, last ? SHOW_LAST : SHOW_READING, error);

	if (r == 0)
		readings->shown++;
	return r < 0 ? r : 0;
}

int readings_read(struct readings *readings, struct skbscope_session *session,
		  const struct output_settings *settings, const char *stale,
		  struct skbscope_snapshot **snapshot, struct skbscope_error *error)
{
	/* 0 would be the time of day. */
	const uint64_t recorded_ns = readings->now_ns ? readings->now_ns : 1;
	const struct skbscope_read_options options = {
		.size = sizeof(options),
		.monotonic_ns = readings->recorded ? recorded_ns : 0,
		.wall_ns = readings->recorded ? recorded_ns : 0,
		.per_cpu = settings->per_cpu || views_want_cpus(readings->views),
		.max_rows = DOCUMENT_ROWS_MAX,
		.interrupt_fd = loop_signal_fd(readings->loop),
		.stale = stale,
		.recording = readings->recording,
		.processes = settings->process,
	};
	struct skbscope_snapshot *next = NULL;
	int r;

	do {
		r = skbscope_session_read(session, &options, &next, error);
	} while (r == -EINTR && signals_go_on(&readings->signals));
	if (r < 0)
		return r;
	skbscope_snapshot_free(*snapshot);
	*snapshot = next;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The performing side of the edit loop: every event goes to edit_step(), with what a look
 * at the files or a finished compilation gave, and what it answers is carried out here.
 */
#include "run/edit_loop.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "run/changes.h"
#include "run/program_image.h"
#include "run/report.h"
#include "run/summary.h"
#include "source/source.h"

#define NOTED_NS UINT64_C(300000000) /* a compilation that takes longer is shown */
#define MEASURED_WELL 1000           /* packets */
#define MEASURED_LATE 23
#define LATE_NS UINT64_C(2000000000)

bool edit_loop_is_wanted(const struct run_settings *settings)
{
	if (settings->program && program_is_image(settings->program))
		return false;
	if (settings->no_watch || settings->traffic.recording)
		return settings->watch && !settings->no_watch;
	return settings->watch || (isatty(STDOUT_FILENO) && settings->pace.count != 1 &&
				   settings->program && source_is_path(settings->program));
}

/* For views that can show what is so; news: what the others note, or NULL. */
static void show_status(struct edit_loop *loop, uint64_t now_ns, const char *news)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	uint64_t began_ns = loop->policy.began_ns;

	loop_disarm(&loop->compiling);
	if (began_ns && now_ns < began_ns + NOTED_NS)
		loop_arm(loop->readings->loop, &loop->compiling, began_ns + NOTED_NS);
	else if (began_ns)
		buffer_printf(&text, "%s: compiling…\n", loop->program->image->name);
	stale_text(&loop->stale, loop->program->image->name, &text);
	buffer_string(&text, buffer_text(&loop->stale.pane));
	views_status(loop->readings->views, buffer_text(&text), news);
}

static void compiles_long(void *context, uint64_t now_ns)
{
	show_status(context, now_ns, NULL);
}

static void report_stale(struct edit_loop *loop)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	buffer_string(&text, buffer_text(&loop->stale.pane));
	stale_text(&loop->stale, loop->program->image->name, &text);
	show_status(loop, clock_monotonic_ns(), buffer_text(&text));
}

static void report_live(struct edit_loop *loop, const struct buffer *news)
{
	loop->swapped(loop->owner);
	show_status(loop, clock_monotonic_ns(), NULL);
	if (!loop->settings->talk.quiet)
		views_note(loop->readings->views, buffer_text(news));
}

/* What is watched follows what was compiled. *unseen: one of the files may have changed
 * since the compiler read it without anybody hearing of it. */
static int follow(struct edit_loop *loop, struct skbscope_inputs *inputs, bool *unseen)
{
	bool known = inputs_are_known(inputs, loop->inputs);
	int r;

	inputs_freep(&loop->inputs);
	loop->inputs = inputs;
	r = files_watch(loop->files, inputs);
	*unseen = !known || !inputs_look(inputs).same;
	return r;
}

static int need_builder(struct edit_loop *loop, struct skbscope_error *error)
{
	if (loop->builder)
		return 0;
	return builder_open(&loop->settings->compiling, loop->settings->program, &loop->builder,
			    error);
}

/* What the tables of the next version are filled with. */
struct refill {
	const struct fill *fill;
	struct filling *filling;
};

static int refill(void *context, struct skbscope_session *next,
		  const struct skbscope_table_swap *tables, size_t count,
		  struct skbscope_error *error)
{
	const struct refill *refill = context;

	return fill_write(refill->fill, refill->filling, next, tables, count, error);
}

static int replace(struct edit_loop *loop, struct build *build, struct skbscope_swap **swap,
		   struct buffer *news)
{
	struct refill next = { .fill = loop->fill };
	struct skbscope_swap_options options = {
		.size = sizeof(options),
		.ingress = loop->settings->traffic.ingress,
		.egress = loop->settings->traffic.egress,
		.reset = loop->settings->reset,
		.prepare = refill,
		.context = &next,
	};
	struct program *program = &build->program;
	int r;

	if (loop->replace)
		return loop->replace(loop->owner, program, news, &build->error);
	r = fill_plan(loop->fill, program->image, NULL, &next.filling, &build->error);
	if (r == 0)
		r = skbscope_session_swap(loop->session, program->image, &options, swap,
					  program->diagnostics, &build->error);
	if (r == 0)
		fill_has(loop->fill, next.filling);
	else
		filling_free(next.filling);
	return r;
}

static void say_swap(const struct edit_loop *loop, const struct skbscope_swap *swap,
		     struct buffer *news)
{
	if (swap)
		changes_swap(swap, news);
	buffer_string(news, "\n");
	if (!loop->settings->talk.verbose)
		return;
	buffer_string(news, "time: ");
	program_times_text(&loop->program->times, news);
	if (swap) {
		buffer_string(news, "; load and verify ");
		summary_time(swap->load_ns, news);
		buffer_string(news, ", swap ");
		summary_time(swap->swap_ns, news);
	}
	program_trouble_text(&loop->program->times, news);
	buffer_string(news, "\n");
}

static int swap_in(struct edit_loop *loop, struct build *build, struct buffer *news)
{
	struct program *program = &build->program;
	struct skbscope_swap *swap = NULL;
	uint64_t now;
	int r;

	if (!loop->settings->talk.quiet)
		report_text(NULL, program->diagnostics, loop->settings->talk.verbose, news);
	skbscope_diagnostics_clear(program->diagnostics);
	r = replace(loop, build, &swap, news);
	if (r < 0) {
		buffer_clear(news);
		return r;
	}
	now = clock_monotonic_ns();
	program_clear(loop->program);
	*loop->program = *program;
	memset(program, 0, sizeof(*program));
	loop->generation++;
	loop->swapped_ns = now;
	loop->costs_are_due = !loop->replace;
	buffer_printf(news, "%s: version %llu live", loop->program->image->name,
		      (unsigned long long)loop->generation);
	if (loop->policy.saved_ns) {
		buffer_string(news, " after ");
		summary_time(now - loop->policy.saved_ns, news);
	}
	say_swap(loop, swap, news);
	skbscope_swap_free(swap);
	return 0;
}

/* The circumstances are to blame, not the text. */
static enum edit_result result_of(const struct build *build)
{
	if (build->r == 0)
		return EDIT_FINE;
	if (build->r == -ECANCELED)
		return EDIT_CANCELLED;
	return build->error.stage == SKBSCOPE_STAGE_COMPILE ||
			       build->error.stage == SKBSCOPE_STAGE_VERIFY
		       ? EDIT_REFUSED
		       : EDIT_FAILED;
}

/* What came of a build, or of swapping it in. */
static void take_result(const struct edit_loop *loop, struct build *build, struct edit_event *event,
			struct stale *reason)
{
	event->result = result_of(build);
	if (build->r == 0 || build->r == -ECANCELED)
		return;
	stale_explain(build, loop->program->source->path, loop->settings->talk.verbose, reason);
	event->words = stale_digest(reason);
}

static struct edit_look look(const struct edit_loop *loop)
{
	struct inputs_state state = { .same = true };

	if (loop->files)
		state = inputs_look(loop->inputs);
	return (struct edit_look){ .tried = state.same, .unsettled = state.unsettled };
}

static struct edit_action step(struct edit_loop *loop, const struct edit_event *event)
{
	return edit_step(&loop->policy, event, clock_monotonic_ns());
}

static void perform(struct edit_loop *loop, struct edit_action action);
static void happened(struct edit_loop *loop, enum edit_event_kind kind);

/* event: EDIT_BUILT, but for the result. */
static void conclude(struct edit_loop *loop, struct build *build, struct edit_event *event)
{
	AUTO(stale_clear) struct stale reason = { 0 };
	AUTO(inputs_freep) struct skbscope_inputs *inputs = TAKE(build->program.inputs);
	AUTO(buffer_free) struct buffer news = { 0 };
	struct edit_action action;
	bool unseen = false;

	take_result(loop, build, event, &reason);
	action = step(loop, event);
	if (action.what == EDIT_SWAP) {
		build->r = swap_in(loop, build, &news);
		event->kind = EDIT_SWAPPED;
		take_result(loop, build, event, &reason);
		action = step(loop, event);
	}
	perform(loop, action);
	if (action.what != EDIT_KEEP && action.what != EDIT_LIVE && action.what != EDIT_STALE)
		return;
	if (action.what == EDIT_STALE && action.news) {
		stale_follows(&loop->stale, &reason);
	} else if (action.what != EDIT_STALE) {
		stale_clear(&loop->stale);
		if (loop->files)
			running_set(&loop->running, inputs, loop->inputs);
	}
	if (loop->files && inputs && inputs->complete)
		follow(loop, TAKE(inputs), &unseen);
	if (unseen)
		happened(loop, EDIT_UNSEEN);
	if (action.news && action.what == EDIT_LIVE)
		report_live(loop, &news);
	else if (action.news)
		report_stale(loop);
}

static void compile(struct edit_loop *loop)
{
	AUTO(build_clear) struct build build = { 0 };

	if (loop->files)
		inputs_renew(loop->inputs);
	build.r = need_builder(loop, &build.error);
	if (build.r == 0)
		builder_start(loop->builder);
	else
		conclude(loop, &build,
			 &(struct edit_event){ .kind = EDIT_BUILT, .look.tried = true });
}

static void perform(struct edit_loop *loop, struct edit_action action)
{
	if (action.what == EDIT_COMPILE)
		compile(loop);
	else if (action.what == EDIT_CANCEL)
		builder_cancel(loop->builder);
}

static void happened(struct edit_loop *loop, enum edit_event_kind kind)
{
	const struct edit_event event = { .kind = kind, .look = look(loop) };

	perform(loop, step(loop, &event));
}

/* After each step: it may have got a descriptor, or have another deadline. */
static void expect_next(struct edit_loop *loop, uint64_t now_ns)
{
	uint64_t due_ns = edit_due(&loop->policy);

	if (loop->files && !loop->heard.loop)
		loop_add(loop->readings->loop, &loop->heard);
	if (loop->builder && !loop->built.loop) {
		loop->built.fd = builder_fd(loop->builder);
		loop_add(loop->readings->loop, &loop->built);
	}
	loop_disarm(&loop->due);
	if (due_ns != UINT64_MAX)
		loop_arm(loop->readings->loop, &loop->due, due_ns);
	show_status(loop, now_ns, NULL);
}

static void files_changed(void *context, uint32_t events, uint64_t now_ns)
{
	struct edit_loop *loop = context;

	(void)events;
	if (files_heard(loop->files))
		happened(loop, EDIT_SAVED);
	expect_next(loop, now_ns);
}

static void built(void *context, uint32_t events, uint64_t now_ns)
{
	struct edit_loop *loop = context;
	AUTO(build_clear) struct build build;
	struct edit_event event = { .kind = EDIT_BUILT };

	(void)events;
	builder_take(loop->builder, &build);
	if (build.r != -ECANCELED) {
		event.look = look(loop);
		event.misread = loop->files && running_was_misread(loop->program, &build.program);
		event.nothing_read = !build.program.source || build.program.unread;
		event.runs =
			build.r == 0 && loop->files &&
			running_is(&loop->running, loop->program, &build.program, loop->inputs);
	}
	conclude(loop, &build, &event);
	builder_rest(loop->builder);
	expect_next(loop, now_ns);
}

static void time_has_come(void *context, uint64_t now_ns)
{
	happened(context, EDIT_TIME);
	expect_next(context, now_ns);
}

void edit_loop_reload(struct edit_loop *loop)
{
	happened(loop, EDIT_RELOAD);
	expect_next(loop, clock_monotonic_ns());
}

int edit_loop_make_passive(struct edit_loop *loop, struct skbscope_error *error)
{
	struct refill same = { .fill = loop->fill, .filling = loop->fill->now };
	const struct skbscope_swap_options options = {
		.size = sizeof(options),
		.ingress = loop->settings->traffic.ingress,
		.egress = loop->settings->traffic.egress,
		.prepare = refill,
		.context = &same,
		.passive = true,
	};
	int r = skbscope_session_swap(loop->session, loop->program->image, &options, NULL,
				      loop->program->diagnostics, error);

	skbscope_diagnostics_clear(loop->program->diagnostics);
	if (r < 0)
		return r;
	loop->generation++;
	loop->costs_are_due = false;
	loop->swapped(loop->owner);
	return 0;
}

int edit_loop_open(struct edit_loop *loop, const struct run_settings *settings,
		   struct skbscope_session *session, struct program *program,
		   struct skbscope_error *error)
{
	int r;

	loop->settings = settings;
	loop->session = session;
	loop->program = program;
	loop->generation = 1;
	loop->heard = (struct loop_source){
		.events = EPOLLIN, .priority = LOOP_REST, .ready = files_changed, .context = loop
	};
	loop->built = loop->heard;
	loop->built.ready = built;
	loop->due = (struct loop_timer){ .due = time_has_come, .context = loop };
	loop->compiling = (struct loop_timer){ .due = compiles_long, .context = loop };
	if (!edit_loop_is_wanted(settings))
		return 0;
	running_set(&loop->running, program->inputs, loop->inputs);
	r = files_new(&loop->files);
	if (r == 0) {
		loop->heard.fd = files_fd(loop->files);
		r = follow(loop, TAKE(program->inputs), &loop->unseen);
	}
	if (r < 0)
		fail_errno(error, r, SKBSCOPE_STAGE_OBSERVE, "cannot watch files");
	if (r == -ENOSPC || r == -EMFILE)
		hint(error, r,
		     "others watch too many: --no-watch, or raise "
		     "fs.inotify.max_user_watches, max_user_instances, and ulimit -n");
	return r;
}

void edit_loop_start(struct edit_loop *loop)
{
	struct skbscope_error error;

	if (loop->files) {
		need_builder(loop, &error); /* else it is reported when it is needed */
		if (loop->unseen)
			happened(loop, EDIT_UNSEEN);
	}
	expect_next(loop, clock_monotonic_ns());
}

void edit_loop_stop(struct edit_loop *loop)
{
	loop_remove(&loop->heard);
	loop_remove(&loop->built);
	loop_disarm(&loop->due);
	loop_disarm(&loop->compiling);
}

void edit_loop_close(struct edit_loop *loop)
{
	edit_loop_stop(loop);
	builder_close(loop->builder);
	files_free(loop->files);
	inputs_freep(&loop->inputs);
	stale_clear(&loop->stale);
	memset(loop, 0, sizeof(*loop));
}

bool edit_loop_costs(struct edit_loop *loop, struct buffer *news)
{
	uint64_t wanted =
		clock_monotonic_ns() < loop->swapped_ns + LATE_NS ? MEASURED_WELL : MEASURED_LATE;
	struct skbscope_costs *costs = NULL;
	struct skbscope_error error;
	bool told = false;

	if (!loop->costs_are_due || skbscope_session_costs(loop->session, &costs, &error) < 0)
		return false;
	for (size_t i = 0; i < costs->count; i++) {
		const struct skbscope_function_cost *cost = &costs->functions[i];

		if (cost->runs_before < MEASURED_LATE || cost->runs_after < wanted)
			continue;
		buffer_printf(news, "%s: ", loop->program->image->name);
		changes_measured(cost, costs->count > 1, news);
		buffer_string(news, "\n");
		told = true;
	}
	skbscope_costs_free(costs);
	loop->costs_are_due = !told;
	return told;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change is acted upon at once. One that follows on its heels (editors write
 * twice) cancels what was begun and waits a moment for the next; after half a
 * second of that, a compilation is let through all the same.
 */
#include "run/live.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "image/image.h"
#include "run/changes.h"
#include "run/report.h"

#define HEEL_NS UINT64_C(15000000)
#define PATIENCE_NS UINT64_C(500000000)
#define MEASURED_WELL 1000 /* packets */
#define MEASURED_LATE 23
#define LATE_NS UINT64_C(2000000000)

static bool is_path(const char *program)
{
	size_t length = strlen(program);

	return strchr(program, '/') || (length > 2 && strcmp(program + length - 2, ".c") == 0);
}

bool live_is_wanted(const struct run_settings *settings)
{
	if (settings->no_watch)
		return false;
	return settings->watch ||
	       (isatty(STDOUT_FILENO) && settings->pace.count != 1 && is_path(settings->program));
}

/* From what the compiler said it read; before it ran, the program is all we know. */
static int watch_what(struct live *live, const struct program *program, uint64_t since_wall_ns,
		      bool *changed)
{
	*changed = false;
	if (program->files)
		return files_watch(live->files, program->files, since_wall_ns, changed);
	if (program->source && !files_count(live->files))
		return files_watch_program(live->files, program->source->path);
	return 0;
}

int live_open(struct live *live, const struct run_settings *settings,
	      struct skbscope_session *session, struct program *program, uint64_t since_wall_ns,
	      struct skbscope_error *error)
{
	struct files_state state;
	bool changed;
	int r;

	live->settings = settings;
	live->session = session;
	live->program = program;
	live->generation = 1;
	if (!live_is_wanted(settings))
		return 0;
	r = files_new(&live->files);
	if (r == 0)
		r = watch_what(live, program, since_wall_ns, &changed);
	if (r == -ENOSPC || r == -EMFILE)
		return hint(error,
			    fail_errno(error, r, SKBSCOPE_STAGE_OBSERVE, "cannot watch files"),
			    "others watch too many: --no-watch, or raise "
			    "fs.inotify.max_user_watches, max_user_instances, and ulimit -n");
	if (r < 0)
		return fail_errno(error, r, SKBSCOPE_STAGE_OBSERVE, "cannot watch files");
	state = files_look(live->files);
	/* Whether before or after the look, it cannot be told. */
	changed |= files_heard(live->files);
	live->attempted = state.fingerprint;
	live->running = changed ? 0 : state.contents;
	if (changed)
		live->due_ns = live->saved_ns = clock_monotonic_ns();
	return 0;
}

static int need_builder(struct live *live, struct waiter *waiter, struct skbscope_error *error)
{
	int r = live->builder ? 0
			      : builder_open(&live->settings->compiling, live->settings->program,
					     &live->builder, error);

	if (r == 0)
		waiter->build_fd = builder_fd(live->builder);
	return r;
}

void live_warm_up(struct live *live, struct waiter *waiter)
{
	struct skbscope_error error;

	if (!live->files)
		return;
	waiter->files_fd = files_fd(live->files);
	need_builder(live, waiter, &error); /* else it is told when it is needed */
}

void live_close(struct live *live)
{
	builder_close(live->builder);
	files_free(live->files);
	buffer_free(&live->stale);
	buffer_free(&live->pane);
	memset(live, 0, sizeof(*live));
}

static bool is_busy(const struct live *live)
{
	return live->builder && builder_is_busy(live->builder);
}

/* Something else is to be compiled, at due_ns. */
static void plan(struct live *live, uint64_t now, uint64_t delay)
{
	if (!live->saved_ns)
		live->saved_ns = now;
	live->due_ns = now + delay;
	if (live->due_ns > live->saved_ns + PATIENCE_NS)
		live->due_ns = live->saved_ns + PATIENCE_NS;
	if (is_busy(live) && now < live->saved_ns + PATIENCE_NS) {
		live->superseded = true;
		live->attempted = 0; /* if it is saved once more, it has to be begun anew */
		builder_cancel(live->builder);
	}
}

void live_heard(struct live *live)
{
	uint64_t now = clock_monotonic_ns();
	bool on_heels = is_busy(live) || now - live->heard_ns < HEEL_NS;
	struct files_state state;

	if (!files_heard(live->files))
		return;
	live->heard_ns = now;
	state = files_look(live->files);
	if (state.fingerprint == live->attempted && !live->forced) {
		live->due_ns = 0; /* what was gone for a moment is back */
		if (!is_busy(live))
			live->saved_ns = live->began_ns = 0;
		return;
	}
	plan(live, now, state.unsettled ? FILES_SETTLE_NS : on_heels ? HEEL_NS : 0);
}

void live_reload(struct live *live)
{
	live->forced = true;
	plan(live, clock_monotonic_ns(), 0);
}

uint64_t live_due(const struct live *live)
{
	return live->due_ns && !is_busy(live) ? live->due_ns : UINT64_MAX;
}

/* The circumstances are to blame, not the text: the same may do another time. */
static bool is_worth_retrying(const struct skbscope_error *error)
{
	return error->stage != SKBSCOPE_STAGE_COMPILE && error->stage != SKBSCOPE_STAGE_VERIFY;
}

static void suggest_retry(struct skbscope_error *error)
{
	size_t used = strlen(error->hint);

	/* Killed, or short of memory: what else the compiler stumbled over is still there. */
	if (error->stage != SKBSCOPE_STAGE_WORKER ||
	    (error->code != -EINTR && error->code != -ENOMEM))
		return;
	snprintf(error->hint + used, sizeof(error->hint) - used, "%ssave again to retry",
		 used ? "; " : "");
}

/* False: it says the very same as the last time, which nobody wants to read again. */
static bool set_stale(struct live *live, const struct skbscope_diagnostics *diagnostics,
		      struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer pane = { 0 };
	AUTO(buffer_free) struct buffer stale = { 0 };
	bool news;

	suggest_retry(error);
	report_text(error, diagnostics, live->settings->talk.verbose, &pane);
	changes_refusal(error, diagnostics, live->program->source->path, &stale);
	news = live->asked || strcmp(buffer_text(&pane), buffer_text(&live->pane)) != 0 ||
	       strcmp(buffer_text(&stale), buffer_text(&live->stale)) != 0;
	if (!live->stale.length)
		live->stale_wall_ns = clock_wall_ns();
	buffer_free(&live->pane);
	buffer_free(&live->stale);
	live->pane = pane;
	live->stale = stale;
	pane = stale = (struct buffer){ 0 };
	return news;
}

bool live_tick(struct live *live, uint64_t now_ns, struct waiter *waiter)
{
	struct skbscope_error error = { 0 };

	if (live_due(live) > now_ns)
		return true;
	live->due_ns = 0;
	live->asked |= live->forced;
	live->forced = live->superseded = false;
	if (live->files) {
		struct files_state state = files_look(live->files);

		live->attempted = state.fingerprint;
		live->compiling = state.contents;
	}
	if (need_builder(live, waiter, &error) < 0) {
		bool news = set_stale(live, NULL, &error);

		live->attempted = live->saved_ns = live->began_ns = 0;
		live->asked = false;
		return !news;
	}
	if (!live->began_ns)
		live->began_ns = now_ns;
	builder_start(live->builder);
	return true;
}

uint64_t live_compiles_since(const struct live *live)
{
	return live->began_ns ? live->began_ns : UINT64_MAX;
}

/* What is watched follows what was compiled. Of a file that is new to the list nobody
 * has heard that it changed while it was compiled. */
static void follow_files(struct live *live, const struct program *program, uint64_t since_wall_ns)
{
	bool changed = false, edited;
	struct files_state state;

	if (!live->files || (program->files ? files_are(live->files, program->files)
					    : files_count(live->files) > 0))
		return;
	edited = files_look(live->files).fingerprint != live->attempted;
	if (watch_what(live, program, since_wall_ns, &changed) < 0)
		return; /* as before, then */
	state = files_look(live->files);
	edited |= files_heard(live->files);
	live->attempted = state.fingerprint;
	live->running = program == live->program && !changed && !edited ? state.contents : 0;
	if (changed || edited) {
		live->attempted = 0;
		plan(live, clock_monotonic_ns(), 0);
	}
}

static int swap_in(struct live *live, struct build *build, struct buffer *news)
{
	struct skbscope_swap_options options = {
		.size = sizeof(options),
		.ingress = live->settings->traffic.ingress,
		.egress = live->settings->traffic.egress,
		.reset = live->settings->reset,
	};
	struct program *program = &build->program;
	struct skbscope_swap *swap = NULL;
	uint64_t now;
	int r;

	if (!live->settings->talk.quiet)
		report_text(NULL, program->diagnostics, live->settings->talk.verbose, news);
	skbscope_diagnostics_clear(program->diagnostics);
	r = skbscope_session_swap(live->session, program->image, &options, &swap,
				  program->diagnostics, &build->error);
	if (r < 0) {
		buffer_clear(news);
		return r;
	}
	now = clock_monotonic_ns();
	program_clear(live->program);
	*live->program = *program;
	memset(program, 0, sizeof(*program));
	live->generation++;
	live->swapped_ns = now;
	live->costs_are_due = true;
	buffer_printf(news, "%s: version %llu live", live->program->image->name,
		      (unsigned long long)live->generation);
	if (live->saved_ns) {
		buffer_string(news, " after ");
		changes_time(now - live->saved_ns, news);
	}
	changes_swap(swap, news);
	buffer_string(news, "\n");
	if (live->settings->talk.verbose) {
		buffer_string(news, "time: ");
		program_times_text(&live->program->times, news);
		buffer_string(news, "; load and verify ");
		changes_time(swap->load_ns, news);
		buffer_string(news, ", swap ");
		changes_time(swap->swap_ns, news);
		program_trouble_text(&live->program->times, news);
		buffer_string(news, "\n");
	}
	skbscope_swap_free(swap);
	return 0;
}

static bool is_same_source(const struct skbscope_source *a, const struct skbscope_source *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static bool is_same_image(const struct skbscope_image *a, const struct skbscope_image *b)
{
	AUTO(buffer_free) struct buffer first = { 0 };
	AUTO(buffer_free) struct buffer second = { 0 };

	return image_write(a, &first) == 0 && image_write(b, &second) == 0 &&
	       first.length == second.length &&
	       memcmp(buffer_text(&first), buffer_text(&second), first.length) == 0;
}

static void source_freep(struct skbscope_source **source)
{
	skbscope_source_free(*source);
}

/* Whether the builder read something else than what is there now. A file that is
 * saved in place is nothing, then a part, for as long as the writing takes: no
 * fingerprint from before or after tells that one of these was read. */
static bool was_misread(const struct live *live, const struct program *read)
{
	AUTO(source_freep) struct skbscope_source *there = NULL;
	const char *path = live->program->source->path;
	struct skbscope_error error;
	struct stat st;

	if (!live->files || stat(path, &st) < 0 || !S_ISREG(st.st_mode) ||
	    skbscope_source_read(path, NULL, &there, &error) < 0)
		return false;
	return !read->source || !is_same_source(read->source, there);
}

/* What was compiled may have been half a file: somebody is still writing. Of a
 * steady stream of saves a failure is told after all, but never that there is nothing
 * where now there is something. */
static bool is_moving(struct live *live, const struct program *read, bool misread)
{
	uint64_t now = clock_monotonic_ns();
	bool patient = now < live->saved_ns + PATIENCE_NS || !read->source;
	struct files_state state;

	if (!live->files || (!misread && now - live->heard_ns >= FILES_SETTLE_NS))
		return false;
	state = files_look(live->files);
	misread |= state.fingerprint != live->attempted;
	if (!state.unsettled && !(misread && patient))
		return false;
	live->attempted = 0;
	if (!live->due_ns)
		live->due_ns = now + (state.unsettled ? FILES_SETTLE_NS : HEEL_NS);
	return true;
}

/* Whether what was compiled is, byte for byte, what runs: a file was touched, or got
 * other rights. What the includes held when the running version read them is not always
 * known: then what came of them is compared. */
static bool runs_already(const struct live *live, const struct program *built)
{
	const struct program *runs = live->program;

	if (!live->files || live->asked || live->stale.length || !built->files ||
	    !files_are(live->files, built->files) || !is_same_source(built->source, runs->source))
		return false;
	return live->running ? live->running == live->compiling
			     : is_same_image(built->image, runs->image);
}

/* What came of it is told; what follows is another matter. */
static void settle(struct live *live)
{
	live->saved_ns = 0;
	live->began_ns = 0;
	live->asked = false;
}

enum live_news live_built(struct live *live, struct buffer *news)
{
	AUTO(build_clear) struct build build;
	bool misread, told = true;

	builder_take(live->builder, &build);
	if (build.r == -ECANCELED || live->superseded)
		return LIVE_NOTHING;
	misread = was_misread(live, &build.program);
	if (build.r < 0 && is_moving(live, &build.program, misread))
		return LIVE_NOTHING;
	if (build.r == 0 && !misread && runs_already(live, &build.program)) {
		live->running = live->compiling;
		settle(live);
		return LIVE_NOTHING;
	}
	if (build.r == 0)
		build.r = swap_in(live, &build, news);
	if (build.r < 0) {
		told = set_stale(live, build.program.diagnostics, &build.error);
	} else {
		buffer_clear(&live->stale);
		buffer_clear(&live->pane);
		live->running = live->compiling;
	}
	settle(live);
	follow_files(live, build.r < 0 ? &build.program : live->program, build.began_wall_ns);
	if (misread) {
		live->attempted = 0;
		plan(live, clock_monotonic_ns(), HEEL_NS);
	}
	if (build.r < 0 && is_worth_retrying(&build.error))
		live->attempted = 0;
	if (build.r == 0)
		return LIVE_SWAPPED;
	return told ? LIVE_STALE : LIVE_NOTHING;
}

bool live_costs(struct live *live, struct buffer *news)
{
	uint64_t wanted =
		clock_monotonic_ns() < live->swapped_ns + LATE_NS ? MEASURED_WELL : MEASURED_LATE;
	struct skbscope_costs *costs = NULL;
	struct skbscope_error error;
	bool told = false;

	if (!live->costs_are_due || skbscope_session_costs(live->session, &costs, &error) < 0)
		return false;
	for (size_t i = 0; i < costs->count; i++) {
		const struct skbscope_function_cost *cost = &costs->functions[i];

		if (cost->runs_before < MEASURED_LATE || cost->runs_after < wanted)
			continue;
		buffer_printf(news, "%s: ", live->program->image->name);
		changes_measured(cost, costs->count > 1, news);
		buffer_string(news, "\n");
		told = true;
	}
	skbscope_costs_free(costs);
	live->costs_are_due = !told;
	return told;
}

void live_sentence(const struct live *live, struct buffer *out)
{
	time_t seconds = (time_t)(live->stale_wall_ns / 1000000000u);
	char clock[16] = "";
	struct tm tm;

	if (!live->stale.length)
		return;
	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	buffer_printf(out, "old version still running since %s: %s", clock,
		      buffer_text(&live->stale));
}

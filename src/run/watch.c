/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop of run: read, render into memory, write, wait. A reading is taken
 * when attached and not counted among those asked for: it gives the first one
 * shown its rates, and a terminal something to look at.
 */
#include "run/watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skbscope/render.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "run/exit_status.h"
#include "run/output.h"
#include "run/report.h"
#include "run/screen.h"
#include "run/summary.h"

#define SECOND_NS 1000000000u
#define LAST_WRITE_MS 2000           /* for the last reading, once we were told to end */
#define NOTED_NS UINT64_C(300000000) /* a compilation that takes longer is shown */
/* Rates over less say little. */
#define APART_NS UINT64_C(500000000)

/* The one place that knows the formats: a renderer each. */
static const struct format {
	skbscope_renderer *render;
	bool for_people; /* redrawn in place on a terminal */
} formats[] = {
	[OUTPUT_TABLE] = { skbscope_render_table, true },
	[OUTPUT_JSON] = { skbscope_render_json, false },
};

struct watch {
	const struct run_settings *settings;
	struct skbscope_session *session;
	struct edit_loop *edit;
	const struct format *format;
	struct waiter *waiter;
	struct skbscope_snapshot *snapshot; /* the last reading */
	struct screen screen;
	bool redraws;
	/* Why rows cannot be sorted as asked for: an edited program has other columns. */
	struct skbscope_error unsorted;
	uint64_t unsorted_generation; /* of which that was told */
	size_t hooks;                 /* attached when we last looked */
	unsigned int told_to_end;     /* by signals */
	bool says_compiling;          /* the frame on the screen does */
	uint64_t refresh_ns;          /* a reading out of turn; 0: none */
	struct summary summary;
	struct skbscope_error error;
};

/* Whether the signal that interrupted us is one to end; others are remembered. */
static bool told_to_end(struct watch *watch)
{
	switch (waiter_take(watch->waiter)) {
	case WAKE_STOP:
		watch->told_to_end++;
		return true;
	case WAKE_RESIZED:
		watch->screen.resized = true;
		return false;
	case WAKE_RELOAD:
		edit_loop_reload(watch->edit);
		return false;
	default:
		return false;
	}
}

/* -EINTR, here and below: a signal to end was heard. */
static int take_reading(struct watch *watch)
{
	AUTO(buffer_free) struct buffer stale = { 0 };
	struct skbscope_read_options options = {
		.size = sizeof(options),
		.per_cpu = watch->settings->output.per_cpu,
		.max_rows = OUTPUT_ROWS_MAX,
		.interrupt_fd = watch->waiter->signal_fd,
	};
	struct skbscope_snapshot *snapshot = NULL;
	int r;

	edit_loop_sentence(watch->edit, &stale);
	options.stale = stale.length ? buffer_text(&stale) : NULL;
	do {
		r = skbscope_session_read(watch->session, &options, &snapshot, &watch->error);
	} while (r == -EINTR && !told_to_end(watch));
	if (r < 0)
		return r;
	skbscope_snapshot_free(watch->snapshot);
	watch->snapshot = snapshot;
	return 0;
}

static bool compiles_long(const struct watch *watch, uint64_t now)
{
	uint64_t since = edit_loop_compiles_since(watch->edit);

	return watch->redraws && since != UINT64_MAX && now >= since + NOTED_NS;
}

/* Above the tables, where it is seen however long they are, and never more than
 * half of the screen. */
static int add_pane(struct watch *watch, struct buffer *out)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	unsigned int columns = watch->screen.columns, rows = watch->screen.rows;

	if (!watch->redraws)
		return 0;
	watch->says_compiling = compiles_long(watch, clock_monotonic_ns());
	if (watch->says_compiling)
		buffer_printf(&text, "%s: compiling…\n", watch->snapshot->program);
	if (watch->edit->stale.length) {
		buffer_printf(&text, "%s: ", watch->snapshot->program);
		edit_loop_sentence(watch->edit, &text);
		buffer_printf(&text, "\n%s", buffer_text(&watch->edit->pane));
	}
	if (!text.length)
		return 0;
	buffer_string(&text, "\n");
	return screen_fit(buffer_text(&text), columns, rows / 2, "skbscope check shows all", out);
}

static int render_sorted(struct watch *watch, const char *sort, struct buffer *out)
{
	struct skbscope_render_options options = {
		.size = sizeof(options),
		.exact = watch->settings->output.exact,
		.colour = watch->format->for_people && wants_colour(STDOUT_FILENO),
		.per_cpu = watch->settings->output.per_cpu,
		.top = (uint32_t)watch->settings->output.top,
		.width = watch->redraws ? watch->screen.columns : 0,
		.sort = sort,
	};
	FILE *stream = output_memory(out, watch->waiter->signal_fd);
	int r;

	if (!stream)
		return fail_memory(&watch->error, SKBSCOPE_STAGE_RENDER);
	r = watch->format->render(watch->snapshot, &options, stream, &watch->error);
	if (fclose(stream) != 0 && r == 0)
		r = errno == EINTR ? -EINTR : fail_memory(&watch->error, SKBSCOPE_STAGE_RENDER);
	return r;
}

static bool is_about_sorting(int r)
{
	return r == -ENOENT || r == -EINVAL;
}

/* A column to sort by that the first version had is no reason to end when the next
 * has not. */
static int render_once(struct watch *watch, struct buffer *out)
{
	const char *sort = watch->settings->output.sort;
	size_t length = out->length;
	int r = render_sorted(watch, sort, out);

	watch->unsorted.code = 0;
	if (!sort || watch->edit->generation == 1 || !is_about_sorting(r))
		return r;
	watch->unsorted = watch->error;
	watch->error = (struct skbscope_error){ 0 };
	out->length = length;
	return render_sorted(watch, NULL, out);
}

static int render(struct watch *watch, struct buffer *out)
{
	size_t length = out->length;
	int r;

	while ((r = render_once(watch, out)) == -EINTR && !told_to_end(watch)) {
		out->length = length;
	}
	return r;
}

/* A reading is never left half written, which would spoil the line after it for
 * whoever parses them: told to end, we go on for a moment, told twice, we stop.
 * -EINTR: written, or given up, because of a signal. */
static int write_whole(struct watch *watch, struct output *output, bool last)
{
	bool stopping = last;

	for (;;) {
		int r = output_write(STDOUT_FILENO, output, watch->waiter->signal_fd,
				     stopping ? LAST_WRITE_MS : -1);

		if (r != -EINTR)
			return r == 0 && stopping && !last ? -EINTR : r;
		if (!told_to_end(watch))
			continue;
		if (stopping)
			return -EINTR;
		stopping = true;
	}
}

/* -EINTR: a signal came while the reader was slow. */
static int show_reading(struct watch *watch, bool last)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct output output;
	int r;

	if (watch->redraws)
		screen_measure(&watch->screen, STDOUT_FILENO);
	/* Appended for a person, readings need something between them. */
	if (!watch->redraws && watch->format->for_people && watch->summary.readings &&
	    buffer_string(&text, "\n") < 0)
		return fail_memory(&watch->error, SKBSCOPE_STAGE_RENDER);
	if (add_pane(watch, &text) < 0)
		return fail_memory(&watch->error, SKBSCOPE_STAGE_RENDER);
	r = render(watch, &text);
	if (r < 0)
		return r;
	output = (struct output){ buffer_text(&text), text.length };
	if (watch->redraws) {
		if (screen_draw(&watch->screen, buffer_text(&text), last, &bytes) < 0)
			return fail_memory(&watch->error, SKBSCOPE_STAGE_RENDER);
		output = (struct output){ buffer_text(&bytes), bytes.length };
	}
	r = write_whole(watch, &output, last);
	return r < 0 && r != -EINTR ? output_failed(r, &watch->error) : r;
}

/* For people, on stderr. A frame that is being redrawn makes way for it and comes
 * back below. */
static void tell(struct watch *watch, const char *text)
{
	AUTO(buffer_free) struct buffer erase = { 0 };
	bool in_the_way = watch->redraws && isatty(STDERR_FILENO);

	if (in_the_way && screen_erase(&watch->screen, &erase) == 0) {
		struct output output = { buffer_text(&erase), erase.length };

		write_whole(watch, &output, false);
	}
	fputs(text, stderr);
	if (in_the_way)
		show_reading(watch, false);
}

/* An interface that went away took its hook with it; the others go on. */
static int check_hooks(struct watch *watch)
{
	size_t now = skbscope_session_attached(watch->session);

	if (now < watch->hooks && now > 0 && !watch->settings->talk.quiet) {
		AUTO(buffer_free) struct buffer text = { 0 };

		buffer_printf(&text, "%s: %zu of %zu hooks gone\n", watch->snapshot->program,
			      watch->hooks - now, watch->hooks);
		tell(watch, buffer_text(&text));
	}
	watch->hooks = now;
	return now ? 0
		   : fail(&watch->error, ENODEV, SKBSCOPE_STAGE_OBSERVE,
			  "nothing is attached any more: the interface is gone, or somebody "
			  "detached us");
}

enum ending {
	END_NOT_YET,
	END_REACHED, /* --count or --duration */
	END_SIGNAL,
	END_FAILED, /* watch->error says what */
};

static void tell_stale(struct watch *watch)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (watch->redraws) {
		show_reading(watch, false);
		return;
	}
	buffer_printf(&text, "%s%s: ", buffer_text(&watch->edit->pane), watch->snapshot->program);
	edit_loop_sentence(watch->edit, &text);
	buffer_string(&text, "\n");
	tell(watch, buffer_text(&text));
}

/* On a screen the new version's tables are not left to the end of a long interval.
 * Whoever counts readings gets those that were asked for. */
static void plan_refresh(struct watch *watch)
{
	uint64_t now = clock_monotonic_ns();

	if (!watch->redraws)
		return;
	watch->refresh_ns = watch->snapshot->monotonic_ns + APART_NS;
	if (watch->refresh_ns < now)
		watch->refresh_ns = now;
}

/* What became of the version on disk. */
static void report_edit(void *owner, enum edit_news news, const char *text)
{
	struct watch *watch = owner;

	if (news == EDIT_NEWS_STALE) {
		tell_stale(watch);
		return;
	}
	watch->hooks = skbscope_session_attached(watch->session);
	plan_refresh(watch);
	if (!watch->settings->talk.quiet)
		tell(watch, text);
	else if (watch->redraws)
		show_reading(watch, false);
}

static void tell_costs(struct watch *watch)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (!watch->settings->talk.quiet && edit_loop_costs(watch->edit, &text))
		tell(watch, buffer_text(&text));
}

/* One wake-up that is not the reading's. */
static enum ending attend(struct watch *watch, enum wake wake)
{
	switch (wake) {
	case WAKE_STOP:
		watch->told_to_end++;
		return END_SIGNAL;
	case WAKE_OUTPUT_GONE:
		output_failed(-EPIPE, &watch->error);
		return END_FAILED;
	case WAKE_RESIZED:
		if (watch->redraws && show_reading(watch, false) == -EINTR)
			return END_SIGNAL;
		break;
	case WAKE_RELOAD:
		edit_loop_reload(watch->edit);
		break;
	case WAKE_FILES:
		edit_loop_files_changed(watch->edit);
		break;
	case WAKE_BUILT:
		edit_loop_built(watch->edit);
		break;
	case WAKE_TIME:
		break;
	}
	return watch->told_to_end ? END_SIGNAL : END_NOT_YET;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Once for each version. */
static void tell_unsorted(struct watch *watch)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (!watch->unsorted.code || watch->settings->talk.quiet ||
	    watch->unsorted_generation == watch->edit->generation)
		return;
	watch->unsorted_generation = watch->edit->generation;
	buffer_printf(&text, "%s: %s: %s\n", watch->snapshot->program, watch->unsorted.message,
		      watch->unsorted.hint);
	tell(watch, buffer_text(&text));
}

/* When the screen is to change though no reading is due. */
static uint64_t screen_due(const struct watch *watch)
{
	uint64_t since = edit_loop_compiles_since(watch->edit), due = UINT64_MAX;

	if (!watch->redraws)
		return due;
	if (since != UINT64_MAX && !watch->says_compiling)
		due = since + NOTED_NS;
	return watch->refresh_ns ? earlier(due, watch->refresh_ns) : due;
}

/* What a person sees between readings. */
static enum ending attend_screen(struct watch *watch, uint64_t now, uint64_t due_ns)
{
	bool refresh = watch->refresh_ns && now >= watch->refresh_ns;
	int r = 0;

	if (refresh)
		watch->refresh_ns = 0;
	refresh = refresh && due_ns > now + APART_NS;
	if (refresh)
		r = take_reading(watch);
	if (r == 0 && (refresh || watch->says_compiling != compiles_long(watch, now)))
		r = show_reading(watch, false);
	if (r == 0 && refresh)
		tell_unsorted(watch);
	if (r == -EINTR)
		return END_SIGNAL;
	return r < 0 ? END_FAILED : END_NOT_YET;
}

/* Until the next reading is due, looking after the hooks once a second. */
static enum ending wait_for(struct watch *watch, uint64_t due_ns)
{
	uint64_t look_ns = clock_monotonic_ns() + SECOND_NS;

	for (;;) {
		uint64_t now;
		uint64_t until = earlier(earlier(due_ns, look_ns),
					 earlier(edit_loop_due(watch->edit), screen_due(watch)));
		enum ending ending;

		watch->waiter->files_fd = edit_loop_files_fd(watch->edit);
		watch->waiter->build_fd = edit_loop_build_fd(watch->edit);
		ending = attend(watch, waiter_wait(watch->waiter, until));
		if (ending != END_NOT_YET)
			return ending;
		now = clock_monotonic_ns();
		if (edit_loop_due(watch->edit) <= now)
			edit_loop_time(watch->edit);
		ending = attend_screen(watch, now, due_ns);
		if (ending != END_NOT_YET)
			return ending;
		if (now < due_ns && now < look_ns)
			continue;
		if (check_hooks(watch) < 0)
			return END_FAILED;
		if (now >= due_ns)
			return END_NOT_YET;
		look_ns = now + SECOND_NS;
	}
}

static enum ending read_and_show(struct watch *watch, bool last)
{
	int r = take_reading(watch);

	if (r == 0)
		r = show_reading(watch, last);
	if (r == 0) {
		watch->summary.readings++;
		if (!last) {
			tell_costs(watch);
			tell_unsorted(watch);
		}
	}
	if (r == -EINTR)
		return END_SIGNAL;
	return r < 0 ? END_FAILED : END_NOT_YET;
}

static uint64_t interval_of(const struct run_settings *settings)
{
	return settings->pace.interval_ns ? settings->pace.interval_ns : SECOND_NS;
}

/* Readings at whole intervals after the start; one that came too late is left
 * out rather than made up for. */
static enum ending loop(struct watch *watch)
{
	const struct run_settings *settings = watch->settings;
	uint64_t interval = interval_of(settings), due = watch->summary.start_ns + interval;
	uint64_t end = settings->pace.duration_ns
			       ? watch->summary.start_ns + settings->pace.duration_ns
			       : UINT64_MAX;

	for (;;) {
		bool last = due >= end || watch->summary.readings + 1 == settings->pace.count;
		enum ending ending = wait_for(watch, due < end ? due : end);

		if (ending == END_NOT_YET)
			ending = read_and_show(watch, last);
		if (ending != END_NOT_YET)
			return ending;
		if (last)
			return END_REACHED;
		for (uint64_t now = clock_monotonic_ns(); due <= now;)
			due += interval;
	}
}

/* The reading after which nothing more comes; a second signal ends even this. */
static enum ending last_reading(struct watch *watch, enum ending ending)
{
	struct skbscope_error why = watch->error;
	enum ending shown;

	if (ending == END_REACHED || watch->told_to_end > 1 ||
	    (ending == END_FAILED && why.stage == SKBSCOPE_STAGE_RENDER))
		return ending;
	shown = read_and_show(watch, true);
	if (ending == END_FAILED)
		watch->error = why; /* the first failure is the cause */
	return shown == END_FAILED ? END_FAILED : ending;
}

/* The first reading, rendered to see whether there is a column to sort by: that is
 * told at once and not at the end of a long interval. */
static int rehearse(struct watch *watch)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	int r = take_reading(watch);

	if (r < 0 || !watch->settings->output.sort)
		return r;
	r = render(watch, &text);
	if (is_about_sorting(r))
		watch->error.stage = SKBSCOPE_STAGE_USAGE;
	return r;
}

static void introduce(struct watch *watch)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	watch->hooks = watch->snapshot->hook_count;
	if (watch->settings->talk.quiet)
		return;
	summary_start(watch->snapshot, &watch->edit->program->times, &text);
	if (watch->edit->files)
		buffer_printf(&text, ", watching %zu file%s", files_count(watch->edit->files),
			      files_count(watch->edit->files) == 1 ? "" : "s");
	report_say("%s", buffer_text(&text));
}

static int conclude(struct watch *watch, enum ending ending)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	watch->summary.end_ns = clock_monotonic_ns();
	if (watch->snapshot && !watch->settings->talk.quiet) {
		summary_end(watch->snapshot, &watch->summary, &text);
		report_say("%s", buffer_text(&text));
	}
	if (ending == END_FAILED)
		return report_error(&watch->error, NULL, false);
	if (watch->settings->fail_on_loss && summary_has_losses(watch->snapshot))
		return EXIT_LOST;
	return EXIT_FINE;
}

int watch(const struct run_settings *settings, struct skbscope_session *session,
	  struct edit_loop *edit, struct waiter *waiter)
{
	struct watch watch = {
		.settings = settings,
		.session = session,
		.edit = edit,
		.format = &formats[settings->output.format],
		.waiter = waiter,
		.redraws = formats[settings->output.format].for_people && isatty(STDOUT_FILENO),
	};
	int status, r;

	watch.summary.start_ns = clock_monotonic_ns();
	r = rehearse(&watch);
	if (r == -EINTR) {
		status = EXIT_FINE; /* before there was anything to show */
	} else if (r < 0) {
		status = report_error(&watch.error, NULL, false);
	} else {
		introduce(&watch);
		if (watch.redraws)
			show_reading(&watch, false);
		edit->report = report_edit;
		edit->owner = &watch;
		edit_loop_start(edit);
		status = conclude(&watch, last_reading(&watch, loop(&watch)));
	}
	skbscope_snapshot_free(watch.snapshot);
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skbscope diff: two versions of a program on the same packets, and where their
 * tables and verdicts differ. Both are passive.
 *
 * Both are attached with nothing running, and then begin within microseconds, the
 * old one first; they end the same way, the new one first: it sees no packet that
 * the old one does not. So when both counted the same number of packets, they were
 * the same packets; when not, so many arrived between the two, and that is told.
 * The last comparison is made when both are detached and nothing moves any more.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <skbscope/difference.h>
#include <skbscope/session.h>

#include "base/error.h"
#include "base/io.h"
#include "cli/command.h"
#include "run/attach.h"
#include "run/output.h"
#include "run/report.h"
#include "run/screen.h"
#include "run/summary.h"
#include "run/waiter.h"

#define SECOND_NS 1000000000u
#define LAST_WRITE_MS 2000

struct diff_settings {
	const char *old, *new;
	struct traffic_settings traffic;
	struct pace_settings pace;
	struct output_settings output;
	struct compile_settings compiling;
	struct talk_settings talk;
};

struct version {
	struct program program;
	struct skbscope_session *session;
	struct skbscope_snapshot *snapshot;
};

struct diff {
	const struct diff_settings *settings;
	struct version old, new;
	struct waiter waiter;
	struct screen screen;
	bool redraws;
	uint64_t start_ns, end_ns, readings;
	struct skbscope_error error;
};

static void version_clear(struct version *version)
{
	skbscope_session_close(version->session);
	skbscope_snapshot_free(version->snapshot);
	program_clear(&version->program);
}

static void diff_clear(struct diff *diff)
{
	version_clear(&diff->new);
	version_clear(&diff->old);
	waiter_close(&diff->waiter);
}

static int prepare(struct diff *diff, struct version *version, const char *name)
{
	struct program *program = &version->program;
	int r = program_read(&diff->settings->compiling, name, program, &diff->error);

	if (r == 0)
		r = program_compile(&diff->settings->compiling, NULL, program, &diff->error);
	if (r == 0 && !diff->settings->talk.quiet)
		report_diagnostics(program->diagnostics, diff->settings->talk.verbose);
	if (r == 0)
		program_say_trouble(&diff->settings->talk, program);
	if (r == 0)
		r = open_session(&diff->settings->traffic, program, false, &version->session,
				 &diff->error);
	return r;
}

static int read_version(struct diff *diff, struct version *version)
{
	struct skbscope_read_options options = { .size = sizeof(options),
						 .max_rows = OUTPUT_ROWS_MAX };
	struct skbscope_snapshot *snapshot = NULL;
	int r = skbscope_session_read(version->session, &options, &snapshot, &diff->error);

	if (r < 0)
		return r;
	skbscope_snapshot_free(version->snapshot);
	version->snapshot = snapshot;
	return 0;
}

static int render(struct diff *diff, struct buffer *out)
{
	const struct diff_settings *settings = diff->settings;
	struct skbscope_render_options options = {
		.size = sizeof(options),
		.exact = settings->output.exact,
		.colour = settings->output.format != OUTPUT_JSON && wants_colour(STDOUT_FILENO),
		.top = (uint32_t)settings->output.top,
		.width = diff->redraws ? diff->screen.columns : 0,
	};
	struct skbscope_difference *difference = NULL;
	AUTO(freep) char *text = NULL;
	size_t length = 0;
	FILE *stream;
	int r = skbscope_difference_new(diff->old.snapshot, diff->new.snapshot, &difference,
					&diff->error);

	if (r < 0)
		return r;
	stream = open_memstream(&text, &length);
	r = !stream ? fail_memory(&diff->error, SKBSCOPE_STAGE_RENDER)
	    : settings->output.format == OUTPUT_JSON
		    ? skbscope_render_difference_json(difference, &options, stream, &diff->error)
		    : skbscope_render_difference_table(difference, &options, stream, &diff->error);
	skbscope_difference_free(difference);
	if (stream && fclose(stream) != 0 && r == 0)
		r = fail_memory(&diff->error, SKBSCOPE_STAGE_RENDER);
	if (r == 0 && buffer_append(out, text, length) < 0)
		r = fail_memory(&diff->error, SKBSCOPE_STAGE_RENDER);
	return r;
}

/* The new one first: the old one is ahead of it at every moment. */
static int compare(struct diff *diff, bool last)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct output output;
	int r = read_version(diff, &diff->new);

	if (r == 0)
		r = read_version(diff, &diff->old);
	if (diff->redraws)
		screen_measure(&diff->screen, STDOUT_FILENO);
	if (r == 0 && !diff->redraws && diff->settings->output.format != OUTPUT_JSON &&
	    diff->readings)
		buffer_string(&text, "\n");
	if (r == 0)
		r = render(diff, &text);
	if (r < 0)
		return r;
	output = (struct output){ buffer_text(&text), text.length };
	if (diff->redraws) {
		if (screen_draw(&diff->screen, buffer_text(&text), last, &bytes) < 0)
			return fail_memory(&diff->error, SKBSCOPE_STAGE_RENDER);
		output = (struct output){ buffer_text(&bytes), bytes.length };
	}
	r = output_write(STDOUT_FILENO, &output, last ? -1 : diff->waiter.signal_fd,
			 last ? LAST_WRITE_MS : -1);
	if (r == 0)
		diff->readings++;
	return r < 0 && r != -EINTR ? output_failed(r, &diff->error) : 0;
}

static bool is_attached(const struct diff *diff)
{
	return skbscope_session_attached(diff->old.session) &&
	       skbscope_session_attached(diff->new.session);
}

/* Until something ends it; 0, or a failure. */
static int loop(struct diff *diff)
{
	const struct diff_settings *settings = diff->settings;
	uint64_t interval = settings->pace.interval_ns ? settings->pace.interval_ns : SECOND_NS;
	uint64_t end = settings->pace.duration_ns ? diff->start_ns + settings->pace.duration_ns
						  : UINT64_MAX;
	uint64_t due = diff->start_ns + interval;

	/* The comparison at the end is one of those that were asked for. */
	while (!settings->pace.count || diff->readings + 1 < settings->pace.count || due > end) {
		switch (waiter_wait(&diff->waiter, due < end ? due : end)) {
		case WAKE_STOP:
			return 0;
		case WAKE_OUTPUT_GONE:
			return output_failed(-EPIPE, &diff->error);
		case WAKE_TIME:
			break;
		default:
			continue;
		}
		if (due >= end)
			return 0;
		if (!is_attached(diff))
			return 0;
		if (compare(diff, false) < 0)
			return diff->error.code;
		for (uint64_t now = clock_monotonic_ns(); due <= now;)
			due += interval;
	}
	for (;;) {
		enum wake wake = waiter_wait(&diff->waiter, due < end ? due : end);

		if (wake == WAKE_OUTPUT_GONE)
			return output_failed(-EPIPE, &diff->error);
		if (wake == WAKE_TIME || wake == WAKE_STOP)
			return 0;
	}
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
	const struct skbscope_snapshot *old = diff->old.snapshot, *new = diff->new.snapshot;

	for (size_t i = 0; i < old->hook_count; i++)
		if (!has_hook(new, &old->hooks[i]))
			return false;
	return old->hook_count == new->hook_count;
}

static void conclude(const struct diff *diff)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	uint64_t old = packets_of(diff->old.snapshot), new = packets_of(diff->new.snapshot);

	if (diff->settings->talk.quiet)
		return;
	if (!on_same_hooks(diff))
		buffer_printf(&text,
			      "old saw %" PRIu64 " packet%s, new %" PRIu64 ", on other hooks,", old,
			      old == 1 ? "" : "s", new);
	else if (old == new)
		buffer_printf(&text, "both saw the same %" PRIu64 " packet%s", old,
			      old == 1 ? "" : "s");
	else
		buffer_printf(&text,
			      "old saw %" PRIu64 " packets, new %" PRIu64 ": %" PRIu64
			      " arrived between the two beginnings and ends",
			      old, new, old > new ? old - new : new - old);
	buffer_string(&text, " in ");
	summary_time(diff->end_ns - diff->start_ns, &text);
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
	if (on_same_hooks(diff)) {
		buffer_printf(&text, ", new: %s; attached to ", diff->new.program.source->path);
	} else {
		buffer_string(&text, ", attached to ");
		summary_where(diff->old.snapshot, &text);
		buffer_printf(&text, "; new: %s, attached to ", diff->new.program.source->path);
	}
	summary_where(diff->new.snapshot, &text);
	report_say("%s", buffer_text(&text));
	warn_of_pins(diff);
}

static int begin(struct diff *diff, const struct targets *targets)
{
	int r = attach_session(&diff->settings->traffic, targets, true, diff->old.session,
			       &diff->error);

	if (r == 0)
		r = attach_session(&diff->settings->traffic, targets, true, diff->new.session,
				   &diff->error);
	if (r == 0)
		r = skbscope_session_resume(diff->old.session, &diff->error);
	if (r == 0)
		r = skbscope_session_resume(diff->new.session, &diff->error);
	diff->start_ns = clock_monotonic_ns();
	return r;
}

static int end(struct diff *diff)
{
	int r = skbscope_session_pause(diff->new.session, &diff->error);

	if (r == 0)
		r = skbscope_session_pause(diff->old.session, &diff->error);
	diff->end_ns = clock_monotonic_ns();
	skbscope_session_detach(diff->new.session);
	skbscope_session_detach(diff->old.session);
	return r;
}

static int run(struct diff *diff, const struct targets *targets)
{
	bool gone = false;
	int r = begin(diff, targets);

	if (r == 0)
		r = read_version(diff, &diff->new);
	if (r == 0)
		r = read_version(diff, &diff->old);
	if (r < 0)
		return r;
	introduce(diff);
	r = loop(diff);
	if (r == 0) {
		gone = !is_attached(diff);
		r = end(diff);
	}
	if (r == 0)
		r = compare(diff, true);
	if (r == 0)
		conclude(diff);
	if (r == 0 && gone)
		r = fail(&diff->error, ENODEV, SKBSCOPE_STAGE_OBSERVE,
			 "nothing is attached any more: the interface is gone, or somebody "
			 "detached us");
	return r;
}

static int run_diff(const void *data)
{
	const struct diff_settings *settings = data;
	AUTO(diff_clear)
	struct diff diff = {
		.settings = settings,
		.waiter = WAITER_INIT,
		.redraws = settings->output.format != OUTPUT_JSON && isatty(STDOUT_FILENO),
	};
	struct version *at_fault = &diff.old;
	struct targets targets;
	int r = output_check(STDOUT_FILENO);

	if (r < 0)
		r = output_failed(r, &diff.error);
	if (r == 0)
		r = prepare(&diff, &diff.old, settings->old);
	if (r == 0) {
		at_fault = &diff.new;
		r = prepare(&diff, &diff.new, settings->new);
	}
	if (r == 0)
		r = targets_choose(&diff.settings->traffic, diff.settings->talk.quiet, &targets,
				   &diff.error);
	if (r == 0)
		r = waiter_open(&diff.waiter, STDOUT_FILENO, false, &diff.error);
	if (r == 0)
		r = run(&diff, &targets);
	return r < 0 ? report_error(&diff.error, at_fault->program.diagnostics,
				    settings->talk.verbose)
		     : EXIT_FINE;
}

const struct command command_diff = {
	.name = "diff",
	.summary = "run two versions on the same packets and show where they differ",
	.examples = { "diff ./old.c ./new.c -i eth0 --duration 10s" },
	.operands = { { 0, COMMON, "OLD", NULL, "the version that is trusted: " PROGRAM_HELP, MEMBER(struct diff_settings, old) },
		      { 0, COMMON, "NEW", NULL, "the version to compare with it", MEMBER(struct diff_settings, new) } },
	.options = {
		{ &traffic_options, offsetof(struct diff_settings, traffic) },
		{ &pace_options, offsetof(struct diff_settings, pace) },
		{ &display_options, offsetof(struct diff_settings, output) },
		{ &format_options, offsetof(struct diff_settings, output) },
		{ &compile_options, offsetof(struct diff_settings, compiling) },
		{ &search_options, offsetof(struct diff_settings, compiling) },
		{ &talk_options, offsetof(struct diff_settings, talk) },
	},
	.settings_size = sizeof(struct diff_settings),
	.run = run_diff,
};

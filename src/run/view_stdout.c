/* SPDX-License-Identifier: Apache-2.0 */
/* Documents on stdout, and the notes between them. */
#include "run/view_stdout.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "render/order.h"
#include "run/document.h"
#include "run/output.h"
#include "run/people.h"
#include "run/redraw.h"
#include "run/report.h"
#include "screen/fit.h"

#define EVENTS_FLUSHED ((size_t)1 << 16) /* bytes of them that are handed over together */

struct view_stdout {
	struct view view;
	const struct output_settings *settings;
	bool quiet, verbose, colour;
	const struct render_format *format;
	struct signals *signals;
	struct output *output;
	struct shown latest;
	uint64_t readings;  /* that were begun, or still wait */
	bool waits, ended;  /* the frame that was not begun is a reading's first; the last came */
	struct buffer head; /* of CSV: what stands above all that was written */
	uint64_t unsorted;  /* the generation that has no such column, as was noted */
	struct buffer notable; /* that, until the reading is out */

	/* Where there are events: readings between them only as often as was asked for. */
	struct event_lines *lines;
	struct event_outlook outlook;
	struct buffer events; /* that the output does not have yet */

	/* Where readings are redrawn: */
	struct redrawn screen, before; /* with and without the frame that was not begun */
	struct buffer status;
	struct loop_timer redraw;
	bool notes_in_the_way; /* stderr is the same terminal */
};

static void output_is_lost(void *context, int code)
{
	struct view *view = context;
	struct skbscope_error error;

	output_failed(code, &error);
	view->failed(view->owner, &error);
}

/* A column to sort by that the first version had is no reason to end when the next
 * has not. */
static const char *choose_order(struct view_stdout *view)
{
	const struct skbscope_render_options options = { .size = sizeof(options),
							 .sort = view->settings->sort };
	const struct skbscope_snapshot *snapshot = view->latest.snapshot;
	struct skbscope_error error;

	if (!snapshot || snapshot->generation < 2 || order_check(snapshot, &options, &error) == 0)
		return view->settings->sort;
	if (view->unsorted != snapshot->generation && !view->quiet)
		buffer_printf(&view->notable, "%s: %s: %s\n", snapshot->program, error.message,
			      error.hint);
	view->unsorted = snapshot->generation;
	return NULL;
}

static int render(struct view_stdout *view, struct buffer *out, struct skbscope_error *error)
{
	const struct skbscope_render_options options = {
		.size = sizeof(options),
		.exact = view->settings->exact,
		.per_cpu = view->settings->per_cpu,
		.bars = view->settings->bars,
		.top = (uint32_t)view->settings->top,
		.colour = view->colour,
		.width = view->view.status ? view->screen.columns : 0,
		.sort = choose_order(view),
		.series = view->settings->series,
		.table = view->settings->table,
	};

	return document_render(view->format, &view->latest, &options, view->signals, out, error);
}

static int hand_over(struct view_stdout *view, struct buffer *bytes, struct skbscope_error *error)
{
	int r;

	if (!output_has_waiting(view->output))
		view->waits = false;
	if (view->format->for_people)
		people_text(bytes);
	r = output_frame(view->output, bytes);
	return r < 0 ? fail_memory(error, SKBSCOPE_STAGE_RENDER) : r;
}

/* Of CSV the head comes once, and whoever reads it goes by that. */
static int take_head(struct view_stdout *view, struct buffer *text, struct skbscope_error *error)
{
	const char *end = strchr(buffer_text(text), '\n');
	const size_t length = end ? (size_t)(end - text->data) + 1 : 0;

	if (!length)
		return 0;
	if (view->readings <= view->view.waits(&view->view)) {
		buffer_clear(&view->head);
		buffer_append(&view->head, text->data, length);
		return view->head.failed ? fail_memory(error, SKBSCOPE_STAGE_RENDER) : 0;
	}
	if (view->head.length != length || memcmp(view->head.data, text->data, length) != 0)
		return fail(error, EINVAL, SKBSCOPE_STAGE_RENDER,
			    "the table has other columns now, and CSV has one head: %.200s",
			    buffer_text(&view->head));
	text->length -= length;
	memmove(text->data, end + 1, text->length + 1);
	return 0;
}

static int append(struct view_stdout *view, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	int r;

	/* For a person, readings need something between them. */
	if (view->format->for_people &&
	    (view->lines || view->readings > view->view.waits(&view->view)))
		buffer_string(&text, "\n");
	r = render(view, &text, error);
	if (r == 0 && view->format->one_table)
		r = take_head(view, &text, error);
	return r < 0 ? r : hand_over(view, &text, error);
}

/* Above the tables, where it is seen however long they are, and never more than
 * half of the screen. */
static void add_status(const struct view_stdout *view, struct buffer *out)
{
	AUTO(buffer_free) struct buffer text = { 0 };

	if (!view->status.length)
		return;
	buffer_printf(&text, "%s\n", buffer_text(&view->status));
	people_text(&text);
	fit_text(buffer_text(&text), view->screen.columns, view->screen.rows / 2,
		 "skbscope check shows all", out);
}

static int redraw(struct view_stdout *view, bool last, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	AUTO(buffer_free) struct buffer bytes = { 0 };
	int r;

	loop_disarm(&view->redraw);
	if (output_has_waiting(view->output))
		view->screen = view->before;
	redraw_measure(&view->screen, STDOUT_FILENO);
	view->before = view->screen;
	add_status(view, &text);
	r = render(view, &text, error);
	if (r < 0)
		return r;
	people_text(&text); /* before it is fitted: some of it gets longer */
	redraw_frame(&view->screen, buffer_text(&text), last, &bytes);
	return hand_over(view, &bytes, error);
}

static void redraw_is_due(void *context, uint64_t now_ns)
{
	struct view_stdout *view = context;
	struct skbscope_error error;
	int r = redraw(view, false, &error);

	(void)now_ns;
	if (r < 0 && r != -EINTR)
		view->view.failed(view->view.owner, &error);
}

static void redraw_soon(struct view_stdout *view)
{
	if (!view->ended && (view->latest.snapshot || view->latest.difference))
		loop_arm(view->signals->loop, &view->redraw, 0);
}

static bool waits(struct view *base)
{
	struct view_stdout *view = (struct view_stdout *)base;

	return view->waits && output_has_waiting(view->output);
}

/* A frame that is being redrawn makes way for the note, and comes back below. Both go
 * through the output, as there is no other way to have them in order. */
static void note(struct view *base, const char *text)
{
	struct view_stdout *view = (struct view_stdout *)base;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct skbscope_error error;
	bool unseen = waits(base);
	struct redrawn drawn;

	if (!view->notes_in_the_way) {
		fputs(text, people_stderr());
		return;
	}
	if (output_has_waiting(view->output))
		view->screen = view->before;
	drawn = view->screen;
	redraw_erase(&view->screen, &bytes);
	buffer_string(&bytes, text);
	people_text(&bytes);
	output_withdraw(view->output);
	if (!output_record(view->output, &bytes))
		view->screen = drawn;
	redraw(view, false, &error);
	view->waits = unseen;
}

/* Whether a reading has its turn among events: if nobody asked for it only the last, of
 * which people want the rows. */
static bool is_wanted(const struct view_stdout *view, enum show how)
{
	if (view->format->only_last)
		return how == SHOW_LAST;
	if (how == SHOW_EXTRA)
		return view->view.status;
	if (!view->lines || view->outlook.readings)
		return true;
	return how == SHOW_LAST && (view->outlook.tables || !view->format->for_people);
}

static int show(struct view *base, const struct shown *shown, enum show how,
		struct skbscope_error *error)
{
	struct view_stdout *view = (struct view_stdout *)base;
	bool unseen = waits(base);
	int r;

	view->latest = *shown;
	view->ended = how == SHOW_LAST;
	if (view->lines)
		view->lines->snapshot = shown->snapshot;
	if (!is_wanted(view, how))
		return 0;
	r = base->status ? redraw(view, view->ended, error) : append(view, error);
	if (r < 0)
		return r;
	if (how != SHOW_EXTRA && !unseen) {
		view->readings++;
		view->waits = true;
	}
	if (view->notable.length && !view->ended)
		note(base, buffer_text(&view->notable));
	buffer_clear(&view->notable);
	return unseen;
}

static void status(struct view *base, const char *text)
{
	struct view_stdout *view = (struct view_stdout *)base;

	if (strcmp(text, buffer_text(&view->status)) == 0)
		return;
	buffer_clear(&view->status);
	buffer_string(&view->status, text);
	redraw_soon(view);
}

static void resized(struct view *base)
{
	struct view_stdout *view = (struct view_stdout *)base;

	if (!base->status)
		return;
	view->screen.resized = view->before.resized = true;
	redraw_soon(view);
}

/* What was drawn so far stays above; from here on lines follow one another. */
static void expect(struct view *base, const struct event_outlook *outlook)
{
	struct view_stdout *view = (struct view_stdout *)base;

	view->outlook = *outlook;
	if (view->format->one_table && outlook->of_rows)
		return;
	if (!view->lines && view->format->events)
		view->lines = view->format->events->open();
	if (!view->lines)
		return;
	view->lines->exact = view->settings->exact;
	view->lines->colour = view->colour;
	view->lines->verbose = view->verbose;
	view->lines->hex = view->settings->hex;
	view->lines->time = (enum event_time)view->settings->time;
	view->lines->several = outlook->several;
	view->lines->snapshot = view->latest.snapshot;
	loop_disarm(&view->redraw);
	output_withdraw(view->output);
	base->status = NULL;
	view->notes_in_the_way = false;
}

static void flush(struct view *base)
{
	struct view_stdout *view = (struct view_stdout *)base;

	if (!view->events.length)
		return;
	if (view->format->for_people)
		people_text(&view->events);
	output_keep(view->output, &view->events);
	buffer_clear(&view->events);
	output_spare(view->output, &view->events);
}

static bool is_asked_for(const struct view_stdout *view, const struct skbscope_event *event)
{
	return !view->format->one_table || !view->settings->table ||
	       strcmp(event->record.schema->table, view->settings->table) == 0;
}

static void event(struct view *base, const struct skbscope_event *event)
{
	struct view_stdout *view = (struct view_stdout *)base;

	if (!view->lines || !is_asked_for(view, event))
		return;
	view->format->events->add(view->lines, event, &view->events);
	if (view->events.length >= EVENTS_FLUSHED)
		flush(base);
}

static bool has_room(struct view *base)
{
	struct view_stdout *view = (struct view_stdout *)base;

	return output_room(view->output) >= view->events.length + 2 * EVENTS_FLUSHED;
}

static int finish(struct view *base, uint64_t patience_ns, struct skbscope_error *error)
{
	struct view_stdout *view = (struct view_stdout *)base;
	int r = output_finish(view->output, patience_ns);

	return r < 0 && r != -EINTR ? output_failed(r, error) : r;
}

static void close_view(struct view *base)
{
	struct view_stdout *view = (struct view_stdout *)base;

	loop_disarm(&view->redraw);
	if (view->lines)
		view->format->events->close(view->lines);
	buffer_free(&view->events);
	output_freep(&view->output);
	buffer_free(&view->status);
	buffer_free(&view->notable);
	buffer_free(&view->head);
	free(view);
}

static bool is_same_terminal(int a, int b)
{
	struct stat first, second;

	return isatty(a) && isatty(b) && fstat(a, &first) == 0 && fstat(b, &second) == 0 &&
	       first.st_rdev == second.st_rdev;
}

int view_stdout_open(const struct output_settings *settings, const struct talk_settings *talk,
		     struct signals *signals, struct view **out, struct skbscope_error *error)
{
	struct view_stdout *view;
	int r;

	if (settings->table && !render_format_at((size_t)settings->format)->one_table)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "--table chooses the table that is written as CSV"),
			    "write --output csv --table %s", settings->table);
	view = calloc(1, sizeof(*view));
	if (!view)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	view->view = (struct view){ .show = show,
				    .waits = waits,
				    .note = note,
				    .resized = resized,
				    .expect = expect,
				    .event = event,
				    .has_room = has_room,
				    .flush = flush,
				    .finish = finish,
				    .close = close_view };
	view->settings = settings;
	view->quiet = talk->quiet;
	view->verbose = talk->verbose;
	view->signals = signals;
	view->format = render_format_at((size_t)settings->format);
	view->colour = view->format->for_people && wants_colour(STDOUT_FILENO);
	view->redraw = (struct loop_timer){ .due = redraw_is_due, .context = view };
	if (view->format->for_people && is_screen(STDOUT_FILENO)) {
		view->view.status = status;
		view->notes_in_the_way = is_same_terminal(STDOUT_FILENO, STDERR_FILENO);
	}
	r = output_open(signals->loop, STDOUT_FILENO, OUTPUT_RECORDS_MAX, output_is_lost,
			&view->view, &view->output);
	if (r < 0) {
		free(view);
		return output_failed(r, error);
	}
	*out = &view->view;
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Between the screen's state, the terminal, and the loop. */
#include "run/view_screen.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "run/document.h"
#include "run/output.h"
#include "run/people.h"
#include "run/report.h"
#include "run/terminal.h"
#include "run/typed.h"
#include "screen/screen.h"

#define LOOK_NS UINT64_C(500000000)  /* whether we are in front again */
#define APART_NS UINT64_C(100000000) /* two pictures that nobody asked for with a key */
#define BUSY_NS UINT64_C(50000000)   /* until a slow terminal is looked at again */
#define ESCAPE_NS UINT64_C(50000000) /* that the rest of a key may be late */
#define PATIENCE_NS UINT64_C(500000000)
#define ROWS_MAX 500u /* a terminal may say that it has 65535 */
#define COLUMNS_MAX 1000u
#define EVENTS_FLUSHED ((size_t)1 << 14)

struct view_screen {
	struct view view;
	const struct output_settings *settings;
	bool verbose;
	const struct render_format *format;
	struct signals *signals;
	struct output *output;
	struct screen screen;
	struct picture picture;
	struct terminal *terminal;
	int keys; /* where they are typed */
	struct loop_source typing;
	struct buffer typed; /* and is no key yet */
	struct loop_timer redraw, look, escape;
	uint64_t painted_ns;
	bool on, anew, ended;
	struct event_lines *lines;
	struct buffer events; /* that the screen does not have yet */
	bool same_terminal;   /* as stderr */
	struct buffer unsaid; /* that nobody will find on it afterwards */
	void (*entered)(void *context);
	void *entered_context;
};

static void fail_view(struct view_screen *view, const struct skbscope_error *error)
{
	view->view.failed(view->view.owner, error);
}

static void output_is_lost(void *context, int code)
{
	struct view_screen *view = context;
	struct skbscope_error error;

	output_failed(code, &error);
	fail_view(view, &error);
}

/* --- painting ----------------------------------------------------------------------- */

static void redraw_at(struct view_screen *view, uint64_t at_ns)
{
	if (!view->on || view->ended || (view->redraw.loop && view->redraw.at_ns <= at_ns))
		return;
	loop_arm(view->signals->loop, &view->redraw, at_ns);
}

static void redraw_now(struct view_screen *view)
{
	redraw_at(view, 0);
}

/* What comes in its own time waits a little for what comes next. */
static void redraw_soon(struct view_screen *view)
{
	redraw_at(view, view->painted_ns + APART_NS);
}

static int draw(struct view_screen *view)
{
	unsigned int rows = 24, columns = 80;

	terminal_size(STDOUT_FILENO, &rows, &columns);
	if (picture_clear(&view->picture, rows < ROWS_MAX ? rows : ROWS_MAX,
			  columns < COLUMNS_MAX ? columns : COLUMNS_MAX) < 0)
		return -ENOMEM;
	screen_draw(&view->screen, &view->picture);
	return view->screen.failed ? -ENOMEM : 0;
}

static bool is_busy(const struct view_screen *view)
{
	return output_room(view->output) < OUTPUT_RECORDS_MAX;
}

static void put_picture(struct view_screen *view)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };

	terminal_paint(view->terminal, &view->picture, view->anew, &bytes);
	view->anew = false;
	if (bytes.length || bytes.failed)
		output_keep(view->output, &bytes);
}

static void redraw_is_due(void *context, uint64_t now_ns)
{
	struct view_screen *view = context;
	struct skbscope_error error;

	if (!view->on)
		return;
	if (is_busy(view)) {
		loop_arm(view->signals->loop, &view->redraw, now_ns + BUSY_NS);
		return;
	}
	view->painted_ns = now_ns;
	if (draw(view) < 0) {
		fail_memory(&error, SKBSCOPE_STAGE_RENDER);
		fail_view(view, &error);
		return;
	}
	put_picture(view);
}

/* --- on and off --------------------------------------------------------------------- */

static void enter(struct view_screen *view, uint64_t now_ns)
{
	if (view->on || view->ended)
		return;
	if (!terminal_is_ours(view->keys)) {
		loop_arm(view->signals->loop, &view->look, now_ns + LOOK_NS);
		return;
	}
	terminal_enter(view->terminal);
	view->on = view->anew = true;
	loop_add(view->signals->loop, &view->typing);
	redraw_now(view);
}

static void look_again(void *context, uint64_t now_ns)
{
	enter(context, now_ns);
}

/* What was said meanwhile stands above, as if it had been said there. */
static void leave(struct view_screen *view, bool for_good)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	bool stays;

	loop_disarm(&view->redraw);
	loop_disarm(&view->look);
	loop_disarm(&view->escape);
	loop_remove(&view->typing);
	stays = view->on && terminal_leave(view->terminal, &bytes);
	if (stays)
		buffer_string(&bytes, "\n");
	people_text(&view->unsaid);
	buffer_append(&bytes, buffer_text(&view->unsaid), view->unsaid.length);
	buffer_clear(&view->unsaid);
	if (for_good && !stays)
		picture_text(&view->picture, wants_colour(STDOUT_FILENO), &bytes);
	view->on = false;
	if (bytes.length)
		output_keep(view->output, &bytes);
}

static void suspend(struct view *base)
{
	struct view_screen *view = (struct view_screen *)base;

	if (!view->on)
		return;
	leave(view, false);
	output_flush(view->output, PATIENCE_NS);
}

static void resume(struct view *base)
{
	struct view_screen *view = (struct view_screen *)base;
	AUTO(buffer_free) struct buffer bytes = { 0 }; /* that nobody needs any more */

	if (view->on) { /* was stopped by a signal that nobody hears */
		terminal_leave(view->terminal, &bytes);
		loop_remove(&view->typing);
		view->on = false;
	}
	if (view->screen.shown)
		enter(view, clock_monotonic_ns());
}

/* --- keys --------------------------------------------------------------------------- */

static void write_file(struct view_screen *view)
{
	const struct skbscope_render_options options = { .size = sizeof(options),
							 .exact = view->settings->exact,
							 .per_cpu = view->screen.per_cpu,
							 .bars = view->screen.bars,
							 .sort = view->settings->sort };
	const struct shown shown = { .snapshot = view->screen.shown };
	AUTO(buffer_free) struct buffer answer = { 0 };

	document_to_file(buffer_text(&view->screen.typed), &shown, &options, view->signals,
			 &answer);
	screen_answer(&view->screen, "%s", buffer_text(&answer));
}

static void press(struct view_screen *view, uint32_t key)
{
	switch (screen_key(&view->screen, key)) {
	case SCREEN_QUIT:
		signals_end(view->signals);
		break;
	case SCREEN_WRITE:
		write_file(view);
		break;
	case SCREEN_CONFIRM:
		if (view->entered)
			view->entered(view->entered_context);
		break;
	default:
		break;
	}
}

static void take_keys(struct view_screen *view, bool whole, uint64_t now_ns)
{
	uint32_t key;

	while (!view->ended && typed_key(&view->typed, whole, &key))
		press(view, key);
	loop_disarm(&view->escape);
	if (view->typed.length)
		loop_arm(view->signals->loop, &view->escape, now_ns + ESCAPE_NS);
	redraw_now(view);
}

static void no_more_comes(void *context, uint64_t now_ns)
{
	take_keys(context, true, now_ns);
}

static void keys_are_typed(void *context, uint32_t events, uint64_t now_ns)
{
	struct view_screen *view = context;
	char bytes[256];
	ssize_t length;

	if (!terminal_is_ours(view->keys)) { /* reading would stop us */
		leave(view, false);
		loop_arm(view->signals->loop, &view->look, now_ns + LOOK_NS);
		return;
	}
	length = events & EPOLLIN ? read(view->keys, bytes, sizeof(bytes)) : 0;
	if (length > 0) {
		buffer_append(&view->typed, bytes, (size_t)length);
		take_keys(view, false, now_ns);
	} else if (length == 0 || (errno != EINTR && errno != EAGAIN)) {
		loop_remove(&view->typing); /* the terminal is gone, which signals say */
	}
}

static bool take_enter(struct view *base, void (*entered)(void *context), void *context)
{
	struct view_screen *view = (struct view_screen *)base;

	view->entered = entered;
	view->entered_context = context;
	view->screen.confirms = entered != NULL;
	redraw_now(view);
	return true;
}

/* --- what is shown ------------------------------------------------------------------ */

static int show(struct view *base, const struct shown *shown, enum show how,
		struct skbscope_error *error)
{
	struct view_screen *view = (struct view_screen *)base;

	screen_see(&view->screen, (struct snapshot *)(uintptr_t)shown->snapshot);
	if (view->lines)
		view->lines->snapshot = view->screen.latest ? &view->screen.latest->public : NULL;
	if (how != SHOW_LAST) {
		enter(view, 0);
		redraw_now(view);
		return 0;
	}
	view->screen.page = SCREEN_TABLES;
	view->screen.typing = TYPING_NOTHING;
	view->screen.bare = true;
	if (draw(view) < 0)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	leave(view, true);
	view->ended = true;
	people_listen(NULL, NULL);
	return 0;
}

/* From whoever talks to people. Where it cannot be seen now, it is said afterwards. */
static bool hear(void *context, const char *text)
{
	struct view_screen *view = context;

	screen_note(&view->screen, text);
	redraw_soon(view);
	if (view->on && view->same_terminal)
		buffer_string(&view->unsaid, text);
	return view->on && view->same_terminal;
}

static void note(struct view *base, const char *text)
{
	(void)base;
	fputs(text, people_stderr()); /* and so to hear() */
}

static void status(struct view *base, const char *text)
{
	struct view_screen *view = (struct view_screen *)base;

	if (strcmp(text, buffer_text(&view->screen.status)) == 0)
		return;
	screen_status(&view->screen, text);
	redraw_soon(view);
}

static void resized(struct view *base)
{
	struct view_screen *view = (struct view_screen *)base;

	view->anew = true;
	redraw_now(view);
}

static bool wants_cpus(struct view *base)
{
	return ((struct view_screen *)base)->screen.per_cpu;
}

static void expect(struct view *base, const struct event_outlook *outlook)
{
	struct view_screen *view = (struct view_screen *)base;

	if (!view->lines)
		view->lines = view->format->events->open();
	if (!view->lines)
		return;
	view->lines->exact = view->settings->exact;
	view->lines->colour = true; /* as the picture understands it */
	view->lines->verbose = view->verbose;
	view->lines->hex = view->settings->hex;
	view->lines->time = (enum event_time)view->settings->time;
	view->lines->several = outlook->several;
	view->lines->snapshot = view->screen.latest ? &view->screen.latest->public : NULL;
}

static void flush(struct view *base)
{
	struct view_screen *view = (struct view_screen *)base;

	if (!view->events.length)
		return;
	screen_event(&view->screen, buffer_text(&view->events), view->events.length);
	buffer_clear(&view->events);
	redraw_soon(view);
}

static void event(struct view *base, const struct skbscope_event *event)
{
	struct view_screen *view = (struct view_screen *)base;

	if (!view->lines)
		return;
	view->format->events->add(view->lines, event, &view->events);
	if (view->events.length >= EVENTS_FLUSHED)
		flush(base);
}

static int finish(struct view *base, uint64_t patience_ns, struct skbscope_error *error)
{
	struct view_screen *view = (struct view_screen *)base;
	int r = output_finish(view->output, patience_ns);

	return r < 0 && r != -EINTR ? output_failed(r, error) : r;
}

/* --- opening ------------------------------------------------------------------------ */

static void close_view(struct view *base)
{
	struct view_screen *view = (struct view_screen *)base;

	if (view->on)
		leave(view, true);
	people_listen(NULL, NULL);
	if (view->output)
		output_flush(view->output, PATIENCE_NS);
	output_freep(&view->output);
	terminal_freep(&view->terminal);
	if (view->lines)
		view->format->events->close(view->lines);
	if (view->keys > STDERR_FILENO)
		close(view->keys);
	screen_close(&view->screen);
	picture_free(&view->picture);
	buffer_free(&view->events);
	buffer_free(&view->unsaid);
	buffer_free(&view->typed);
	free(view);
}

static bool is_same_terminal(int a, int b)
{
	struct stat first, second;

	return isatty(a) && isatty(b) && fstat(a, &first) == 0 && fstat(b, &second) == 0 &&
	       first.st_rdev == second.st_rdev;
}

static int find_keys(void)
{
	return isatty(STDIN_FILENO) ? STDIN_FILENO : open("/dev/tty", O_RDONLY | O_CLOEXEC);
}

bool view_screen_is_possible(const struct output_settings *settings)
{
	int keys;

	if (!render_format_at((size_t)settings->format)->for_people || !is_screen(STDOUT_FILENO) ||
	    !terminal_can_paint(STDOUT_FILENO))
		return false;
	keys = find_keys();
	if (keys > STDERR_FILENO)
		close(keys);
	return keys >= 0;
}

static void set_operations(struct view *view)
{
	*view = (struct view){ .show = show,
			       .note = note,
			       .status = status,
			       .resized = resized,
			       .suspend = suspend,
			       .resume = resume,
			       .take_enter = take_enter,
			       .wants_cpus = wants_cpus,
			       .expect = expect,
			       .event = event,
			       .flush = flush,
			       .finish = finish,
			       .close = close_view };
}

int view_screen_open(const struct output_settings *settings, const struct talk_settings *talk,
		     struct signals *signals, struct view **out, struct skbscope_error *error)
{
	const struct screen_settings look = { .sort = settings->sort,
					      .top = (uint32_t)settings->top,
					      .exact = settings->exact,
					      .ascii = people_want_ascii() };
	struct view_screen *view = calloc(1, sizeof(*view));
	int r;

	if (!view)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	set_operations(&view->view);
	view->settings = settings;
	view->verbose = talk->verbose;
	view->signals = signals;
	view->format = render_format_at((size_t)settings->format);
	view->same_terminal = is_same_terminal(STDOUT_FILENO, STDERR_FILENO);
	screen_open(&view->screen, &look);
	view->screen.per_cpu = settings->per_cpu;
	view->screen.bars = settings->bars;
	view->redraw = (struct loop_timer){ .due = redraw_is_due, .context = view };
	view->look = (struct loop_timer){ .due = look_again, .context = view };
	view->escape = (struct loop_timer){ .due = no_more_comes, .context = view };
	view->keys = find_keys();
	view->typing = (struct loop_source){ .fd = view->keys,
					     .events = EPOLLIN,
					     .priority = LOOP_REST,
					     .ready = keys_are_typed,
					     .context = view };
	r = view->keys < 0 ? -ENOTTY
			   : terminal_open(STDOUT_FILENO, view->keys, wants_colour(STDOUT_FILENO),
					   &view->terminal);
	if (r == 0)
		r = output_open(signals->loop, STDOUT_FILENO, OUTPUT_RECORDS_MAX, output_is_lost,
				view, &view->output);
	if (r < 0) {
		close_view(&view->view);
		return output_failed(r, error);
	}
	people_listen(hear, view);
	*out = &view->view;
	return 0;
}

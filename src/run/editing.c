/* SPDX-License-Identifier: Apache-2.0 */
/* The edit loop on the run's loop and views. */
#include "run/editing.h"

#include "base/cleanup.h"
#include "base/io.h"

#define NOTED_NS UINT64_C(300000000) /* a compilation that takes longer is shown */

static const char *program_name(const struct editing *editing)
{
	return editing->edit.program->image->name;
}

static void add_sentence(const struct editing *editing, struct buffer *out)
{
	buffer_printf(out, "%s: ", program_name(editing));
	edit_loop_sentence(&editing->edit, out);
	buffer_string(out, "\n");
}

/* For views that can show what is so; news: what the others note, or NULL. */
static void show_status(struct editing *editing, uint64_t now_ns, const char *news)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	uint64_t since = edit_loop_compiles_since(&editing->edit);

	loop_disarm(&editing->compiling);
	if (since != UINT64_MAX && now_ns < since + NOTED_NS)
		loop_arm(editing->readings->loop, &editing->compiling, since + NOTED_NS);
	else if (since != UINT64_MAX)
		buffer_printf(&text, "%s: compiling…\n", program_name(editing));
	if (editing->edit.stale.length) {
		add_sentence(editing, &text);
		buffer_string(&text, buffer_text(&editing->edit.pane));
	}
	views_status(editing->readings->views, buffer_text(&text), news);
}

static void compiles_long(void *context, uint64_t now_ns)
{
	show_status(context, now_ns, NULL);
}

static void report(void *owner, enum edit_news news, const char *text)
{
	AUTO(buffer_free) struct buffer stale = { 0 };
	struct editing *editing = owner;

	if (news == EDIT_NEWS_STALE) {
		buffer_string(&stale, buffer_text(&editing->edit.pane));
		add_sentence(editing, &stale);
		show_status(editing, clock_monotonic_ns(), buffer_text(&stale));
		return;
	}
	editing->swapped(editing->owner);
	show_status(editing, clock_monotonic_ns(), NULL);
	if (!editing->quiet)
		views_note(editing->readings->views, text);
}

/* After each step of the edit loop: it may have got a descriptor, or have another
 * deadline. */
static void follow(struct editing *editing, uint64_t now_ns)
{
	struct loop *loop = editing->readings->loop;
	uint64_t due = edit_loop_due(&editing->edit);

	editing->files.fd = edit_loop_files_fd(&editing->edit);
	if (editing->files.fd >= 0 && !editing->files.loop)
		loop_add(loop, &editing->files);
	editing->build.fd = edit_loop_build_fd(&editing->edit);
	if (editing->build.fd >= 0 && !editing->build.loop)
		loop_add(loop, &editing->build);
	loop_disarm(&editing->time);
	if (due != UINT64_MAX)
		loop_arm(loop, &editing->time, due);
	show_status(editing, now_ns, NULL);
}

static void files_changed(void *context, uint32_t events, uint64_t now_ns)
{
	struct editing *editing = context;

	(void)events;
	edit_loop_files_changed(&editing->edit);
	follow(editing, now_ns);
}

static void built(void *context, uint32_t events, uint64_t now_ns)
{
	struct editing *editing = context;

	(void)events;
	edit_loop_built(&editing->edit);
	follow(editing, now_ns);
}

static void time_has_come(void *context, uint64_t now_ns)
{
	struct editing *editing = context;

	edit_loop_time(&editing->edit);
	follow(editing, now_ns);
}

void editing_start(struct editing *editing)
{
	editing->files = (struct loop_source){
		.events = EPOLLIN, .priority = LOOP_REST, .ready = files_changed, .context = editing
	};
	editing->build = (struct loop_source){
		.events = EPOLLIN, .priority = LOOP_REST, .ready = built, .context = editing
	};
	editing->time = (struct loop_timer){ .due = time_has_come, .context = editing };
	editing->compiling = (struct loop_timer){ .due = compiles_long, .context = editing };
	editing->edit.report = report;
	editing->edit.owner = editing;
	edit_loop_start(&editing->edit);
	follow(editing, clock_monotonic_ns());
}

void editing_stop(struct editing *editing)
{
	loop_remove(&editing->files);
	loop_remove(&editing->build);
	loop_disarm(&editing->time);
	loop_disarm(&editing->compiling);
}

void editing_reload(struct editing *editing)
{
	edit_loop_reload(&editing->edit);
	if (editing->edit.report) /* else as it starts */
		follow(editing, clock_monotonic_ns());
}

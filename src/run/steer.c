/* SPDX-License-Identifier: Apache-2.0 */
/* What each verb does to a run, and the answer to it. */
#include "run/steer.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/io.h"
#include "kernel/session.h"
#include "model/names.h"
#include "model/parse.h"
#include "run/fill_change.h"
#include "run/report.h"
#include "run/summary.h"

#define STAGE SKBSCOPE_STAGE_OBSERVE

static const struct skbscope_image *image_of(const struct steering *steering)
{
	return steering->edit->program->image;
}

__attribute__((format(printf, 2, 3))) static void note(struct steering *steering,
						       const char *format, ...)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	va_list arguments;

	buffer_printf(&text, "%s: ", image_of(steering)->name);
	va_start(arguments, format);
	buffer_vprintf(&text, format, arguments);
	va_end(arguments);
	buffer_string(&text, "\n");
	views_note(steering->edit->readings->views, buffer_text(&text));
}

/* --- what runs ---------------------------------------------------------------------- */

static void append_hook(const struct skbscope_hook_state *hook, struct buffer *out)
{
	buffer_printf(out, "%s %s (%s)%s", hook->interface, direction_name(hook->direction),
		      hook_name(hook->hook), hook->attached ? "" : ", detached");
	buffer_append(out, "", 1);
}

/* Strings that follow one another, by their beginnings. */
static void point_at(const struct buffer *strings, const char **out, size_t count)
{
	const char *at = buffer_text(strings);

	for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
		out[i] = at;
}

static uint64_t confirm_by(const struct steering *steering)
{
	const uint64_t now = clock_monotonic_ns(), until = steering->confirm.until_ns;

	if (steering->confirm.state != CONFIRM_AWAITED)
		return 0;
	return clock_wall_ns() + (until > now ? until - now : 0);
}

static int tell(struct steering *steering, struct buffer *out, struct skbscope_error *error)
{
	const struct skbscope_image *image = image_of(steering);
	const struct skbscope_read_options options = { .size = sizeof(options), .wall_ns = 1 };
	AUTO(buffer_free) struct buffer hooks = { 0 };
	const struct skbscope_session *session = steering->edit->session;
	AUTO(freep) const char **tables = calloc(session->table_count + 1, sizeof(*tables));
	AUTO(freep) const char **names = NULL;
	struct control_about about = { .program = image->name,
				       .path = image->path ? image->path : "",
				       .enforced = steering->edit->session->enforce,
				       .started_ns = steering->started_ns,
				       .confirm_ns = confirm_by(steering),
				       .tables = tables };
	struct skbscope_snapshot *snapshot = NULL;
	int r = tables ? session_read_rows(steering->edit->session, NULL, 0, &options, &snapshot,
					   error)
		       : fail_memory(error, STAGE);

	for (size_t i = 0; r == 0 && i < snapshot->hook_count; i++)
		append_hook(&snapshot->hooks[i], &hooks);
	if (r == 0)
		names = calloc(snapshot->hook_count + 1, sizeof(*names));
	if (r == 0 && (!names || hooks.failed))
		r = fail_memory(error, STAGE);
	for (size_t i = 0; r == 0 && i < image->map_count; i++)
		if (schema_set_get(steering->fill->now->schemas, i)->readable)
			tables[about.table_count++] = image->maps[i].name;
	for (size_t i = image->map_count; r == 0 && i < session->table_count; i++)
		if (session->tables[i].schema->public.readable)
			tables[about.table_count++] = session->tables[i].schema->public.table;
	if (r == 0) {
		point_at(&hooks, names, snapshot->hook_count);
		about.hooks = names;
		about.hook_count = snapshot->hook_count;
		control_about_write(&about, out);
	}
	skbscope_snapshot_free(snapshot);
	return r;
}

/* --- an end to enforcing ------------------------------------------------------------ */

/* What it did to packets until now is in the same counts as what it would have done. */
static void say_done(struct steering *steering, struct buffer *out)
{
	const struct skbscope_read_options options = { .size = sizeof(options), .wall_ns = 1 };
	struct skbscope_snapshot *snapshot = NULL;
	const char *separator = "; until then ";

	if (session_read_rows(steering->edit->session, NULL, 0, &options, &snapshot, NULL) < 0)
		return;
	for (size_t i = 0; i < snapshot->verdict_count; i++) {
		const struct skbscope_verdict_count *verdict = &snapshot->verdicts[i];

		if (verdict->verdict < 0 || !verdict->packets)
			continue;
		buffer_printf(out, "%s%s to %" PRIu64 " packet%s", separator,
			      verdict_name(verdict->verdict), verdict->packets,
			      verdict->packets == 1 ? "" : "s");
		separator = ", ";
	}
	skbscope_snapshot_free(snapshot);
}

static void hear_no_more(struct steering *steering)
{
	if (steering->confirm.is_told)
		views_take_enter(steering->edit->readings->views, NULL, NULL);
}

static void confirmed(void *owner)
{
	struct steering *steering = owner;

	hear_no_more(steering);
	if (!steering->settings->talk.quiet)
		note(steering, "confirmed: it stays enforced");
}

/* Said with --quiet, too: it is not what was asked for. */
static void missed(void *owner)
{
	struct steering *steering = owner;
	AUTO(buffer_free) struct buffer within = { 0 }, done = { 0 };
	struct skbscope_error why, error;

	hear_no_more(steering);
	summary_time(steering->settings->confirm_ns, &within);
	say_done(steering, &done);
	if (edit_loop_make_passive(steering->edit, &why) == 0) {
		note(steering, "not confirmed within %s: it is passive again%s",
		     buffer_text(&within), buffer_text(&done));
		return;
	}
	/* It must not go on as it is. */
	fail(&error, EPERM, STAGE,
	     "%s was not confirmed within %s, and is detached, as it cannot be passive: %.600s",
	     image_of(steering)->name, buffer_text(&within), why.message);
	readings_fail(steering->edit->readings, &error);
}

/* On a screen, that has the keys. */
static void entered(void *owner)
{
	struct steering *steering = owner;

	confirm_given(&steering->confirm);
	confirmed(steering);
}

static int confirm(struct steering *steering, struct buffer *news, struct skbscope_error *error)
{
	switch (steering->confirm.state) {
	case CONFIRM_AWAITED:
		confirm_given(&steering->confirm);
		confirmed(steering);
		buffer_printf(news, "%s stays enforced", image_of(steering)->name);
		return 0;
	case CONFIRM_MISSED:
		return hint(error,
			    fail(error, ETIME, STAGE, "it is too late: %s is passive again",
				 image_of(steering)->name),
			    "start it again");
	default:
		return fail(error, EALREADY, STAGE, "%s does not wait to be confirmed",
			    image_of(steering)->name);
	}
}

/* --- verbs -------------------------------------------------------------------------- */

static int get(struct steering *steering, const struct control_request *request,
	       struct control_reply *reply, struct skbscope_error *error)
{
	AUTO(buffer_free) struct buffer stale = { 0 };
	struct steer_get from = { steering->edit->session, steering->fill, image_of(steering),
				  NULL };
	int r;

	stale_sentence(&steering->edit->stale, &stale);
	from.stale = stale.length ? buffer_text(&stale) : NULL;
	r = steer_get(&from, request, &reply->out, &reply->err, error);

	if (r > 0)
		reply->status = EXIT_FAILED;
	return r < 0 ? r : 0;
}

static int change(struct steering *steering, const struct control_request *request,
		  struct buffer *news, struct skbscope_error *error)
{
	static const enum fill_kind kinds[] = { [CONTROL_SET] = FILL_SET,
						[CONTROL_DELETE] = FILL_DELETE,
						[CONTROL_CLEAR] = FILL_CLEAR };

	return fill_change(steering->fill, kinds[request->verb], request->operands, request->count,
			   image_of(steering), steering->edit->session, news, error);
}

/* As the signal does. It is blocked, and read by the loop: nothing is cut. */
static int stop(struct steering *steering, struct skbscope_error *error)
{
	if (!steering->settings->talk.quiet)
		note(steering, "stopped by 'skbscope ctl'");
	return kill(getpid(), SIGTERM) < 0 ? fail_errno(error, errno, STAGE, "cannot end the run")
					   : 0;
}

static bool asked(void *owner, const struct control_request *request, struct control_reply *reply)
{
	struct steering *steering = owner;
	AUTO(buffer_free) struct buffer news = { 0 };
	struct skbscope_error error = { 0 };
	int r = 0;

	switch (request->verb) {
	case CONTROL_LIST:
		r = tell(steering, &reply->out, &error);
		break;
	case CONTROL_GET:
		r = get(steering, request, reply, &error);
		break;
	case CONTROL_SET:
	case CONTROL_DELETE:
	case CONTROL_CLEAR:
		r = change(steering, request, &news, &error);
		break;
	case CONTROL_RELOAD:
		edit_loop_reload(steering->edit);
		buffer_printf(&news, "%s is compiled again; what comes of it is said where it runs",
			      image_of(steering)->name);
		break;
	case CONTROL_STOP:
		r = stop(steering, &error);
		break;
	case CONTROL_CONFIRM:
		r = confirm(steering, &news, &error);
		break;
	}
	if (r < 0) {
		report_text(&error, NULL, false, &reply->err);
		reply->status = report_exit_status(&error);
	} else if (news.length) {
		buffer_printf(&reply->err, "%s\n", buffer_text(&news));
	}
	return r < 0 || request->verb != CONTROL_STOP;
}

/* --- a run -------------------------------------------------------------------------- */

int steer_check(const struct run_settings *settings, struct skbscope_error *error)
{
	if (!settings->confirm_ns)
		return 0;
	if (settings->traffic.recording)
		return fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			    "--confirm-within is about packets of an interface; a capture has none "
			    "that could be held back");
	if (!settings->traffic.enforce)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "--confirm-within says how long --enforce lasts, and that is not "
				 "given"),
			    "without --enforce no packet is changed or held back");
	return 0;
}

/* Of a recording nothing is attached, and it ends by itself: there is nothing to steer. */
int steer_open(struct steering *steering, const struct run_settings *settings, uint64_t now_ns,
	       struct skbscope_error *error)
{
	struct loop *loop = steering->edit->readings->loop;
	struct skbscope_error why;
	int r;

	steering->settings = settings;
	steering->started_ns = clock_wall_ns();
	if (settings->traffic.recording)
		return 0;
	steering->control.loop = steering->confirm.loop = loop;
	steering->control.asked = asked;
	steering->confirm.confirmed = confirmed;
	steering->confirm.missed = missed;
	steering->control.owner = steering->confirm.owner = steering;
	r = control_open(&steering->control, &why);
	if (r < 0 && settings->confirm_ns && !confirm_has_terminal())
		return fail(error, r, STAGE,
			    "nobody could confirm it: standard input is no terminal, and "
			    "'skbscope ctl' does not get here: %.600s",
			    why.message);
	if (r < 0 && settings->talk.verbose)
		report_say("'skbscope ctl' does not get here: %s", why.message);
	if (settings->confirm_ns)
		steering->confirm.is_told =
			views_take_enter(steering->edit->readings->views, entered, steering);
	if (settings->confirm_ns)
		confirm_start(&steering->confirm, settings->confirm_ns, now_ns);
	return 0;
}

void steer_introduce(const struct steering *steering)
{
	const bool typed = confirm_has_terminal(), told = control_is_open(&steering->control);
	AUTO(buffer_free) struct buffer within = { 0 };

	if (steering->confirm.state != CONFIRM_AWAITED || steering->settings->talk.quiet)
		return;
	summary_time(steering->settings->confirm_ns, &within);
	report_say("enforced for %s, then passive again, unless confirmed: %s%s%s",
		   buffer_text(&within), typed ? "press Enter" : "",
		   typed && told ? ", or run " : "", told ? "skbscope ctl confirm" : "");
}

void steer_stop(struct steering *steering)
{
	confirm_stop(&steering->confirm);
	control_stop(&steering->control);
}

void steer_end(struct steering *steering, int status)
{
	struct control_reply reply = { .status = status };

	buffer_printf(&reply.err, "%s has ended with status %d\n", image_of(steering)->name,
		      status);
	control_end(&steering->control, &reply);
	buffer_free(&reply.err);
}

void steer_close(struct steering *steering)
{
	confirm_stop(&steering->confirm);
	control_close(&steering->control);
}

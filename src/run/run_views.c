/* SPDX-License-Identifier: Apache-2.0 */
#include "run/run_views.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "kernel/session.h"
#include "model/names.h"
#include "model/schema.h"
#include "render/csv.h"
#include "render/registry.h"
#include "run/edit_loop.h"
#include "run/view_audit.h"
#include "run/view_capture.h"
#include "run/view_metrics.h"
#include "run/view_offenders.h"
#include "run/view_page.h"
#include "run/view_picked.h"
#include "run/view_screen.h"
#include "run/view_stdout.h"

struct event_outlook run_views_outlook(const struct run_views *views,
				       const struct run_settings *settings,
				       const struct skbscope_session *session)
{
	struct event_outlook outlook = { .readings = settings->pace.interval_ns != 0,
					 .of_rows = views->of_rows };
	size_t tables = 0;

	for (size_t i = 0; i < session->table_count; i++) {
		const struct skbscope_schema *schema = &session->tables[i].schema->public;

		tables += schema->is_events && !schema->hidden;
		outlook.tables |= schema->readable && !schema->hidden;
	}
	outlook.several = tables > 1;
	return outlook;
}

bool run_views_is_stdout(const char *path)
{
	return path && strcmp(path, "-") == 0;
}

/* The recording is not to be overwritten while it is read. */
static struct view_file_request file_request(const struct run_views_request *request)
{
	const char *path = request->settings->write;

	return (struct view_file_request){
		.path = path,
		.read = request->recording ? capture_descriptor(request->recording) : -1,
		.alone = run_views_is_stdout(path),
	};
}

static int pick_packets(const struct run_views_request *request, struct readings *readings,
			struct run_views *views, struct skbscope_error *error)
{
	const struct run_settings *settings = request->settings;
	struct view_file_request file;
	int32_t verdict;
	int r;

	if (!request->recording || !settings->write)
		return hint(error,
			    fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
				 "--verdict chooses packets of a recording, to be written"),
			    "write -r FILE -w NEW --verdict %s", settings->verdict);
	file = file_request(request);
	r = verdict_parse(settings->verdict, &verdict, error);
	if (r == 0)
		r = view_picked_open(readings->loop, &file, verdict, &views->picked, error);
	if (r == 0)
		readings_add(readings, views->picked);
	return r;
}

static int write_packets(const struct run_views_request *request, struct readings *readings,
			 struct run_views *views, struct skbscope_error *error)
{
	const char *path = request->settings->write;
	struct view_file_request file;
	int r;

	if (request->settings->verdict)
		return pick_packets(request, readings, views, error);
	if (!path)
		return 0;
	if (skbscope_session_event_fd(request->session) < 0)
		return hint(
			error,
			fail(error, EINVAL, SKBSCOPE_STAGE_USAGE,
			     "%s submits no packets that could be written to '%s'",
			     request->image->name, path),
			"declare BPF_PERF_OUTPUT(packets) and call packets.perf_submit_skb(skb, "
			"skb->len, &event, sizeof(event))");
	file = file_request(request);
	r = view_capture_open(readings->loop, &file, request->targets, &views->written, error);
	if (r == 0)
		readings_add(readings, views->written);
	return r;
}

static int open_page(const struct run_views_request *request, struct readings *readings,
		     struct run_views *views, struct skbscope_error *error)
{
	const struct page_request page = { .listen = request->settings->listen,
					   .output = &request->settings->output,
					   .signals = &readings->signals,
					   .lost = request->page_lost,
					   .owner = request->owner };
	int r = page.listen ? view_page_open(&page, &views->page, error) : 0;

	if (r == 0 && views->page)
		readings_add(readings, views->page);
	return r;
}

/* A format that has one table is told before anything is attached that there are several. */
static int choose_table(const struct run_views_request *request, struct run_views *views,
			struct skbscope_error *error)
{
	const struct output_settings *output = &request->settings->output;
	AUTO(freep) const struct skbscope_schema **schemas = NULL;
	const struct skbscope_schema *chosen = NULL;
	size_t count;
	int r;

	if (!render_format_at((size_t)output->format)->one_table)
		return 0;
	count = request->session->table_count;
	schemas = calloc(count + 1, sizeof(*schemas));
	if (!schemas)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	for (size_t i = 0; i < count; i++)
		schemas[i] = &request->session->tables[i].schema->public;
	r = csv_choose(schemas, count, output->table, &chosen, error);
	views->of_rows = r == 0 && !chosen->is_events;
	return r;
}

static int keep_metrics(const struct run_views_request *request, struct readings *readings,
			struct skbscope_error *error)
{
	const struct run_settings *settings = request->settings;
	struct view *view;
	int r;

	if (!settings->metrics)
		return 0;
	r = view_metrics_open(settings->metrics, settings->output.series, &view, error);
	if (r == 0)
		readings_add(readings, view);
	return r;
}

static int keep_audit(const struct run_views_request *request, struct readings *readings,
		      struct run_views *views, struct skbscope_error *error)
{
	const struct audit_request audit = { .http = request->settings->http,
					     .say = request->page_lost,
					     .lost = request->audit_lost,
					     .owner = request->owner };
	int r = audit.http && audit.http->audit ? view_audit_open(&audit, &views->audit, error) : 0;

	if (r == 0 && views->audit)
		readings_add(readings, views->audit);
	return r;
}

static int keep_offenders(const struct run_views_request *request, struct readings *readings,
			  struct skbscope_error *error)
{
	const struct http_settings *http = request->settings->http;
	struct view *view;
	int r;

	if (!http || !http->offenders)
		return 0;
	r = view_offenders_open(http->offenders, request->book, &view, error);
	if (r == 0)
		readings_add(readings, view);
	return r;
}

/* A live screen is for what goes on until somebody ends it, and has something to look around
 * in: lines of events alone, and what comes once, stay where they were written. */
static bool wants_screen(const struct run_views_request *request, const struct run_views *views)
{
	const struct run_settings *settings = request->settings;

	if (settings->output.plain || settings->pace.count ||
	    (request->recording && !edit_loop_is_wanted(settings)))
		return false;
	if (skbscope_session_event_fd(request->session) >= 0 &&
	    !run_views_outlook(views, settings, request->session).tables)
		return false;
	return view_screen_is_possible(&settings->output);
}

static int open_terminal(const struct run_views_request *request, struct readings *readings,
			 struct run_views *views, struct skbscope_error *error)
{
	const struct run_settings *settings = request->settings;
	struct view *view;
	int r = choose_table(request, views, error);

	if (r == 0)
		r = wants_screen(request, views)
			    ? view_screen_open(&settings->output, &settings->talk,
					       &readings->signals, &view, error)
			    : view_stdout_open(&settings->output, &settings->talk,
					       &readings->signals, &view, error);
	if (r == 0)
		readings_add(readings, view);
	return r;
}

/* With a capture on stdout, nothing else is. */
int run_views_open(const struct run_views_request *request, struct readings *readings,
		   struct run_views *out, struct skbscope_error *error)
{
	int r = run_views_is_stdout(request->settings->write)
			? 0
			: open_terminal(request, readings, out, error);

	if (r == 0)
		r = write_packets(request, readings, out, error);
	if (r == 0)
		r = keep_metrics(request, readings, error);
	if (r == 0)
		r = keep_audit(request, readings, out, error);
	if (r == 0)
		r = keep_offenders(request, readings, error);
	return r == 0 ? open_page(request, readings, out, error) : r;
}

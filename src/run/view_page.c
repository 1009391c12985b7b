/* SPDX-License-Identifier: Apache-2.0 */
#include "run/view_page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "outside/protocol.h"
#include "render/openmetrics.h"
#include "run/document.h"
#include "run/listen.h"
#include "run/output.h"
#include "run/page_columns.h"
#include "run/report.h"
#include "run/serving.h"

#define ROWS_MAX 1000u                  /* of a table: more is for "ctl get", or -j */
#define PATIENCE_NS UINT64_C(500000000) /* at the end */
/* Of more events nobody reads more, and they would cost what the run is for. */
#define WINDOW_NS UINT64_C(100000000)
#define WINDOW_EVENTS 100u

struct view_page {
	struct view view;
	struct page_request request;
	union listen_address address;
	struct serving serving;
	struct output *output;   /* to the process; NULL: it is gone */
	struct loop_source asks; /* by a descriptor of its own */
	struct loop_timer gone;
	const struct skbscope_snapshot *latest;
	uint64_t number;      /* of that reading */
	bool rendered[FORMS]; /* of it */

	struct series *series; /* of all readings so far */
	struct event_lines *lines;
	struct buffer events; /* that the output does not have yet */
	uint64_t kept;        /* of those */
	uint64_t before;      /* were left out before them; told with them, or with a reading */
	uint64_t window_ns;
	unsigned int window_events;
};

static void forget(struct view_page *page)
{
	loop_remove(&page->asks);
	closep(&page->asks.fd);
	output_freep(&page->output);
	closep(&page->serving.socket);
}

/* Once, however it was noticed. */
static void lost(void *context, uint64_t now_ns)
{
	AUTO(buffer_free) struct buffer text = { 0 };
	struct view_page *page = context;
	char how[96];

	(void)now_ns;
	forget(page);
	serving_end(&page->serving, how, sizeof(how));
	buffer_printf(&text, "the page's process %s; the run goes on without it\n", how);
	page->request.lost(page->request.owner, buffer_text(&text));
}

/* Whoever notices is in the middle of something. */
static void lose(struct view_page *page)
{
	loop_remove(&page->asks);
	loop_arm(page->request.signals->loop, &page->gone, 0);
}

static void output_is_lost(void *context, int code)
{
	(void)code;
	lose(context);
}

static void put_header(struct buffer *out, enum feed_kind kind, enum form form, uint64_t number,
		       uint64_t length)
{
	const struct feed_header header = { kind, form, number, length };

	buffer_append(out, &header, sizeof(header));
}

static int render(struct view_page *page, const char *format, const char *table, const char *sort,
		  struct buffer *out)
{
	const struct output_settings *settings = page->request.output;
	const struct shown shown = { .snapshot = page->latest };
	const struct skbscope_render_options options = {
		.size = sizeof(options),
		.per_cpu = settings->per_cpu,
		.top = settings->top && settings->top < ROWS_MAX ? (uint32_t)settings->top
								 : ROWS_MAX,
		.sort = sort,
		.table = table,
	};
	struct skbscope_error error;

	return document_render(render_format_find(format), &shown, &options, page->request.signals,
			       out, &error);
}

static int make_reading(struct view_page *page, const char *format, const char *table,
			struct buffer *out)
{
	const size_t before = out->length;
	int r = render(page, format, table, page->request.output->sort, out);

	if (r != -EINVAL)
		return r;
	out->length = before; /* the version that runs has no such column */
	return render(page, format, table, NULL, out);
}

/* A table that cannot be is left out. */
static void make_tables(struct view_page *page, struct buffer *out)
{
	for (size_t i = 0; i < page->latest->table_count; i++) {
		const struct skbscope_schema *schema = page->latest->tables[i].schema;
		AUTO(buffer_free) struct buffer table = { 0 };

		if (!schema->readable || schema->hidden ||
		    make_reading(page, "csv", schema->table, &table) < 0)
			continue;
		buffer_printf(out, "%s %zu\n", schema->table, table.length);
		buffer_append(out, table.data, table.length);
		out->failed |= table.failed;
	}
}

static bool make_document(struct view_page *page, enum form form, struct buffer *out)
{
	if (!page->latest)
		return false;
	switch (form) {
	case FORM_JSON:
		return make_reading(page, "json", NULL, out) == 0;
	case FORM_CSV:
		make_tables(page, out);
		return true;
	case FORM_COLUMNS:
		page_columns_write(page->latest, out);
		return true;
	case FORM_METRICS:
	case FORM_OPENMETRICS:
		openmetrics_write(page->series,
				  form == FORM_METRICS ? OPENMETRICS_TEXT : OPENMETRICS_1, out);
		return true;
	default:
		return false;
	}
}

/* One that cannot be made is an empty one. */
static void send_document(struct view_page *page, enum form form)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };
	struct feed_header header = { FEED_DOCUMENT, form, page->number, 0 };

	if (page->rendered[form])
		return;
	page->rendered[form] = true;
	buffer_append(&bytes, &header, sizeof(header));
	if (make_document(page, form, &bytes) && !bytes.failed && bytes.length <= FEED_MAX)
		header.length = bytes.length - sizeof(header);
	else
		buffer_clear(&bytes);
	if (header.length)
		memcpy(bytes.data, &header, sizeof(header));
	else
		buffer_append(&bytes, &header, sizeof(header));
	output_keep(page->output, &bytes);
}

/* One byte a form, each answered once a reading: more is not to be had by asking more. */
static void asked(void *context, uint32_t events, uint64_t now_ns)
{
	struct view_page *page = context;
	char words[16];
	const ssize_t n = read(page->asks.fd, words, sizeof(words));

	(void)events;
	(void)now_ns;
	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
		lose(page);
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		if (words[i] >= SERVE_ASK && words[i] < SERVE_ASK + FORMS)
			send_document(page, (enum form)(words[i] - SERVE_ASK));
}

static void expect(struct view *view, const struct event_outlook *outlook)
{
	struct view_page *page = (struct view_page *)view;

	if (!page->lines)
		page->lines = event_format_json.open();
	if (!page->lines)
		return;
	page->lines->several = outlook->several;
	page->lines->hex = page->request.output->hex;
	page->lines->snapshot = page->latest;
}

static void send_events(struct view_page *page)
{
	AUTO(buffer_free) struct buffer bytes = { 0 };

	put_header(&bytes, FEED_EVENTS, 0, page->before, page->events.length);
	buffer_append(&bytes, page->events.data, page->events.length);
	if (output_record(page->output, &bytes))
		page->before = 0;
	else
		page->before += page->kept;
	page->kept = 0;
	buffer_clear(&page->events);
}

static void flush(struct view *view)
{
	struct view_page *page = (struct view_page *)view;

	if (page->kept && page->output)
		send_events(page);
}

static void event(struct view *view, const struct skbscope_event *event)
{
	struct view_page *page = (struct view_page *)view;

	if (!page->lines || !page->output)
		return;
	if (event->monotonic_ns - page->window_ns >= WINDOW_NS) {
		page->window_ns = event->monotonic_ns;
		page->window_events = 0;
	}
	if (page->window_events++ >= WINDOW_EVENTS) {
		flush(view); /* so that what is left out comes after all that is not */
		page->before++;
		return;
	}
	page->kept++;
	event_format_json.add(page->lines, event, &page->events);
}

static int show(struct view *view, const struct shown *shown, enum show how,
		struct skbscope_error *error)
{
	struct view_page *page = (struct view_page *)view;
	AUTO(buffer_free) struct buffer bytes = { 0 };
	int r;

	(void)how;
	if (!page->output)
		return 0;
	r = series_take(page->series, shown->snapshot, error);
	if (r < 0)
		return r;
	page->latest = shown->snapshot;
	page->number++;
	memset(page->rendered, 0, sizeof(page->rendered));
	if (page->lines)
		page->lines->snapshot = shown->snapshot;
	put_header(&bytes, FEED_READING, 0, page->number, 0);
	output_frame(page->output, &bytes);
	if (page->before)
		send_events(page);
	return 0;
}

static void note(struct view *view, const char *text)
{
	(void)view;
	(void)text;
}

static int finish(struct view *view, uint64_t patience_ns, struct skbscope_error *error)
{
	struct view_page *page = (struct view_page *)view;
	AUTO(buffer_free) struct buffer bytes = { 0 };

	(void)error;
	if (!page->output)
		return 0;
	if (page->kept || page->before)
		send_events(page);
	put_header(&bytes, FEED_END, 0, 0, 0);
	output_keep(page->output, &bytes);
	output_finish(page->output, patience_ns < PATIENCE_NS ? patience_ns : PATIENCE_NS);
	return 0;
}

static void close_view(struct view *view)
{
	struct view_page *page = (struct view_page *)view;
	char how[96];

	loop_disarm(&page->gone);
	forget(page);
	serving_end(&page->serving, how, sizeof(how));
	if (page->lines)
		event_format_json.close(page->lines);
	series_freep(&page->series);
	buffer_free(&page->events);
	free(page);
}

static int start(struct view_page *page, struct skbscope_error *error)
{
	struct loop *loop = page->request.signals->loop;
	AUTO(closep) int listening = -1;
	int r = listen_parse(page->request.listen, &page->address, error);

	if (r < 0)
		return r;
	r = series_open(page->request.output->series, &page->series);
	if (r < 0)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	listening = listen_open(&page->address, error);
	if (listening < 0)
		return listening;
	r = serving_start(SERVING_PAGE, listening, &page->serving, error);
	if (r < 0)
		return r;
	page->asks.fd = fcntl(page->serving.socket, F_DUPFD_CLOEXEC, 0);
	r = page->asks.fd < 0 ? -errno : loop_add(loop, &page->asks);
	if (r == 0)
		r = output_open(loop, page->serving.socket, OUTPUT_RECORDS_MAX, output_is_lost,
				page, &page->output);
	return r < 0 ? fail_errno(error, r, SKBSCOPE_STAGE_OBSERVE, "cannot wait for the page") : 0;
}

int view_page_open(const struct page_request *request, struct view **out,
		   struct skbscope_error *error)
{
	struct view_page *page = calloc(1, sizeof(*page));
	int r;

	if (!page)
		return fail_memory(error, SKBSCOPE_STAGE_RENDER);
	page->request = *request;
	page->serving = (struct serving)SERVING_INIT;
	page->asks = (struct loop_source){
		.fd = -1, .events = EPOLLIN, .priority = LOOP_REST, .ready = asked, .context = page
	};
	page->gone = (struct loop_timer){ .due = lost, .context = page };
	page->view = (struct view){ .show = show,
				    .note = note,
				    .expect = expect,
				    .event = event,
				    .flush = flush,
				    .finish = finish,
				    .close = close_view };
	r = start(page, error);
	if (r < 0) {
		close_view(&page->view);
		return r;
	}
	*out = &page->view;
	return 0;
}

void view_page_introduce(const struct view *view)
{
	const union listen_address *address = &((const struct view_page *)view)->address;
	char text[LISTEN_TEXT_MAX];

	listen_text(address, text);
	report_say("page: http://%s/%s", text,
		   listen_is_loopback(address)
			   ? ""
			   : ", to whoever gets there: it asks nobody for a password");
}
